"""The head of the window: the wallet's own band with picture, phrase and colour, or the Extension that speaks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from etui.trusted.dialog.content import FrameBlock
from etui.trusted.dialog.looks import colour_of, text_on
from etui.trusted.dialog.qt.parts import Kit, Whole
from etui.trusted.dialog.qt.picture import LogoTile, PictureTile
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import sized
from etui.trusted.dialog.requests import Looks
from etui.trusted.dialog.text import single_line
from etui.trusted.dialog.wording import EXTENSION_SPEAKS_WORDS, LOOK_ALIKE_WORDS

_NEUTRAL = "#2f3b45"


class Band(Whole):
    """A band in one colour, with texts that read on it."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setStyleSheet(f"QLabel {{ color: {text_on(colour)}; }}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Fills it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._colour))
        painter.end()


def own_head(kit: Kit, looks: Looks | None) -> QWidget:
    """The wallet's band; before there are looks it is grey and bears the name alone."""
    unit = kit.unit
    band = Band(_NEUTRAL if looks is None else colour_of(looks))
    row = QHBoxLayout(band)
    padding = unit * 3 // 8 if kit.is_tight else unit * 3 // 4
    row.setContentsMargins(kit.margin, padding, kit.margin, padding)
    row.setSpacing(unit * 3 // 4 if kit.is_tight else unit)
    words = QVBoxLayout()
    words.setSpacing(unit // 8)
    if looks is None:
        words.addWidget(TextBlock("Etui", sized(kit.font, 1.35, weight=QFont.Weight.DemiBold)))
    else:
        row.addWidget(PictureTile(looks, unit * 5 // 2 if kit.is_tight else unit * 4))
        words.addStretch()
        if not kit.is_tight:
            words.addWidget(TextBlock("Your wallet", sized(kit.font, 0.9)))
        phrase = f"“{single_line(looks.phrase).text}”"
        scale = 1.1 if kit.is_tight else 1.3
        words.addWidget(TextBlock(phrase, sized(kit.font, scale, weight=QFont.Weight.DemiBold)))
        words.addStretch()
    row.addLayout(words, 1)
    return band


def extension_block(kit: Kit, frame: FrameBlock, caption: str, *, scale: float) -> QWidget:
    """An Extension's logo, name and publisher under a caption."""
    unit = kit.unit
    block = QWidget()
    row = QHBoxLayout(block)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(unit * 3 // 4)
    row.addWidget(
        LogoTile(frame.logo, frame.name.text, kit.theme, kit.font, round(unit * 2.6 * scale)),
        0,
        Qt.AlignmentFlag.AlignTop,
    )
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(TextBlock(caption, sized(kit.font, 0.85), part="muted"))
    words.addWidget(TextBlock(frame.name.text, sized(kit.font, 1.1 * scale, weight=QFont.Weight.DemiBold)))
    by = f"published by {frame.publisher.text} · {frame.extension.text}"
    words.addWidget(TextBlock(by, sized(kit.font, 0.85), part="muted"))
    if frame.name.look_alike or frame.publisher.look_alike:
        words.addWidget(TextBlock(f"⚠ {LOOK_ALIKE_WORDS}", sized(kit.font, 0.9), part="caution"))
    row.addLayout(words, 1)
    return block


def extension_head(kit: Kit, frame: FrameBlock) -> QWidget:
    """The head of an Extension's face, parted from the body by a line."""
    head = Whole()
    column = QVBoxLayout(head)
    padding = kit.unit // 2 if kit.is_tight else kit.unit
    column.setContentsMargins(kit.margin, padding, kit.margin, 0)
    column.setSpacing(kit.unit // 2 if kit.is_tight else kit.unit * 3 // 4)
    column.addWidget(extension_block(kit, frame, EXTENSION_SPEAKS_WORDS, scale=1.0))
    line = QFrame()
    line.setProperty("part", "line")
    line.setFixedHeight(1)
    column.addWidget(line)
    return head
