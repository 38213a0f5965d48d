"""``python -m etui.trusted.dialog.gallery DIR``: a picture of every face, drawn by the faces themselves.

The window goes to PNG files, light, dark and with large text; the terminal to text files of 80 by 24 and 50 by 24
cells. It needs no display (``QT_QPA_PLATFORM=offscreen``).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from etui.protocol import decode_message, encode_request
from etui.sealing import ChannelKey
from etui.trusted.dialog.desk import Desk
from etui.trusted.dialog.display import TERMINAL, UNPROTECTED, Display
from etui.trusted.dialog.events import Approve, Elapse, GainFocus, ReachEnd
from etui.trusted.dialog.face import View
from etui.trusted.dialog.front import ARMING_S, CreateStep, Front
from etui.trusted.dialog.qt.application import make_application
from etui.trusted.dialog.qt.theme import DARK, LIGHT, Theme
from etui.trusted.dialog.qt.typed_field import TypedField
from etui.trusted.dialog.qt.window import DialogWindow
from etui.trusted.dialog.requests import Hello, Showing
from etui.trusted.dialog.samples import LOOKS, Sample, samples
from etui.trusted.dialog.scripted import ForwardClock
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.screen import Sight, compose

_OFFSCREEN: Final = Display(kind="offscreen", sentence=UNPROTECTED, platform="offscreen")
_TERMINAL: Final = Display(kind="terminal", sentence=TERMINAL)
_SETTLE_ROUNDS: Final = 20
_FONT_POINTS: Final = 10.5
_LARGE_POINTS: Final = 19.0


class _Still:
    """The face under the gallery's terminal: keeps the view, and follows the machine through its form."""

    def __init__(self) -> None:
        self.form: Form | None = None

    def present(self, view: View) -> None:
        self.form = Form(view)

    def refresh(self, front: Front) -> None:
        if self.form is not None:
            self.form.update(front)

    def clear(self) -> None:
        self.form = None


class _Studio:
    """A desk of which nobody hears, on a clock that stands still."""

    def __init__(self, display: Display) -> None:
        self.clock = ForwardClock(lambda: 0.0)
        self._sent: list[bytes] = []
        self.desk = Desk(send=self._sent.append, clock=self.clock, display=display)
        self.desk.greet()
        hello = decode_message(self._sent.pop())
        self._key = msgspec.json.decode(hello.params, type=Hello).key
        self._other = ChannelKey()

    def sealed(self, text: str, field: str) -> bytes:
        """A text sealed to the dialog, as the vault or an Extension would."""
        return self._other.seal_to(self._key, text.encode(), field)

    def show(self, sample: Sample) -> None:
        """Brings a sample to the front, focused and ready to be answered."""
        if sample.has_looks:
            line = b'{"jsonrpc":"2.0","method":"dialog.appearance","params":%b}' % msgspec.json.encode(LOOKS)
            self.desk.receive(decode_message(line))
        shown = msgspec.json.encode(Showing(number=1, request=sample.request))
        self.desk.receive(decode_message(encode_request(1, "dialog.show", shown).strip()))
        self.desk.report(GainFocus())

    def arm(self) -> None:
        """As a person does who waits a moment."""
        self.clock.advance(ARMING_S)
        self.desk.report(Elapse())


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws the gallery into a folder."""
    parser = argparse.ArgumentParser(prog="etui-dialog-gallery", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names that begin so")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    application = make_application(_OFFSCREEN)
    for theme, points, suffix in (
        (LIGHT, _FONT_POINTS, "light"),
        (DARK, _FONT_POINTS, "dark"),
        (LIGHT, _LARGE_POINTS, "large"),
    ):
        application.setPalette(_palette(theme))
        font = QFont(application.font())
        font.setPointSizeF(points)
        application.setFont(font)
        _draw_windows(folder, suffix, options.only)
    _draw_terminals(folder, options.only)
    return 0


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.ground))
    palette.setColor(QPalette.ColorRole.WindowText, QColor(theme.text))
    return palette


def _draw_windows(folder: Path, suffix: str, only: str) -> None:
    for place, wanted in enumerate(samples(lambda _text, _field: b"")):
        if not wanted.name.startswith(only):
            continue
        studio = _Studio(_OFFSCREEN)
        window = DialogWindow(studio.desk.report, studio.clock)
        studio.desk.face = window
        sample = samples(studio.sealed)[place]
        studio.show(sample)
        _settle()
        _type(window, sample)
        for _ in range(sample.steps):
            studio.desk.report(Approve())
            if _is_at_passphrase(window):
                _type_again(window)
        _settle()
        studio.arm()
        _settle()
        window.grab().save(str(folder / f"{sample.name}-{suffix}.png"))
        window.clear()
        window.deleteLater()
        _settle()


def _type(window: DialogWindow, sample: Sample) -> None:
    fields = window.findChildren(TypedField)
    if sample.typed and fields:
        fields[0].put(sample.typed)


def _is_at_passphrase(window: DialogWindow) -> bool:
    front = window.front
    return front is not None and front.step is CreateStep.PASSPHRASE


def _type_again(window: DialogWindow) -> None:
    """Types the generated passphrase again, as it stands above the field."""
    maker = window.passphrase_maker
    if maker is not None:
        maker.repeat.put(maker.passphrase.reveal_text())


def _settle() -> None:
    """Lets layouts and paints run until nothing is left of them."""
    loop = QEventLoop()
    for _ in range(_SETTLE_ROUNDS):
        QApplication.sendPostedEvents()
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)


def _draw_terminals(folder: Path, only: str) -> None:
    for width, height in ((80, 24), (50, 24)):
        for place, wanted in enumerate(samples(lambda _text, _field: b"")):
            if not wanted.name.startswith(only):
                continue
            studio = _Studio(_TERMINAL)
            still = _Still()
            studio.desk.face = still
            sample = samples(studio.sealed)[place]
            studio.show(sample)
            _walk(studio, still, sample)
            if still.form is not None:
                pages = _pages(still.form, width, height, studio.clock())
                (folder / f"{sample.name}-{width}x{height}.txt").write_text(pages, encoding="utf-8")


def _walk(studio: _Studio, still: _Still, sample: Sample) -> None:
    form = still.form
    if form is None:
        return
    for event in form.first_events():
        studio.desk.report(event)
    for _ in range(sample.steps):
        if form.front.step is CreateStep.PASSPHRASE:
            form.press("t")
            for key in form.passphrase.reveal_text():
                for event in form.press(key):
                    studio.desk.report(event)
            form.field = None
        studio.desk.report(Approve())
    studio.desk.report(ReachEnd())
    studio.arm()


def _pages(form: Form, width: int, height: int, now: float) -> str:
    """Every page of a screen, one below the other."""
    pages: list[str] = []
    offset = 0
    while True:
        screen = compose(form, Sight(width=width, height=height, now=now, offset=offset))
        pages.append("\n".join(row.text.rstrip() for row in screen.rows))
        if screen.shows_end:
            return ("\n" + "=" * width + "\n").join(pages) + "\n"
        offset = screen.offset + screen.page


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main())
