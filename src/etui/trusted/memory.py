"""Keep this process's memory to itself: not in swap, not in a core file, not readable by others.

Called once, first thing, by a process that will hold keys. What does not hold on this machine is said in words
and is no reason to stop: whoever runs the wallet decides whether it is good enough.

Source: mlockall(2), prctl(2) PR_SET_DUMPABLE, getrlimit(2) RLIMIT_CORE and RLIMIT_MEMLOCK, ptrace(2).
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct

_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4
_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_HEADROOM_BYTES: Final = 192 * 1024 * 1024
"""What the vault will still ask for: 64 MiB for Argon2id, stacks of its threads, and as much again."""


class Guard(Enum):
    """The three protections."""

    UNSWAPPED = "unswapped"
    UNTRACEABLE = "untraceable"
    NO_CORE = "no_core"


class Protection(Struct, frozen=True):
    """Whether one protection holds, with a sentence that ``etui status`` can show."""

    guard: Guard
    held: bool
    words: str


def protect_memory() -> tuple[Protection, ...]:
    """Protect the memory of this process for the rest of its life, and tell what held."""
    return (lock_memory(), _untraceable(), _no_core())


def harden() -> None:
    """Make this process untraceable and let it leave no core file; raises ``OSError`` where the kernel refuses."""
    for protection in (_untraceable(), _no_core()):
        if not protection.held:
            raise OSError(errno.EPERM, protection.words)


def lock_memory(headroom_bytes: int = _HEADROOM_BYTES) -> Protection:
    """Keep this process out of swap, with what it will still ask for: at most ``headroom_bytes``."""
    libc = ctypes.CDLL(None, use_errno=True)
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT):
        return _swappable(os.strerror(ctypes.get_errno()), headroom_bytes)
    # With a limit, mlockall succeeds and later allocations fail instead: try one of the size to come.
    try:
        mmap.mmap(-1, headroom_bytes).close()
    except OSError as error:
        libc.munlockall()
        return _swappable(os.strerror(error.errno or 0), headroom_bytes)
    return Protection(Guard.UNSWAPPED, held=True, words="Keys in memory are never written to swap.")


def _swappable(reason: str, headroom_bytes: int) -> Protection:
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    needed_mib = (pages * mmap.PAGESIZE + headroom_bytes) // 1024**2 + 1
    limit = "not limited" if hard == resource.RLIM_INFINITY else f"limited to {hard // 1024} KiB"
    return Protection(
        Guard.UNSWAPPED,
        held=False,
        words=(
            f"Keys in memory may be written to swap: locked memory is {limit} and {needed_mib} MiB are needed"
            f" ({reason}). Raise the limit (`memlock`), encrypt the swap, or do without swap."
        ),
    )


def _untraceable() -> Protection:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) or libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0):
        reason = os.strerror(ctypes.get_errno())
        return Protection(
            Guard.UNTRACEABLE,
            held=False,
            words=f"Programs of the same user may read the memory of this process ({reason}).",
        )
    return Protection(
        Guard.UNTRACEABLE,
        held=True,
        words="Programs without privileges can neither trace this process nor read its memory.",
    )


def _no_core() -> Protection:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as error:
        return Protection(Guard.NO_CORE, held=False, words=f"A crash may leave keys in a core file ({error}).")
    return Protection(Guard.NO_CORE, held=True, words="A crash leaves no core file.")
