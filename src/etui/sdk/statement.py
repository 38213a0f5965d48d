"""The statement that a signed text carries, and the names by which its two forms are known.

What is signed is ``sign_1.Statement`` in JSON. A header names the type of the whole, so that nothing else that the same
key signs is taken for a signed text (RFC 8725, section 3.11).
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

import msgspec

from etui.interfaces import sign_1 as sign

FORMAT: Final = "org.etui.signed-text/1"
JWS_TYPE: Final = "etui-signed-text+jws"
COSE_TYPE: Final = "application/etui-signed-text+cose"
CONTENT_TYPE: Final = "application/etui-signed-text+json"
_NAME: Final = "etui-signed-text"
_decoder: Final = msgspec.json.Decoder(sign.Statement, strict=True)


class StatementError(ValueError):
    """What was signed is no statement, or contradicts itself."""

    code = "statement"


def encode_statement(statement: sign.Statement) -> bytes:
    """The bytes that are signed."""
    return msgspec.json.encode(statement)


def decode_statement(data: bytes) -> sign.Statement:
    """The statement in signed bytes; raises ``StatementError`` for another version, and what is none.

    Its digest is that of its text: one that says otherwise shows one text and vouches for another.
    """
    try:
        json.loads(data, object_pairs_hook=_each_once)
        statement = _decoder.decode(data)
    except (ValueError, RecursionError) as error:
        raise StatementError(f"what was signed is no statement of {FORMAT}: {error}") from None
    if statement.text_sha256 != digest_of(statement.text):
        raise StatementError("the statement has another text than the one whose digest it names")
    return statement


def digest_of(text: str) -> str:
    """SHA-256 over the UTF-8 of a text, in base 16."""
    return hashlib.sha256(text.encode()).hexdigest()


def names_signed_text(media_type: str) -> bool:
    """Whether a type, however it is written, is or resembles that of a signed text."""
    return _NAME in media_type.casefold()


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members
