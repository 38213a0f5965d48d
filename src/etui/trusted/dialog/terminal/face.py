"""The terminal face at its edge: it draws screens and reads keys.

Shown text holds no control characters (``etui.trusted.dialog.text``), so that no escape sequence but the face's own
reaches the terminal.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from etui.trusted.dialog.events import Approve, Elapse, GainFocus, ReachEnd, Touch
from etui.trusted.dialog.face import Report, View
from etui.trusted.dialog.front import LOOK_S, Front, Phase
from etui.trusted.dialog.looks import colour_of, text_on
from etui.trusted.dialog.terminal.form import Form
from etui.trusted.dialog.terminal.keys import Key, KeyReader, Named
from etui.trusted.dialog.terminal.rows import Row, Style
from etui.trusted.dialog.terminal.screen import Screen, Sight, compose
from etui.trusted.dialog.terminal.tty import Terminal

_PATIENCE_S: Final = 0.25
"""How often it looks whether the terminal changed its size."""
_FRAME: Final = ("\x1b[?2026h", "\x1b[?2026l")
"""Synchronised output: a terminal that knows it shows the frame at once, any other passes over it."""


class TerminalFace:
    """Draws views on a terminal and reads its keys."""

    def __init__(self, report: Report, clock: Callable[[], float], terminal: Terminal) -> None:
        self._report = report
        self._clock = clock
        self._terminal = terminal
        self._keys = KeyReader()
        self._form: Form | None = None
        self._offset = 0
        self._was_too_soon = False
        self._drawn = b""

    @property
    def patience_s(self) -> float | None:
        """How long to wait for keys and messages before ``attend``."""
        if self._form is None:
            return None
        return LOOK_S if self._form.front.phase is Phase.ARMING else _PATIENCE_S

    def present(self, view: View) -> None:
        """Takes the terminal and shows the view from its beginning."""
        self._forget()
        self._form = Form(view)
        self._offset = 0
        self._was_too_soon = False
        self._terminal.take()
        self._report(GainFocus())
        for event in self._form.first_events():
            self._report(event)
        self._draw()

    def refresh(self, front: Front) -> None:
        """Shows what changed; another step begins at its top."""
        if self._form is not None:
            if front.step is not self._form.front.step:
                self._offset = 0
            self._form.update(front)
            self._draw()

    def clear(self) -> None:
        """Gives the terminal back."""
        self._forget()
        self._terminal.release()

    def attend(self, *, has_keys: bool) -> None:
        """Reads keys where there are any, and keeps the screen fresh."""
        keys: list[Key] = self._keys.rest() if not has_keys else []
        if has_keys:
            data = self._terminal.read()
            keys = [Named.INTERRUPT] if not data else self._keys.feed(data)
        for key in keys:
            self._press(key)
        if self._form is not None:
            self._report(Elapse())
            self._draw()

    def _press(self, key: Key) -> None:
        form = self._form
        if form is None:
            return  # typed for a face that is gone: never for the next one
        self._report(Touch())
        if form.field is None and self._scroll(key):
            self._draw()
            return
        step = form.front.step
        events = form.press(key)
        for event in events:
            self._report(event)
        stands = self._form is form and form.front.step is step
        self._was_too_soon = stands and any(isinstance(event, Approve) for event in events)
        if self._form is form:
            self._draw()

    def _scroll(self, key: Key) -> bool:
        screen = self._screen()
        if screen is None:
            return False
        steps = {
            Named.UP: -1,
            Named.DOWN: 1,
            Named.PAGE_UP: -screen.page,
            Named.PAGE_DOWN: screen.page,
            " ": screen.page,
            Named.HOME: -screen.last_offset,
            Named.END: screen.last_offset,
        }
        if key not in steps:
            return False
        self._offset = min(max(0, screen.offset + steps[key]), screen.last_offset)
        return True

    def _screen(self) -> Screen | None:
        if self._form is None:
            return None
        columns, lines = self._terminal.size
        return compose(
            self._form,
            Sight(
                width=columns,
                height=lines,
                now=self._clock(),
                offset=self._offset,
                was_too_soon=self._was_too_soon,
            ),
        )

    def _draw(self) -> None:
        screen, form = self._screen(), self._form
        if screen is None or form is None:
            return
        drawn = encoded(screen, band=_band(form.view))
        if drawn != self._drawn:
            self._drawn = drawn
            self._terminal.write(drawn)
        if screen.shows_end and not form.front.at_end:
            self._report(ReachEnd())

    def _forget(self) -> None:
        if self._form is not None:
            self._form.forget()
        self._form = None
        self._keys = KeyReader()
        self._drawn = b""


def encoded(screen: Screen, *, band: str) -> bytes:
    """The bytes that draw a screen anew; ``band`` is the SGR of the wallet's band."""
    lines = [_line(row, band) for row in screen.rows]
    begin, end = _FRAME
    return (f"{begin}\x1b[0m\x1b[H\x1b[2J" + "\r\n".join(lines) + end).encode("utf-8", errors="replace")


def _line(row: Row, band: str) -> str:
    sgr = band if row.style is Style.BAND else row.style.value
    return f"\x1b[{sgr}m{row.text}\x1b[0m" if sgr else row.text


def _band(view: View) -> str:
    """The user's colour where the terminal has it, else reversed."""
    if view.looks is None or os.environ.get("COLORTERM") not in {"truecolor", "24bit"}:
        return Style.BAND.value
    colours = [
        ";".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
        for colour in (text_on(colour_of(view.looks)), colour_of(view.looks))
    ]
    return f"38;2;{colours[0]};48;2;{colours[1]}"
