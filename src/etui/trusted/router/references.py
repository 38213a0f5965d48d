"""References: what a Client gets instead of an item.

A reference is the item's place, encrypted and authenticated for one Client (AES-SIV, RFC 5297): the same item gives
each Client another text, the same one each time; a text that was altered, guessed or given to another Client does not
open; and nothing has to be remembered to open it. A Client's *epoch* goes into it, so that taking everything back from
a Client makes its references unknown.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from etui.protocol import ErrorCode, ProtocolError
from etui.sealing import derive

_PREFIX: Final = "r1."
_FORM: Final = re.compile(r"r1\.[A-Za-z0-9_-]{24,480}")
_MAX_KEPT: Final = 50_000


class Place(msgspec.Struct, frozen=True):
    """Where an item is: its Extension's installation, and its id there."""

    installation: str
    item: str


def is_well_formed(reference: str) -> bool:
    """Whether this could be a reference, as far as can be told without the key."""
    return _FORM.fullmatch(reference) is not None


class References:
    """Makes and opens references; ``key`` is the Router's state key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(derive(key, "etui/references/1", length=64))
        self._opened: dict[tuple[str, int, str], Place] = {}
        self._made: dict[tuple[str, int, str, str], str] = {}

    def make(self, client: str, epoch: int, place: Place) -> str:
        """The reference by which this Client may name an item."""
        key = (client, epoch, place.installation, place.item)
        kept = self._made.get(key)
        if kept is None:
            text = f"{place.installation}\0{place.item}".encode()
            sealed = self._siv.encrypt(text, [client.encode(), epoch.to_bytes(8, "big")])
            kept = _PREFIX + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
            if len(self._made) >= _MAX_KEPT:
                self._made.clear()
            self._made[key] = kept
        return kept

    def open(self, client: str, epoch: int, reference: str) -> Place:
        """The item that a reference of this Client means.

        Raises ``ProtocolError`` (``unknown_reference``) for one that is altered, guessed, another Client's or taken
        back; which of these it is, is not told.
        """
        kept = self._opened.get((client, epoch, reference))
        if kept is None:
            kept = self._open(client, epoch, reference)
            if len(self._opened) >= _MAX_KEPT:
                self._opened.clear()
            self._opened[client, epoch, reference] = kept
        return kept

    def _open(self, client: str, epoch: int, reference: str) -> Place:
        unknown = ProtocolError(ErrorCode.UNKNOWN_REFERENCE, "this reference is not known; find the item again")
        if not is_well_formed(reference):
            raise unknown
        body = reference.removeprefix(_PREFIX)
        try:
            sealed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            text = self._siv.decrypt(sealed, [client.encode(), epoch.to_bytes(8, "big")])
        except (InvalidTag, ValueError, binascii.Error):
            raise unknown from None
        installation, _, item = text.decode().partition("\0")
        return Place(installation, item)
