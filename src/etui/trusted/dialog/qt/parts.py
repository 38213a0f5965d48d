"""The parts that a body is made of: texts with their flags, cards and notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from etui.trusted.dialog.content import AskerBlock, Line, Note, Tone
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import Theme, em, sized
from etui.trusted.dialog.requests import Strength
from etui.trusted.dialog.text import SafeText
from etui.trusted.dialog.wording import LOOK_ALIKE_WORDS, STRENGTH_WORDS

SMALL: Final = 0.9
"""The size of what stands beside something, as a part of the user's own."""
_SHORT: Final = 60
_BLOCK_LINES: Final = 40


class Kit(msgspec.Struct, frozen=True):
    """What every part is made with: the theme, the user's font, and whether the screen has little room for it."""

    theme: Theme
    font: QFont
    is_narrow: bool = False
    is_low: bool = False

    @property
    def unit(self) -> int:
        """A line's height in pixels."""
        return em(self.font)

    @property
    def margin(self) -> int:
        """How far texts stand from the window's or a frame's edge, in pixels."""
        return self.unit * 3 // 4 if self.is_narrow else self.unit + self.unit // 4

    @property
    def is_tight(self) -> bool:
        """Whether ornament has to give way to what is asked."""
        return self.is_narrow or self.is_low


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
    return [TextBlock(text.text, font, part=part), *flags(kit, text)]


def flags(kit: Kit, *said: SafeText) -> list[QWidget]:
    """What is said once below texts of which the letters of one may deceive."""
    if not any(text.look_alike for text in said):
        return []
    return [TextBlock(f"⚠ {LOOK_ALIKE_WORDS}", sized(kit.font, SMALL), part="caution")]


def asker_block(kit: Kit, asker: AskerBlock, *, with_name: bool) -> QWidget:
    """Who asks: how strong the evidence is and what it says, through whom they ask, and the full identity."""
    frame, layout = card(kit)
    layout.setSpacing(kit.unit // 3)
    small = sized(kit.font, SMALL)
    if with_name:
        add(layout, texts(kit, asker.name, sized(kit.font, 1.1, weight=QFont.Weight.DemiBold)))
    row = QHBoxLayout()
    row.setSpacing(kit.unit // 2)
    row.addWidget(Chip(asker.strength, kit))
    if asker.through:
        row.addWidget(TextBlock("through " + ", ".join(text.text for text in asker.through), small, part="muted"), 1)
    row.addStretch()
    layout.addLayout(row)
    layout.addWidget(TextBlock(asker.sentence.text, kit.font))
    add(layout, texts(kit, asker.principal, small, part="muted"))
    return frame


def lines_card(kit: Kit, lines: tuple[Line, ...]) -> QWidget:
    """The fields of what is asked; material ones stand out."""
    frame, layout = card(kit)
    for place, line in enumerate(lines):
        if place:
            rule = QFrame()
            rule.setProperty("part", "line")
            rule.setFixedHeight(1)
            layout.addWidget(rule)
        pair, inner = column(kit.unit // 4)
        add(inner, texts(kit, line.title, sized(kit.font, SMALL), part="muted"))
        add(inner, _value(kit, line))
        layout.addWidget(pair)
    return frame


def _value(kit: Kit, line: Line) -> list[QWidget]:
    """A field's value; one of several paragraphs has them apart."""
    paragraphs = [paragraph for paragraph in line.value.text.split("\n") if paragraph]
    font = kit.font
    if line.material:
        is_short = len(paragraphs) <= 1 and len(line.value.text) <= _SHORT
        font = sized(kit.font, 1.2 if is_short else 1.0, weight=QFont.Weight.DemiBold)
    widgets: list[QWidget] = [TextBlock(paragraph, font) for paragraph in paragraphs]
    return widgets + flags(kit, line.value)


def body_text(kit: Kit, title: SafeText, text: SafeText) -> list[QWidget]:
    """Paragraphs; a text to be read stands on a ground of its own: nothing in it is taken for the wallet's own words.

    A long one is drawn in blocks, so that only those in sight are laid out each time.
    """
    if not title.text:
        return texts(kit, text, kit.font)
    frame, layout = card(kit, "reading")
    layout.setSpacing(0)
    add(layout, texts(kit, title, sized(kit.font, SMALL), part="muted"))
    layout.addSpacing(kit.unit // 3)
    lines = text.text.split("\n")
    for start in range(0, len(lines), _BLOCK_LINES):
        layout.addWidget(TextBlock("\n".join(lines[start : start + _BLOCK_LINES]), kit.font))
    add(layout, flags(kit, text))
    return [frame]


def note_block(kit: Kit, note: Note) -> QWidget:
    """A sentence on a ground of its own."""
    part = {Tone.CAUTION: "cautionGround", Tone.ADVICE: "adviceGround", Tone.PLAIN: "card"}[note.tone]
    frame, layout = card(kit, part)
    layout.setContentsMargins(kit.unit * 3 // 4, kit.unit // 3, kit.unit * 3 // 4, kit.unit // 3)
    add(layout, texts(kit, note.text, kit.font, part="caution" if note.tone is Tone.CAUTION else ""))
    return frame


class Pages(QWidget):
    """Several pages of which one is shown, as high as that one."""

    def __init__(self, pages: Iterable[QWidget]) -> None:
        super().__init__()
        self.pages = tuple(pages)
        self.current = 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        add(layout, self.pages)
        self.turn_to(0)

    def turn_to(self, number: int) -> None:
        """Shows another page."""
        self.current = number
        for place, page in enumerate(self.pages):
            page.setVisible(place == number)
        self.updateGeometry()  # what the layout around remembers of the page before is of no more use


def add(layout: QVBoxLayout, widgets: Iterable[QWidget]) -> None:
    """Puts widgets below each other."""
    for widget in widgets:
        layout.addWidget(widget)


def quiet_button(kit: Kit, button: QPushButton) -> QPushButton:
    """A button that looks like a link: another way, which few take."""
    button.setProperty("part", "quiet")
    button.setFont(sized(kit.font, SMALL))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setAutoDefault(False)
    return button


class Chip(QWidget):
    """A word on a rounded ground: how strong the evidence is."""

    def __init__(self, strength: Strength, kit: Kit) -> None:
        super().__init__()
        theme = kit.theme
        self._ground, self._line, part = {
            Strength.VERIFIED: (theme.accent, theme.accent, "onAccent"),
            Strength.OBSERVED: (theme.idle, theme.line, ""),
            Strength.CLAIMED: (theme.caution_ground, theme.caution_line, "caution"),
        }[strength]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(kit.unit // 2, kit.unit // 8, kit.unit // 2, kit.unit // 8)
        label = TextBlock(STRENGTH_WORDS[strength], sized(kit.font, 0.85, weight=QFont.Weight.DemiBold), part=part)
        label.setFixedWidth(label.sizeHint().width())
        layout.addWidget(label)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._line), 1))
        painter.setBrush(QColor(self._ground))
        outline = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(outline, outline.height() / 2, outline.height() / 2)
        painter.end()
