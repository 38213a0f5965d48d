"""The dialog's process, which tells when it has painted: ``python -m bench.painted REPORT`` and the dialog's arguments.

It is ``etui.trusted.dialog`` as it stands. Each time its window comes in sight and is drawn, and the X server has done
what that took, the moment (monotonic, nanoseconds, a line) is written to the descriptor REPORT.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QWindow

from etui.trusted.dialog.face import View
from etui.trusted.dialog.process import main
from etui.trusted.dialog.qt.window import DialogWindow

_present = DialogWindow.present


class Watch(QObject):
    """Sees a window's first exposure, which Qt paints whole before it takes the next event."""

    def __init__(self, report: int) -> None:
        super().__init__()
        self._report = report
        self._is_due = False

    def presenting(self) -> Callable[[DialogWindow, View], None]:
        """How a view is shown: as the dialog does, and watched from then on."""

        def present(window: DialogWindow, view: View) -> None:
            self._is_due = True
            _present(window, view)
            window.windowHandle().installEventFilter(self)

        return present

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        """Called by Qt before the window takes the event."""
        if self._is_due and event.type() == QEvent.Type.Expose and isinstance(watched, QWindow) and watched.isExposed():
            self._is_due = False
            QTimer.singleShot(0, self._tell)
        return False

    def _tell(self) -> None:
        QGuiApplication.sync()
        os.write(self._report, b"%d\n" % time.monotonic_ns())


if __name__ == "__main__":
    watch = Watch(int(sys.argv[1]))
    DialogWindow.present = watch.presenting()  # type: ignore[method-assign]
    sys.exit(main(sys.argv[2:]))
