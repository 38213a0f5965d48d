import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.trusted.native.egress.masking import Mask

SECRET = "pa\"ss/wö rd+<&>'"
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=4, max_size=40).filter(
    lambda text: len(text.encode()) >= 4
)


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET.encode(),
        SECRET.encode("latin-1"),
        SECRET.upper().replace("Ö", "ö").encode(),
        quote(SECRET).encode(),
        quote(SECRET, safe="").encode(),
        quote(SECRET, safe="").lower().encode(),
        quote(SECRET, safe="!'()*~").encode(),
        quote_plus(SECRET).encode(),
        json.dumps(SECRET).encode(),
        json.dumps(SECRET, ensure_ascii=False).encode(),
        json.dumps(SECRET).replace("/", "\\/").encode(),
        html.escape(SECRET).encode(),
        html.escape(SECRET, quote=False).encode(),
        SECRET.encode().hex().encode(),
        SECRET.encode().hex().upper().encode(),
        base64.b64encode(SECRET.encode()),
        base64.b64encode(b"u:" + SECRET.encode() + b"!"),
        base64.urlsafe_b64encode(b"user:" + SECRET.encode()),
        SECRET.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode(),  # Go's JSON
        SECRET.replace("+", "&#43;").replace("'", "&#39;").replace('"', "&#34;").encode(),  # Go's templates
        html.escape(SECRET).replace("/", "&#x2F;").replace("&#x27;", "&#039;").encode(),  # OWASP's, and PHP's
        SECRET.replace("/", "&sol;").replace("+", "&plus;").encode(),
        SECRET.replace("<", "\\<").replace("+", "\\+").replace("'", "\\x27").encode(),
        json.dumps(json.dumps(SECRET)).encode(),
        html.escape(json.dumps(SECRET)).encode(),
        quote(quote(SECRET, safe="")).encode(),
        "".join(f"%{byte:02x}" for byte in SECRET.encode()).encode(),
        base64.encodebytes(b"x" * 50 + SECRET.encode()),
        json.dumps(base64.encodebytes(b"x" * 51 + SECRET.encode()).decode()).encode(),
    ],
)
def test_a_spelling_that_a_server_echoes_is_masked(spelled: bytes) -> None:
    masked = Mask(Secret.from_text(SECRET)).apply(b"<p>" + spelled + b"</p>")
    assert spelled not in masked
    assert b"****" in masked
    assert not Mask(Secret.from_text(SECRET)).finds(masked)
    assert masked.startswith(b"<p>")
    assert masked.endswith(b"</p>")


@given(TEXT, st.lists(st.binary(max_size=20), min_size=2, max_size=5))
def test_no_spelling_is_left_wherever_it_stood(secret: str, around: list[bytes]) -> None:
    raw = secret.encode()
    spellings = [raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode(), raw.hex().encode()]
    mask = Mask(Secret(raw))
    for spelling in spellings:
        masked = mask.apply(spelling.join(around))
        assert not mask.finds(masked)
        assert not any(s.lower() in masked.lower() for s in spellings)
        assert len(masked) <= len(spelling.join(around))


@given(st.sampled_from(["abab", "aaaa", "****", "a*a*", "#*#*", "ab*#"]), st.text("ab*#", max_size=60))
def test_what_is_left_beside_a_mask_never_joins_to_the_secret(secret: str, text: str) -> None:
    mask = Mask(Secret.from_text(secret))
    assert secret.encode() not in mask.apply((secret[:2] + secret + secret[2:] + text + secret).encode())


@given(TEXT, st.binary(max_size=5), st.binary(max_size=5))
def test_base64_is_masked_at_each_place_where_it_can_begin(secret: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + secret.encode() + after)
    masked = Mask(Secret.from_text(secret)).apply(encoded)
    assert masked != encoded
    length = len(secret.encode())
    left = masked.translate(None, delete=b"*#\x1a")
    assert len(left) <= len(encoded) - (length * 8 // 6 - 1)


@pytest.mark.parametrize("before", [b"", b"u", b"us"])
@pytest.mark.parametrize("behind", [b"", b"!", b"!!"])
def test_no_character_of_base64_is_left_that_the_secret_decides_in_part(before: bytes, behind: bytes) -> None:
    one, other = (
        Mask(Secret(secret)).apply(base64.b64encode(before + secret + behind)) for secret in (b"4711", b"q%3p")
    )
    assert one == other


@given(st.binary(max_size=200))
def test_without_a_secret_nothing_changes(data: bytes) -> None:
    assert Mask().apply(data) == data


@given(st.binary(max_size=200))
def test_what_does_not_hold_the_secret_stays_as_it_is(data: bytes) -> None:
    mask = Mask(Secret(b"correct horse battery"))
    assert mask.finds(data) or mask.apply(data) == data


def test_a_mask_does_not_show_what_it_hides() -> None:
    assert SECRET not in repr(Mask(Secret.from_text(SECRET)))


@given(TEXT, st.lists(st.sampled_from(["%", "\\", "&#", "\\u00", "x", "4", "\n", "&amp;", ";"]), max_size=12))
def test_whatever_stands_around_an_escaped_spelling_it_is_masked(secret: str, around: list[str]) -> None:
    spelled = "".join(f"&#{ord(letter)};" for letter in secret)
    mask = Mask(Secret.from_text(secret))
    masked = mask.apply(f"{''.join(around)} {spelled} {''.join(around)}".encode())
    assert spelled.encode() not in masked


def test_a_body_made_to_cost_time_is_masked_at_once() -> None:
    mask = Mask(Secret(b"a" * 4095 + b"b"))
    assert mask.apply(b"a" * (2 << 20)) == b"a" * (2 << 20)
