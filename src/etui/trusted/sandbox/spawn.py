"""Starts a program with exactly the descriptors that it is given, each in its place, and learns how it ended.

``subprocess`` closes what is not passed on but cannot say under which number a descriptor arrives, short of
running Python between fork and exec. ``posix_spawn`` can, and closes nothing by itself; here it is told both.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

_FIRST_FREE: Final = 64
"""Descriptors are copied to above here first, so that none is overwritten before it was put in its place."""

_ENDING_S: Final = 0.5
"""How long a process may take that has nothing left to do but to end; it takes a millisecond."""

_AGAIN_S: Final = 0.0005

_held_back: set[int] = set()
"""Those that have ended and that a tracer keeps from being collected."""

_RESETTABLE: Final = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


def spawn(argv: tuple[str, ...], descriptors: Mapping[int, int], *, group: int, blocked: Iterable[int] = ()) -> int:
    """Start ``argv`` with an empty environment and no signal ignored; return its process id.

    Args:
        argv: the program, by its absolute path, and its arguments.
        descriptors: what it inherits: for each number there, the descriptor here. At most 64.
        group: the process group that it is in; 0: one of its own.
        blocked: signals that are blocked in it.

    Raises:
        OSError: the program cannot be executed.
    """
    with ExitStack() as stack:
        moves: list[tuple[int, int] | tuple[int, int, int]] = []
        for there, here in descriptors.items():
            copy = fcntl.fcntl(here, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
            stack.callback(os.close, copy)
            moves.append((os.POSIX_SPAWN_DUP2, copy, there))
        closes = ((os.POSIX_SPAWN_CLOSE, stray) for stray in _inheritable() if stray not in descriptors)
        return os.posix_spawn(
            argv[0],
            argv,
            {},
            file_actions=[*moves, *closes],
            setsigmask=blocked,
            setsigdef=_RESETTABLE,
            setpgroup=group,
        )


def collect(process: int) -> int:
    """The exit status of a process that ends by now; one that does not, since somebody stopped it, is killed.

    Whoever traces it can hold its status back for as long as he likes: then it counts as killed, and is collected
    with a later one.
    """
    _held_back.difference_update([other for other in _held_back if os.waitpid(other, os.WNOHANG)[0]])
    status = _status(process)
    if status is None:
        os.kill(process, signal.SIGKILL)
        status = _status(process)
    if status is None:
        _held_back.add(process)
        return -signal.SIGKILL
    return status


def _status(process: int) -> int | None:
    deadline = time.monotonic() + _ENDING_S
    while not (ended := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            return None
        time.sleep(_AGAIN_S)
    return os.waitstatus_to_exitcode(ended[1])


def _inheritable() -> list[int]:
    """Descriptors that a new program would inherit: few in Python, but libraries and parents leave some."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        with suppress(OSError):  # the listing's own descriptor, or one that was closed meanwhile
            if os.get_inheritable(descriptor):
                found.append(descriptor)
    return found
