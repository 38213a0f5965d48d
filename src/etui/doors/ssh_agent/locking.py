"""The agent's own lock (``ssh-add -x``): while it is on, the agent lists nothing, signs nothing and takes nothing.

It has nothing to do with the wallet's: it holds for this door, by a passphrase of its own. That is kept as a salted
slow hash in the runtime directory, so that a door which ends is as locked when it is started again; a door that is
closed in order forgets it. Each wrong try waits longer, and the tries of all programs wait for each other.

Source: RFC 9987, section 5.7; ``ssh-agent.c``, ``process_lock_agent`` (the delay).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_COST: Final = 1 << 15
_BLOCKS: Final = 8
_DELAY_S: Final = 0.1
_LONGEST_DELAY_S: Final = 10.0
_MAX_PASSPHRASE_BYTES: Final = 4096


class AgentLock:
    """The lock; ``path``: where it is kept while it is on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)
        self._failures = 0
        self._turn = asyncio.Lock()

    @property
    def is_on(self) -> bool:
        """Whether the agent is locked."""
        return self._kept is not None

    async def lock(self, passphrase: bytes) -> bool:
        """Locks; whether it did: an agent that is locked already is not locked by another passphrase."""
        async with self._turn:
            if self.is_on or len(passphrase) > _MAX_PASSPHRASE_BYTES:
                return False
            salt = secrets.token_bytes(_SALT_BYTES)
            kept = salt + await _derived(passphrase, salt)
            _write(self._path, kept)
            self._kept = kept
        return True

    async def unlock(self, passphrase: bytes) -> bool:
        """Unlocks, if it is the passphrase; a wrong one takes longer each time."""
        async with self._turn:
            kept = self._kept
            if kept is None or len(passphrase) > _MAX_PASSPHRASE_BYTES:
                return False
            if hmac.compare_digest(await _derived(passphrase, kept[:_SALT_BYTES]), kept[_SALT_BYTES:]):
                self.forget()
                return True
            self._failures += 1
            await asyncio.sleep(min(_LONGEST_DELAY_S, _DELAY_S * self._failures))
        return False

    def forget(self) -> None:
        """Is off, as when the door is closed in order."""
        self._kept = None
        self._failures = 0
        self._path.unlink(missing_ok=True)


async def _derived(passphrase: bytes, salt: bytes) -> bytes:
    """The slow hash, made on a thread: it takes some hundredths of a second, and 32 MiB."""

    def derive() -> bytes:
        memory = 2 * 128 * _BLOCKS * _COST
        return hashlib.scrypt(passphrase, salt=salt, n=_COST, r=_BLOCKS, p=1, maxmem=memory, dklen=_HASH_BYTES)

    return await asyncio.to_thread(derive)


def _read(path: Path) -> bytes | None:
    """What is kept; nothing where the lock is off. What was damaged is opened by no passphrase."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _write(path: Path, kept: bytes) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(kept)
    new.rename(path)
