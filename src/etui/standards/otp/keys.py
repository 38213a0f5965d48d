"""Keys as people and web sites hand them over: an ``otpauth`` URI, base32 text, or the bytes themselves.

Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format; RFC 4648, section 6 (base32).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from etui.standards.otp.codes import Algorithm, TotpKey

_SCHEME: Final = b"otpauth:"
_BASE32_TEXT: Final = re.compile(rb"[A-Za-z2-7]{16,}={0,6}")
_IGNORED: Final = {ord(" "): None, ord("-"): None, ord("="): None}
_MAX_SECRET_BYTES: Final = 1024
_MIN_DIGITS: Final = 6
_MAX_DIGITS: Final = 8
_MAX_PERIOD_S: Final = 3600
_DIGITS: Final = 6
_PERIOD_S: Final = 30
_NO_BASE32: Final = "the secret is not base32 (the letters A to Z and the digits 2 to 7): copy it anew"
_NUMBER: Final = re.compile(r"[0-9]{1,4}", re.ASCII)


class OtpKeyError(ValueError):
    """What was given is no key for one-time codes; the message says what is wrong and shows nothing of it."""

    code = "otp_key"


def parse_key(given: bytes) -> TotpKey:
    """The key in ``given``; raises ``OtpKeyError``.

    An ``otpauth:`` URI is read as such. Text of at least 16 base32 characters, spaces and hyphens between them or not,
    is base32. Anything else is the shared secret itself. The last two make six digits by SHA-1 every 30 seconds.
    """
    if given[: len(_SCHEME)].lower() == _SCHEME:
        return _from_uri(given)
    dense = given.strip().replace(b" ", b"").replace(b"-", b"")
    if _BASE32_TEXT.fullmatch(dense):
        return TotpKey(_from_base32(dense.decode("ascii")))
    return TotpKey(_checked(given))


def typed_key(given: bytes) -> bytes:
    """The key as a person types it, in a form that ``parse_key`` reads as that; raises ``OtpKeyError``.

    An ``otpauth:`` URI, or base32 of any length with blanks and hyphens between the characters, and nothing else: what
    is mistyped is not taken for the bytes of a secret.
    """
    if given[: len(_SCHEME)].lower() == _SCHEME:
        parse_key(given)
        return given
    try:
        text = given.decode("ascii").strip()
    except UnicodeDecodeError:
        raise OtpKeyError(_NO_BASE32) from None
    key = TotpKey(_from_base32(text))
    if parse_key(given) == key:
        return given
    return b"otpauth://totp/?secret=" + text.translate(_IGNORED).upper().encode("ascii")


def _from_uri(given: bytes) -> TotpKey:
    try:
        uri = urlsplit(given.decode("utf-8").strip())
        query = parse_qsl(uri.query, keep_blank_values=True)
    except ValueError:  # UnicodeDecodeError is one
        raise OtpKeyError("the otpauth URI is malformed: copy it anew") from None
    kind = uri.netloc.lower()
    if kind != "totp":
        raise OtpKeyError("the otpauth URI is not for codes by time: only otpauth://totp/ is supported")
    fields = {name.lower(): value for name, value in query}
    if len(fields) != len(query):
        raise OtpKeyError("the otpauth URI names a parameter twice: copy it anew")
    try:
        algorithm = Algorithm(fields.get("algorithm", "SHA1").lower().replace("-", ""))
    except ValueError:
        raise OtpKeyError("the otpauth URI names an unknown algorithm: SHA1, SHA256 and SHA512 are known") from None
    return TotpKey(
        _from_base32(fields.get("secret", "")),
        algorithm,
        _number(fields, "digits", _DIGITS, _MIN_DIGITS, _MAX_DIGITS),
        _number(fields, "period", _PERIOD_S, 1, _MAX_PERIOD_S),
    )


def _from_base32(text: str) -> bytes:
    dense = text.translate(_IGNORED).upper()
    try:
        return _checked(base64.b32decode(dense + "=" * (-len(dense) % 8)))
    except (binascii.Error, ValueError) as error:
        if isinstance(error, OtpKeyError):
            raise
        raise OtpKeyError(_NO_BASE32) from None


def _checked(secret: bytes) -> bytes:
    if not 1 <= len(secret) <= _MAX_SECRET_BYTES:
        raise OtpKeyError(f"a secret for one-time codes has 1 to {_MAX_SECRET_BYTES} bytes, not {len(secret)}")
    return secret


def _number(fields: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = fields.get(name, str(default))
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise OtpKeyError(f"the otpauth URI's {name} must be a number from {least} to {most}")
    return int(text)
