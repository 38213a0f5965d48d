"""Which logos look the same, and what a picture can do to who looks at it."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from bench.likeness import sets
from bench.likeness.pictures import ALTERATIONS, altered, drawn
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from etui.extensions.guard.logos import LogoError, look_the_same
from etui.trusted.package.supplied import SUPPLIED

NAMES = sorted(sets.logos(sets.REPORTED))[:8]
LOGOS = {name: drawn(name, sets.logos(sets.REPORTED)[name]) for name in NAMES}


@pytest.mark.parametrize("how", [how for how in ALTERATIONS if how not in {"cut by 12 %", "blurred"}])
def test_an_altered_logo_looks_the_same(how: str) -> None:
    unlike = [name for name, logo in LOGOS.items() if not look_the_same(altered(logo)[how], logo)]
    assert len(unlike) <= 1


def test_other_logos_do_not_look_the_same() -> None:
    assert not [
        (one, other) for one in NAMES for other in NAMES if one < other and look_the_same(LOGOS[one], LOGOS[other])
    ]


def test_no_logo_that_comes_with_the_wallet_looks_like_another() -> None:
    supplied = sorted(Path(SUPPLIED).glob("*/logo.png"))
    assert len(supplied) > 5
    logos = [path.read_bytes() for path in supplied]
    assert not [(i, j) for i in range(len(logos)) for j in range(i) if look_the_same(logos[i], logos[j])]


def _png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says that it has this size."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(data))]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (*parts, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    "picture",
    [b"", b"GIF89a", _png(60_000, 60_000), _png(64, 64), _png(64, 64, b"\xff" * 50_000_000)],
    ids=["nothing", "another form", "huge", "cut short", "bomb"],
)
def test_what_is_no_logo_is_refused(picture: bytes) -> None:
    with pytest.raises(LogoError):
        look_the_same(picture, next(iter(LOGOS.values())))


def test_an_empty_picture_is_refused() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(buffer, "PNG")
    with pytest.raises(LogoError, match="nothing on it"):
        look_the_same(buffer.getvalue(), buffer.getvalue())


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_whatever_the_bytes_are_looking_at_them_ends(place: int, garbage: bytes) -> None:
    logo = LOGOS[NAMES[0]]
    at = place % len(logo)
    with contextlib.suppress(LogoError):
        look_the_same(logo[:at] + garbage + logo[at + len(garbage) :], LOGOS[NAMES[1]])
