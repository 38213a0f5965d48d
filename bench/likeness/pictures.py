"""Logos as pictures, and what is done to them to look like another's and be none."""

from __future__ import annotations

import io
import os
import random
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageFilter, ImageOps
from PySide6.QtCore import QBuffer, QByteArray
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_SIDE: Final = 128
_MARGIN: Final = 10
_COLOURS: Final = ("#0b5fff", "#c8102e", "#1b7f3b", "#222222", "#7a1fa2", "#d97706")


def drawn(name: str, svg: str) -> bytes:
    """A logo in one of six colours on white, a PNG of 128 by 128 pixels."""
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    coloured = svg.replace("<path ", f'<path fill="{colour}" ')
    inner = image.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    QSvgRenderer(QByteArray(coloured.encode())).render(painter, inner.toRectF())
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub knows paths alone
    return bytes(buffer.data().data())


def altered(png: bytes) -> dict[str, bytes]:
    """The same logo, by what was done to it."""
    opened = Image.open(io.BytesIO(png)).convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened).convert("RGB")
    return {name: _png(alter(picture)) for name, alter in ALTERATIONS.items()}


def _scaled(side: int) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.resize((side, side), Image.Resampling.LANCZOS)


def _jpeg(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=25)
    return Image.open(buffer).convert("RGB")


def _recoloured(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(ImageOps.autocontrast(picture.convert("L")), "#5a2d82", "#fff4d6")


def _turned_hue(picture: Image.Image) -> Image.Image:
    hue, saturation, value = picture.convert("HSV").split()
    return Image.merge("HSV", (hue.point(lambda h: (h + 90) % 256), saturation, value)).convert("RGB")


def _cropped(part: float) -> Callable[[Image.Image], Image.Image]:
    def crop(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        return picture.crop((int(width * part), int(height * part), int(width * (1 - part)), int(height * (1 - part))))

    return crop


def _noisy(picture: Image.Image) -> Image.Image:
    dice = random.Random(7)  # the same noise each time
    data = bytes(min(255, max(0, value + dice.randint(-24, 24))) for value in picture.tobytes())
    return Image.frombytes("RGB", picture.size, data)


def _padded(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, 24, "#ffffff")


ALTERATIONS: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "half the size": _scaled(64),
    "three times the size": _scaled(384),
    "JPEG of quality 25": _jpeg,
    "two other colours": _recoloured,
    "another hue": _turned_hue,
    "negative": ImageOps.invert,
    "cut by 6 %": _cropped(0.06),
    "cut by 12 %": _cropped(0.12),
    "noise": _noisy,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "wider margin": _padded,
}


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
