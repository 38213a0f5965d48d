"""Whether two logos look the same, whatever their colours and size.

Of a picture its ink is looked at: how far each point is from the background. What is drawn is cut out and made small;
cuts at its edges, and what stands on a ground of its own (a letter in a disc), are looked at beside it. Two logos look
the same where little of the ink is apart, measured by the smaller of what is inked and what is not, so that two discs
with different letters in them do not.
"""

from __future__ import annotations

import io
from collections import Counter
from functools import lru_cache
from typing import Final

import msgspec
from PIL import Image, ImageChops, ImageFilter

_MOST_PIXELS: Final = 512
_WORK: Final = 192
_SIDE: Final = 24
_FULL: Final = 255
_NO_INK: Final = 60
_ALL_INK: Final = 170
_UNLIKE: Final = 60
"""How far the ink of a point may be apart, of 255: edges are where they are to a part of a point."""
_MOST_APART: Final = 0.24
_MOST_STRETCHED: Final = 1.33
_CUTS: Final = (0.0, 0.03, 0.06)
_RIM: Final = 0.1


class LogoError(Exception):
    """A picture is none that a logo can be."""

    code = "logo"


class _Drawn(msgspec.Struct, frozen=True):
    """``stretch``: width by height. ``ink``: 24 rows of 24 points from the top, 0 to 255 each."""

    stretch: float
    ink: bytes


def look_the_same(seen: bytes, known: bytes) -> bool:
    """Whether two logos (PNG) look the same; raises ``LogoError`` for what is no picture, or an empty one."""
    one, other = _forms(seen), _forms(known)
    beside = [*((form, one[0]) for form in other), *((form, other[0]) for form in one), (one[-1], other[-1])]
    return any(_are_near(*pair) for pair in beside)


def _are_near(one: _Drawn, other: _Drawn) -> bool:
    if not 1 / _MOST_STRETCHED < one.stretch / other.stretch < _MOST_STRETCHED:
        return False
    whole = _FULL * _SIDE * _SIDE
    inked = (sum(one.ink), sum(other.ink))
    least = max(1, min(*inked, *(whole - ink for ink in inked)))
    apart = (abs(a - b) for a, b in zip(one.ink, other.ink, strict=True))
    return sum(points for points in apart if points > _UNLIKE) <= _MOST_APART * least


@lru_cache(256)
def _forms(png: bytes) -> tuple[_Drawn, ...]:
    """A logo as it is drawn, cut at its edges by more and more, and what stands on its ground."""
    picture, ink, box = _seen(png)
    drawn = ink.crop(box)
    forms = [_small(_cut(drawn, part)) for part in _CUTS]
    inner = _cut(picture.crop(box), _RIM)
    on_ground = _contrast(inner, _most_common(inner))
    if (within := _box(on_ground)) is not None:
        forms.append(_small(on_ground.crop(within)))
    return tuple(forms)


def _seen(png: bytes) -> tuple[Image.Image, Image.Image, tuple[int, int, int, int]]:
    """The picture, of a transparent one before white or where nothing is seen so before black, its ink, and where."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
            if max(opened.size) > _MOST_PIXELS:
                raise LogoError(f"it is larger than {_MOST_PIXELS} by {_MOST_PIXELS}")
            plain = opened.convert("RGBA").resize((_WORK, _WORK), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow raises
        raise LogoError(f"it does not decode: {error}") from None
    for colour in ("white", "black"):
        before = Image.alpha_composite(Image.new("RGBA", plain.size, colour), plain).convert("RGB")
        picture = before.filter(ImageFilter.MedianFilter(5))
        ink = _contrast(picture, _background(picture))
        if (box := _box(ink)) is not None:
            return picture, ink, box
    raise LogoError("there is nothing on it")


def _contrast(picture: Image.Image, background: tuple[int, ...]) -> Image.Image:
    """How much ink each point is: how far from the background, by the channel that differs most."""
    ground = Image.frombytes("RGB", picture.size, bytes(background) * (picture.width * picture.height))
    red, green, blue = ImageChops.difference(picture, ground).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    most = max(_NO_INK, *apart.tobytes())
    return apart.point([_inked(value * _FULL // most) for value in range(_FULL + 1)])


def _most_common(picture: Image.Image) -> tuple[int, ...]:
    """The colour of most of a picture."""
    points = picture.tobytes()
    colours = Counter(zip(*(points[channel::3] for channel in range(3)), strict=True))
    return colours.most_common(1)[0][0]


def _background(picture: Image.Image) -> tuple[int, ...]:
    """The colour of most of the four corners."""
    points, last = picture.tobytes(), _WORK - 2
    places = [3 * (row * _WORK + column) for row in (1, last) for column in (1, last)]
    corners = [tuple(points[place : place + 3]) for place in places]
    return max(corners, key=lambda one: sum(_is_like(one, other) for other in corners))


def _is_like(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _NO_INK


def _inked(contrast: int) -> int:
    """How much ink a contrast is: none for noise, all of it from two thirds on."""
    return min(_FULL, max(0, (contrast - _NO_INK) * _FULL // (_ALL_INK - _NO_INK)))


def _box(ink: Image.Image) -> tuple[int, int, int, int] | None:
    return ink.point([_FULL if value > _NO_INK else 0 for value in range(_FULL + 1)]).getbbox()


def _cut(drawn: Image.Image, part: float) -> Image.Image:
    width, height = drawn.size
    x, y = int(width * part), int(height * part)
    return drawn.crop((x, y, max(x + 1, width - x), max(y + 1, height - y)))


def _small(drawn: Image.Image) -> _Drawn:
    return _Drawn(drawn.width / drawn.height, drawn.resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes())
