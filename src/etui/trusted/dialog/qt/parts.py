"""The parts that a body is made of: texts with their flags, cards, notes, fields, lists to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from etui.trusted.dialog.content import AskerBlock, Line, Note, Option, Tone
from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import Theme, em, sized
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.text import SafeText
from etui.trusted.dialog.wording import LOOK_ALIKE_WORDS, STRENGTH_WORDS

_DETAIL_SCALE: Final = 0.9


class Kit(msgspec.Struct, frozen=True):
    """What every part is made with: the theme, the user's font, and a line's height in pixels."""

    theme: Theme
    font: QFont

    @property
    def unit(self) -> int:
        """A line's height in pixels."""
        return em(self.font)


class Whole(QWidget):
    """Never lower than its wrapped texts: where room is short, the body scrolls and this stays as it is."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps otherwise."""
        super().resizeEvent(event)
        self.keep_whole()

    def keep_whole(self) -> None:
        """Claims the height that its texts take at this width."""
        self.setMinimumHeight(self.heightForWidth(self.width()))


def column(spacing: int, margins: int = 0) -> tuple[QWidget, QVBoxLayout]:
    """An empty column."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(margins, margins, margins, margins)
    layout.setSpacing(spacing)
    return widget, layout


def card(kit: Kit, part: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """An empty card."""
    frame = QFrame()
    frame.setProperty("part", part)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(kit.unit * 3 // 4, kit.unit // 2, kit.unit * 3 // 4, kit.unit // 2)
    layout.setSpacing(kit.unit // 2)
    return frame, layout


def texts(kit: Kit, text: SafeText, font: QFont, *, part: str = "") -> list[QWidget]:
    """A text of others, and below it a flag where its letters may deceive."""
    if not text.text:
        return []
    widgets: list[QWidget] = [TextBlock(text.text, font, part=part)]
    if text.look_alike:
        widgets.append(TextBlock(f"⚠ {LOOK_ALIKE_WORDS}", sized(kit.font, _DETAIL_SCALE), part="caution"))
    return widgets


def asker_block(kit: Kit, asker: AskerBlock, *, with_name: bool) -> QWidget:
    """Who asks: the evidence in a sentence, the full identity, and through whom."""
    frame, layout = card(kit)
    layout.setSpacing(kit.unit // 5)
    if with_name:
        add(layout, texts(kit, asker.name, sized(kit.font, 1.1, weight=QFont.Weight.DemiBold)))
    row = QHBoxLayout()
    row.setSpacing(kit.unit // 2)
    row.addWidget(Chip(STRENGTH_WORDS[asker.strength], kit), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(TextBlock(asker.sentence.text, kit.font), 1)
    layout.addLayout(row)
    small = sized(kit.font, _DETAIL_SCALE)
    add(layout, texts(kit, asker.principal, small, part="muted"))
    if asker.through:
        layout.addWidget(TextBlock("through " + ", ".join(text.text for text in asker.through), small, part="muted"))
    return frame


def lines_card(kit: Kit, lines: tuple[Line, ...]) -> QWidget:
    """The fields of what is asked; material ones are larger."""
    frame, layout = card(kit)
    for place, line in enumerate(lines):
        if place:
            rule = QFrame()
            rule.setProperty("part", "line")
            rule.setFixedHeight(1)
            layout.addWidget(rule)
        pair, inner = column(kit.unit // 8)
        add(inner, texts(kit, line.title, sized(kit.font, _DETAIL_SCALE), part="muted"))
        font = sized(kit.font, 1.2, weight=QFont.Weight.DemiBold) if line.material else kit.font
        add(inner, texts(kit, line.value, font))
        layout.addWidget(pair)
    return frame


def note_block(kit: Kit, note: Note) -> QWidget:
    """A sentence on a ground of its own."""
    part = {Tone.CAUTION: "cautionGround", Tone.ADVICE: "adviceGround", Tone.PLAIN: "card"}[note.tone]
    frame, layout = card(kit, part)
    layout.setContentsMargins(kit.unit * 3 // 4, kit.unit // 3, kit.unit * 3 // 4, kit.unit // 3)
    add(layout, texts(kit, note.text, kit.font, part="caution" if note.tone is Tone.CAUTION else ""))
    return frame


def add(layout: QVBoxLayout, widgets: Iterable[QWidget]) -> None:
    """Puts widgets below each other."""
    for widget in widgets:
        layout.addWidget(widget)


class Chip(QWidget):
    """A word in a rounded outline: how strong the evidence is."""

    def __init__(self, word: str, kit: Kit) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(kit.unit // 2, 1, kit.unit // 2, 1)
        label = TextBlock(word, sized(kit.font, 0.85, weight=QFont.Weight.DemiBold))
        label.setFixedWidth(label.sizeHint().width())
        layout.addWidget(label)
        self._theme = kit.theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The outline."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.muted), 1))
        painter.setBrush(QColor(self._theme.idle))
        radius = self.height() / 2 - 1
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        painter.end()


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
        layout.setContentsMargins(kit.unit * 7 // 4, kit.unit // 4, kit.unit // 4, kit.unit // 4)
        layout.setSpacing(0)
        add(layout, texts(kit, option.label, kit.font))
        add(layout, texts(kit, option.detail, sized(kit.font, _DETAIL_SCALE), part="muted"))
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
        left, top = unit * 0.4, unit * 0.3
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
    widget, layout = column(kit.unit // 4)
    if title:
        layout.addWidget(TextBlock(title, sized(kit.font, _DETAIL_SCALE), part="muted"))
    rows = [ChoiceRow(kit, option, is_exclusive=is_exclusive) for option in options]
    for row in rows:
        row.clicked.connect(lambda _checked=False, option=row.option: pressed(option))
        layout.addWidget(row)
    return widget, rows


class ShowToggle(Guarded, QAbstractButton):
    """Shows what is typed in a field, or hides it again."""

    def __init__(self, kit: Kit, field: TypedField) -> None:
        super().__init__()
        self._kit = kit
        self._field = field
        self.setFont(sized(kit.font, _DETAIL_SCALE))
        self.setText("Show")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._turn)

    def sizeHint(self) -> QSize:
        """Room for either word."""
        unit = self._kit.unit
        return QSize(self.fontMetrics().horizontalAdvance("Show ") + unit, unit * 2 + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """An underlined word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._kit.theme.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._kit.theme.accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), self._kit.unit / 3, self._kit.unit / 3)
        painter.end()

    def _turn(self) -> None:
        self._field.show_plainly(is_plain=self._field.is_hidden)
        self.setText("Show" if self._field.is_hidden else "Hide")


def _tick(left: float, top: float, side: float) -> list[QPointF]:
    return [
        QPointF(left + side * 0.22, top + side * 0.52),
        QPointF(left + side * 0.42, top + side * 0.72),
        QPointF(left + side * 0.78, top + side * 0.30),
    ]


def labelled_field(kit: Kit, label: str, field: TypedField, *, with_toggle: bool) -> QWidget:
    """A field below its name."""
    widget, layout = column(kit.unit // 5)
    layout.addWidget(TextBlock(label, sized(kit.font, _DETAIL_SCALE), part="muted"))
    row = QHBoxLayout()
    row.setSpacing(kit.unit // 4)
    row.addWidget(field, 1)
    if with_toggle:
        row.addWidget(ShowToggle(kit, field))
    layout.addLayout(row)
    return widget
