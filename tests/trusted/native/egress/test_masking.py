import base64
import html
import json
from collections.abc import Iterable
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


# in parts


@st.composite
def masks_and_bodies(draw: st.DrawFn) -> tuple[Mask, list[bytes]]:
    """A mask, and the parts of a body that is made of its spellings, of pieces of them, and of anything else."""
    secret = draw(st.one_of(TEXT, st.text("ab*#", min_size=4, max_size=12))).encode()
    mask = Mask(Secret(secret))
    coded = base64.b64encode(draw(st.binary(max_size=2)) + secret)
    spelling = st.sampled_from([one for one, *_ in mask._spellings])
    piece = st.one_of(
        spelling,
        st.just(b"".join(b"&#x%x;" % ord(letter) for letter in secret.decode())),
        st.just(b"".join(b"%%%02x" % byte for byte in secret)),
        st.just(b"\r\n ".join(coded[at : at + 5] for at in range(0, len(coded), 5))),
        st.sampled_from([b"%", b"\\", b"\\u00", b"&#", b"&", b"\r", b"\n"]),
        spelling.map(bytes.upper),
        st.builds(lambda s, n: s[: n % len(s)], spelling, st.integers(0, 200)),
        st.builds(lambda s, n: s[n % len(s) :], spelling, st.integers(0, 200)),
        st.binary(max_size=4),
    )
    body = b"".join(draw(st.lists(piece, max_size=8)))
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return mask, [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def in_parts(mask: Mask, parts: Iterable[bytes]) -> bytes:
    masking = mask.begin()
    return b"".join([*map(masking.feed, parts), masking.finish()])


@pytest.mark.attack(117)
@given(masks_and_bodies())
def test_what_is_masked_in_the_whole_is_masked_in_parts_and_nothing_else(made: tuple[Mask, list[bytes]]) -> None:
    mask, parts = made
    whole = b"".join(parts)
    masked = in_parts(mask, parts)
    assert not mask.finds(masked)
    assert mask.finds(whole) or masked == whole


@pytest.mark.attack(117)
@given(TEXT, st.binary(max_size=8), st.binary(max_size=8))
def test_every_spelling_is_masked_that_comes_a_byte_at_a_time(secret: str, before: bytes, after: bytes) -> None:
    mask = Mask(Secret.from_text(secret))
    for spelling, *_ in mask._spellings:
        body = before + spelling + after
        masked = in_parts(mask, (bytes((byte,)) for byte in body))
        assert masked == mask.apply(body)


@given(masks_and_bodies())
def test_no_more_is_held_back_than_could_begin_a_spelling(made: tuple[Mask, list[bytes]]) -> None:
    mask, parts = made
    masking = mask.begin()
    longest = max(len(spelling) for spelling, *_ in mask._spellings)
    for part in parts:
        masking.feed(part)
        assert masking.held <= 8 * (longest + 8)
    assert masking.feed(b"\0").endswith(b"\0"), "what begins no spelling is given out, with all before it"


def test_what_is_stretched_without_end_is_not_held_back_without_end() -> None:
    masking = Mask(Secret(b"correct horse battery staple")).begin()
    for _ in range(100):
        masking.feed(b"Y29ycmVjdCBob3Jz" + b"\n" + b" " * 10_000)
        assert masking.held <= 64 << 10


def test_parts_made_to_cost_time_are_masked_at_once() -> None:
    mask = Mask(Secret(b"a" * 4095 + b"b"))
    assert in_parts(mask, [b"a" * 4094 + b"c"] * 500) == (b"a" * 4094 + b"c") * 500
    assert in_parts(mask, [b"a"] * 9000) == b"a" * 9000
