"""Sessions: how secrets travel between one caller and this door.

An encrypted session outlives the wallet's lock. Its key lies here in the door, which could therefore read what passes
in it; what it does is seal the key to the provider of the secrets, which wraps and unwraps by itself, so that the door
relays ciphertext both ways. In a plain session the caller wants the secret in the clear, and the door holds it while it
passes it on.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Final

from etui.doors.secret_service.errors import DoorError, invalid
from etui.standards.secretservice import EXPONENT_BYTES, Agreement, Algorithm, ErrorName, KeyPair, PublicKeyError
from etui.standards.secretservice.names import SESSION_PREFIX

if TYPE_CHECKING:
    from etui.sdk.ends import End

_POOL_SIZE: Final = 8


class Session:
    """One session. ``agreement``: from which its key comes, None in a plain one."""

    __slots__ = ("_agreement", "_key", "_sealed", "encrypted", "path")

    def __init__(self, path: str, agreement: Agreement | None) -> None:
        self.path = path
        self.encrypted = agreement is not None
        """Whether secrets travel under a key."""
        self._agreement = agreement
        self._key: bytes | None = None
        self._sealed: dict[tuple[bytes, bytes, str], str] = {}

    @property
    def key(self) -> bytes | None:
        """Its AES key (16 bytes), worked out when it is first asked for; None in a plain session."""
        if self._agreement is not None:
            self._key, self._agreement = self._agreement.session_key(), None
        return self._key

    def work_out(self) -> None:
        """Works its key out ahead."""
        _ = self.key

    def sealed_key(self, end: End, provider: bytes, field: str) -> str:
        """The key of an encrypted session, sealed to a provider's key for a field, as base64."""
        place = (end.public, provider, field)
        sealed = self._sealed.get(place)
        if sealed is None:
            if any(kept[:2] != place[:2] for kept in self._sealed):
                self._sealed.clear()  # the Router or the provider was started anew
            key = self.key
            assert key is not None, "a plain session has no key"  # noqa: S101  # what `encrypted` has told
            sealed = self._sealed[place] = base64.b64encode(end.seal(key, provider, field)).decode()
        return sealed

    def __repr__(self) -> str:
        return f"Session({self.path!r})"


class KeyPairs:
    """Key pairs made ahead, since making one takes longer than all the rest of a call; each is used once."""

    def __init__(self) -> None:
        self._ready: list[KeyPair] = []

    @property
    def wanting(self) -> bool:
        """Whether there is room for one more."""
        return len(self._ready) < _POOL_SIZE

    def prepare(self) -> None:
        """Makes one ahead."""
        self._ready.append(_fresh())

    def take(self) -> KeyPair:
        """One that was never used."""
        return self._ready.pop() if self._ready else _fresh()


def open_session(name: str, algorithm: str, given: object, pairs: KeyPairs) -> tuple[Session, str, str | bytes]:
    """A new session, and what the caller gets to know: a D-Bus type and its value.

    Raises ``DoorError``: ``not_supported`` for another algorithm, ``invalid_args`` for a public key that is none.
    """
    path = SESSION_PREFIX + name
    if algorithm == Algorithm.PLAIN.value:
        return Session(path, None), "s", ""
    if algorithm != Algorithm.DH.value:
        known = " and ".join(one.value for one in Algorithm)
        raise DoorError(ErrorName.NOT_SUPPORTED, f"the algorithm {algorithm[:80]!r} is not known; {known} are")
    if not isinstance(given, bytes):
        raise invalid("the input for this algorithm is a public key, an array of bytes")
    pair = pairs.take()
    try:
        agreement = pair.agree(given)
    except PublicKeyError as error:
        raise invalid(str(error)) from None
    return Session(path, agreement), "ay", pair.public


def _fresh() -> KeyPair:
    return KeyPair(os.urandom(EXPONENT_BYTES))
