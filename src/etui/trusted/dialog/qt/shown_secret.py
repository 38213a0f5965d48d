"""A secret shown on the window: drawn, so that no other program is offered its text.

A person who cannot see it may let the screen reader have it; then every program on the accessibility bus can.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QFontDatabase, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from etui.sealing import Secret
from etui.trusted.dialog.qt.guarded import Guarded, GuardedButton
from etui.trusted.dialog.qt.parts import Kit
from etui.trusted.dialog.qt.theme import Theme, em, sized
from etui.trusted.dialog.text import whole_text


class SecretTiles(Guarded, QWidget):
    """The words or groups of a secret, each on a tile, as many in a row as fit; any other secret as it stands."""

    guarded_role = QAccessible.Role.StaticText

    def __init__(self, pieces: list[str], theme: Theme, font: QFont) -> None:
        super().__init__()
        self._pieces = pieces
        self._theme = theme
        self.setFont(font)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("A secret is shown here")

    def hasHeightForWidth(self) -> bool:
        """Always: it wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows."""
        boxes = self._boxes(width)
        return int(boxes[-1][1].bottom()) + 1 if boxes else 0

    def sizeHint(self) -> QSize:
        """A common window's width."""
        width = em(self.font()) * 18
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(em(self.font()) * 5, em(self.font()) * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tiles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = em(self.font()) / 4
        for piece, box in self._boxes(self.width()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.advice_ground))
            painter.drawRoundedRect(box, radius, radius)
            painter.setPen(QColor(self._theme.text))
            flags = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWrapAnywhere.value
            painter.drawText(box, flags, piece)
        painter.end()

    def _boxes(self, width: int) -> list[tuple[str, QRectF]]:
        unit, gap = em(self.font()), em(self.font()) // 3
        metrics = self.fontMetrics()
        boxes: list[tuple[str, QRectF]] = []
        left, top, height = 0.0, 0.0, unit * 1.7
        for piece in self._pieces:
            wide = metrics.horizontalAdvance(piece) + unit
            room = min(wide, width)
            if left and left + room > width:
                left, top = 0.0, boxes[-1][1].bottom() + gap
            lines = -(-wide // max(1, room - unit)) if wide > width else 1
            boxes.append((piece, QRectF(left, top, room, height + (lines - 1) * unit)))
            left += room + gap
        return boxes


def shown_secret(kit: Kit, secret: Secret, *, separator: str) -> QWidget:
    """A secret on its tiles, with the offer to the screen reader below."""
    text = whole_text(secret.reveal().decode("utf-8", errors="replace")).text
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(kit.unit // 3)
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    fixed.setPointSizeF(max(1.0, kit.font.pointSizeF()))
    tiles = SecretTiles(text.split(separator) if separator else text.split("\n"), kit.theme, sized(fixed, 1.15))
    layout.addWidget(tiles)
    offer = GuardedButton("Let the screen reader read it")
    offer.setFont(sized(kit.font, 0.85))
    offer.setAccessibleDescription("Then every program that listens to the screen reader can read it too.")
    offer.setToolTip(offer.accessibleDescription())

    def tell() -> None:
        tiles.setAccessibleName(text)
        tiles.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tiles.setFocus()

    offer.clicked.connect(tell)
    layout.addWidget(offer, 0, Qt.AlignmentFlag.AlignLeft)
    return widget
