"""The vault's files: whole or not at all, on the disk when a write returns, and closed to everybody else.

Rules:

1. The directory belongs to the user of this process and is open to nobody else (0700 at most); so is every file
   (0600 at most). A group may pass through it (0710) and so find out that a vault is there, and no more. What is not
   so is refused before a byte of it is read. Nothing follows a symbolic link.
2. A write goes to a new file, is synced, takes the old one's name, and the directory is synced. A crash at any
   point leaves the old content or the new.
3. One process at a time changes a vault: it holds a lock on the directory, which the kernel releases when the
   process ends, however it ends.
4. Names are this room's own; nothing from outside becomes one.

Source: open(2), rename(2), fsync(2), flock(2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from etui.trusted.vault.errors import BusyError, NoWalletError, StorageError, UnsafePermissionsError

_MAX_FILE_BYTES: Final = 256 * 1024
_UNFINISHED: Final = ".new"
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_PLAIN: Final = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe in a file's place must not stop us
_NOT_PLAIN: Final = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO})


class VaultDirectory:
    """One directory of a vault, by a descriptor that stays on it whatever happens to its path."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._fd = descriptor
        self.path = path

    @classmethod
    def open(cls, path: Path) -> VaultDirectory:
        """The directory at ``path``.

        Raises ``NoWalletError`` where there is none, ``UnsafePermissionsError`` where others could enter it.
        """
        return cls._open(path, str(path), None)

    @classmethod
    def create(cls, path: Path) -> VaultDirectory:
        """The directory at ``path``, made if it is not there; its parent must be. Raises as ``open`` does."""
        with _disk(path), suppress(FileExistsError):
            path.mkdir(mode=0o700)
            parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(parent)
            finally:
                os.close(parent)
        return cls.open(path)

    def subdirectory(self, name: str) -> VaultDirectory:
        """The directory ``name`` within this one, made if it is not there."""
        with _disk(self.path / name), suppress(FileExistsError):
            os.mkdir(name, mode=0o700, dir_fd=self._fd)
            os.fsync(self._fd)
        return self._open(self.path / name, name, self._fd)

    def hold(self) -> None:
        """Lock the directory and clear what an interrupted write left behind.

        Raises ``BusyError`` while another holder, of this process or another one, has it.
        """
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"the vault in {self.path} is open already, here or in another process") from None
        self.clear_unfinished()

    def clear_unfinished(self) -> None:
        """Remove what an interrupted write left behind."""
        with _disk(self.path):
            for name in self._entries():
                if name.endswith(_UNFINISHED):
                    os.unlink(name, dir_fd=self._fd)

    def names(self) -> tuple[str, ...]:
        """The names of the files and directories here, in order, without unfinished ones."""
        with _disk(self.path):
            return tuple(sorted(name for name in self._entries() if not name.endswith(_UNFINISHED)))

    def read(self, name: str) -> bytes | None:
        """The content of the file ``name``, nothing if there is none; what is too long to be ours is cut off."""
        with _disk(self.path / name):
            try:
                descriptor = os.open(name, os.O_RDONLY | _PLAIN, dir_fd=self._fd)
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                _refuse_if_open_to_others(found, self.path / name)
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(errno.EISDIR, "not a plain file")
                return file.read(_MAX_FILE_BYTES)

    def write(self, name: str, content: bytes) -> None:
        """Put ``content`` (at most 256 KiB) in the place of the file ``name``, durably (rule 2)."""
        if len(content) > _MAX_FILE_BYTES:
            raise ValueError(f"a file of the vault has at most {_MAX_FILE_BYTES} bytes, not {len(content)}")
        unfinished = name + _UNFINISHED
        with _disk(self.path / name):
            with suppress(FileNotFoundError):
                os.unlink(unfinished, dir_fd=self._fd)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
            with os.fdopen(os.open(unfinished, flags, 0o600, dir_fd=self._fd), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(unfinished, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
            os.fsync(self._fd)

    def destroy(self, name: str) -> None:
        """Overwrite and remove the file ``name``, durably; nothing happens if there is none.

        What flash memory, snapshots or backups kept of it is out of reach from here.
        """
        with _disk(self.path / name):
            try:
                descriptor = os.open(name, os.O_WRONLY | _PLAIN, dir_fd=self._fd)
            except FileNotFoundError:
                return
            with os.fdopen(descriptor, "wb") as file:
                file.write(bytes(os.fstat(descriptor).st_size))
                file.flush()
                os.fsync(descriptor)
            os.unlink(name, dir_fd=self._fd)
            os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the directory and of its lock; a second call does nothing."""
        descriptor, self._fd = self._fd, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _entries(self) -> list[str]:
        with os.scandir(self._fd) as entries:
            return [entry.name for entry in entries]

    @classmethod
    def _open(cls, path: Path, name: str, within: int | None) -> VaultDirectory:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        with _disk(path):
            try:
                descriptor = os.open(name, flags, dir_fd=within)
            except FileNotFoundError:
                raise NoWalletError(f"there is no wallet in {path}") from None
            try:
                passing = stat.S_IXGRP if within is None else 0
                _refuse_if_open_to_others(os.fstat(descriptor), path, passing)
            except UnsafePermissionsError:
                os.close(descriptor)
                raise
        return cls(descriptor, path)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """What the operating system says about ``path``, in this room's errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_PLAIN:
            raise UnsafePermissionsError(
                f"{path} is a symbolic link or of another type than the vault made it; find out who put it there"
            ) from None
        raise StorageError(
            f"the vault cannot use {path}: {error.strerror}; make room or make the folder writable"
        ) from None


def _refuse_if_open_to_others(found: os.stat_result, path: Path, allowed: int = 0) -> None:
    if found.st_uid != os.geteuid():
        raise UnsafePermissionsError(
            f"{path} belongs to user {found.st_uid}, and the vault runs as user {os.geteuid()}:"
            " give it back to its owner, or run the wallet as that user"
        )
    if found.st_mode & _OPEN_TO_OTHERS & ~allowed:
        raise UnsafePermissionsError(
            f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}): close it with"
            f" `chmod go= {path}`, and change the passphrase if a stranger may have been there"
        )
