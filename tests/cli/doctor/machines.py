"""Machines to look at: folders with files of theirs, and what was answered there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from etui.cli.doctor.findings import Machine
from etui.cli.doctor.told import Confinement, Examination, Protection, Running, Told
from etui.interfaces import wallet_1 as wallet

GUARDS = ("unswapped", "untraceable", "no_core")


def machine(root: Path, files: dict[str, str] | None = None, **wishes: Any) -> Machine:  # noqa: ANN401  # as Machine's
    """A machine whose files lie below this folder; ``files``: their contents, by absolute path."""
    for name, text in (files or {}).items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    plain: dict[str, Any] = {
        "environ": {},
        "uid": os.getuid(),
        "home": root / "home",
        "code": root / "code",
        "wallet": root / "home/wallet",
        "runtime": root / "home/runtime",
        "told": Told(),
    }
    return Machine(root=root, **{**plain, **wishes})


def examination(**wishes: Any) -> Examination:  # noqa: ANN401  # as Examination's
    """Of a machine where everything holds, but for what is given."""
    plain: dict[str, Any] = {
        "confinement": Confinement("possible", bubblewrap="/usr/bin/bwrap"),
        "display": None,
        "has_terminal": True,
        "memory": tuple(Protection(guard, held=True, words="It holds.") for guard in GUARDS),
        "swapped_to": (),
    }
    return Examination(**{**plain, **wishes})


def lost(guard: str) -> tuple[Protection, ...]:
    """The protections of memory, without this one."""
    return tuple(Protection(each, held=each != guard, words=f"{each}.") for each in GUARDS)


def running(doors: dict[str, str] | None = None, **wishes: Any) -> Running:  # noqa: ANN401  # as StatusResult's
    """A wallet that runs, locked."""
    status = wallet.StatusResult(
        state="locked",
        installed="per user",
        display="Terminal.",
        test=False,
        dialog="terminal",
        notes=[],
        version="0.1.0",
    )
    return Running(msgspec.structs.replace(status, **wishes), doors or {})
