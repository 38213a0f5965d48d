"""Plain text that wraps anywhere it must: a long word without spaces is broken, never cut."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPalette, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_WIDEST: Final = 1 << 14


class TextBlock(QLabel):
    """A label of plain text; ``part`` names its colour in the style sheet.

    Qt asks for its height some twenty times while a window is laid out, mostly for the same widths: each is kept until
    text, font or style change.
    """

    def __init__(self, text: str, font: QFont, *, part: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: dict[int, int] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setWordWrap(True)
        self.setFont(font)
        if part:
            self.setProperty("part", part)
        self.setText(text)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def setText(self, text: str) -> None:
        """Another text."""
        self._heights.clear()
        super().setText(text)

    def changeEvent(self, event: QEvent) -> None:
        """Another font or style."""
        self._heights.clear()
        super().changeEvent(event)

    def hasHeightForWidth(self) -> bool:
        """Always: it wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of the wrapped text."""
        height = self._heights.get(width)
        if height is None:
            layout = self._laid_out(width)
            height = int(sum(layout.lineAt(line).height() for line in range(layout.lineCount())) + 0.999)
            self._heights[width] = height
        return height

    def sizeHint(self) -> QSize:
        """As wide as its longest line would like to be."""
        layout = self._laid_out(_WIDEST)
        widths = [layout.lineAt(line).naturalTextWidth() for line in range(layout.lineCount())]
        width = int(max(widths, default=0.0)) + 1
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        height = self.fontMetrics().height()
        return QSize(height * 4, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the wrapped lines."""
        layout = self._laid_out(self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        layout.draw(painter, QPointF(0, 0))
        painter.end()

    def _laid_out(self, width: int) -> QTextLayout:
        layout = QTextLayout(self.text().replace("\n", "\N{LINE SEPARATOR}"), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, top))
            top += line.height()
        layout.endLayout()
        return layout
