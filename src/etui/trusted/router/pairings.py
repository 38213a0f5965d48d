"""Browser profiles that the user has paired: whose word is taken for which page asks.

Rules:

1. A pairing is a key, whose secret half stays in the browser profile, and what was seen when the user said yes: the
   program that started the native host, and the door through which it came. The key counts from there alone.
2. What is signed was drawn for one process at one connection, and is good for one try.
3. A pairing is bound to the copy of the wallet that it was made in: its row says which that is, and no archive does. In
   any other copy it ends when the wallet is opened.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    import asyncio

    from etui.trusted.router.state import State

POINT_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
CHALLENGE_BYTES: Final = 32
_ID_BYTES: Final = 6
_SIGNED: Final = b"etui/pairing/1\0"
_COMPARED: Final = b"etui/pairing-code/1\0"
_CODE_BITS: Final = 20
_CODE_DIGITS: Final = 6
_STEP_S: Final = 60
_KIND: Final = "pairing"
_PAGE: Final = "web:"


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """One pairing.

    ``key``: an uncompressed point of P-256 (65 bytes). ``door``: its name. ``program``: its principal, and ``label``
    what that is called. ``name`` and ``about``: what the browser said of itself, and the id of its extension.
    ``since`` and ``used``: seconds since 1970. ``copy``: in which copy of the wallet.
    """

    key: bytes
    door: str
    program: str
    label: str
    name: str
    about: str
    since: int
    used: int
    copy: str


class Pairings:
    """All pairings, by id. ``copy``: which copy of the wallet this is; where it is not known, none holds.

    ``foreign``: the ids of those that were made in another, which have ended with this.
    """

    def __init__(self, state: State, copy: str) -> None:
        self._state = state
        rows = state.all(_KIND, Pairing)
        self._rows = {name: row for name, row in rows.items() if copy and row.copy == copy}
        self.foreign = tuple(name for name in rows if copy and name not in self._rows)
        for name in self.foreign:
            state.owe(_KIND, name, None)

    def get(self, name: str) -> Pairing | None:
        """The pairing with this id."""
        return self._rows.get(name)

    def all(self) -> dict[str, Pairing]:
        """Every pairing by its id."""
        return dict(self._rows)

    def add(self, pairing: Pairing) -> tuple[str, asyncio.Future[None]]:
        """A new pairing: its id, and a future that is done when it is durable."""
        name = secrets.token_hex(_ID_BYTES)
        self._rows[name] = pairing
        return name, self._state.put(_KIND, name, pairing)

    def note_use(self, name: str, now: int) -> None:
        """Notes that a pairing was used just now."""
        row = self._rows[name]
        if now - row.used >= _STEP_S:
            self._rows[name] = row = msgspec.structs.replace(row, used=now)
            self._state.owe(_KIND, name, row)

    def remove(self, name: str) -> None:
        """Ends a pairing, for good once the state is durable."""
        if self._rows.pop(name, None) is not None:
            self._state.owe(_KIND, name, None)


def principal_of(origin: str, pairing: str) -> str:
    """By what policy, grants and the audit name a page of a paired browser."""
    return f"{_PAGE}{origin}@{pairing}"


def origin_of(principal: str) -> str:
    """The origin of a page, by what it is named; empty for whoever is none."""
    return principal.removeprefix(_PAGE).rpartition("@")[0] if principal.startswith(_PAGE) else ""


def is_page_of(principal: str, pairing: str) -> bool:
    """Whether a principal is a page of the browser with this pairing; no origin holds an ``@``."""
    return principal.startswith(_PAGE) and principal.endswith(f"@{pairing}")


def is_key(key: bytes) -> bool:
    """Whether these bytes are an uncompressed point of P-256 (SEC 1, section 2.3.3)."""
    if len(key) != POINT_BYTES:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        return False
    return True


def comparison_code(key: bytes) -> str:
    """Six digits that dialog and browser both show of a key, for people to compare: of its first 20 bits, hashed."""
    digest = hashlib.sha256(_COMPARED + key).digest()
    number = int.from_bytes(digest[:3], "big") >> (24 - _CODE_BITS)
    return f"{number % 10**_CODE_DIGITS:0{_CODE_DIGITS}}"


def signed_bytes(challenge: bytes, pairing: str) -> bytes:
    """What a browser signs to prove that it has the key of a pairing."""
    return _SIGNED + challenge + pairing.encode("ascii")


def proves(key: bytes, challenge: bytes, pairing: str, signature: bytes) -> bool:
    """Whether a signature (r and s of 32 bytes each: IEEE P1363, as WebCrypto gives it) is the key's over these."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    half = SIGNATURE_BYTES // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    try:
        public.verify(encode_dss_signature(r, s), signed_bytes(challenge, pairing), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
