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
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec
import pytest
from tests.processes import descendants

SETTLE_S: Final = 0.3
"""As long after an answer a process may still make durable or tidy up what it was asked for."""
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


class Blow:
    """A kill that is due; ``struck`` says whether it fell, once the block that waits for it has ended."""

    def __init__(self) -> None:
        self.struck = False


def steps_of(pid: int, act: Callable[[], object]) -> list[Step]:
    """What a process does, in its order, while it is asked to do something and shortly after."""
    lines: list[str] = []
    with _strace(pid, lines, "-e", "trace=" + ",".join((*_ON_FILES, *_ON_NAMES, *_SENDS))):
        act()
        time.sleep(SETTLE_S)
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
    """Has the process killed when it is about to take this step; waits for that a little at the end of the block."""
    due = Blow()
    process = os.pidfd_open(pid)
    try:
        only = ["--trace-path", step.path] if step.path else []
        how = f"inject={step.call}:signal=SIGKILL:when={step.number}"
        with _strace(pid, [], "-e", f"trace={step.call}", "-e", how, *only):
            yield due
            due.struck = bool(select.select([process], [], [], SETTLE_S)[0])
    finally:
        os.close(process)


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
    with _strace(pid, [], "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGSTOP:when={number}") as log:

        def stopped() -> int | None:
            found = _STOPPED.search(log.read_text(errors="replace"))
            return int(found[1]) if found else None

        yield stopped


@contextmanager
def refusing(pid: int, calls: str, path: Path, error: str) -> Iterator[None]:
    """Has the system refuse a process these calls (as strace names them) on a file, as a disk that fails so does.

    ``path``: as the process itself sees it. ``error``: the name of the error, as in errno(3).
    """
    with _strace(pid, [], "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}", "--trace-path", str(path)):
        yield


@contextmanager
def _strace(pid: int, lines: list[str], *options: str) -> Iterator[Path]:
    """Follows a process and what it starts: what they do is in the file, and in ``lines`` when the block has ended."""
    if shutil.which("strace") is None:
        pytest.skip("needs package strace")
    if os.geteuid() != 0:
        pytest.skip("only root may trace a process of the wallet, which lets nobody else")
    with tempfile.NamedTemporaryFile() as log:
        command = ["strace", "-f", "-y", "-s", "64", "-o", log.name, *options, "-p", str(pid)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tracer:
            try:
                assert tracer.stderr is not None
                said = tracer.stderr.readline()
                assert "attached" in said, said
                yield Path(log.name)
            finally:
                tracer.terminate()  # where the process was killed, it has ended by itself
                try:
                    tracer.wait(_END_S)
                except subprocess.TimeoutExpired:  # it waits for one that waits for another that it should reap
                    tracer.kill()
                    raise
        lines += log.read().decode(errors="replace").splitlines()
