"""Approve: a button that hands press, that shows how far it is armed, and that a screen reader reads."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.theme import Theme, control_height, em, sized

_BAR: Final = 3
_KEYS: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})


class ApproveButton(Guarded, QWidget):
    """Emits ``pressed`` for a press that began on it when ready and ended on it, and for a key's first stroke."""

    pressed = Signal()

    def __init__(self, label: str, theme: Theme, font: QFont, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._label = label
        self._part = 0.0
        self._is_ready = False
        self._began_ready = False
        self.setFont(sized(font, 1.0, weight=QFont.Weight.DemiBold))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(label)

    @property
    def label(self) -> str:
        """What stands on it."""
        return self._label

    def show_label(self, label: str) -> None:
        """Changes what stands on it."""
        if label != self._label:
            self._label = label
            self.setAccessibleName(label)
            self.updateGeometry()
            self.update()

    def show_arming(self, part: float, *, is_ready: bool) -> None:
        """Shows how far it is armed (0 to 1), and whether a press would be taken."""
        if (part, is_ready) != (self._part, self._is_ready):
            self._part, self._is_ready = part, is_ready
            self.update()

    def sizeHint(self) -> QSize:
        """Room for its label, as high as the buttons beside it."""
        unit = em(self.font())
        return QSize(self.fontMetrics().horizontalAdvance(self._label) + 3 * unit, control_height(self.font()))

    def minimumSizeHint(self) -> QSize:
        """As its hint."""
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press that begins before it is ready counts for nothing, however long it lasts."""
        self._began_ready = self._is_ready and event.button() == Qt.MouseButton.LeftButton

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a press."""
        began, self._began_ready = self._began_ready, False
        if began and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space; a key that is held down counts for nothing."""
        if event.key() in _KEYS:
            if not event.isAutoRepeat():
                self.pressed.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Full of colour when ready; before that a thin bar grows below the label."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = max(4.0, em(self.font()) / 3)
        shape = QPainterPath()
        shape.addRoundedRect(outline, radius, radius)
        painter.fillPath(shape, QColor(theme.accent if self._is_ready else theme.idle))
        painter.setPen(QPen(QColor(theme.accent if self._is_ready else theme.line), 1, self._outline))
        painter.drawPath(shape)
        if not self._is_ready and self._part > 0:
            painter.setClipPath(shape)
            painter.fillRect(
                QRectF(outline.left(), outline.bottom() - _BAR, outline.width() * self._part, _BAR),
                QColor(theme.accent),
            )
            painter.setClipping(False)
        painter.setPen(QColor(theme.on_accent if self._is_ready else theme.muted))
        painter.drawText(outline, Qt.AlignmentFlag.AlignCenter, self._label)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.on_accent if self._is_ready else theme.text), 2))
            painter.drawRoundedRect(outline.adjusted(3, 3, -3, -3), radius - 2, radius - 2)
        painter.end()

    @property
    def _outline(self) -> Qt.PenStyle:
        """Broken where colour does not tell that it is not ready yet."""
        is_told = self._is_ready or self._theme.idle != self._theme.ground
        return Qt.PenStyle.SolidLine if is_told else Qt.PenStyle.DashLine
