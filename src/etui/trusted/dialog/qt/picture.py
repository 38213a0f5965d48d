"""Pictures on the window: the user's own on its tile, an Extension's logo, or a letter where there is none."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QImageReader, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from etui.trusted.dialog.looks import picture_svg
from etui.trusted.dialog.qt.theme import Theme, sized
from etui.trusted.dialog.requests import Looks

TILE: Final = "#fbfaf6"
_MAX_IMAGE_MB: Final = 16


class Tile(QWidget):
    """A rounded square with something drawn on it; decoration, which a screen reader passes over."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._side = side
        self.setFixedSize(QSize(side, side))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def shape(self) -> QPainterPath:
        """Its outline."""
        path = QPainterPath()
        path.addRoundedRect(QRectF(0, 0, self._side, self._side), self._side / 5, self._side / 5)
        return path


class PictureTile(Tile):
    """The user's picture: a supplied drawing, or a PNG of their own."""

    def __init__(self, looks: Looks, side: int) -> None:
        super().__init__(side)
        self._image = _image(looks.image)
        self._drawing = QSvgRenderer(QByteArray(picture_svg(looks.picture)))
        self.setAccessibleName(f"Picture: {looks.picture}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(self.shape())
        painter.fillPath(self.shape(), QColor(TILE))
        inner = QRectF(self.rect()).adjusted(*_margins(self.width() * 0.1))
        if self._image.isNull():
            self._drawing.render(painter, inner)
        else:
            painter.drawImage(QRectF(self.rect()), self._image)
        painter.end()


class LogoTile(Tile):
    """An Extension's logo, or the first letter of its name."""

    def __init__(self, logo: bytes, name: str, theme: Theme, font: QFont, side: int) -> None:
        super().__init__(side)
        self._image = _image(logo)
        self._letter = next((letter.upper() for letter in name if letter.isalnum()), "?")
        self._theme = theme
        self.setFont(sized(font, 1.4, weight=QFont.Weight.DemiBold))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(self.shape())
        if self._image.isNull():
            painter.fillPath(self.shape(), QColor(self._theme.idle))
            painter.setPen(QPen(QColor(self._theme.line), 2))  # its outer half is clipped
            painter.drawPath(self.shape())
            painter.setPen(QColor(self._theme.text))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)
        else:
            painter.drawImage(QRectF(self.rect()), self._image)
        painter.end()


def _image(data: bytes) -> QImage:
    """A PNG as an image, of bounded size in memory; none where it is no PNG."""
    if not data:
        return QImage()
    QImageReader.setAllocationLimit(_MAX_IMAGE_MB)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    return QImageReader(buffer, QByteArray(b"png")).read()


def _margins(width: float) -> tuple[float, float, float, float]:
    return width, width, -width, -width
