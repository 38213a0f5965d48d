"""The processes of a wallet, found below its supervisor by the module that they run."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text(encoding="ascii").split()
        except OSError:  # it has just ended
            continue
        for child in children:
            found += [int(child), *descendants(int(child))]
    return found


def pids_of(supervisor: int, module: str) -> list[int]:
    """The processes that run ``python -m MODULE``, confined ones by their ids here."""
    return [pid for pid in descendants(supervisor) if _runs(pid, module)]


def pid_of(supervisor: int, module: str) -> int:
    """The one process that runs ``python -m MODULE``."""
    found = pids_of(supervisor, module)
    assert found, f"no process runs {module}"
    return found[-1]


def _runs(pid: int, module: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"-m" in words and words[words.index(b"-m") + 1] == module.encode()
