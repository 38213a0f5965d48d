"""What a merchant signs: JSON in a JSON Web Signature, with the certificates of who signs in its header.

Source: RFC 7515, sections 4.1.6 (``x5c``) and 4.1.9 (``typ``); RFC 8725, section 3.11.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from etui.standards.jose import (
    Header,
    JoseError,
    SignatureError,
    algorithm_of,
    sign_compact,
    unverified,
    verify_compact,
)
from etui.standards.payments.errors import MalformedError, UntrustedError
from etui.standards.payments.merchants import MAX_CERTIFICATES, key_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.standards.jose import Signer

MAX_BYTES: Final = 64 << 10
T = TypeVar("T", bound=msgspec.Struct)


def sign(content: msgspec.Struct, kind: str, chain: Sequence[x509.Certificate], signer: Signer) -> str:
    """The content signed, ``kind`` being its ``typ``; the leaf, whose key ``signer`` signs by, is the chain's first."""
    x5c = tuple(base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain)
    header = Header(alg=algorithm_of(key_in(chain[0])).value, typ=kind, x5c=x5c)
    return sign_compact(header, msgspec.json.encode(content), signer)


def read(token: str, kind: str, content: type[T]) -> tuple[T, tuple[x509.Certificate, ...]]:
    """What was signed, and the certificates of who signed it, for whom nobody has vouched yet.

    Raises ``MalformedError``, and ``UntrustedError`` for a signature that is not by the first of them.
    """
    if len(token) > MAX_BYTES:
        raise MalformedError(f"it is larger than {MAX_BYTES} bytes")
    try:
        header = unverified(token).header
        if header.typ != kind:
            raise MalformedError(f"its type is “{header.typ[:60]}” and not {kind}")
        chain = _chain(header.x5c)
        signed = verify_compact(token, key_in(chain[0]))
    except SignatureError:
        raise UntrustedError("its signature is not by the key of its certificate") from None
    except JoseError as error:
        raise MalformedError(str(error)) from None
    try:
        return msgspec.json.decode(signed.payload, type=content), chain
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        raise MalformedError(f"{kind}: {error}") from None


def digest_of(token: str) -> bytes:
    """SHA-256 over a signed text as it is written: which one exactly is meant (32 bytes)."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def _chain(x5c: Sequence[str]) -> tuple[x509.Certificate, ...]:
    if not 1 <= len(x5c) <= MAX_CERTIFICATES:
        raise MalformedError(f"it brings {len(x5c)} certificates, and has 1 to {MAX_CERTIFICATES}")
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in x5c)
    except (ValueError, binascii.Error):
        raise MalformedError("one of its certificates is none") from None
