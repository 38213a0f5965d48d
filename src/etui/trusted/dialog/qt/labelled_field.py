"""A field below its name, and the word that shows what is typed in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QVBoxLayout, QWidget

from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.parts import SMALL, Kit
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import control_height, sized
from etui.trusted.dialog.qt.typed_field import TypedField


class LabelledField(QWidget):
    """A field below its name."""

    def __init__(self, kit: Kit, label: str, field: TypedField, *, with_toggle: bool) -> None:
        super().__init__()
        self._field = field
        self._label = TextBlock(label, sized(kit.font, SMALL), part="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(kit.unit // 5)
        layout.addWidget(self._label)
        row = QHBoxLayout()
        row.setSpacing(kit.unit // 4)
        row.addWidget(field, 1)
        if with_toggle:
            row.addWidget(ShowToggle(kit, field))
        layout.addLayout(row)

    def show_label(self, label: str) -> None:
        """Calls it something else."""
        self._label.setText(label)
        self._field.setAccessibleName(label)


class ShowToggle(Guarded, QAbstractButton):
    """Shows what is typed in a field, or hides it again."""

    def __init__(self, kit: Kit, field: TypedField) -> None:
        super().__init__()
        self._kit = kit
        self._field = field
        self.setFont(sized(kit.font, SMALL))
        self.setText("Show")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._turn)

    def sizeHint(self) -> QSize:
        """Room for either word."""
        width = self.fontMetrics().horizontalAdvance("Show ") + self._kit.unit
        return QSize(width, control_height(self._kit.font))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._kit.theme.accent))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._kit.theme.accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), self._kit.unit / 3, self._kit.unit / 3)
        painter.end()

    def _turn(self) -> None:
        self._field.show_plainly(is_plain=self._field.is_hidden)
        self.setText("Show" if self._field.is_hidden else "Hide")
