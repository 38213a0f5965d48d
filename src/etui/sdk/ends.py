"""One end of sealed values: seals the fields of requests and opens those of results, by what their classes say."""

from __future__ import annotations

import base64
import binascii
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.sealing import ChannelKey, SealedValueError

if TYPE_CHECKING:
    from etui.interfaces import Request, Result

ResultT = TypeVar("ResultT", bound="Result")
StructT = TypeVar("StructT", bound="Request[Any] | Result")


class End:
    """A session's key pair and what is done with it; any thread may use it."""

    def __init__(self) -> None:
        self._key = ChannelKey()
        self._sealing = threading.Lock()  # a nonce is used once, whichever thread seals
        self._decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {}

    @property
    def public(self) -> bytes:
        """The X25519 public key of this session (32 bytes)."""
        return self._key.public

    def encode(self, value: Request[Any] | Result, other: bytes | None) -> bytes:
        """The struct as JSON, its sealed fields sealed to ``other``, the other end's public key.

        Raises ``ProtocolError`` (``stale_key``) where a field must be sealed and there is no key to seal it to.
        """
        given = [name for name in value.SEALED if getattr(value, name) is not None]
        if not given:
            return msgspec.json.encode(value)
        if not other:
            raise ProtocolError(ErrorCode.STALE_KEY, f"{value.METHOD}: there is no session key to seal {given[0]} to")
        members = msgspec.to_builtins(value, builtin_types=(bytes,))
        for name in given:
            field = value.on_the_wire(name)
            sealed = self.seal(getattr(value, name), other, f"{value.METHOD}.{field}")
            members[field] = base64.b64encode(sealed).decode()
        return msgspec.json.encode(members)

    def decode(self, kind: type[StructT], text: bytes, *, sender: bytes | None = None) -> StructT:
        """The struct in ``text`` with its sealed fields opened.

        ``sender``: the one end whose values open. Whoever serves a request gives its Client's key: a value that was
        taken from another Client's request would otherwise be stored, or used, for the thief. Raises ``ProtocolError``:
        ``invalid_params`` for what does not fit the type, ``stale_key`` for a value that was sealed to another session
        or by another end.
        """
        decoder = self._decoders.get(kind)
        if decoder is None:
            decoder = self._decoders[kind] = msgspec.json.Decoder(kind)
        try:
            value: StructT = decoder.decode(text)
        except (msgspec.DecodeError, binascii.Error) as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{kind.METHOD}: {error}") from None
        for name in kind.SEALED:
            sealed = getattr(value, name)
            if sealed is not None:
                try:
                    plain = self._key.open(sealed, f"{kind.METHOD}.{kind.on_the_wire(name)}", sender=sender)
                except SealedValueError as error:
                    raise ProtocolError(ErrorCode.STALE_KEY, str(error)) from None
                msgspec.structs.force_setattr(value, name, plain)
        return value

    def seal(self, plaintext: bytes, other: bytes, field: str) -> bytes:
        """A value sealed to ``other`` for a field, as in ``"dialog/1.reveal.secret"``.

        Raises ``ProtocolError`` (``stale_key``) where ``other`` is no session key.
        """
        try:
            with self._sealing:
                return self._key.seal_to(other, plaintext, field)
        except SealedValueError as error:
            raise ProtocolError(ErrorCode.STALE_KEY, f"{field}: {error}") from None

    def open(self, sealed: bytes, field: str) -> bytes:
        """A value that was sealed to this end for a field; raises ``ProtocolError`` (``stale_key``)."""
        try:
            return self._key.open(sealed, field)
        except SealedValueError as error:
            raise ProtocolError(ErrorCode.STALE_KEY, str(error)) from None
