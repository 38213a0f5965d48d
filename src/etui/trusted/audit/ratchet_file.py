"""The file of the ratchet's state: the key of the next checkpoint, and none before it.

Two places in one file, written in turn: the new state is written and synced, then the place of the old one is
overwritten. So a crash at any moment leaves the new state or the old one, a full disk does not stop the ratchet, and
no key stays behind in the file. (A flash memory may keep old sectors where only its maker finds them.)

A place is, in network byte order: magic (7) · version (1) · what the version says (40; today index (8) · key (32)) ·
the first 16 bytes of the SHA-256 of these. Each version that was ever written has its reader in ``_READERS``; a place
that is whole and newer is refused, and left as it is.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from etui.sealing import Secret
from etui.trusted.audit.errors import (
    AuditDamagedError,
    AuditError,
    AuditInUseError,
    AuditMissingError,
    AuditNewerError,
    AuditUnwritableError,
)
from etui.trusted.audit.ratchet import RatchetState

_PLACE: Final = struct.Struct(">7sB40s16s")
_STATE: Final = struct.Struct(">Q32s")
_MAGIC: Final = b"etuirat"
_VERSION: Final = 1
_PLACE_BYTES: Final = 4096  # a sector or page of its own, so that a torn write harms one place alone
_PLACES: Final = 2


class RatchetFile:
    """The file of the ratchet's state, held for writing by one process at a time."""

    __slots__ = ("_descriptor", "state")

    def __init__(self, descriptor: int, state: RatchetState) -> None:
        self._descriptor = descriptor
        self.state = state
        """The state of the next checkpoint; ahead of the file's until ``save``."""

    @classmethod
    def open(cls, path: Path) -> RatchetFile:
        """The file, held until ``close``.

        Raises ``AuditMissingError``, ``AuditInUseError`` where another process holds it, ``AuditDamagedError`` where no
        state can be read, ``AuditNewerError``, ``AuditUnwritableError`` where it cannot be opened for writing.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise AuditMissingError(f"{path} is gone: unlock the wallet, which restores it") from None
        except OSError as error:
            raise AuditUnwritableError(f"{path} cannot be opened for writing: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            state = _decode(os.pread(descriptor, _PLACES * _PLACE_BYTES, 0), path)
        except BlockingIOError:
            os.close(descriptor)
            raise AuditInUseError(f"another process is writing the audit of {path.parent}") from None
        except AuditError:
            os.close(descriptor)
            raise
        return cls(descriptor, state)

    def save(self) -> None:
        """Make the state durable and overwrite the one before it; raises ``OSError``."""
        place = self.state.index % _PLACES
        os.pwrite(self._descriptor, _encode(self.state), place * _PLACE_BYTES)
        os.fdatasync(self._descriptor)
        os.pwrite(self._descriptor, bytes(_PLACE.size), (1 - place) * _PLACE_BYTES)

    def close(self) -> None:
        """Give the file free for another process."""
        os.close(self._descriptor)

    def __repr__(self) -> str:
        return f"RatchetFile(index={self.state.index})"


def read_ratchet(path: Path) -> RatchetState:
    """The state in the file, for verification.

    Raises ``AuditMissingError``, ``AuditDamagedError`` or ``AuditNewerError``.
    """
    try:
        return _decode(path.read_bytes(), path)
    except FileNotFoundError:
        raise AuditMissingError(f"{path} is gone: how many checkpoints there must be is not known any more") from None


def write_new_ratchet(path: Path, state: RatchetState) -> None:
    """Create the file, durably; raises ``OSError``."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, bytes(_PLACES * _PLACE_BYTES))
        os.pwrite(descriptor, _encode(state), (state.index % _PLACES) * _PLACE_BYTES)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _encode(state: RatchetState) -> bytes:
    place = _PLACE.pack(_MAGIC, _VERSION, _STATE.pack(state.index, state.key.reveal()), bytes(16))[:-16]
    return place + sha256(place).digest()[:16]


def _decode(data: bytes, path: Path) -> RatchetState:
    states = []
    for offset in range(0, _PLACES * _PLACE_BYTES, _PLACE_BYTES):
        place = data[offset : offset + _PLACE.size]
        if len(place) == _PLACE.size and sha256(place[:-16]).digest()[:16] == place[-16:]:
            magic, version, content, _ = _PLACE.unpack(place)
            if magic == _MAGIC and version > max(_READERS):
                raise AuditNewerError(f"{path} was written by a newer version of Etui (format {version}); use that one")
            if magic == _MAGIC and version in _READERS:
                states.append(_READERS[version](content))
    if not states:
        raise AuditDamagedError(f"{path} cannot be read: unlock the wallet, which restores it")
    return max(states, key=lambda state: state.index)


def _read_1(content: bytes) -> RatchetState:
    index, key = _STATE.unpack(content)
    return RatchetState(index, Secret(key))


_READERS: Final[dict[int, Callable[[bytes], RatchetState]]] = {1: _read_1}
