"""The window's tests share one Qt, which draws off the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from tests.trusted.dialog.hands import DISPLAY, Hands, settle

from etui.trusted.dialog.qt.application import make_application


@pytest.fixture
def application() -> QApplication:
    running = QApplication.instance()
    return running if isinstance(running, QApplication) else make_application(DISPLAY)


@pytest.fixture
def hands(application: QApplication) -> Iterator[Hands]:  # noqa: ARG001  has to be there
    hands = Hands()
    yield hands
    hands.window.clear()
    hands.window.deleteLater()
    settle()
