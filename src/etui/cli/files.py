"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from etui.cli.exits import CommandError, Exit


@contextlib.contextmanager
def whole_file(path: Path, mode: int = 0o600, *, replace: bool = False) -> Iterator[BinaryIO]:
    """A file to write; it has its name once everything is written and durable, and changes nothing where that fails.

    Raises ``CommandError`` where there is something of that name already and ``replace`` is not said, or the disk
    refuses.
    """
    if not replace:
        check_free(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(descriptor)
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None


def check_free(path: Path) -> None:
    """Raises ``CommandError`` where there is something of that name already, or its folder takes no file."""
    if os.path.lexists(path):
        raise CommandError(f"{path} is there already; name another file or remove it", Exit.USAGE)
    try:
        os.close(os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None


def read_file(path: Path) -> bytes:
    """What is in a file; raises ``CommandError``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> CommandError:
    """The error for a file that cannot be read."""
    status = Exit.NOT_FOUND if isinstance(error, FileNotFoundError) else Exit.FAILED
    return CommandError(f"{path} cannot be read: {error.strerror}", status)


def sync_folder(folder: Path) -> None:
    """Makes a name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
