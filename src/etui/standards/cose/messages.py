"""What the messages of COSE have in common (RFC 9052, section 3): two headers and a content, in CBOR, read strictly.

1. CBOR of definite lengths, no key of a map twice, nothing behind it; with the message's tag or without a tag.
2. No label stands in both headers. One with ``crit`` is refused: no extension is understood here (section 3.1).
3. The protected header names the algorithm.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import cbor2
import msgspec

from etui.standards.cose.errors import MalformedError, UnsupportedError

MAX_BYTES: Final = 4 << 20
_MAX_DEPTH: Final = 8
_BARE: Final = 3
"""Members of a message that has no proof of its own."""


class Kind(msgspec.Struct, frozen=True):
    """One of COSE's messages: its name, its tag, and how many members its array has."""

    name: str
    tag: int
    members: int


class _Label(IntEnum):
    """The common header parameters (RFC 9052, section 3.1; RFC 9596)."""

    ALG = 1
    CRIT = 2
    CONTENT_TYPE = 3
    KID = 4
    IV = 5
    TYP = 16


class Headers(msgspec.Struct, frozen=True, kw_only=True):
    """What is known here of the headers.

    ``content_type``, ``typ``: a media type, or a number of the registry of CoAP's content formats; empty: none.
    ``kid``: names the key, and need not be protected; neither does ``iv``, the nonce of what is encrypted.
    """

    alg: int
    content_type: str | int = ""
    typ: str | int = ""
    kid: bytes = b""
    iv: bytes = b""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came.

    ``content``: payload or ciphertext; nil where it is detached. ``proof``: the signature or authentication behind it.
    """

    protected: bytes
    headers: Headers
    content: bytes | None
    proof: bytes = b""


def protected_of(headers: Headers) -> bytes:
    """The protected header with all that is said but the nonce."""
    named = {
        _Label.ALG: headers.alg,
        _Label.CONTENT_TYPE: headers.content_type,
        _Label.KID: headers.kid,
        _Label.TYP: headers.typ,
    }
    members = {int(label): value for label, value in named.items() if value not in {"", b""}}
    return cbor2.dumps(members, canonical=True)


def structure(context: str, protected: bytes, external: bytes, *payload: bytes) -> bytes:
    """What is signed, authenticated or authenticated beside a ciphertext (sections 4.4, 5.3 and 6.3)."""
    return cbor2.dumps([context, protected, external, *payload])


def written(kind: Kind, protected: bytes, content: bytes | None, proof: bytes = b"", *, iv: bytes = b"") -> bytes:
    """A tagged message."""
    unprotected = {int(_Label.IV): iv} if iv else {}
    members = [protected, unprotected, content, proof][: kind.members]
    return cbor2.dumps(cbor2.CBORTag(kind.tag, members))


def read(message: bytes, kind: Kind) -> Message:
    """A message of this kind, of which nothing is verified; raises ``MalformedError`` and ``UnsupportedError``."""
    if len(message) > MAX_BYTES:
        raise MalformedError(f"a COSE message has {len(message)} bytes, and may have {MAX_BYTES}")
    value = _decoded(message)
    if isinstance(value, cbor2.CBORTag):
        if value.tag != kind.tag:
            raise MalformedError(f"a {kind.name} has the tag {kind.tag}, and this message the tag {value.tag}")
        value = value.value
    match value:
        case [bytes() as protected, Mapping() as unprotected, bytes() | None as content] if kind.members == _BARE:
            proof = b""
        case [bytes() as protected, Mapping() as unprotected, bytes() | None as content, bytes() as proof] if (
            kind.members > _BARE
        ):
            pass
        case _:
            raise MalformedError(f"a {kind.name} is no array of {kind.members} members as it has them")
    inner = _decoded(protected) if protected else {}
    if not isinstance(inner, Mapping) or inner.keys() & unprotected.keys():
        raise MalformedError("the headers of a COSE message are two maps that have no label in common")
    headers = _headers(inner, unprotected)
    return Message(protected=protected if inner else b"", headers=headers, content=content, proof=proof)


def _headers(protected: Mapping[object, object], unprotected: Mapping[object, object]) -> Headers:
    if _Label.CRIT in protected or _Label.CRIT in unprotected:
        raise UnsupportedError("the header of a COSE message has a critical parameter that is not known here")
    match protected.get(_Label.ALG):
        case bool() | None:
            raise MalformedError("the protected header of a COSE message names no algorithm")
        case int() as alg:
            pass
        case _:
            raise UnsupportedError("the algorithm of a COSE message is not known here")
    kid, iv = (protected.get(label, unprotected.get(label, b"")) for label in (_Label.KID, _Label.IV))
    media = {name: protected.get(name, "") for name in (_Label.CONTENT_TYPE, _Label.TYP)}
    if not all(isinstance(one, bytes) for one in (kid, iv)) or any(
        not isinstance(one, str | int) for one in media.values()
    ):
        raise MalformedError("a header of a COSE message is of another type than it has")
    told = {"alg": alg, "content_type": media[_Label.CONTENT_TYPE], "typ": media[_Label.TYP], "kid": kid, "iv": iv}
    return msgspec.convert(told, Headers)


def _decoded(data: bytes) -> object:
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream, semantic_decoders={}, max_depth=_MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False
    )
    try:
        value: object = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError) as error:
        raise MalformedError(f"not CBOR as COSE has it: {error}") from None
    if stream.read(1):
        raise MalformedError("there is more behind a COSE message")
    return value
