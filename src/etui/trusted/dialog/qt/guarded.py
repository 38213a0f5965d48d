"""Controls that assistive technology reads and only hands operate.

Over AT-SPI any program of the session can ask a Qt button to press itself and set the text of a field, without an
input event. A guarded control therefore offers Qt no action, value, text or editable text interface: its role, name,
state and place are told, and that is all.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

_NOWHERE: Final = QRect()
_ALL_RELATIONS: Final = QAccessible.RelationFlag.AllRelations


class Guarded:
    """Marks a widget as guarded; ``guarded_role`` is what a screen reader calls it."""

    guarded_role = QAccessible.Role.Button


class GuardedButton(Guarded, QPushButton):
    """An ordinary button that hands alone press."""


class GuardedInterface(QAccessibleInterface):
    """What a guarded widget tells: no interface beyond the plain one."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._widget = widget

    def isValid(self) -> bool:
        """Whether the widget is still there."""
        return True

    def object(self) -> QObject:
        """The widget."""
        return self._widget

    def window(self) -> QWindow:
        """The window that it stands in."""
        return self._widget.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        """The widget around it."""
        around = self._widget.parentWidget()
        return QAccessible.queryAccessibleInterface(self._widget.window() if around is None else around)

    def child(self, _index: int) -> None:  # type: ignore[override]  # its stub knows no None
        """None: it has no parts."""

    def childAt(self, _x: int, _y: int) -> None:  # type: ignore[override]  # its stub knows no None
        """None: it has no parts."""

    def childCount(self) -> int:
        """None: it has no parts."""
        return 0

    def indexOfChild(self, _child: QAccessibleInterface) -> int:
        """None: it has no parts."""
        return -1

    def relations(
        self, _match: QAccessible.RelationFlag = _ALL_RELATIONS
    ) -> list[tuple[QAccessibleInterface, QAccessible.RelationFlag]]:
        """None."""
        return []

    def text(self, kind: QAccessible.Text) -> str:
        """Name and description; never a value."""
        if kind == QAccessible.Text.Name:
            named = self._widget.accessibleName()
            return named or (self._widget.text() if isinstance(self._widget, QAbstractButton) else "")
        return self._widget.accessibleDescription() if kind == QAccessible.Text.Description else ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Changes nothing."""

    def rect(self) -> QRect:
        """Where it stands on the screen."""
        if not self._widget.isVisible():
            return _NOWHERE
        return QRect(self._widget.mapToGlobal(QPoint(0, 0)), self._widget.size())

    def role(self) -> QAccessible.Role:
        """What it is called."""
        return self._widget.guarded_role if isinstance(self._widget, Guarded) else QAccessible.Role.Client

    def state(self) -> QAccessible.State:
        """Whether it has the focus, is ticked, hidden or not ready."""
        widget = self._widget
        state = QAccessible.State()
        state.focusable = True
        state.focused = widget.hasFocus()
        state.invisible = not widget.isVisible()
        state.disabled = not widget.isEnabled()
        if isinstance(widget, QAbstractButton) and widget.isCheckable():
            state.checkable = True
            state.checked = widget.isChecked()
        return state


def _factory(_kind: str, made: QObject | None) -> QAccessibleInterface | None:
    if isinstance(made, QWidget) and isinstance(made, Guarded):
        return GuardedInterface(made)
    return None


class _Installed:
    is_done = False


def install_guard() -> None:
    """Has Qt ask here first what a widget tells; once for a process, before the first window."""
    if not _Installed.is_done:
        QAccessible.installFactory(_factory)
        _Installed.is_done = True
