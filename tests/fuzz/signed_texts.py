"""Signed texts and the tokens below them, as whoever receives one reads them."""

from __future__ import annotations

import contextlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etui.interfaces import sign_1 as sign
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, FORMAT, JWS_TYPE, digest_of, encode_statement
from etui.sdk.verify import VerificationError, verify_signed_text
from etui.standards import cose, jose

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_TEXT = "I rent the flat.\n"


def take(data: bytes) -> None:
    """One of either form; what is taken is the very statement that was signed."""
    with contextlib.suppress(VerificationError):
        assert verify_signed_text(data).statement.text == _TEXT
    jose.reads_as_jws(data)
    cose.reads_as_cose(data)


def good() -> list[bytes]:
    """One of each form."""
    key = _KEY.public_key()
    jwk = jose.jwk_of(key)
    payload = encode_statement(
        sign.Statement(
            statement=FORMAT,
            title="Lease",
            text=_TEXT,
            text_sha256=digest_of(_TEXT),
            shown_at=1_800_000_000,
            assurance="consent",
            face="terminal",
            display="terminal",
            protected=False,
            installed="per_user",
            test=False,
            key=sign.Key(kty=jwk.kty, crv=jwk.crv, x=jwk.x),
        )
    )
    header = jose.Header(alg="EdDSA", typ=JWS_TYPE, cty=CONTENT_TYPE.removeprefix("application/"))
    headers = cose.Headers(alg=cose.AlgorithmId.EDDSA, typ=COSE_TYPE, content_type=CONTENT_TYPE)
    return [
        jose.sign_compact(header, payload, _KEY.sign).encode("ascii"),
        cose.sign1(headers, payload, _KEY.sign),
    ]
