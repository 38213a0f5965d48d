"""A terminal that is taken while a face is shown on it, and given back as it was.

Taken, it has no echo and makes no signals of keys; the alternate screen keeps what was shown out of the lines that can
be scrolled back. What was typed before is thrown away.
"""

from __future__ import annotations

import os
import signal
import termios
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_TTY: Final = Path("/dev/tty")
_ENTER: Final = b"\x1b[?1049h\x1b[?25l"
_LEAVE: Final = b"\x1b[0m\x1b[2J\x1b[?25h\x1b[?1049l"
_READ_BYTES: Final = 4096


class Terminal:
    """A terminal that is raw while a face is shown on it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._modes: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        os.close(self._descriptor)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._descriptor

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines; 80 by 24 where the terminal does not say."""
        columns, lines = os.get_terminal_size(self._descriptor)
        return columns or 80, lines or 24

    def take(self) -> None:
        """Makes it raw and throws away what was typed before."""
        if self._modes is None:
            self._modes = termios.tcgetattr(self._descriptor)
            raw = termios.tcgetattr(self._descriptor)
            raw[0] &= ~(termios.ICRNL | termios.IXON)
            raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, raw)
            self.write(_ENTER)
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def release(self) -> None:
        """Gives it back as it was."""
        if self._modes is not None:
            self.write(_LEAVE)
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._modes)
            self._modes = None

    def read(self) -> bytes:
        """What was typed; empty once the terminal hung up."""
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """Writes all of it."""
        while data:
            data = data[os.write(self._descriptor, data) :]


def has_terminal(path: Path = _TTY) -> bool:
    """Whether there is a controlling terminal."""
    descriptor = _opened(path)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


def open_terminal(path: Path = _TTY) -> Terminal | None:
    """The controlling terminal, or nothing where there is none.

    A program in the background that sets a terminal's modes would be stopped: SIGTTOU is ignored from here on.
    """
    descriptor = _opened(path)
    if descriptor is None:
        return None
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    return Terminal(descriptor)


def _opened(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    if not os.isatty(descriptor):
        os.close(descriptor)
        return None
    return descriptor
