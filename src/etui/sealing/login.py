"""The key slot that a login password opens, for those who choose it: the master key, wrapped once more.

Rules:

1. What opens it is the *login key*, the 32 bytes that Argon2id makes of the password. Whoever is told the password at a
   login makes the key of it there and then, and passes on nothing else: a login key logs in nowhere.
2. The parameters stand in the slot and have the floor of ``slots``, rule 2; the place is made as in its rule 1.
3. A password is taken by its bytes, as PAM hands on what was typed: 8 at least, so that it is no PIN, and 512 at most,
   which is what PAM hands on.
4. It lies in a file of its own, which belongs to this machine as the login does: no archive of a wallet has it.

Source: RFC 9106; ``PAM_MAX_RESP_SIZE`` of Linux-PAM.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Final, Self

import msgspec
from msgspec import Struct

from etui.sealing.records import RecordKey, derive
from etui.sealing.secret import Secret
from etui.sealing.slots import (
    RECOMMENDED,
    SALT_BYTES,
    Argon2Parameters,
    NewerSlotFileError,
    Salt,
    SlotFileError,
    SlotId,
    Wrapped,
    opened,
    place,
    stretched,
)

FORMAT: Final = 1
LEAST_BYTES: Final = 8
MOST_BYTES: Final = 512
_KIND: Final = "login"


class LoginPasswordError(Exception):
    """A password cannot open a wallet at login; the message says why and shows nothing of it."""

    code = "login_password"


class LoginSlot(Struct, frozen=True, forbid_unknown_fields=True):
    """The master key wrapped by a login key."""

    id: SlotId
    argon2id: Argon2Parameters
    salt: Salt
    wrapped: Wrapped

    @classmethod
    def wrap(cls, master: Secret, password: Secret, profile: str) -> Self:
        """A new slot for ``master`` (32 bytes); raises ``LoginPasswordError`` for what rule 3 refuses."""
        require_login_password(password)
        slot_id, salt = secrets.token_hex(8), os.urandom(SALT_BYTES)
        key = stretched(password, salt, RECOMMENDED)
        return cls(slot_id, RECOMMENDED, salt, _wrapping(key).seal(master.reveal(), place(_KIND, slot_id, profile)))

    def key_of(self, password: Secret) -> Secret:
        """The login key (32 bytes) that this slot takes for ``password``; it may be a wrong one."""
        return stretched(password, self.salt, self.argon2id)

    def unwrap(self, key: Secret, profile: str) -> Secret:
        """The master key; raises ``WrongKeyError``."""
        return opened(_wrapping(key), self.wrapped, place(_KIND, self.id, profile))

    def encode(self) -> bytes:
        """The text of the slot's file, in today's format."""
        return _JSON.encode(_Format1(FORMAT, self)) + b"\n"


class _Head(Struct, frozen=True):
    format: int


class _Format1(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    slot: LoginSlot


def _read_format_1(text: bytes) -> LoginSlot:
    return msgspec.json.decode(text, type=_Format1).slot


_JSON: Final = msgspec.json.Encoder(order="sorted")
_READERS: Final[dict[int, Callable[[bytes], LoginSlot]]] = {1: _read_format_1}


def decode_login_slot(text: bytes) -> LoginSlot:
    """The slot in a file's ``text``.

    Raises ``NewerSlotFileError`` for a format that is not known yet, ``SlotFileError`` for what is no such file.
    """
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.format > FORMAT:
            raise NewerSlotFileError(
                f"the login's key slot has format {head.format}, written by a newer version; this one reads up to"
                f" format {FORMAT}"
            )
        reader = _READERS.get(head.format)
        if reader is None:
            raise SlotFileError(f"the login's key slot cannot be read: there never was a format {head.format}")
        return reader(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SlotFileError(f"the login's key slot cannot be read: {error}") from None


def require_login_password(password: Secret) -> None:
    """Raise ``LoginPasswordError`` for what rule 3 refuses."""
    if len(password) < LEAST_BYTES:
        raise LoginPasswordError(
            f"a login password with less than {LEAST_BYTES} characters is guessed too soon from a copy of the disk:"
            " choose a longer one for your login first (`passwd`)"
        )
    if len(password) > MOST_BYTES:
        raise LoginPasswordError(f"a login hands on {MOST_BYTES} bytes of a password, and this one is longer")


def _wrapping(key: Secret) -> RecordKey:
    return RecordKey(derive(key.reveal(), "etui/slot/login/1"))
