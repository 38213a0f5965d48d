"""Trees on the disk: whole or not at all, and there when a write returns.

Rules:

1. A tree is written to a folder that is not there yet, without following anything, and is synced file by file and
   folder by folder before anybody gives it its name.
2. Code is read-only once it is written: 0444, 0555 if it may be executed, 0555 for folders.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from etui.trusted.durable import sync_folder
from etui.trusted.package.archive import File
from etui.trusted.package.errors import StorageError

_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PASSED_THROUGH: Final = 0o011
_CODE: Final = 0o444
_PROGRAM: Final = 0o555


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """What the operating system says about ``path``, as ``StorageError``."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{error.filename or path} cannot be used: {error.strerror}; free or mend the disk"
        ) from None


def make_folder(path: Path) -> None:
    """Make the folder at ``path``, durably, if it is not there; a link to one is none.

    It is its owner's alone, or may be passed through where the folder that it lies in may, as that of a managed wallet.
    """
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o700 | path.parent.stat().st_mode & _PASSED_THROUGH)
    except FileExistsError:
        if path.is_symlink() or not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "something else than a folder is in its place", str(path)) from None
        if not os.access(path.parent, os.R_OK):  # who made it there is another, and saw to it
            return
    sync_folder(path.parent)


def write_tree(top: Path, files: Iterable[File]) -> None:
    """Write ``files``, whose paths go straight down, below the new folder ``top``, durably."""
    top.mkdir(mode=0o700)
    folders = {top}
    for file in files:
        path = top / file.path
        for folder in reversed(path.parents):
            if folder not in folders and top in folder.parents:
                folder.mkdir(mode=0o700)
                folders.add(folder)
        _write_new(path, file.content, _PROGRAM if file.executable else _CODE)
    for folder in sorted(folders, reverse=True):
        folder.chmod(0o555)
        sync_folder(folder)


def remove_tree(top: Path) -> None:
    """Remove what is at ``top``, read-only folders too, without following a link; nothing happens if it is gone."""
    if top.is_symlink() or not top.is_dir():
        top.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(top):
        os.chmod(folder, 0o700)  # noqa: PTH101  # a folder that os.walk has just entered; it follows no link
    shutil.rmtree(top)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, _WRITING, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
