"""Keys as they are handed over."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.otp import Algorithm, OtpKeyError, TotpKey, parse_key, typed_key

# https://github.com/google/google-authenticator/wiki/Key-Uri-Format
EXAMPLE = (
    b"otpauth://totp/ACME%20Co:john.doe@email.com?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ"
    b"&issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30"
)
SECRETS = st.binary(min_size=1, max_size=80)


def test_the_published_example_is_read() -> None:
    assert parse_key(EXAMPLE) == TotpKey(base64.b32decode("HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ"))


@given(SECRETS, st.sampled_from(Algorithm), st.integers(6, 8), st.integers(1, 3600), st.text(max_size=20))
def test_a_uri_says_how_codes_are_made(
    secret: bytes, algorithm: Algorithm, digits: int, period_s: int, label: str
) -> None:
    text = base64.b32encode(secret).decode().rstrip("=").lower()
    uri = (
        f"otpauth://totp/{quote(label, safe='', errors='replace')}?secret={text}"
        f"&digits={digits}&period={period_s}&algorithm={algorithm.name}"
    )
    assert parse_key(uri.encode()) == TotpKey(secret, algorithm, digits, period_s)


@given(st.binary(min_size=10, max_size=80))
def test_base32_text_is_read_with_spaces_and_hyphens_between(secret: bytes) -> None:
    text = base64.b32encode(secret).decode()
    assert parse_key("-".join(text[i : i + 4] for i in range(0, len(text), 4)).encode()) == TotpKey(secret)
    assert parse_key(b" " + text.lower().replace("=", "").encode()) == TotpKey(secret)


def test_other_bytes_are_the_secret_itself() -> None:
    assert parse_key(b"12345678901234567890") == TotpKey(b"12345678901234567890")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (b"", "1 to 1024 bytes"),
        (bytes(1025), "1 to 1024 bytes"),
        (b"otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1", "not for codes by time"),
        (b"otpauth://totp/x?secret=GEZDGNBV0", "not base32"),
        (b"otpauth://totp/x?secret=", "1 to 1024 bytes"),
        (b"otpauth://totp/x", "1 to 1024 bytes"),
        (b"otpauth://totp/x?secret=GEZDGNBV&secret=GEZDGNBV", "twice"),
        (b"otpauth://totp/x?secret=GEZDGNBV&digits=5", "digits must be a number from 6 to 8"),
        (b"otpauth://totp/x?secret=GEZDGNBV&digits=+6", "digits"),
        (b"otpauth://totp/x?secret=GEZDGNBV&period=0", "period"),
        (b"otpauth://totp/x?secret=GEZDGNBV&period=99999", "period"),
        (b"otpauth://totp/x?secret=GEZDGNBV&algorithm=MD5", "unknown algorithm"),
        (b"otpauth://[totp/x", "malformed"),
        (b"otpauth://totp/\xff", "malformed"),
    ],
)
def test_what_is_no_key_is_refused_in_words(given_: bytes, said: str) -> None:
    with pytest.raises(OtpKeyError, match=said):
        parse_key(given_)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda rest: b"otpauth://totp/" + rest))
def test_whatever_the_bytes_are_the_end_is_a_key_or_a_refusal(given_: bytes) -> None:
    try:
        key = parse_key(given_)
    except OtpKeyError:
        return
    assert 1 <= len(key.secret) <= 1024


@pytest.mark.parametrize(
    "typed",
    [b"JBSWY3DP", b"jbsw y3dp", b"GEZDGNBVGY3TQOJQ", b"gezd-gnbv gy3t qojq", b"otpauth://totp/?secret=JBSWY3DP"],
)
def test_what_a_person_types_is_read_as_base32_or_a_uri(typed: bytes) -> None:
    secret = b"1234567890" if typed[:1].lower() == b"g" else b"Hello"
    assert parse_key(typed_key(typed)) == TotpKey(secret)


@pytest.mark.parametrize(
    "typed", [b"", b"notasecret!", b"JBSWY3DP1", b"JBSWY3", b"\xff\xfe", b"otpauth://hotp/?secret=JBSWY3DP"]
)
def test_what_a_person_mistypes_is_no_secret_of_bytes(typed: bytes) -> None:
    with pytest.raises(OtpKeyError):
        typed_key(typed)
