"""Where the body scrolls: it keeps its width whether it scrolls or not, and shows where there is more of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from etui.trusted.dialog.qt.parts import Kit

_BY_KEY: Final = frozenset({Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})


class BodyScroll(QScrollArea):
    """Scrolls the body, and follows the focus within it."""

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, and out of sight while there is nothing to scroll: a bar that comes would wrap the text anew.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What is asked")
        self._edge = _Edge(kit, self)
        bar = self.verticalScrollBar()
        bar.setEnabled(False)
        bar.rangeChanged.connect(self._look)
        bar.valueChanged.connect(self._look)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)

    @property
    def scrolls(self) -> bool:
        """Whether there is more of the body than fits."""
        return self.verticalScrollBar().maximum() > 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The edge covers all of it."""
        super().resizeEvent(event)
        self._edge.setGeometry(self.rect())
        self._edge.raise_()
        self._look()
        QTimer.singleShot(0, self, self._follow_focus)  # once the body has its new place

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A key that brought the focus here shows where it is."""
        super().focusInEvent(event)
        self._edge.show_edges(has_ring=event.reason() in _BY_KEY)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The focus is elsewhere."""
        super().focusOutEvent(event)
        self._edge.show_edges(has_ring=False)

    def event(self, event: QEvent) -> bool:
        """A layout that changed may have brought the focus out of sight."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._follow_focus()
        return handled

    def _look(self) -> None:
        bar = self.verticalScrollBar()
        bar.setEnabled(self.scrolls)
        self._edge.show_edges(above=bar.value() > 0, below=bar.value() < bar.maximum())

    def _follow_focus(self) -> None:
        self._follow(None, QApplication.focusWidget())

    def _follow(self, _old: QWidget | None, now: QWidget | None) -> None:
        body = self.widget()
        if now is not None and body is not None and body.isAncestorOf(now):
            self.ensureWidgetVisible(now)


class _Edge(QWidget):
    """What is drawn over the edges: lines where more is hidden, and a ring where the focus is."""

    def __init__(self, kit: Kit, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = kit.theme
        self._shown = {"above": False, "below": False, "has_ring": False}

    def show_edges(self, **changed: bool) -> None:
        """Shows or hides some of ``above``, ``below`` and ``has_ring``."""
        shown = self._shown | changed
        if shown != self._shown:
            self._shown = shown
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws them."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._theme.line), 1))
        if self._shown["above"]:
            painter.drawLine(0, 0, self.width(), 0)
        if self._shown["below"]:
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        if self._shown["has_ring"]:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()
