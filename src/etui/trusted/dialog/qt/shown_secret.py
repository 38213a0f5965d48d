"""A secret shown on the window: drawn, so that no other program is offered its text.

A person who cannot see it may let the screen reader have it; then every program on the accessibility bus can.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontDatabase, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from etui.sealing import Secret
from etui.trusted.dialog.qt.guarded import Guarded, GuardedButton
from etui.trusted.dialog.qt.parts import Kit, quiet_button
from etui.trusted.dialog.qt.theme import Theme, em, sized
from etui.trusted.dialog.text import whole_text

_WRAPPED: Final = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextWrapAnywhere.value
_HIGHEST: Final = 1 << 20


class SecretTiles(Guarded, QWidget):
    """The words or groups of a secret on numbered tiles, in rows of the same length; one alone as it stands."""

    guarded_role = QAccessible.Role.StaticText

    def __init__(self, pieces: list[str], theme: Theme, font: QFont) -> None:
        super().__init__()
        self._pieces = pieces
        self._theme = theme
        self.setFont(font)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("A secret is shown here")

    def hasHeightForWidth(self) -> bool:
        """Always: it wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows."""
        return int(self._boxes(width)[-1].bottom()) + 1

    def sizeHint(self) -> QSize:
        """A common window's width."""
        width = em(self.font()) * 24
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(em(self.font()) * 5, em(self.font()) * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tiles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit, theme = em(self.font()), self._theme
        for number, (piece, box) in enumerate(zip(self._pieces, self._boxes(self.width()), strict=True), start=1):
            painter.setPen(QColor(theme.line))
            painter.setBrush(QColor(theme.advice_ground))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), unit / 4, unit / 4)
            inner = box.adjusted(unit / 2, 0, -unit / 2, 0)
            if len(self._pieces) > 1:
                painter.setFont(self._small)
                painter.setPen(QColor(theme.muted))
                painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, str(number))
                inner.setLeft(inner.left() + self._number_width)
            painter.setFont(self.font())
            painter.setPen(QColor(theme.text))
            painter.drawText(inner, _WRAPPED, piece)
        painter.end()

    @property
    def _small(self) -> QFont:
        return sized(self.font(), 0.7)

    @property
    def _number_width(self) -> int:
        """The room in front of a piece for its number."""
        return QFontMetrics(self._small).horizontalAdvance("0" * len(str(len(self._pieces)))) + em(self.font()) // 2

    def _boxes(self, width: int) -> list[QRectF]:
        unit, gap = em(self.font()), em(self.font()) // 3
        count = len(self._pieces)
        numbers = self._number_width if count > 1 else 0
        widest = max(map(self.fontMetrics().horizontalAdvance, self._pieces)) + unit + numbers + 1
        fitting = max(1, min(count, (width + gap) // (widest + gap)))
        columns = max(across for across in range(1, fitting + 1) if count % across == 0)
        across = (width - gap * (columns - 1)) / columns
        room = QRect(0, 0, max(1, int(across) - unit - numbers), _HIGHEST)
        metrics = self.fontMetrics()
        high = max(metrics.boundingRect(room, _WRAPPED, piece).height() for piece in self._pieces) + unit
        return [
            QRectF(place % columns * (across + gap), place // columns * (high + gap), across, high)
            for place in range(count)
        ]


def shown_secret(kit: Kit, secret: Secret, *, separator: str) -> QWidget:
    """A secret on its tiles, with the offer to the screen reader below; without ``separator`` it is one piece."""
    text = whole_text(secret.reveal().decode("utf-8", errors="replace")).text
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(kit.unit // 4)
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    fixed.setPointSizeF(max(1.0, kit.font.pointSizeF()))
    scale = 1.0 if kit.is_narrow else 1.15
    tiles = SecretTiles(text.split(separator) if separator else [text], kit.theme, sized(fixed, scale))
    layout.addWidget(tiles)
    offer: QPushButton = quiet_button(kit, GuardedButton("Let the screen reader read it"))
    offer.setAccessibleDescription("Then every program that listens to the screen reader can read it too.")
    offer.setToolTip(offer.accessibleDescription())

    def tell() -> None:
        tiles.setAccessibleName(text)
        tiles.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tiles.setFocus()

    offer.clicked.connect(tell)
    layout.addWidget(offer, 0, Qt.AlignmentFlag.AlignLeft)
    return widget
