"""What one confined process is given: the value that the supervisor fills in from a manifest.

Rules: a confinement names everything that the process can see or use; what it does not name is not there. It
is checked before anything is started, so that a slip (``code=(Path.home(),)``) opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from etui.trusted.sandbox.errors import ConfinementError

MIB: Final = 1 << 20
DATA: Final = "/data"
"""Where a process that may keep files finds its folder."""

_PRIVATE: Final = tuple(
    Path("/", name) for name in ("boot", "dev", "etc", "home", "proc", "root", "run", "srv", "sys", "tmp", "var")
)
"""Folders of the machine and its people: nothing that holds one of them whole is a tree of code."""

_AT_LEAST: Final = MappingProxyType(
    {
        "memory_bytes": 32 * MIB,
        "processes": 1,
        "threads": 1,
        "files": 16,
        "file_bytes": 1,
        "tmpfs_bytes": 4096,
    },
)


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What a confined process is started as, what it may read, and how much it may use.

    Args:
        argv: the entry point as it is called inside, with an absolute path first.
        code: trees and files that it may read, at the same absolute paths inside as outside.
        folder: a folder that lasts, writable at ``/data``; for providers of storage, by permission.
        env: its whole environment, to which bubblewrap adds ``PWD=/``. Secrets do not belong there.
        memory_bytes: address space of each of its processes, at least 32 MiB.
        processes: how many it may be at once. 1: the filter of system calls refuses every fork. More is
            refused to a sandbox that root starts, since the kernel counts no processes of root.
        threads: beside the first one of its processes, all together. Root's are bounded by ``memory_bytes``
            alone.
        files: open files of each of its processes, at least 16.
        file_bytes: size of the largest file that it may write.
        tmpfs_bytes: what ``/tmp`` holds; it is memory, and gone with the process. The number of its files is bounded
            by the kernel alone.
    """

    argv: tuple[str, ...]
    code: tuple[Path, ...]
    folder: Path | None = None
    env: Mapping[str, str] = {}
    memory_bytes: int = 512 * MIB
    processes: int = 1
    threads: int = 32
    files: int = 64
    file_bytes: int = 256 * MIB
    tmpfs_bytes: int = 16 * MIB

    def check(self) -> None:
        """Raise ``ConfinementError`` if this gives what must not be given, or asks what cannot be."""
        if not self.argv or not self.argv[0].startswith("/"):
            raise ConfinementError(f"the entry point must be an absolute path, not {self.argv[:1]}")
        if any("\0" in text for text in (*self.argv, *self.env.values())):
            raise ConfinementError("an argument or a value of the environment holds a zero byte")
        for name in self.env:
            if not name or "=" in name or "\0" in name:
                raise ConfinementError(f"{name!r} is no name of an environment variable")
        for field, least in _AT_LEAST.items():
            if getattr(self, field) < least:
                raise ConfinementError(f"{field} is {getattr(self, field)}; it must be at least {least}")
        homes = [real for path in (*_PRIVATE, Path.home()) for real in (path, path.resolve())]
        private = {holder for path in homes for holder in (path, *path.parents)}
        for tree in (*self.code, *(() if self.folder is None else (self.folder,))):
            _check_tree(tree, private)
        if self.folder is not None and not self.folder.is_dir():
            raise ConfinementError(f"{self.folder} is to keep the process's files, and is no folder")


def _check_tree(tree: Path, private: set[Path]) -> None:
    if not tree.is_absolute() or ".." in tree.parts or "\0" in str(tree):
        raise ConfinementError(f"{str(tree)!r} is no plain absolute path")
    try:
        real = tree.resolve(strict=True)
    except OSError as error:
        raise ConfinementError(f"{tree} cannot be given: {error.strerror}") from error
    if tree in private or real in private:
        raise ConfinementError(f"{tree} holds private folders of this machine; name the tree of code itself")
