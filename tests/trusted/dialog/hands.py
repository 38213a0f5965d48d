"""Hands at a window that is drawn off the screen, on a desk whose clock they move."""

from __future__ import annotations

import itertools
import math

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from etui.protocol import decode_message, encode_request
from etui.sealing import ChannelKey
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import UNPROTECTED, Display
from etui.trusted.dialog.events import Elapse
from etui.trusted.dialog.front import ARMING_S, LOOK_S, CreateStep
from etui.trusted.dialog.qt.window import DialogWindow
from etui.trusted.dialog.requests import (
    Answer,
    Finger,
    FingerNews,
    FingerStage,
    Hello,
    Looks,
    Request,
    Showing,
)
from etui.trusted.dialog.scripted import ForwardClock

DISPLAY = Display(kind="offscreen", sentence=UNPROTECTED, platform="offscreen")
LOOKS = Looks(picture="owl", phrase="copper lantern orchard", colour="#2e6b4f")


class Hands:
    """A window on a desk whose clock the test moves."""

    def __init__(self, *, is_test_profile: bool = False) -> None:
        self.clock = ForwardClock(lambda: 0.0)
        self.sent: list[bytes] = []
        self.desk = Desk(send=self.sent.append, clock=self.clock, display=DISPLAY, is_test_profile=is_test_profile)
        self.desk.greet()
        self.dialog_key = msgspec.json.decode(decode_message(self.sent.pop()).params, type=Hello).key
        self.key = ChannelKey()
        self.window = DialogWindow(self.desk.report, self.clock)
        self.desk.face = self.window
        self.numbers = itertools.count(1)

    def show(self, request: Request) -> None:
        number = next(self.numbers)
        shown = msgspec.json.encode(Showing(number=number, request=request))
        self.desk.receive(decode_message(encode_request(number, "dialog.show", shown).strip()))
        settle()

    def feel(self, number: int, stage: FingerStage, note: str = "") -> None:
        """How it stands with the finger of a showing."""
        news = msgspec.json.encode(FingerNews(number=number, finger=Finger(stage=stage, note=note)))
        self.desk.receive(decode_message(b'{"jsonrpc":"2.0","method":"dialog.finger","params":%b}' % news))
        settle()

    def dress(self) -> None:
        line = b'{"jsonrpc":"2.0","method":"dialog.appearance","params":%b}' % msgspec.json.encode(LOOKS)
        self.desk.receive(decode_message(line))

    def arm(self) -> None:
        """Looks on as long as it takes, and touches nothing."""
        for _ in range(math.ceil(ARMING_S / LOOK_S) + 1):
            self.clock.advance(LOOK_S)
            self.desk.report(Elapse())

    def step(self) -> CreateStep:
        """Where a first run stands."""
        assert self.window.front is not None
        return self.window.front.step

    def press(self, key: Qt.Key) -> None:
        """A key, to whatever has the focus."""
        QTest.keyClick(self.focused, key)
        settle()

    def type_in(self, text: str) -> None:
        """Letters, to whatever has the focus."""
        QTest.keyClicks(self.focused, text)

    @property
    def focused(self) -> QWidget:
        """What has the focus."""
        focused = QApplication.focusWidget()
        assert focused is not None
        return focused

    def tab_to(self, wanted: type[QWidget], label: str = "") -> QWidget:
        """Presses Tab until the focus is on such a control."""
        for _ in range(60):
            focused = self.focused
            named = focused.accessibleName() or (focused.text() if isinstance(focused, QAbstractButton) else "")
            if isinstance(focused, wanted) and label in named:
                return focused
            self.press(Qt.Key.Key_Tab)
        pytest.fail(f"Tab never comes to {wanted.__name__} {label}")

    def answer(self) -> Answer | None:
        if not self.sent:
            return None
        message = decode_message(self.sent.pop())
        return msgspec.json.decode(message.result, type=Answer)  # type: ignore[arg-type, no-any-return]

    def opened(self, sealed: bytes, field: str) -> str:
        return self.key.open(sealed, field, sender=self.dialog_key).decode()

    def sealed(self, text: str, field: str) -> bytes:
        return self.key.seal_to(self.dialog_key, text.encode(), field)


def settle() -> None:
    for _ in range(10):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
