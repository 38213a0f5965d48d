"""kill -9 at one step of a running process: the moment before its N-th call of a kind to the system.

``strace`` attaches to the process and has the kernel end it there, so the product has no path of its own for it. The
call is not made; the moment behind it is the point before the next one.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest
from tests.processes import descendants
from tests.trusted.supervisor.processes import is_gone

_LOOK_S: Final = 0.01
_QUIET_LOOKS: Final = 30
"""After so many looks at which nobody had anything to do, nothing follows from what a process was asked for."""
CHANNEL: Final = "a channel"
_ON_FILES: Final = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync")
_ON_NAMES: Final = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat")
_SENDS: Final = ("writev", "sendto", "sendmsg")
_LINE: Final = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\((?:\d+<(?P<on>[^>]*)>)?(?P<rest>.*)")
_QUOTED: Final = re.compile(r'"([^"]*)"')
_STOPPED: Final = re.compile(r"^(\d+) +--- stopped by SIGSTOP ---$", re.MULTILINE)
_END_S: Final = 20


class Step(msgspec.Struct, frozen=True):
    """A call that a process made.

    ``on``: the file, the names that it was given, or ``CHANNEL``. ``number``: how many such calls the same thread had
    made by then, on the same file where it is one.
    """

    call: str
    on: str
    number: int

    @property
    def path(self) -> str:
        """The file that it was on; empty where the call was on something else."""
        return self.on if self.call in _ON_FILES and self.on != CHANNEL else ""

    def __str__(self) -> str:
        return f"{self.call} {self.on} {self.number}"

    def moved(self, old: Path, new: Path) -> Step:
        """The like of it on what lies in another folder."""
        return Step(self.call, self.on.replace(f"{old}/", f"{new}/"), self.number)

    def fits(self, pattern: str) -> bool:
        """Whether the pattern fits its call and what it was on; ``*`` stands for anything."""
        return fnmatchcase(f"{self.call} {self.on}", pattern)


class _Followed(NamedTuple):
    """A process that is followed, by its pidfd, and where it is written down what it does."""

    process: int
    log: Path


class Blow:
    """A kill that is due; ``struck`` says whether it fell, once the block that waits for it has ended."""

    def __init__(self) -> None:
        self.struck = False


def steps_of(pid: int, act: Callable[[], object]) -> list[Step]:
    """What a process does, in its order, while it is asked to do something and shortly after."""
    lines: list[str] = []
    with _strace(pid, lines, "-e", "trace=" + ",".join((*_ON_FILES, *_ON_NAMES, *_SENDS))) as followed:
        act()
        _settle(followed.process)
        others = {thread.name for child in descendants(pid) for thread in Path(f"/proc/{child}/task").glob("*")}
    made: Counter[tuple[str, ...]] = Counter()
    found: list[Step] = []
    for match in filter(None, map(_LINE.match, lines)):
        thread, call, on = match["thread"], match["call"], match["on"] or ""
        if thread in others:  # of a process that it started
            continue
        made[thread, call] += 1
        if call in _ON_FILES and on.startswith("/"):
            made[thread, call, on] += 1
            found.append(Step(call, on, made[thread, call, on]))
        elif call in _ON_NAMES:
            found.append(Step(call, " ".join(_QUOTED.findall(match["rest"])), made[thread, call]))
        elif on.startswith("socket"):
            found.append(Step(call, CHANNEL, made[thread, call]))
    return found


@contextmanager
def blow(pid: int, step: Step) -> Iterator[Blow]:
    """Has the process killed when it is about to take this step; waits at the end of the block until it would be."""
    due = Blow()
    only = ["--trace-path", step.path] if step.path else []
    how = f"inject={step.call}:signal=SIGKILL:when={step.number}"
    with _strace(pid, [], "-e", f"trace={step.call}", "-e", how, *only) as followed:
        yield due
        _settle(followed.process)
        due.struck = _has_ended(followed.process)


def number_of(pid: int, act: Callable[[], object], call: str, words: str) -> int:
    """How many calls of a kind a process had made when it made the first one with these words.

    Looks at a process, at what it starts and what that starts, while something is done.
    """
    lines: list[str] = []
    with _strace(pid, lines, "-e", f"trace={call}"):
        act()
    made: Counter[str] = Counter()
    for match in filter(None, map(_LINE.match, lines)):
        made[match["thread"]] += 1
        if words in match["rest"]:
            return made[match["thread"]]
    raise AssertionError(f"no {call} with {words}")


@contextmanager
def stopping(pid: int, call: str, number: int = 1) -> Iterator[Callable[[], int | None]]:
    """Has each process that this one starts stopped, as by SIGSTOP, when it has made its N-th call of a kind.

    Yields what finds the first one that is stopped.
    """
    with _strace(pid, [], "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGSTOP:when={number}") as followed:

        def stopped() -> int | None:
            found = _STOPPED.search(followed.log.read_text(errors="replace"))
            return int(found[1]) if found else None

        yield stopped


@contextmanager
def refusing(pid: int, calls: str, path: Path, error: str) -> Iterator[None]:
    """Has the system refuse a process these calls (as strace names them) on a file, as a disk that fails so does.

    ``path``: as the process itself sees it. ``error``: the name of the error, as in errno(3).
    """
    with _strace(pid, [], "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}", "--trace-path", str(path)):
        yield


def _settle(process: int) -> None:
    """Returns when a process has ended, or everything that the test started sleeps and goes on sleeping.

    What a process does a moment after its answer, as making it durable, wakes it within that time.
    """
    deadline = time.monotonic() + _END_S
    looks = 0
    while looks < _QUIET_LOOKS and time.monotonic() < deadline and not _has_ended(process, _LOOK_S):
        looks = looks + 1 if all(map(_sleeps, descendants(os.getpid()))) else 0


def _has_ended(process: int, patience_s: float = 0.0) -> bool:
    """Whether a process, by its pidfd, has ended, or does within this time."""
    return bool(select.select([process], [], [], patience_s)[0])


def _sleeps(pid: int) -> bool:
    """Whether each thread of a process waits for something; a process that has ended does."""
    try:
        states = [
            (task / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except OSError:  # a thread has just ended
        return is_gone(pid)
    return set(states) <= {"S", "Z"}


@contextmanager
def _strace(pid: int, lines: list[str], *options: str) -> Iterator[_Followed]:
    """Follows a process, its threads and what it starts.

    ``lines`` are filled with what they did when the block has ended.
    """
    if shutil.which("strace") is None:
        pytest.skip("needs package strace")
    if os.geteuid() != 0:
        pytest.skip("only root may trace a process of the wallet, which lets nobody else")
    with tempfile.NamedTemporaryFile() as log:
        command = ["strace", "-f", "-y", "-s", "64", "-o", log.name, *options, "-p", str(pid)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tracer:
            process = os.pidfd_open(pid)
            try:
                assert tracer.stderr is not None
                said = tracer.stderr.readline()
                assert "attached" in said, said
                yield _Followed(process, Path(log.name))
            finally:
                if not _has_ended(process):  # else it ends by itself
                    tracer.terminate()
                os.close(process)
                with suppress(subprocess.TimeoutExpired):  # it was told to while the process ended
                    tracer.wait(_END_S)
                tracer.kill()
        lines += log.read().decode(errors="replace").splitlines()
