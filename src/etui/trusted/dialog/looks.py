"""Picture, phrase and colour: what is supplied to pick from, and how text stays readable on the colour.

The pictures are drawings of this project, SVG files in ``pictures/``. A picture of one's own is a PNG.

Source of the contrast: WCAG 2.2, "relative luminance" and success criterion 1.4.3.
"""

from __future__ import annotations

import importlib.resources
import re
from typing import TYPE_CHECKING, Final

from etui.trusted.dialog.passphrases import suggested_phrase
from etui.trusted.dialog.requests import Looks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PICTURES: Final = (
    "lighthouse",
    "fox",
    "teapot",
    "boat",
    "cactus",
    "kite",
    "owl",
    "mushroom",
    "whale",
    "balloon",
    "cabin",
    "snail",
)
COLOURS: Final = {
    "#1f5f8b": "lake",
    "#2e6b4f": "pine",
    "#7a4e9e": "plum",
    "#a4432f": "brick",
    "#8a5a00": "amber",
    "#34576b": "slate",
    "#9c3d6e": "berry",
    "#4d5b1f": "olive",
}
MAX_PHRASE: Final = 60
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_DARK: Final = "#000000"
_LIGHT: Final = "#ffffff"


def suggested_looks(choose: Callable[[Sequence[str]], str]) -> Looks:
    """Looks to begin with, each part picked by ``choose`` (``secrets.choice``)."""
    return Looks(picture=choose(PICTURES), phrase=suggested_phrase(choose), colour=choose(tuple(COLOURS)))


def picture_svg(name: str) -> bytes:
    """The drawing of a supplied picture; of the first one for a name that is none."""
    known = name if name in PICTURES else PICTURES[0]
    return (importlib.resources.files("etui.trusted.dialog") / "pictures" / f"{known}.svg").read_bytes()


def colour_of(looks: Looks) -> str:
    """The looks' colour as ``#rrggbb``; the first supplied one for what is no colour."""
    return looks.colour if _COLOUR.fullmatch(looks.colour) else next(iter(COLOURS))


def colour_name(colour: str) -> str:
    """The name of a supplied colour, else the colour itself."""
    return COLOURS.get(colour, colour)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours ``#rrggbb``, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on ``colour``; one of them always has a ratio above 4.5."""
    return max((_LIGHT, _DARK), key=lambda text: contrast(text, colour))


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
