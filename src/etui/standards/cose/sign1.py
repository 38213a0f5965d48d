"""COSE_Sign1 (RFC 9052, section 4.2): written around a callback that signs, read strictly.

Rules of who reads one:

1. CBOR of definite lengths, no key of a map twice, nothing behind it; with tag 18 or without a tag.
2. The key decides by which algorithm is verified, and the protected header has to name that one.
3. No label stands in both headers. One with ``crit`` is refused: no extension is understood here (section 3.1).
4. A payload is in the message, or given beside a detached one (nil), and never both.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final, TypeAlias

import cbor2
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from etui.standards.cose.errors import MalformedError, SignatureError, UnsupportedError

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey
Signer: TypeAlias = Callable[[bytes], bytes]
"""Signs bytes: Ed25519 as RFC 8032 has it, ECDSA as two numbers of equal length (RFC 9053, section 2.1)."""

MAX_BYTES: Final = 4 << 20
_TAG: Final = 18
_MEMBERS: Final = 4
_MAX_DEPTH: Final = 8
_CONTEXTS: Final = tuple(
    bytes((0x80 + count, 0x60 + len(context))) + context for count, context in ((4, b"Signature1"), (5, b"Signature"))
)
"""How what is signed begins: the array of RFC 9052, section 4.4, and the text that says what for."""


class _Label(IntEnum):
    """The common header parameters (RFC 9052, section 3.1; RFC 9596)."""

    ALG = 1
    CRIT = 2
    CONTENT_TYPE = 3
    KID = 4
    TYP = 16


class AlgorithmId(IntEnum):
    """The algorithms of signatures (RFC 9053, section 2)."""

    ES256 = -7
    """Over P-256 alone."""
    EDDSA = -8
    """Over Ed25519 alone."""
    ES384 = -35
    """Over P-384 alone."""


_BY_CURVE: Final = {"secp256r1": (AlgorithmId.ES256, SHA256()), "secp384r1": (AlgorithmId.ES384, SHA384())}


class Headers(msgspec.Struct, frozen=True, kw_only=True):
    """What is known here of the headers.

    ``content_type``, ``typ``: a media type, or a number of the registry of CoAP's content formats; empty: none.
    ``kid``: names the key, and need not be protected.
    """

    alg: int
    content_type: str | int = ""
    typ: str | int = ""
    kid: bytes = b""


class Sign1(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed, and the headers that came with it."""

    headers: Headers
    payload: bytes


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    protected: bytes
    headers: Headers
    payload: bytes | None
    signature: bytes


def algorithm_of(key: PublicKey) -> AlgorithmId:
    """The algorithm by which a key signs; raises ``UnsupportedError`` for another curve than P-256 and P-384."""
    if isinstance(key, Ed25519PublicKey):
        return AlgorithmId.EDDSA
    if key.curve.name in _BY_CURVE:
        return _BY_CURVE[key.curve.name][0]
    raise UnsupportedError("signatures are by Ed25519, P-256 or P-384 here")


def sign1(headers: Headers, payload: bytes, sign: Signer, *, external: bytes = b"", detached: bool = False) -> bytes:
    """A tagged COSE_Sign1, everything in its headers protected; a detached one has nil for its payload.

    ``external``: bytes that are signed with it and not in it. Raises ``UnsupportedError`` for another ``alg`` than
    those of ``AlgorithmId``.
    """
    if headers.alg not in set(AlgorithmId):
        raise UnsupportedError(f"the algorithm {headers.alg} is not supported here")
    named = {
        _Label.ALG: headers.alg,
        _Label.CONTENT_TYPE: headers.content_type,
        _Label.KID: headers.kid,
        _Label.TYP: headers.typ,
    }
    members = {int(label): value for label, value in named.items() if value not in {"", b""}}
    protected = cbor2.dumps(members, canonical=True)
    signature = sign(_to_be_signed(protected, external, payload))
    return cbor2.dumps(cbor2.CBORTag(_TAG, [protected, {}, None if detached else payload, signature]))


def unverified(message: bytes) -> Sign1:
    """What a message says before anybody verified it: good for finding the key, and for nothing else."""
    read = _read(message)
    return Sign1(headers=read.headers, payload=read.payload or b"")


def verify1(message: bytes, key: PublicKey, *, payload: bytes | None = None, external: bytes = b"") -> Sign1:
    """What was signed, where it is the key's signature.

    ``payload``: of a detached message. ``external``: as in ``sign1``. Raises ``MalformedError``, ``UnsupportedError``
    for a header that names another algorithm than the key's, and ``SignatureError``.
    """
    read = _read(message)
    algorithm = algorithm_of(key)
    if read.headers.alg != algorithm:
        raise UnsupportedError(f"the signature is by {read.headers.alg}, and this key signs by {algorithm.value}")
    if (payload is None) == (read.payload is None):
        raise MalformedError("a payload is in the message or beside it, and one of them has to be given")
    content = payload if payload is not None else read.payload or b""
    try:
        _verify(key, read.signature, _to_be_signed(read.protected, external, content))
    except (InvalidSignature, ValueError):
        raise SignatureError("the signature is not this key's over these bytes") from None
    return Sign1(headers=read.headers, payload=content)


def reads_as_cose(data: bytes) -> bool:
    """Whether bytes to be signed begin as what a COSE signature is a signature over (RFC 9052, section 4.4)."""
    return data.startswith(_CONTEXTS)


def _to_be_signed(protected: bytes, external: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052, section 4.4."""
    return cbor2.dumps(["Signature1", protected, external, payload])


def _verify(key: PublicKey, signature: bytes, data: bytes) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(signature, data)
        return
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    numbers = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    key.verify(encode_dss_signature(*numbers), data, ECDSA(_BY_CURVE[key.curve.name][1]))


def _read(message: bytes) -> _Message:
    if len(message) > MAX_BYTES:
        raise MalformedError(f"a COSE message has {len(message)} bytes, and may have {MAX_BYTES}")
    value = _decoded(message)
    if isinstance(value, cbor2.CBORTag):
        if value.tag != _TAG:
            raise MalformedError(f"a COSE_Sign1 has the tag 18, and this message the tag {value.tag}")
        value = value.value
    match value:
        case [bytes() as protected, Mapping() as unprotected, bytes() | None as payload, bytes() as signature]:
            pass
        case _:
            raise MalformedError(f"a COSE_Sign1 is an array of {_MEMBERS}: two headers, a payload and a signature")
    inner = _decoded(protected) if protected else {}
    if not isinstance(inner, Mapping) or inner.keys() & unprotected.keys():
        raise MalformedError("the headers of a COSE message are two maps that have no label in common")
    headers = _headers(inner, unprotected)
    return _Message(protected=protected if inner else b"", headers=headers, payload=payload, signature=signature)


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
    kid = protected.get(_Label.KID, unprotected.get(_Label.KID, b""))
    media = {name: protected.get(name, "") for name in (_Label.CONTENT_TYPE, _Label.TYP)}
    if not isinstance(kid, bytes) or any(not isinstance(one, str | int) for one in media.values()):
        raise MalformedError("a header of a COSE message is of another type than it has")
    return msgspec.convert(
        {"alg": alg, "content_type": media[_Label.CONTENT_TYPE], "typ": media[_Label.TYP], "kid": kid}, Headers
    )


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
