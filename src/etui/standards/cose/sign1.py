"""COSE_Sign1 (RFC 9052, section 4.2): written around a callback that signs, read strictly.

The key decides by which algorithm is verified, and the protected header has to name that one. A payload is in the
message, or given beside a detached one (nil), and never both.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from etui.standards.cose.errors import MalformedError, SignatureError, UnsupportedError
from etui.standards.cose.messages import Headers, Kind, protected_of, structure, written
from etui.standards.cose.messages import read as read_message

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey
Signer: TypeAlias = Callable[[bytes], bytes]
"""Signs bytes: Ed25519 as RFC 8032 has it, ECDSA as two numbers of equal length (RFC 9053, section 2.1)."""

_KIND: Final = Kind("COSE_Sign1", tag=18, members=4)
_CONTEXT: Final = "Signature1"
_CONTEXTS: Final = tuple(
    bytes((0x80 + count, 0x60 + len(context))) + context for count, context in ((4, b"Signature1"), (5, b"Signature"))
)
"""How what is signed begins: the array of RFC 9052, section 4.4, and the text that says what for."""


class AlgorithmId(IntEnum):
    """The algorithms of signatures (RFC 9053, section 2)."""

    ES256 = -7
    """Over P-256 alone."""
    EDDSA = -8
    """Over Ed25519 alone."""
    ES384 = -35
    """Over P-384 alone."""


_BY_CURVE: Final = {"secp256r1": (AlgorithmId.ES256, SHA256()), "secp384r1": (AlgorithmId.ES384, SHA384())}


class Sign1(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed, and the headers that came with it."""

    headers: Headers
    payload: bytes


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
    protected = protected_of(headers)
    signature = sign(structure(_CONTEXT, protected, external, payload))
    return written(_KIND, protected, None if detached else payload, signature)


def unverified(message: bytes) -> Sign1:
    """What a message says before anybody verified it: good for finding the key, and for nothing else."""
    read = read_message(message, _KIND)
    return Sign1(headers=read.headers, payload=read.content or b"")


def verify1(message: bytes, key: PublicKey, *, payload: bytes | None = None, external: bytes = b"") -> Sign1:
    """What was signed, where it is the key's signature.

    ``payload``: of a detached message. ``external``: as in ``sign1``. Raises ``MalformedError``, ``UnsupportedError``
    for a header that names another algorithm than the key's, and ``SignatureError``.
    """
    read = read_message(message, _KIND)
    algorithm = algorithm_of(key)
    if read.headers.alg != algorithm:
        raise UnsupportedError(f"the signature is by {read.headers.alg}, and this key signs by {algorithm.value}")
    if (payload is None) == (read.content is None):
        raise MalformedError("a payload is in the message or beside it, and one of them has to be given")
    content = payload if payload is not None else read.content or b""
    try:
        _verify(key, read.proof, structure(_CONTEXT, read.protected, external, content))
    except (InvalidSignature, ValueError):
        raise SignatureError("the signature is not this key's over these bytes") from None
    return Sign1(headers=read.headers, payload=content)


def reads_as_cose(data: bytes) -> bool:
    """Whether bytes to be signed begin as what a COSE signature is a signature over (RFC 9052, section 4.4)."""
    return data.startswith(_CONTEXTS)


def _verify(key: PublicKey, signature: bytes, data: bytes) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(signature, data)
        return
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    numbers = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    key.verify(encode_dss_signature(*numbers), data, ECDSA(_BY_CURVE[key.curve.name][1]))
