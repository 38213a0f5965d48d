"""Can this machine confine a process? And if it cannot: which setting forbids it, and what cures that.

``probe`` tries it, once for each bubblewrap there is. ``diagnosis`` reads nothing: it judges what was read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.sandbox import bubblewrap
from etui.trusted.sandbox.confinement import Confinement
from etui.trusted.sandbox.errors import FilterError, StartError
from etui.trusted.sandbox.runtime import python_runtime
from etui.trusted.sandbox.start import start

_PATIENCE_S: Final = 10.0
_LOG_BYTES: Final = 65536
_SAID_CHARACTERS: Final = 200

_CLONE: Final = "kernel.unprivileged_userns_clone"
_MAX: Final = "user.max_user_namespaces"
_APPARMOR: Final = "kernel.apparmor_restrict_unprivileged_userns"
_REFUSALS: Final = ("not permitted", "Permission denied", "No permissions")


class Possible(msgspec.Struct, frozen=True, tag="possible"):
    """This machine confines; ``bubblewrap`` is the one that did it."""

    bubblewrap: Path


class Impossible(msgspec.Struct, frozen=True, tag="impossible"):
    """This machine does not confine.

    Args:
        reason: one sentence for people: what is in the way, and what cures it.
        setting: the setting or package in the way, by its name; empty if it is not known.
    """

    reason: str
    setting: str


class Settings(msgspec.Struct, frozen=True):
    """What the kernel says of user namespaces; ``None`` where it has no such setting."""

    unprivileged_userns_clone: int | None = None
    max_user_namespaces: int | None = None
    apparmor_restricts: int | None = None
    is_root: bool = False


def probe(bubblewraps: tuple[Path, ...] | None = None) -> Possible | Impossible:
    """Confine the running Python once, as an Extension would be; it takes some 30 ms.

    Args:
        bubblewraps: the ones to try, in order; those of this machine if it is ``None``.
    """
    problem = diagnosis("", Settings())
    for path in bubblewrap.installed() if bubblewraps is None else bubblewraps:
        try:
            log = _try(path)
        except FilterError as error:
            return Impossible(f"No Extension can be confined: {error}.", "libseccomp")
        if log is None:
            return Possible(path)
        problem = diagnosis(log, _settings())
    return problem


def diagnosis(log: str, settings: Settings) -> Impossible:
    """What is in the way, from what bubblewrap wrote before it gave up and from the kernel's settings.

    Args:
        log: bubblewrap's standard error, or why it did not start; empty if there is no bubblewrap.
        settings: the kernel's.
    """
    cure = next(cure for cure in _CURES if cure.applies(log, settings))
    said = " ".join(log.split()).removeprefix("bwrap: ")[-_SAID_CHARACTERS:].rstrip(".")
    return Impossible(f"No Extension can be confined: {cure.sentence.format(said=said)}.", cure.setting)


class _Cure(msgspec.Struct, frozen=True):
    setting: str
    sentence: str
    applies: Callable[[str, Settings], bool]


_CURES: Final = (
    _Cure(
        "bubblewrap",
        "bubblewrap is missing: install the package bubblewrap",
        lambda log, _: not log.strip() or "bwrap cannot be executed" in log,
    ),
    _Cure(
        _MAX,
        f"the kernel allows no user namespace: run `sysctl {_MAX}=15000` as root",
        lambda _, settings: settings.max_user_namespaces == 0,
    ),
    _Cure(
        _CLONE,
        f"the kernel allows user namespaces to root alone: run `sysctl {_CLONE}=1` as root",
        lambda _, settings: settings.unprivileged_userns_clone == 0 and not settings.is_root,
    ),
    _Cure(
        _APPARMOR,
        "AppArmor allows user namespaces to known programs alone: install the package bubblewrap with a "
        f"profile of its own, or run `sysctl {_APPARMOR}=0` as root",
        lambda _, settings: settings.apparmor_restricts == 1 and not settings.is_root,
    ),
    _Cure(
        "CONFIG_SECCOMP_FILTER",
        "the kernel cannot filter system calls: it must be built with CONFIG_SECCOMP_FILTER",
        lambda log, _: "PR_SET_SECCOMP" in log,
    ),
    _Cure(
        "CONFIG_USER_NS",
        "the kernel has no user namespaces: it must be built with CONFIG_USER_NS",
        lambda log, _: "does not support user namespaces" in log,
    ),
    _Cure(
        "bubblewrap",
        "bubblewrap is too old: install version 0.8 or later",
        lambda log, _: "Unknown option" in log,
    ),
    _Cure(
        "container",
        "something around Etui forbids it ({said}): a container needs `--security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined`",
        lambda log, _: any(words in log for words in _REFUSALS),
    ),
    _Cure("", "bubblewrap failed ({said})", lambda _log, _settings: True),
)
"""In this order: what is certain first; a refusal that no setting explains comes from a container."""


def _try(path: Path) -> str | None:
    """Confine an empty program: ``None`` if that went well, else what was said on its standard error."""
    confinement = Confinement(argv=(sys.executable, "-I", "-S", "-B", "-c", ""), code=python_runtime())
    with ExitStack() as stack:
        log, log_end = _pipe(stack)
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        stack.callback(os.close, nothing)
        try:
            confined = start(confinement, channel=nothing, key=nothing, log=log_end, bubblewrap=path)
        except StartError as error:
            return _said(log) or str(error)
        with confined:
            status = confined.wait(_PATIENCE_S)
        if status == 0:
            return None
        return _said(log) or f"the confined Python ended with status {status}"


def _pipe(stack: ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    return reader, writer


def _said(log: int) -> str:
    try:
        return os.read(log, _LOG_BYTES).decode(errors="replace")
    except BlockingIOError:
        return ""


def _settings() -> Settings:
    return Settings(
        unprivileged_userns_clone=_setting(_CLONE),
        max_user_namespaces=_setting(_MAX),
        apparmor_restricts=_setting(_APPARMOR),
        is_root=os.getuid() == 0,
    )


def _setting(name: str) -> int | None:
    try:
        return int(Path("/proc/sys", *name.split(".")).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
