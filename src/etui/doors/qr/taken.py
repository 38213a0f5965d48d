"""The picture that a portal says it made: read once, and deleted.

Some portals leave it where everybody may write, and who answers as one is a program like others. So nothing is read or
deleted but a plain file of the user's own that was made since the portal was asked, and not by way of a link to it.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlsplit

from etui.doors.qr.errors import PortalError
from etui.doors.qr.reading import picture_from

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 80
_HERE: Final = {"", "localhost"}
_LOOK: Final = os.O_PATH | os.O_NOFOLLOW
"""Opens nothing yet: not a device, and no link."""
_COARSE_S: Final = 2.0
"""By so much a file may seem older than it is: the times of files are coarser than the clock."""


def picture_at(uri: str, asked_s: float) -> bytes:
    """The bytes of the file, which then is no more. ``asked_s``: when the portal was asked, in seconds since 1970.

    Raises ``PortalError`` for what is not the picture that was asked for or cannot be deleted, and ``PictureError`` for
    one that is too large, which is deleted too.
    """
    path = _path(uri)
    folder, name = os.path.split(path)
    try:
        with _opened(folder, os.O_PATH | os.O_DIRECTORY) as holder, _opened(name, _LOOK, holder) as seen:
            if problem := _problem(os.fstat(seen), asked_s):
                raise PortalError(f"{path}, which the desktop's portal names, {problem}")
            try:
                with Path(f"/proc/self/fd/{seen}").open("rb") as file:
                    return picture_from(file)
            finally:
                os.unlink(name, dir_fd=holder)
    except OSError as error:
        raise PortalError(
            f"{path}, which the desktop's portal names, cannot be read and deleted ({error.strerror})"
        ) from None


@contextmanager
def _opened(path: str, flags: int, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _problem(status: os.stat_result, asked_s: float) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is no plain file"
    if status.st_uid != os.geteuid():
        return "belongs to somebody else"
    if status.st_mtime < asked_s - _COARSE_S:
        return "was there before"
    return ""


def _path(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = urlsplit("")
    path = os.fsdecode(unquote_to_bytes(parts.path))
    elsewhere = parts.scheme != "file" or parts.netloc not in _HERE or parts.query or parts.fragment
    if elsewhere or not path.startswith("/") or "\0" in path:
        raise PortalError(f"the desktop's portal names no file of this machine, but “{uri[:_SHOWN]}”")
    return path
