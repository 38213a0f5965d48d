"""The one window: it shows views, tells what hands do, and comes to the front when it is asked for.

Rules:

1. Keys, buttons, wheels and fingers are told as Touch before anything else happens with them.
2. The end is told as reached only when its last row was painted.
3. While no view is shown the window is hidden and holds nothing of the last one.
4. The front is asked for once a view is drawn: a Wayland compositor may drop the activation of a window that it does
   not show yet. Where it keeps the front to another one, it notifies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from etui.trusted.dialog.entries import secrets_of
from etui.trusted.dialog.events import Approve, Dismiss, Elapse, GainFocus, LoseFocus, ReachEnd, Touch
from etui.trusted.dialog.face import Report, View
from etui.trusted.dialog.front import Front, Phase, wait_left_s
from etui.trusted.dialog.qt.body import Body
from etui.trusted.dialog.qt.body_scroll import BodyScroll
from etui.trusted.dialog.qt.foot import Foot
from etui.trusted.dialog.qt.head import Band, extension_head, own_head
from etui.trusted.dialog.qt.parts import Kit
from etui.trusted.dialog.qt.passphrase_maker import PassphraseMaker
from etui.trusted.dialog.qt.text_block import TextBlock
from etui.trusted.dialog.qt.theme import Theme, bar_width, em, sized, style_sheet, theme_of
from etui.trusted.dialog.qt.twice_typed import TwiceTyped
from etui.trusted.dialog.requests import ChangeAppearance, Confirm
from etui.trusted.dialog.script import shown_texts

_TICK_MS: Final = 40
_WIDTH_EM: Final = 30
_NARROW_EM: Final = 22
_LOW_EM: Final = 34
_SCREEN_PART: Final = 0.94
_FRAME_PX: Final = 2
_UNBOUNDED: Final = (1 << 24) - 1
_TOUCHES: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)


class DialogWindow(QWidget):
    """A face: shows one view at a time."""

    def __init__(self, report: Report, clock: Callable[[], float]) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowStaysOnTopHint)
        self.setObjectName("dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._report = report
        self._clock = clock
        self._front: Front | None = None
        self._body: Body | None = None
        self._foot: Foot | None = None
        self._scroll: BodyScroll | None = None
        self._has_all_in_sight = True
        self._wants_front = False
        self._content: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(lambda: self._report(Elapse()))
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    @property
    def front(self) -> Front | None:
        """What the machine says of the view in front."""
        return self._front

    @property
    def maker(self) -> PassphraseMaker | TwiceTyped | None:
        """Where a new passphrase or PIN is made, where one is."""
        return None if self._body is None else self._body.maker

    def present(self, view: View) -> None:
        """Shows a view and comes to the front."""
        self._drop()
        kit = self._kit()
        self.setStyleSheet(style_sheet(kit.theme, kit.unit))
        self._front = view.front
        self._content = self._built(kit, view)
        self._layout.addWidget(self._content)
        spoken = " · ".join(shown_texts(view.content))
        self.setWindowTitle(f"Etui: {view.content.heading.text}")
        self.setAccessibleName(view.content.heading.text)
        self.setAccessibleDescription(spoken)
        self._fit(kit)
        self._wants_front = True
        self.show()
        self._focus_first()
        if self.isActiveWindow():
            self._report(GainFocus())

    def refresh(self, front: Front) -> None:
        """Shows what changed."""
        stepped = self._front is not None and front.step is not self._front.step
        self._front = front
        if self._body is not None and self._foot is not None:
            self._body.update_front(front)
            self._foot.update_front(front, self._clock())
            if stepped and self._scroll is not None:
                self._scroll.verticalScrollBar().setValue(0)
                self._focus_first()
        self._time(front)

    def clear(self) -> None:
        """Hides and forgets, and lets the display forget what was drawn."""
        self._drop()
        self.hide()
        QTimer.singleShot(0, self._let_go)  # not while one of its own events is dealt with

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells of every key, button, wheel and finger before it is dealt with, and of the end of the body."""
        kind = event.type()
        if kind in _TOUCHES and self._front is not None:
            self._report(Touch())
        if kind == QEvent.Type.Paint and self._scroll is not None and watched is self._scroll.viewport():
            QTimer.singleShot(0, self._drawn)
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Focus came or went."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            self._report(GainFocus() if self.isActiveWindow() else LoseFocus())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is not now."""
        event.ignore()
        self._report(Dismiss())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape is not now."""
        if event.key() == Qt.Key.Key_Escape:
            self._report(Dismiss())
        else:
            super().keyPressEvent(event)

    def _built(self, kit: Kit, view: View) -> QWidget:
        outer = QWidget()
        layout = QVBoxLayout(outer)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for warning in view.warnings:
            layout.addWidget(_ribbon(kit, warning))
        self._body = Body(kit, view, self._report, self._approve)
        self._foot = Foot(kit, view, self._report, self._approve, self._scrolls)
        self._scroll = BodyScroll(kit)
        self._scroll.setProperty("isFramed", view.content.frame is not None)
        self._scroll.setWidget(self._body)
        if view.content.frame is None:
            picks = isinstance(view.front.request, ChangeAppearance)
            layout.addWidget(own_head(kit, None if picks else view.looks))
            layout.addWidget(self._scroll, 1)
        else:
            framed = QFrame()
            framed.setProperty("part", "frame")
            inner = QVBoxLayout(framed)
            inner.setContentsMargins(0, 0, 0, 0)  # within the frame's own border
            inner.setSpacing(0)
            inner.addWidget(extension_head(kit, view.content.frame))
            inner.addWidget(self._scroll, 1)
            around = QVBoxLayout()
            edge = _frame_margin(kit)
            around.setContentsMargins(edge, edge, edge, 0)
            around.addWidget(framed)
            layout.addLayout(around, 1)
        layout.addWidget(self._foot)
        return outer

    def _kit(self) -> Kit:
        font, room = QApplication.font(), self._room()
        return Kit(
            _theme(),
            font,
            is_narrow=room.width() < em(font) * _NARROW_EM,
            is_low=room.height() < em(font) * _LOW_EM,
        )

    def _room(self) -> QSize:
        return self.screen().availableGeometry().size() * _SCREEN_PART

    def _fit(self, kit: Kit) -> None:
        """As wide as a line is read well, as high as its content, never beyond the screen."""
        body, scroll, content = self._body, self._scroll, self._content
        if body is None or scroll is None or content is None:
            return
        screen = self._room()
        width = min(kit.unit * _WIDTH_EM, screen.width())
        self.setMinimumSize(min(width, kit.unit * 18), min(kit.unit * 14, screen.height()))
        for part in content.findChildren(QWidget):
            part.ensurePolished()  # the style sheet's paddings count
        wanted = body.height_for(width - _inset(kit, scroll))
        scroll.setFixedHeight(wanted)
        layout = content.layout()
        height = 0 if layout is None else layout.totalHeightForWidth(width)
        scroll.setMinimumHeight(min(wanted, kit.unit * 4))
        scroll.setMaximumHeight(_UNBOUNDED)
        self._has_all_in_sight = height <= screen.height()
        self.resize(width, min(height, screen.height()))

    def _approve(self) -> None:
        if self._body is not None and self._front is not None:
            self._report(Approve(secrets=secrets_of(self._front.request, self._body.draft())))

    def _focus_first(self) -> None:
        """The first field; the text where there is none, or more to read first: a stray Enter presses nothing."""
        if self._body is None or self._scroll is None or self._front is None:
            return
        first = self._body.first_field
        reads_first = isinstance(self._front.request, Confirm) and not self._has_all_in_sight
        (self._scroll if first is None or reads_first else first).setFocus(Qt.FocusReason.OtherFocusReason)

    def _drawn(self) -> None:
        if self._wants_front:
            self._wants_front = False
            self.raise_()
            self.activateWindow()
            QApplication.alert(self)
        self._look_for_end()

    def _look_for_end(self) -> None:
        scroll, front = self._scroll, self._front
        if scroll is None or front is None or front.at_end or not self.isVisible():
            return
        bar = scroll.verticalScrollBar()
        if bar.value() >= bar.maximum():
            self._report(ReachEnd())

    def _let_go(self) -> None:
        if not self.isVisible():
            self.destroy()

    def _scrolls(self) -> bool:
        return self._scroll is not None and self._scroll.scrolls

    def _time(self, front: Front) -> None:
        if front.phase is Phase.ARMING or wait_left_s(front, self._clock()):
            self._timer.start()
        else:
            self._timer.stop()

    def _drop(self) -> None:
        """Lets go of the last view and of what was typed for it."""
        self._timer.stop()
        self._wants_front = False
        if self._body is not None:
            self._body.forget()
        if self._content is not None:
            self._layout.removeWidget(self._content)
            self._content.hide()
            self._content.deleteLater()
        self._front = self._body = self._foot = self._scroll = self._content = None
        self.setAccessibleName("")
        self.setAccessibleDescription("")


def _theme() -> Theme:
    # Each is kept for as long as the next is asked: PySide 6.11 drops what only a temporary holds.
    hints = QApplication.styleHints()
    accessibility = hints.accessibility()
    wants_contrast = accessibility.contrastPreference() is Qt.ContrastPreference.HighContrast
    return theme_of(QApplication.palette(), wants_contrast=wants_contrast)


def _inset(kit: Kit, scroll: BodyScroll) -> int:
    """How much narrower the body is than the window: the scroll bar, a frame and its margins."""
    return bar_width(kit.unit) + (2 * (_frame_margin(kit) + _FRAME_PX) if scroll.property("isFramed") else 0)


def _frame_margin(kit: Kit) -> int:
    """How far an Extension's frame stands from the window's edge."""
    return kit.unit // 3 if kit.is_tight else kit.unit


def _ribbon(kit: Kit, warning: str) -> QWidget:
    ribbon = Band(kit.theme.caution_ground)
    layout = QVBoxLayout(ribbon)
    layout.setContentsMargins(kit.margin, kit.unit // 4, kit.margin, kit.unit // 4)
    layout.addWidget(TextBlock(warning, sized(kit.font, 0.95, weight=QFont.Weight.DemiBold), part="caution"))
    return ribbon
