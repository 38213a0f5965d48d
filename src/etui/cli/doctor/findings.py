"""What a check finds, and what all checks look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeAlias

import msgspec

from etui.cli.doctor.told import Told


class State(Enum):
    """How much a finding weighs, the heaviest first.

    ``stops``: the wallet, or what it needs, does not work so. ``weakens``: something that the wallet promises does not
    hold. ``unseen``: it could not be looked at. ``limits``: so it is here, and nothing needs doing. ``holds``.
    """

    STOPS = "stops"
    WEAKENS = "weakens"
    UNSEEN = "unseen"
    LIMITS = "limits"
    HOLDS = "holds"


class Finding(msgspec.Struct, frozen=True):
    """One check's result, in whole sentences.

    ``consequence``: for this wallet. ``cure``: a command to run or a setting; both empty where it holds, the cure also
    where there is none.
    """

    state: State
    found: str
    consequence: str = ""
    cure: str = ""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine as it is seen from one environment.

    ``root``: the folder that its files are read below, ``/`` for this machine. ``told``: what was answered to those who
    asked. ``code``: the folder that the package lies in. ``wallet``, ``runtime``: the profile's folder, and that of its
    socket; ``misplaced`` says why there is none.
    """

    root: Path = Path("/")
    environ: Mapping[str, str]
    uid: int
    home: Path
    code: Path
    wallet: Path
    runtime: Path
    misplaced: str = ""
    told: Told

    def read(self, path: str) -> str:
        """A file below the root; raises ``OSError``."""
        return self.below(path).read_text(encoding="utf-8", errors="replace")

    def number(self, path: str) -> int | None:
        """The number that a file below the root holds; None where there is no such file, or no number in it."""
        try:
            return int(self.read(path))
        except (OSError, ValueError):
            return None

    def below(self, path: str | Path) -> Path:
        """An absolute path, below the root."""
        return self.root / str(path).lstrip("/")


Check: TypeAlias = Callable[[Machine], Finding]


def holds(found: str) -> Finding:
    """All is well."""
    return Finding(State.HOLDS, found)
