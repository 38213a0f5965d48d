"""Texts that are signed: the very text that stood in the Trusted Dialog, with a statement of how it was shown.

Rules:

1. What the Router tells of the showing has the digest of the text, or nothing is signed.
2. The statement is made of the request and of what the Router tells, and of nothing else.
3. No two attachments have one name, however that is written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.encryption.algorithms import sign as sign_bytes
from etui.extensions.encryption.errors import UnfitError, UnshownError
from etui.extensions.encryption.tokens import public_key
from etui.interfaces import sign_1 as sign
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, FORMAT, JWS_TYPE, digest_of, encode_statement
from etui.standards import cose, jose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.entries import Entry
    from etui.sdk import Consent

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}")


def signed_text(
    private: PrivateKey, entry: Entry, request: sign.SignText, consent: Consent | None
) -> sign.SignTextResult:
    """What answers ``sign/1.sign_text``.

    Raises ``UnshownError`` where this text is not what was read, ``UnfitError`` for attachments that are none.
    """
    key = public_key(entry)
    check(request.title, request.text, request.attachments or ())
    if consent is None or consent.read.hex() != digest_of(request.text):
        raise UnshownError
    payload = encode_statement(_statement(request, consent, key))
    kid = jose.thumbprint(key)

    def by_key(data: bytes) -> bytes:
        return sign_bytes(private, data)

    jws = message = None
    if request.form != "cose":
        header = jose.Header(
            alg=jose.algorithm_of(key).value,
            typ=JWS_TYPE,
            cty=CONTENT_TYPE.removeprefix("application/"),
            kid=kid,
        )
        jws = jose.sign_compact(header, payload, by_key)
    if request.form != "jws":
        headers = cose.Headers(
            alg=cose.algorithm_of(key), typ=COSE_TYPE, content_type=CONTENT_TYPE, kid=kid.encode("ascii")
        )
        message = cose.sign1(headers, payload, by_key)
    return sign.SignTextResult(jws=jws, cose=message)


def _statement(request: sign.SignText, consent: Consent, key: jose.PublicKey) -> sign.Statement:
    return sign.Statement(
        statement=FORMAT,
        title=request.title,
        text=request.text,
        text_sha256=consent.read.hex(),
        attachments=request.attachments or None,
        relying_party=request.relying_party,
        shown_at=consent.at,
        assurance=consent.assurance,
        face=consent.face,
        display=consent.display,
        protected=consent.protected,
        installed=consent.installed,
        test=consent.test,
        key=msgspec.convert(jose.jwk_of(key), sign.Key, from_attributes=True),
    )


def check(title: str, text: str, attachments: Sequence[sign.Attachment]) -> None:
    """Raises ``UnfitError`` where there is nothing to read, or an attachment is none or called like another."""
    if not title.strip() or not text.strip():
        raise UnfitError("there is nothing to sign: a text and its title have something to read in them")
    names: set[str] = set()
    for attachment in attachments:
        name = unicodedata.normalize("NFKC", attachment.name).casefold().strip()
        if not name:
            raise UnfitError("an attachment has no name")
        if name in names:
            raise UnfitError(f"two attachments are called {attachment.name!r}: give each a name of its own")
        names.add(name)
        if not _SHA256.fullmatch(attachment.sha256):
            raise UnfitError(f"the attachment {attachment.name!r} has no SHA-256 of 64 lower-case digits of base 16")
        if not _MEDIA_TYPE.fullmatch(attachment.media_type):
            raise UnfitError(f"the attachment {attachment.name!r} has no media type as application/pdf")
