"""What a command says: text for people, or with ``--json`` one JSON value for programs.

A result is on standard output, an error on standard error. With ``--json`` nothing else is there: notes are for people.
Where a command's own standard output belongs to a program that it becomes, what it has to say is on standard error.
"""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TIMES: Final = frozenset(
    {"at", "created", "installed", "last", "modified", "paid_at", "refused_until", "replaced", "since", "until"}
)
"""Members that hold seconds since 1970, by the names that the interfaces give them."""
_NOTHING: Final = "-"

Column: TypeAlias = "tuple[str | Callable[[Any], str], str]"
"""A struct's member, or what makes a text of the struct, and the heading."""


class Reason(msgspec.Struct, frozen=True):
    """An error, for programs. ``why``: the id of the decision, where one was taken."""

    code: str
    message: str
    why: str | None


class Failure(msgspec.Struct, frozen=True):
    """An error and the exit status that goes with it."""

    error: Reason
    status: int


class Output:
    """Prints a command's result in the form that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def value(self, value: Any, text: str) -> None:  # noqa: ANN401  # whatever msgspec encodes
        """A result: the value for programs, the text for people."""
        if self.as_json:
            sys.stdout.write(_json(value) + "\n")
        elif text:
            sys.stdout.write(text.rstrip("\n") + "\n")

    def rows(self, rows: Sequence[Any], columns: Sequence[Column], empty: str) -> None:
        """A table, or where that is wider than the terminal one row below the other; ``empty``: said for no rows."""
        if self.as_json or not rows:
            self.value(list(rows), empty)
            return
        cells = [[heading for _, heading in columns]]
        cells += [[_cell(row, content) for content, _ in columns] for row in rows]
        widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
        if sys.stdout.isatty() and max(map(len, lines)) > (fits := shutil.get_terminal_size().columns):
            self.value(None, "\n\n".join(_one_below_the_other(cells[0], row, fits) for row in cells[1:]))
        else:
            self.value(None, "\n".join(lines))

    def note(self, text: str) -> None:
        """Something for people to know that is no result."""
        if not self.as_json:
            _complain(text)

    def aside(self, value: object, text: str) -> None:
        """What goes with a secret that is handed over; on standard error, since the other is the command's."""
        _complain(_json(value) if self.as_json else text)

    def error(self, code: str, message: str, status: int, *, why: str = "") -> None:
        """Why there is no result. ``code``: what programs compare; ``why``: what `etui why` explains."""
        if self.as_json:
            _complain(_json(Failure(Reason(code, printable(message), why or None), status)))
        else:
            _complain(f"etui: {printable(message)}{f' (etui why {why})' if why else ''}")


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _complain(text: str) -> None:
    sys.stderr.write(text.rstrip("\n") + "\n")


def printable(text: str) -> str:
    """The text without what could steer a terminal: control and format characters become visible marks."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def single_line(text: str) -> str:
    """The text as ``printable`` makes it, on one line."""
    return printable(text).replace("\n", " ")


def quoted(text: str) -> str:
    """A name that came from elsewhere, within the text of ours."""
    return f"“{single_line(text).translate(_QUOTES)}”"


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def moment(seconds: int) -> str:
    """A moment (seconds since 1970) in the time of this place; the number where no calendar goes so far."""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


_QUOTES: Final = str.maketrans("“”", "''")


def _one_below_the_other(headings: list[str], row: list[str], width: int) -> str:
    """What a row holds, each beside its heading; what is long, as a path, stays whole, so that it can be copied."""
    indent = max(map(len, headings)) + 2
    rows = TextWrapper(width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    lines = []
    for heading, cell in zip(headings, row, strict=True):
        rows.initial_indent = heading.ljust(indent)
        lines += rows.wrap(cell) if cell != _NOTHING else []
    return "\n".join(lines)


def _cell(row: object, content: str | Callable[[Any], str]) -> str:
    return _shown("", content(row)) if callable(content) else _shown(content, getattr(row, content))


def _shown(name: str, value: object) -> str:
    match value:
        case None | "":
            return _NOTHING
        case list():
            return single_line(", ".join(str(entry) for entry in value)) or _NOTHING
        case dict():
            return single_line(" ".join(f"{key}={text}" for key, text in sorted(value.items()))) or _NOTHING
        case bool():
            return "yes" if value else "no"
        case int() if name in _TIMES:
            return moment(value)
        case _:
            return single_line(str(value))
