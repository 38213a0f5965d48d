"""Keys that a program lent to the agent: in memory alone, until each is removed, its lifetime has run out, or the lock.

The id of such a key follows from its public part, so that what was decided about it holds when it is lent again.
Lifetimes go on while the machine sleeps.
"""

from __future__ import annotations

import hashlib
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from etui.extensions.encryption.certificates import checked, replaced
from etui.extensions.encryption.certificates import notes as certificate_notes
from etui.extensions.encryption.destinations import described
from etui.extensions.encryption.errors import UnfitError, UnknownKeyError
from etui.interfaces import Item
from etui.standards.key_pairs import MIN_RSA_BITS
from etui.standards.sshagent import (
    AddIdentity,
    Constraints,
    PrivateKey,
    SshAgentError,
    fingerprint,
    key_name,
    load_private_key,
    parse_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION_KEY: Final = "session_key"
CONFIRMED_SESSION_KEY: Final = "confirmed_session_key"
_MAX_KEYS: Final = 256
_MAX_NOTE_CHARACTERS: Final = 900
_ID_BYTES: Final = 16
_PREFIX: Final = b"etui session key\0"


class SessionKey(msgspec.Struct, frozen=True):
    """A key that was lent. ``ends_at``: seconds of the boot clock.

    ``identities``: what agents show of it, in the order in which they came: its public part, and certificates.
    """

    item: Item
    blob: bytes
    private: PrivateKey
    constraints: Constraints
    ends_at: float | None
    identities: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"SessionKey({self.item.item})"

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Those of its identities that are certificates."""
        return tuple(one for one in self.identities if one != self.blob)


class SessionKeys:
    """The keys of this session. ``changed`` is called when one came or went, from whatever thread."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._keys: dict[str, SessionKey] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def all(self) -> list[SessionKey]:
        """Those whose lifetime has not run out, in the order in which they came."""
        self._drop_over()
        return list(self._keys.values())

    def get(self, item: str) -> SessionKey | None:
        """The key with this id, unless its lifetime has run out."""
        self._drop_over()
        return self._keys.get(item)

    def add(self, request: AddIdentity, label: str) -> SessionKey:
        """Holds a key; one that is here keeps the tighter of its constraints. Raises ``UnfitError``."""
        key = self._merged(_key_in(request, label))
        with self._lock:
            if key.item.item not in self._keys and len(self._keys) >= _MAX_KEYS:
                raise UnfitError(f"{_MAX_KEYS} keys are lent already: remove some")
            self._keys[key.item.item] = key
        self._swept()
        return key

    def find(self, blob: bytes) -> SessionKey | None:
        """The key with this public part."""
        return self.get(_id_of(blob))

    def would_add(self, request: AddIdentity, label: str) -> list[str]:
        """What ``add`` would make of it, in sentences; raises as it."""
        key = self._merged(_key_in(request, label))
        return _notes(key, is_here=key.item.item in self._keys)

    def add_certificate(self, item: str, request: AddIdentity) -> None:
        """Shows a certificate beside a key; raises ``UnfitError`` where it comes with other constraints."""
        key = self.with_certificate(item, request)
        with self._lock:
            self._keys[item] = key
        self._changed()

    def with_certificate(self, item: str, request: AddIdentity) -> SessionKey:
        """The key as ``add_certificate`` would leave it; raises as that and ``UnknownKeyError``."""
        key = self.get(item)
        if key is None:
            raise UnknownKeyError
        if request.certificate is None:
            raise UnfitError("the request has no certificate")
        if request.constraints != key.constraints:
            raise UnfitError("a certificate has the constraints of its key: remove the key, and lend both anew")
        certificate = checked(request.certificate, key.blob)
        return _showing(key, certificate)

    def remove(self, item: str, identity: bytes) -> None:
        """Forgets what an agent shows as ``identity``, and the key with the last of it."""
        with self._lock:
            key = self._keys.get(item)
            if key is None or identity not in key.identities:
                raise UnknownKeyError
            left = msgspec.structs.replace(key, identities=tuple(one for one in key.identities if one != identity))
            if left.identities:
                self._keys[item] = left
            else:
                del self._keys[item]
        self._swept()

    def forget(self, blob: bytes) -> None:
        """Forgets the key with this public part, if it is here."""
        with self._lock:
            is_gone = self._keys.pop(_id_of(blob), None) is not None
        if is_gone:
            self._swept()

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._keys.clear()
        self._swept()

    def _merged(self, new: SessionKey) -> SessionKey:
        """The new key under what was said of it before, where it is here: nobody widens what another one narrowed."""
        old = self.get(new.item.item)
        if old is None:
            return new
        destinations = old.constraints.destinations or new.constraints.destinations
        if new.constraints.destinations not in {(), destinations}:
            raise UnfitError("this key is here already, for other hosts: remove it first")
        ends = [one.ends_at for one in (old, new) if one.ends_at is not None]
        confirm = old.constraints.confirm or new.constraints.confirm
        lifetimes = [one.constraints.lifetime_s for one in (old, new) if one.constraints.lifetime_s is not None]
        constraints = Constraints(min(lifetimes, default=None), confirm, destinations)
        merged = msgspec.structs.replace(
            new,
            item=_item(new.item.label, new.blob, constraints, created=old.item.created),
            constraints=constraints,
            ends_at=min(ends, default=None),
            identities=old.identities,
        )
        for identity in new.identities:
            merged = _showing(merged, identity)
        return merged

    def _swept(self) -> None:
        self._drop_over()
        self._await_end()
        self._changed()

    def _drop_over(self) -> bool:
        """Forgets what has come to its end; whether something had."""
        now = _now()
        with self._lock:
            over = [item for item, key in self._keys.items() if key.ends_at is not None and key.ends_at <= now]
            for item in over:
                del self._keys[item]
        return bool(over)

    def _await_end(self) -> None:
        """Has the next end seen to."""
        with self._lock:
            ends = [key.ends_at for key in self._keys.values() if key.ends_at is not None]
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if ends:
                self._timer = threading.Timer(max(0.0, min(ends) - _now()), self._woken)
                self._timer.daemon = True
                self._timer.start()

    def _woken(self) -> None:
        is_over = self._drop_over()
        self._await_end()
        if is_over:
            self._changed()


def request_in(sealed: bytes) -> AddIdentity:
    """The request to add a key that was sealed to this Extension; raises ``UnfitError``."""
    try:
        request = parse_request(sealed)
    except SshAgentError as error:
        raise UnfitError(f"this is no request to add a key: {error}") from None
    if not isinstance(request, AddIdentity):
        raise UnfitError("this is no request to add a key of a type that is known here")
    return request


def _key_in(request: AddIdentity, label: str) -> SessionKey:
    blob = request.key_pair.public_blob()
    if label != request.label:
        raise UnfitError("the key has another comment than it was announced with")
    try:
        private = load_private_key(request.key_pair)
    except SshAgentError as error:
        raise UnfitError(f"the key cannot be used: {error}") from None
    if isinstance(private, RSAPrivateKey) and private.key_size < MIN_RSA_BITS:
        raise UnfitError(f"an RSA key has {MIN_RSA_BITS} bits at least")
    constraints, certificate = request.constraints, request.certificate
    lifetime_s = constraints.lifetime_s
    return SessionKey(
        item=_item(label, blob, constraints, created=int(time.time())),
        blob=blob,
        private=private,
        constraints=constraints,
        ends_at=None if lifetime_s is None else _now() + lifetime_s,
        identities=(blob if certificate is None else checked(certificate, blob),),
    )


def _showing(key: SessionKey, identity: bytes) -> SessionKey:
    """The key with one more identity, which comes last; a certificate takes the place of the one that it renews."""
    if identity in key.identities:
        return key
    if identity == key.blob:
        return msgspec.structs.replace(key, identities=(*key.identities, identity))
    kept = {*replaced(key.certificates, identity), key.blob}
    return msgspec.structs.replace(key, identities=(*(one for one in key.identities if one in kept), identity))


def _item(label: str, blob: bytes, constraints: Constraints, *, created: int) -> Item:
    attributes = {
        "algorithm": key_name(blob),
        "fingerprint": fingerprint(blob),
        "public": f"{key_name(blob)} {b64encode(blob).decode()}",
    }
    if constraints.destinations:
        attributes["for"] = described(constraints.destinations)[:_MAX_NOTE_CHARACTERS]
    return Item(
        item=_id_of(blob),
        kind=CONFIRMED_SESSION_KEY if constraints.confirm else SESSION_KEY,
        label=label,
        attributes=attributes,
        created=created,
        modified=int(time.time()),
    )


def _notes(key: SessionKey, *, is_here: bool) -> list[str]:
    constraints = key.constraints
    notes = [f"Its fingerprint is {fingerprint(key.blob)}."]
    if is_here:
        notes.append("It is here already, and keeps the tighter of what was said then and is said now.")
    if key.ends_at is None:
        notes.append("It is forgotten when the wallet locks.")
    else:
        notes.append(f"It is forgotten in {_span(key.ends_at - _now())}, and when the wallet locks.")
    if constraints.confirm:
        notes.append("You are asked each time it is to be used.")
    else:
        notes.append("Whoever lends it may use it unasked; others ask you.")
    if constraints.destinations:
        where = described(constraints.destinations)
        shown = where if len(where) <= _MAX_NOTE_CHARACTERS else where[:_MAX_NOTE_CHARACTERS] + " … and more"
        notes.append(f"It is for these log-ins alone: {shown}.")
    for certificate in key.certificates:
        notes += certificate_notes(certificate, key.blob)
    return notes


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:  # noqa: PLR2004  # a plural
        return f"{max(1, round(seconds))} seconds"
    return f"{minutes} minutes" if minutes < 120 else f"{round(seconds / 3600)} hours"  # noqa: PLR2004  # as above


def _id_of(blob: bytes) -> str:
    return hashlib.sha256(_PREFIX + blob).digest()[:_ID_BYTES].hex()


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
