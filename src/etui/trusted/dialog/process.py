"""The dialog's process: hardens itself, picks its face, and serves its socket until that closes.

``auto`` takes the window where a display answers, else the terminal, else it stays and answers every showing with
``no_dialog``, so that the Router can say so.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from etui.protocol import ProtocolError
from etui.trusted.dialog import display as displays
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import Display
from etui.trusted.dialog.errors import DialogError, NoDisplayError
from etui.trusted.dialog.link import Link
from etui.trusted.dialog.scripted import ForwardClock, ScriptedFace, ScriptFile
from etui.trusted.dialog.terminal.face import TerminalFace
from etui.trusted.dialog.terminal.tty import open_terminal
from etui.trusted.dialog.transcript import Transcript
from etui.trusted.layout import display_of
from etui.trusted.memory import harden

_POLL_S: Final = 0.05
"""How often a waiting script looks whether its file changed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the dialog; 0 once its socket closed, 1 where it could not start or its socket carried no messages."""
    options = _parser().parse_args(arguments)
    try:
        harden()
        link = Link(socket.socket(fileno=options.fd))
        _serve(link, options)
    except (DialogError, ProtocolError, OSError) as error:
        print(f"etui dialog: {error}", file=sys.stderr)  # noqa: T201  the journal of its supervisor
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="etui-dialog", description="Etui's Trusted Dialog, started by its supervisor."
    )
    parser.add_argument("--fd", type=int, required=True, help="the connected socket to the Router")
    parser.add_argument("--face", choices=("auto", "qt", "terminal", "scripted"), default="auto")
    parser.add_argument("--script", type=Path, help="scripted face: the file of rules")
    parser.add_argument("--transcript", type=Path, help="scripted face: the file that tells what was asked")
    parser.add_argument("--wayland", type=int, metavar="FD", help="a connection to the compositor, made by another")
    parser.add_argument("--x11", metavar="DISPLAY", help="the X server to be shown on")
    parser.add_argument("--cookie", type=bytes.fromhex, default=b"", metavar="HEX", help="by which it lets a client in")
    parser.add_argument("--person", type=int, metavar="UID", help="whose wallet it is, where the machine runs that")
    parser.add_argument("--managed", action="store_true", help="the machine runs this wallet, and every face says so")
    parser.add_argument("--test-profile", action="store_true", help="every face says that this is a test profile")
    return parser


def _told(display: Display, options: argparse.Namespace) -> Display:
    """The display with all that is to be said of it, and of how the wallet is installed."""
    if not options.managed:
        return display
    return msgspec.structs.replace(display, sentence=f"{display.sentence} {displays.MANAGED}")


def _display(options: argparse.Namespace) -> Display | None:
    """Where it is to be shown, if anywhere: what root says counts before what a session hands on."""
    named = None if options.person is None else display_of(options.person)
    if named is None or not named.exists():
        display = displays.handed_display(options.wayland, options.x11, options.cookie)
        return displays.answering_display(os.environ) if display is None else display
    path = Path(named.read_text("utf-8").strip())
    display = displays.own_display(path, options.person)
    if display.exposure:
        print(f"etui dialog: {path} is unprotected: {display.exposure}", file=sys.stderr)  # noqa: T201  the journal
    return display


def _serve(link: Link, options: argparse.Namespace) -> None:
    if options.face == "scripted":
        _serve_scripted(link, options)
        return
    if options.face in {"auto", "qt"}:
        display = _display(options)
        if display is not None:
            # Qt takes long to import and aborts without a display: only where it is used.
            from etui.trusted.dialog.qt.application import serve_windows  # noqa: PLC0415

            display = _told(display, options)
            desk = Desk(send=link.send, clock=time.monotonic, display=display, is_test_profile=options.test_profile)
            serve_windows(link, desk, display)
            return
        if options.face == "qt":
            raise NoDisplayError("no display answers: set DISPLAY or WAYLAND_DISPLAY, or use the terminal face")
    _serve_terminal(link, options)


def _serve_scripted(link: Link, options: argparse.Namespace) -> None:
    if options.script is None:
        raise DialogError("the scripted face needs --script with the file of its rules")
    clock = ForwardClock(time.monotonic)
    display = _told(Display(kind="scripted", sentence=displays.SCRIPTED), options)
    desk = Desk(send=link.send, clock=clock, display=display, is_test_profile=True)
    face = ScriptedFace(desk.report, clock, ScriptFile(options.script), Transcript(options.transcript))
    desk.face = face
    desk.greet()
    while _take_messages(link, desk, _POLL_S if face.is_waiting else None):
        face.poll()


def _serve_terminal(link: Link, options: argparse.Namespace) -> None:
    terminal = open_terminal()
    if terminal is None:
        if options.face == "terminal":
            raise NoDisplayError("there is no controlling terminal to ask on (/dev/tty does not open)")
        display = _told(Display(kind="none", sentence=displays.NONE), options)
        desk = Desk(send=link.send, clock=time.monotonic, display=display)
        desk.greet()
        while _take_messages(link, desk, None):
            pass
        return
    with terminal:
        display = _told(Display(kind="terminal", sentence=displays.TERMINAL), options)
        desk = Desk(send=link.send, clock=time.monotonic, display=display, is_test_profile=options.test_profile)
        face = TerminalFace(desk.report, time.monotonic, terminal)
        desk.face = face
        desk.greet()
        while True:
            ready, _, _ = select.select([link.fileno(), terminal.fileno()], [], [], face.patience_s)
            if link.fileno() in ready and not _take_messages(link, desk, 0.0):
                return
            face.attend(has_keys=terminal.fileno() in ready)


def _take_messages(link: Link, desk: Desk, patience_s: float | None) -> bool:
    """Waits so long for messages and hands them to the desk; False once the socket closed."""
    ready, _, _ = select.select([link], [], [], patience_s)
    if not ready:
        return True
    messages = link.receive()
    if messages is None:
        return False
    for message in messages:
        desk.receive(message)
    return True
