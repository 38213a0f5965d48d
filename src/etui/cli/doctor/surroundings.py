"""What a program is started with: user, limits, language, clock."""

from __future__ import annotations

import ctypes
import locale
import os
import time
from typing import Final

from etui.cli.doctor.findings import Finding, Machine, State, holds

_UNSYNCHRONISED: Final = 0x40
"""STA_UNSYNC of adjtimex(2)."""
_TIMEX_BYTES: Final = 256
"""More than a ``struct timex`` has; its first member, ``modes``, is 0: nothing is set."""
_STATUS_OFFSET: Final = 5 * ctypes.sizeof(ctypes.c_long)
"""Of ``status``, behind ``modes`` and four longs, on every architecture."""
_DAY_S: Final = 86400
_CONTAINERS: Final = {
    "/run/.containerenv": "Podman",
    "/.dockerenv": "Docker",
    "/run/systemd/container": "a container",
}


def user(machine: Machine) -> Finding:
    """Who runs it."""
    if machine.uid:
        return holds(f"You are uid {machine.uid}.")
    return Finding(
        State.LIMITS,
        "You are root.",
        "A wallet belongs to a person: `etui up` wants to be told that root is to have one.",
        "run it as yourself, or in a container `etui up --as-root`",
    )


def container(machine: Machine) -> Finding:
    """Whether this is a container's inside."""
    kinds = [kind for path, kind in _CONTAINERS.items() if machine.below(path).exists()]
    if not kinds:
        return holds("No container is seen around Etui.")
    return Finding(
        State.LIMITS,
        f"This runs in {kinds[0]}.",
        "Who runs the container can read what is in it, and sleep and locks of the machine may not be heard here.",
    )


def umask(machine: Machine) -> Finding:
    """Whom files that a command makes are open to."""
    mask = _umask(machine)
    if mask & 0o700:
        text = "What `etui` writes for you, as an export, you could not read."
        return Finding(State.WEAKENS, f"The umask is {mask:04o}, which takes your own rights.", text, "`umask 077`")
    if mask & 0o022 != 0o022:  # noqa: PLR2004  # writing by group and others
        text = "What `etui` writes for you, as an export, others may replace; the wallet's own files are private."
        return Finding(State.LIMITS, f"The umask is {mask:04o}: others may write to new files.", text, "`umask 077`")
    return holds(f"The umask is {mask:04o}; the wallet's own files are private whatever it is.")


def _umask(machine: Machine) -> int:
    """Source: proc_pid_status(5); there it is read without being set."""
    line = next(line for line in machine.read("/proc/self/status").splitlines() if line.startswith("Umask:"))
    return int(line.split()[1], 8)


def language(machine: Machine) -> Finding:
    """Whether every character can be shown."""
    del machine
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        text = "Programs use the locale C; the wallet's texts are shown all the same."
        found, cure = "The locale that is set is not installed.", "as root `dpkg-reconfigure locales`"
        return Finding(State.LIMITS, found, text, cure)
    encoding = locale.getencoding()
    if encoding.lower().replace("-", "") != "utf8":
        text = "A character that it has no sign for, as in a merchant's name, is shown by its number."
        found = f"The locale's characters are {encoding}, not UTF-8."
        return Finding(State.LIMITS, found, text, "`export LC_ALL=C.UTF-8`")
    return holds("The locale has every character (UTF-8).")


def clock(machine: Machine) -> Finding:
    """Whether the time is right, as far as that can be told without asking anybody."""
    cure = "as root `timedatectl set-ntp true`, with the package systemd-timesyncd or chrony"
    newest = max((machine.code / name).stat().st_mtime for name in ("__init__.py", "cli/doctor/__init__.py"))
    if time.time() < newest - _DAY_S:
        return Finding(
            State.STOPS,
            f"It is {time.strftime('%Y-%m-%d')} by the clock, before this code was installed.",
            "One-time codes are wrong, and rights, cards and certificates count as not begun or as still good.",
            cure,
        )
    status = clock_status()
    if status is None:
        return Finding(State.UNSEEN, "The kernel does not say whether its clock is synchronised.")
    if status & _UNSYNCHRONISED:
        return Finding(
            State.WEAKENS,
            "Nothing keeps the clock right, as far as the kernel knows.",
            "One-time codes fail once it is half a minute wrong; rights and cards end when it says so.",
            cure,
        )
    return holds("The clock is kept right.")


def clock_status() -> int | None:
    """The clock's status bits; None where the kernel does not tell. Source: adjtimex(2)."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if ctypes.CDLL(None).adjtimex(timex) < 0:
        return None
    return int(ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value)


def entropy(machine: Machine) -> Finding:
    """Whether the kernel has random numbers to give."""
    del machine
    try:
        os.getrandom(1, os.GRND_NONBLOCK)
    except BlockingIOError:
        return Finding(
            State.STOPS,
            "The kernel has not gathered enough randomness yet.",
            "The wallet waits with every key, and so with its start.",
            "wait, or press keys; for good, a kernel with random.trust_cpu=on, or in a virtual machine virtio-rng",
        )
    return holds("The kernel gives random numbers.")
