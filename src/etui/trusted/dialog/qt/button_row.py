"""The buttons at the foot: in one row where there is room, else in several, and none is ever cut off."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_WIDEST: Final = (1 << 24) - 1


class ButtonRow(QWidget):
    """Buttons that let go at the left and those that answer at the right; where both do not fit, answers come first.

    One that is hidden keeps its place, so that no other moves when it comes.
    """

    def __init__(self, leaving: list[QWidget], answering: list[QWidget], gap: int) -> None:
        super().__init__()
        self._leaving = leaving
        self._answering = answering
        self._gap = gap
        for button in (*leaving, *answering):  # in the order of Tab
            button.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Always: it breaks."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows."""
        return max((place.bottom() + 1 for _, place in self._places(width)), default=0)

    def sizeHint(self) -> QSize:
        """All in one row."""
        return QSize(self._width(self._leaving + self._answering), self.heightForWidth(_WIDEST))

    def minimumSizeHint(self) -> QSize:
        """One below the other."""
        widest = max(button.sizeHint().width() for button in (*self._leaving, *self._answering))
        return QSize(widest, self.heightForWidth(_WIDEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts each in its place."""
        super().resizeEvent(event)
        self.arrange()

    def arrange(self) -> None:
        """Puts each in its place, after one changed its label."""
        for button, place in self._places(self.width()):
            button.setGeometry(place)
        self.updateGeometry()

    def _places(self, width: int) -> list[tuple[QWidget, QRect]]:
        leaving, answering = self._leaving, self._answering
        if self._width(leaving + answering) <= width:
            right = width - self._width(answering)
            return _row(leaving, 0, 0, self._gap) + _row(answering, right, 0, self._gap)
        places: list[tuple[QWidget, QRect]] = []
        for group in (answering, leaving):
            rows = [group] if self._width(group) <= width else [[button] for button in reversed(group)]
            for row in filter(None, rows):
                top = places[-1][1].bottom() + 1 + self._gap if places else 0
                places += _stretched(row, width, top, self._gap)
        return places

    def _width(self, buttons: list[QWidget]) -> int:
        return sum(button.sizeHint().width() for button in buttons) + self._gap * max(0, len(buttons) - 1)


def _row(buttons: list[QWidget], left: int, top: int, gap: int) -> list[tuple[QWidget, QRect]]:
    places: list[tuple[QWidget, QRect]] = []
    for button in buttons:
        places.append((button, QRect(left, top, button.sizeHint().width(), _height(button))))
        left += button.sizeHint().width() + gap
    return places


def _stretched(buttons: list[QWidget], width: int, top: int, gap: int) -> list[tuple[QWidget, QRect]]:
    """A row that is filled; what is left over goes to all alike."""
    natural = [button.sizeHint().width() for button in buttons]
    spare = width - sum(natural) - gap * (len(buttons) - 1)
    places: list[tuple[QWidget, QRect]] = []
    left = 0
    for place, (button, wide) in enumerate(zip(buttons, natural, strict=True)):
        is_last = place + 1 == len(buttons)
        room = width - left if is_last else wide + spare // len(buttons)
        places.append((button, QRect(left, top, max(room, 1), _height(button))))
        left += room + gap
    return places


def _height(button: QWidget) -> int:
    return max(button.sizeHint().height(), button.minimumHeight())
