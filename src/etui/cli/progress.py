"""How far something is that takes long: one line at the terminal, rewritten, and gone when it is done.

Nothing is shown for less than a second, nor where standard error is no terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

PATIENCE_S: Final = 1.0
Advance = Callable[[int], None]
"""Called with how much more is done."""
_REDRAW_S: Final = 0.2
_MEGA: Final = 1_000_000
_USUAL_COLUMNS: Final = 80
_LINE: Final = "\r\x1b[K"
"""To the first column, and erase to the line's end (ECMA-48, section 8.3.41)."""


@contextlib.contextmanager
def bytes_done(doing: str, total: int) -> Iterator[Advance]:
    """Shows how many of ``total`` bytes are done while the block runs."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count

    with _shown(lambda: f"{doing}: {min(done, total) / _MEGA:.1f} of {total / _MEGA:.1f} MB"):
        yield advance


@contextlib.contextmanager
def items_done(doing: str, total: int) -> Iterator[Advance]:
    """Shows how many of ``total`` items are done while the block runs."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count

    with _shown(lambda: f"{doing}: {done} of {total} items"):
        yield advance


@contextlib.contextmanager
def seconds_passed(doing: str) -> Iterator[None]:
    """Shows how long the block runs already, for what another process does."""
    began = time.monotonic()
    with _shown(lambda: f"{doing}: {time.monotonic() - began:.0f} s"):
        yield


@contextlib.contextmanager
def _shown(text: Callable[[], str]) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_redraw, args=(text, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _redraw(text: Callable[[], str], over: threading.Event) -> None:
    if over.wait(PATIENCE_S):
        return
    columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    while True:
        _write(_LINE + f"etui: {text()}"[: columns - 1])
        if over.wait(_REDRAW_S):
            break
    _write(_LINE)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that is gone needs no progress
        sys.stderr.write(text)
        sys.stderr.flush()
