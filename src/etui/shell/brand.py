"""A brand pack: an operator's name, words, logo and colours for the Shell, and nothing that runs.

A pack is a folder with ``brand.json`` and the logo that it names. Colours are the Shell's own custom properties, in
light and in dark, and come into the page as CSS of ``@layer brand``, which is made here: a pack brings none of its own.
What could not be read on its ground is refused. The Trusted Dialog knows no brands.

Source: WCAG 2.2, sections 1.4.3 and 1.4.11 (contrast).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

FORMAT: Final = 1
MAX_LOGO_BYTES: Final = 64 << 10
MAX_LOGO_PIXELS: Final = 512
_MAX_PACK_BYTES: Final = 16 << 10
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">8sI4sII")
_TEXT: Final = 4.5
_LINEAR: Final = 0.04045
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")

Line = Annotated[str, Meta(pattern=r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", max_length=80)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")]


class BrandError(Exception):
    """A pack that is none, or that nobody could read; the message says where and what to do."""


class Colours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="kebab"):
    """The colours of one theme, as ``#rrggbb``: grounds, what is written on them, lines, accents and warnings."""

    ground: Colour
    raised: Colour
    ink: Colour
    soft: Colour
    line: Colour
    accent: Colour
    on_accent: Colour
    warn: Colour
    note: Colour


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the Shell says in the operator's words. ``wallet``: the heading of the first page."""

    wallet: Line = "Your wallet"
    welcome: Line = "Welcome"
    footer: Line = ""


class Brand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A pack. ``name``: stands in the header of every page. ``logo``: a PNG, by its name beside ``brand.json``."""

    format: int
    name: Line
    logo: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}\Z")]
    words: Words = Words()
    light: Colours
    dark: Colours

    @property
    def css(self) -> str:
        """The colours as the Shell takes them."""
        return (
            f"@layer brand {{\n:root {{ {_properties(self.light)} }}\n"
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_properties(self.dark)} }} }}\n}}\n"
        )


class Kept(msgspec.Struct, frozen=True):
    """A brand as a profile keeps it, in one file."""

    brand: Brand
    logo: bytes


def read_pack(folder: Path) -> Kept:
    """A pack that was checked; raises ``BrandError``."""
    file = folder / "brand.json"
    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_PACK_BYTES + 1)
    except OSError as error:
        raise BrandError(f"{file} cannot be read ({error.strerror}): name the folder of a brand pack") from None
    if len(text) > _MAX_PACK_BYTES:
        raise BrandError(f"{file} has more than {_MAX_PACK_BYTES} bytes")
    try:
        brand = msgspec.json.decode(text, type=Brand)
    except msgspec.DecodeError as error:
        raise BrandError(f"{file}: {error}") from None
    if brand.format != FORMAT:
        raise BrandError(f"{file} is of version {brand.format}, and this Shell reads version {FORMAT}")
    for theme, colours in (("light", brand.light), ("dark", brand.dark)):
        _check_contrast(file, theme, colours)
    return Kept(brand, _logo(folder / brand.logo))


def read_kept(file: Path) -> Kept | None:
    """What a profile keeps; None where it keeps none. Raises ``BrandError``."""
    try:
        text = file.read_bytes()
        version = msgspec.json.decode(text, type=_Version).format
        if (read := _READERS.get(version)) is None:
            newest = f"version {version}, and the newest known here is {max(_READERS)}"
            raise BrandError(f"{file} is of {newest}: `etui brand drop`, or use a newer Etui")
        return read(text)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise BrandError(f"{file} cannot be used ({error}): `etui brand drop`, then use the pack again") from None


def encode_kept(kept: Kept) -> bytes:
    """A brand as a profile keeps it."""
    return msgspec.json.encode({"format": max(_READERS), "brand": kept.brand, "logo": kept.logo})


class _Version(msgspec.Struct, frozen=True):
    format: int


def _read_1(text: bytes) -> Kept:
    return msgspec.json.decode(text, type=Kept)


_READERS: Final[dict[int, Callable[[bytes], Kept]]] = {1: _read_1}
"""What reads each version of the file that was ever published."""


def _logo(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        raise BrandError(f"{file} cannot be read ({error.strerror}): put the logo beside brand.json") from None
    if len(data) > MAX_LOGO_BYTES:
        raise BrandError(f"{file} has more than {MAX_LOGO_BYTES} bytes: make the picture smaller")
    is_png = len(data) >= _HEADER.size and data[:8] == _PNG
    width, height = _HEADER.unpack_from(data)[3:] if is_png else (0, 0)
    if not (0 < width <= MAX_LOGO_PIXELS and 0 < height <= MAX_LOGO_PIXELS):
        raise BrandError(f"{file} is no PNG of at most {MAX_LOGO_PIXELS} by {MAX_LOGO_PIXELS} pixels")
    return data


def _check_contrast(file: Path, theme: str, colours: Colours) -> None:
    """Raises ``BrandError`` for what could not be read; the accent is a text, a button's ground and a focus ring."""
    grounds = {"ground": colours.ground, "raised": colours.raised, "note": colours.note}
    texts = {"ink": colours.ink, "soft": colours.soft, "accent": colours.accent, "warn": colours.warn}
    pairs = [(name, text, ground, over, _TEXT) for name, text in texts.items() for ground, over in grounds.items()]
    pairs.append(("on-accent", colours.on_accent, "accent", colours.accent, _TEXT))
    for name, text, ground, over, least in pairs:
        ratio = contrast(text, over)
        if ratio < least:
            text_of = f"{file}, {theme}: {name} on {ground} has a contrast of {ratio:.2f}, and {least:g} is the least"
            raise BrandError(f"{text_of}: take a darker or a lighter one")


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _properties(colours: Colours) -> str:
    values: dict[str, str] = msgspec.to_builtins(colours)
    return " ".join(f"--{name}: {value};" for name, value in values.items() if _COLOUR.fullmatch(value))
