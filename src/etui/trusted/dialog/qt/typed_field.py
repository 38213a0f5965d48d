"""A field to type in: it draws its own text, so that no other program is offered what stands in it.

Keys: letters, the input method, Ctrl+V, Backspace, Delete, arrows, Home, End, Ctrl+A and Ctrl+U. What is hidden is
drawn as dots; ``clear`` forgets it.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from etui.sealing import Secret
from etui.trusted.dialog.qt.guarded import Guarded
from etui.trusted.dialog.qt.theme import Theme, control_height, em

_MAX_TYPED: Final = 1024
_DOT: Final = "\N{BLACK CIRCLE}"


class TypedField(Guarded, QWidget):
    """One line of typed text; ``changed`` tells that it changed, ``entered`` that Enter was pressed."""

    guarded_role = QAccessible.Role.EditableText
    changed = Signal()
    entered = Signal()

    def __init__(
        self, name: str, theme: Theme, font: QFont, *, is_secret: bool = True, limit: int = _MAX_TYPED
    ) -> None:
        super().__init__()
        self._theme = theme
        self._text = ""
        self._place = 0
        self._has_all = False
        self._limit = limit
        self.is_hidden = is_secret
        self._is_secret = is_secret
        self.setFont(font)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhSensitiveData
            | (Qt.InputMethodHint.ImhHiddenText if is_secret else Qt.InputMethodHint.ImhNone)
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def secret(self) -> Secret:
        """What is typed."""
        return Secret.from_text(self._text)

    def put(self, text: str) -> None:
        """Replaces what stands there, as if it had been typed."""
        self._text = text[: self._limit]
        self._place = len(self._text)
        self._tell()

    def clear(self) -> None:
        """Forgets what was typed and tells nobody."""
        self._text, self._place, self._has_all = "", 0, False
        self.update()

    def show_plainly(self, *, is_plain: bool) -> None:
        """Shows letters instead of dots."""
        self.is_hidden = not is_plain
        self.update()

    def sizeHint(self) -> QSize:
        """A line with room around it."""
        unit = em(self.font())
        return QSize(unit * 12, control_height(self.font()))

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        unit = em(self.font())
        return QSize(unit * 5, control_height(self.font()))

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, FBT001  Qt's signature
        """Tab leaves it, whatever the input method."""
        return super().focusNextPrevChild(next)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """A click puts the cursor behind the last letter."""
        self._place, self._has_all = len(self._text), False
        self.update()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        """What an input method may know: that it is enabled, and where; never the text."""
        if query == Qt.InputMethodQuery.ImEnabled:
            return True
        if query == Qt.InputMethodQuery.ImCursorRectangle:
            return QRect(em(self.font()), 0, 1, self.height())
        return super().inputMethodQuery(query)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Takes what an input method commits, dead keys among it."""
        if event.commitString():
            self._insert(event.commitString())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: C901  a table
        """One key."""
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Paste):
            self._insert(QGuiApplication.clipboard().text())
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._has_all = bool(self._text)
        elif key == Qt.Key.Key_U and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._replace("", "")
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.entered.emit()
        elif key == Qt.Key.Key_Backspace:
            self._replace(self._text[: self._place][:-1], self._text[self._place :])
        elif key == Qt.Key.Key_Delete:
            self._replace(self._text[: self._place], self._text[self._place + 1 :])
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            step = 1 if key == Qt.Key.Key_Right else -1
            self._place, self._has_all = min(max(0, self._place + step), len(self._text)), False
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            self._place, self._has_all = len(self._text) if key == Qt.Key.Key_End else 0, False
        elif event.text().isprintable() and event.text():
            self._insert(event.text())
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The text or its dots, scrolled so that the cursor is in sight."""
        theme, unit = self._theme, em(self.font())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(theme.accent if focused else theme.muted), 2 if focused else 1))
        painter.setBrush(QColor(theme.card))
        painter.drawRoundedRect(box, unit / 3, unit / 3)
        metrics = self.fontMetrics()
        shown = _DOT * len(self._text) if self.is_hidden else self._text
        before = shown[: self._place]
        room = self.width() - unit
        shift = max(0, metrics.horizontalAdvance(before) - room + 2)
        painter.setClipRect(box.adjusted(unit / 3, 0, -unit / 3, 0))
        left = unit / 2 - shift
        middle = QRectF(left, 0, 1e6, self.height())
        if self._has_all:
            width = metrics.horizontalAdvance(shown)
            painter.fillRect(QRectF(left, unit / 2, width, self.height() - unit), QColor(theme.accent))
        painter.setPen(QColor(theme.on_accent if self._has_all else theme.text))
        painter.drawText(middle, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if focused and not self._has_all:
            x = left + metrics.horizontalAdvance(before)
            painter.fillRect(QRectF(x, self.height() / 2 - unit / 2, 2, unit), QColor(theme.text))
        painter.end()

    def _insert(self, text: str) -> None:
        typed = "".join(character for character in text if character.isprintable())
        self._replace(self._text[: self._place] + typed, self._text[self._place :])

    def _replace(self, before: str, after: str) -> None:
        """The text is now ``before`` and ``after`` with the cursor between; where all is selected, all goes."""
        if self._has_all:
            before, after = before[self._place :], ""  # only what was typed beyond the old text stays
            self._has_all = False
        self._text = (before + after)[: self._limit]
        self._place = min(len(before), len(self._text))
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
