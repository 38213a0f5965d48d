"""JSON Web Signatures in the compact form: written around a callback that signs, read strictly, verified by joserfc.

Rules of who reads one (RFC 7515, sections 4.1.11, 5.2 and 10.12; RFC 8725, sections 3.1 and 3.2):

1. Three parts of base64url without padding, blanks or line breaks, the first a JSON object with no member twice.
2. The key decides by which algorithm is verified, and the header has to name that one.
3. A header with ``crit``, and so one with ``b64``, is refused: no extension is understood here.
4. A payload is attached, or given beside a detached one, and never both.

Ed25519 is written ``EdDSA``, which every reader knows; RFC 9864 has given it the name ``Ed25519`` beside.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from etui.standards.jose.errors import MalformedError, SignatureError, UnsupportedError
from etui.standards.jose.jwk import Algorithm, PublicKey, algorithm_of, decoded, encoded, jwk_of

MAX_HEADER_BYTES: Final = 4096
MAX_PAYLOAD_BYTES: Final = 4 << 20
_PARTS: Final = 3
_AS_BASE64: Final = bytes.maketrans(b"-_", b"+/")

Signer: TypeAlias = Callable[[bytes], bytes]
"""Signs bytes: Ed25519 as RFC 8032 has it, ECDSA as two numbers of equal length (RFC 7518, section 3.4)."""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The protected header: what is known here of it.

    ``typ``, ``cty``: media types. ``kid``: names the key. ``x5c``: certificates in base64, that of the key first.
    """

    alg: str
    typ: str = ""
    cty: str = ""
    kid: str = ""
    x5c: tuple[str, ...] = ()


class Jws(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed, and the header that was signed with it."""

    header: Header
    payload: bytes


def sign_compact(header: Header, payload: bytes, sign: Signer, *, detached: bool = False) -> str:
    """The signature over header and payload; a detached one leaves the payload out (RFC 7515, appendix F).

    Raises ``UnsupportedError`` where the header names no ``Algorithm``.
    """
    if header.alg not in {algorithm.value for algorithm in Algorithm}:
        raise UnsupportedError(f"the algorithm {header.alg[:40]} is not supported here")
    head, body = encoded(msgspec.json.encode(header)), encoded(payload)
    signature = encoded(sign(f"{head}.{body}".encode("ascii")))
    return f"{head}.{'' if detached else body}.{signature}"


def unverified(token: str) -> Jws:
    """What a signature says before anybody verified it: good for finding the key, and for nothing else."""
    head, body, _ = _parts(token)
    return Jws(header=_header(head), payload=decoded(body))


def verify_compact(token: str, key: PublicKey, *, payload: bytes | None = None) -> Jws:
    """What was signed, where it is the key's signature.

    ``payload``: of a detached signature. Raises ``MalformedError``, ``UnsupportedError`` for a header that names
    another algorithm than the key's, and ``SignatureError``.
    """
    from joserfc import errors as library  # noqa: PLC0415  # takes longer to import than a whole Extension to start
    from joserfc.jwk import JWKRegistry  # noqa: PLC0415
    from joserfc.jws import JWSRegistry, deserialize_compact  # noqa: PLC0415

    class Registry(JWSRegistry):
        max_header_length = MAX_HEADER_BYTES * 2
        max_payload_length = MAX_PAYLOAD_BYTES * 2

        def get_alg(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a type that it keeps for itself
            return self.algorithms[name]  # the key's, which was compared; the library warns of a name with successors

    head, body, _ = _parts(token)
    header = _header(head)
    algorithm = algorithm_of(key)
    if header.alg != algorithm.value:
        raise UnsupportedError(f"the signature is by {header.alg[:40]}, and this key signs by {algorithm.value}")
    if (payload is None) == (not body):
        raise MalformedError("a payload is in the signature or beside it, and one of them has to be given")
    names = {name: value for name, value in msgspec.to_builtins(jwk_of(key)).items() if value}
    registry = Registry(algorithms=[algorithm.value], strict_check_header=False)
    try:
        found = deserialize_compact(token, JWKRegistry.import_key(names), registry=registry, payload=payload)
    except library.BadSignatureError:
        raise SignatureError("the signature is not this key's over these bytes") from None
    except library.JoseError as error:
        raise MalformedError(f"this is no JSON Web Signature: {error.description or error.error}") from None
    return Jws(header=header, payload=found.payload)


def reads_as_jws(data: bytes) -> bool:
    """Whether bytes to be signed are what a JSON Web Signature of this or any other form is a signature over.

    It reads more than it has to: what only a careless reader takes for the header of one is one here too.
    """
    head, dot, _ = data.partition(b".")
    if not dot:
        return False
    try:
        header = base64.b64decode(head.translate(_AS_BASE64) + b"===")  # passes over what is no base64
        return isinstance(json.loads(header), dict)
    except (ValueError, RecursionError):
        return False


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != _PARTS or not parts[0] or not parts[2]:
        raise MalformedError("a JSON Web Signature has three parts with full stops between them")
    head, body, signature = parts
    if len(head) > MAX_HEADER_BYTES * 2 or len(body) > MAX_PAYLOAD_BYTES * 2:
        raise MalformedError("a JSON Web Signature is larger than anybody has to read")
    try:
        for part in parts:
            decoded(part)
    except ValueError:
        raise MalformedError("a JSON Web Signature is base64url without padding") from None
    return head, body, signature


def _header(head: str) -> Header:
    try:
        members = json.loads(decoded(head), object_pairs_hook=_each_once)
        header = msgspec.convert(members, Header)
    except (ValueError, RecursionError):
        raise MalformedError("the header of a JSON Web Signature is a JSON object that names an algorithm") from None
    if "crit" in members or "b64" in members:
        raise UnsupportedError("the header of a JSON Web Signature has a critical parameter that is not known here")
    return header


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members
