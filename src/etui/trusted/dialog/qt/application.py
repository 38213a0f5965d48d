"""Qt's event loop around the dialog's socket."""

from __future__ import annotations

import os
import time

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from etui.protocol import ProtocolError
from etui.trusted.dialog.compositor import listener_of
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import HANDED, Display, wayland_connection
from etui.trusted.dialog.errors import NoDisplayError
from etui.trusted.dialog.link import Link
from etui.trusted.dialog.qt.guarded import install_guard
from etui.trusted.dialog.qt.window import DialogWindow


def make_application(display: Display) -> QApplication:
    """Qt for this display, with the guard on what other programs may press.

    Raises ``NoDisplayError`` where a display that was protected is so no longer.
    """
    os.environ["QT_QPA_PLATFORM"] = display.platform
    if display.kind == "wayland" and HANDED not in os.environ:
        connection = wayland_connection(os.environ)
        if connection is None or (display.protected and listener_of(connection) != display.listener):
            raise NoDisplayError("the Wayland display changed while the dialog started; start it again")
        os.environ[HANDED] = str(connection.detach())
    install_guard()
    application = QApplication(["etui-dialog"])
    application.setApplicationName("Etui")
    application.setDesktopFileName("etui")  # the name under which a Wayland compositor notifies of the window
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    return application


def serve_windows(link: Link, desk: Desk, display: Display) -> None:
    """Shows what comes over the link until it closes; raises what it raised, once the loop has ended."""
    application = make_application(display)
    failures: list[Exception] = []
    window = DialogWindow(desk.report, time.monotonic)
    desk.face = window

    def receive() -> None:
        try:
            messages = link.receive()
            if messages is None:
                application.exit()
                return
            for message in messages:
                desk.receive(message)
        except (ProtocolError, OSError) as error:
            failures.append(error)
            application.exit()

    notifier = QSocketNotifier(link.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(receive)
    desk.greet()
    application.exec()
    notifier.setEnabled(False)
    window.clear()
    for failure in failures:
        raise failure
