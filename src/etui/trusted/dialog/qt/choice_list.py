"""Lists to choose from or to tick in: rows that hands press, and that tell what was pressed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from etui.trusted.dialog.content import Option
from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.parts import SMALL, Kit, add, column, texts
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import sized
from etui.trusted.dialog.wording import LOOK_ALIKE_WORDS


class ChoiceRow(Guarded, QAbstractButton):
    """One thing to tick or choose, drawn with its detail below; arrows walk through its neighbours."""

    def __init__(self, kit: Kit, option: Option, *, is_exclusive: bool) -> None:
        super().__init__()
        self.option = option
        self.guarded_role = QAccessible.Role.RadioButton if is_exclusive else QAccessible.Role.CheckBox
        self._is_exclusive = is_exclusive
        self._kit = kit
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(kit.font)
        named = option.label.text + (f" ({LOOK_ALIKE_WORDS})" if option.label.look_alike else "")
        self.setAccessibleName(named)
        self.setAccessibleDescription(option.detail.text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(kit.unit * 15 // 8, kit.unit * 3 // 8, kit.unit // 4, kit.unit * 3 // 8)
        layout.setSpacing(kit.unit // 8)
        add(layout, texts(kit, option.label, kit.font))
        add(layout, texts(kit, option.detail, sized(kit.font, SMALL), part="muted"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        for label in self.findChildren(TextBlock):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """As its texts."""
        layout = self.layout()
        return QSize() if layout is None else layout.sizeHint()

    def nextCheckState(self) -> None:
        """A press tells; whether it is ticked is the machine's word."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The box or circle, and a ring where the focus is."""
        theme, unit = self._kit.theme, self._kit.unit
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = unit * 0.85
        left, top = unit * 0.5, unit * 0.45
        checked = self.isChecked()
        painter.setPen(QPen(QColor(theme.accent if checked else theme.muted), 1.5))
        painter.setBrush(QColor(theme.accent) if checked and not self._is_exclusive else QColor(theme.card))
        if self._is_exclusive:
            painter.drawEllipse(QRectF(left, top, side, side))
            if checked:
                painter.setBrush(QColor(theme.accent))
                painter.drawEllipse(QRectF(left + side / 4, top + side / 4, side / 2, side / 2))
        else:
            painter.drawRoundedRect(QRectF(left, top, side, side), side / 5, side / 5)
            if checked:
                painter.setPen(QPen(QColor(theme.on_accent), 2))
                painter.drawPolyline(_tick(left, top, side))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), unit / 3, unit / 3)
        painter.end()


def choice_list(
    kit: Kit, options: tuple[Option, ...], title: str, pressed: Callable[[Option], None], *, is_exclusive: bool
) -> tuple[QWidget, list[ChoiceRow]]:
    """A titled list of choices; ``pressed`` is told which."""
    widget, layout = column(kit.unit // 8)
    if title:
        layout.addWidget(TextBlock(title, sized(kit.font, SMALL), part="muted"))
    rows = [ChoiceRow(kit, option, is_exclusive=is_exclusive) for option in options]
    for row in rows:
        row.clicked.connect(lambda _checked=False, option=row.option: pressed(option))
        layout.addWidget(row)
    return widget, rows


def _tick(left: float, top: float, side: float) -> list[QPointF]:
    return [
        QPointF(left + side * 0.22, top + side * 0.52),
        QPointF(left + side * 0.42, top + side * 0.72),
        QPointF(left + side * 0.78, top + side * 0.30),
    ]
