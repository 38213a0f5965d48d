"""Where the processes of a measurement ran: the CPUs that each may use, and the one that it used last.

Nothing is pinned here; which CPU serves whom is the kernel's choice, and a part of what a figure came from.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

_PROCESSOR = 36
"""Field 39 of stat, proc_pid_stat(5), counted from the third, which follows the name in brackets."""
_WRAPPERS = frozenset({"bwrap", "sh"})


class Placed(msgspec.Struct, frozen=True):
    """A process. ``cpus``: those that it may run on; ``last``: the one that it ran on last."""

    name: str
    cpus: tuple[int, ...]
    last: int


def placement() -> tuple[Placed, ...]:
    """This process and all that it started and that runs now: the wallet's, the bus and the peer."""
    found = []
    for pid in (os.getpid(), *_descendants(os.getpid())):
        try:
            name = _name(pid)
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            cpus = tuple(sorted(os.sched_getaffinity(pid)))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        if name and name not in _WRAPPERS:
            found.append(Placed(name, cpus, int(stat.rpartition(")")[2].split()[_PROCESSOR])))
    return tuple(found)


def _name(pid: int) -> str:
    """The module or file that a process runs, or its program.

    Who begins with a source (``-c``) is known by the module or file that this runs, which stands behind it.
    """
    words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    program = Path(words[0].partition(" ")[0]).name  # a browser's processes write all their words as one
    if "python" not in program:
        return program
    has_source = "-c" in words
    behind = words[words.index("-c") + 2 :] if has_source else words[1:]
    if "-m" in behind[:-1]:
        module = behind[behind.index("-m") + 1].removeprefix("etui.")
        return "etui" if module == "cli" else module
    files = (word for word in behind if word.endswith(".py" if has_source else "") and not word.startswith("-"))
    return next((Path(file).name for file in files if file), "python")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += [int(child), *_descendants(int(child))]
    return found
