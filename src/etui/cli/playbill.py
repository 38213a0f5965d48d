"""How the tour is shown: numbered steps, each with what was decided; with colour on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 80
_INDENT: Final = " " * 6
_TITLE: Final = "Etui: the whole story, in a test profile. Nobody types anything."
_BOLD, _DIM, _GREEN, _RED, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"


class Playbill:
    """Prints to ``stream``, or nothing where that is None."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lively = stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")
        self._number = 0
        self._count = 0
        self._title = ""

    def open(self, count: int) -> None:
        """The heading; so many steps follow."""
        self._count = count
        self._print(f"\n{self._painted(_BOLD, _TITLE)}\n")

    def begin(self, title: str) -> None:
        """A step begins; a terminal shows it while it runs."""
        self._number += 1
        self._title = title
        if self._lively:
            self._print(f" {self._number:>2} … {title}", end="\r")

    def end(self, seconds: float, told: Sequence[str]) -> None:
        """The step did what its title says."""
        self._line("✓", _GREEN, f"{seconds:.1f} s")
        self._tell(told)

    def failed(self, why: str) -> None:
        """The step did not."""
        self._line("✗", _RED, "")
        self._tell(why.splitlines())

    def close(self, seconds: float) -> None:
        """All is done."""
        text = f"All {self._count} steps did what they say, in {seconds:.1f} s. Nothing is left of it."
        self._print(f"{self._painted(_BOLD, text)}\n`./run` makes a wallet of your own.")

    def _line(self, mark: str, colour: str, time: str) -> None:
        title = f"{self._title:<{WIDTH - 6 - 8}}{time:>8}".rstrip()
        self._print(f" {self._number:>2} {self._painted(colour, mark)} {self._painted(_BOLD, title)}")

    def _tell(self, lines: Sequence[str]) -> None:
        for line in lines:
            wrapped = textwrap.wrap(line, WIDTH - len(_INDENT), subsequent_indent="  ", break_on_hyphens=False) or [""]
            for part in wrapped:
                self._print(_INDENT + (part if line.startswith("$") else self._painted(_DIM, part)))
        self._print("")

    def _painted(self, code: str, text: str) -> str:
        return f"{code}{text}{_OFF}" if self._lively else text

    def _print(self, text: str, end: str = "\n") -> None:
        if self._stream is not None:
            self._stream.write(text + end)
            self._stream.flush()
