"""What the user gives in secret: typed without echo, or piped in; never on the command line."""

from __future__ import annotations

import getpass
import sys
from typing import Final

from etui.cli.exits import CommandError, Exit

MAX_SECRET_BYTES: Final = 1 << 20
_MAX_CODE_BYTES: Final = 1000


def read_secret(prompt: str, *, exact: bool = False) -> bytes:
    """A secret from standard input, or asked for twice where that is a terminal.

    ``exact``: every byte counts; else one newline at the end of what is piped in is not part of it. Raises
    ``CommandError`` where nothing comes or more than 1 MiB.
    """
    value = _asked_twice(prompt) if sys.stdin.isatty() else sys.stdin.buffer.read(MAX_SECRET_BYTES + 2)
    if not exact:
        value = value.removesuffix(b"\n").removesuffix(b"\r")
    if not value:
        raise CommandError("no secret was given: type it or pipe it in", Exit.USAGE)
    if len(value) > MAX_SECRET_BYTES:
        raise CommandError("the secret is larger than 1 MiB", Exit.USAGE)
    return value


def read_code(prompt: str) -> bytes:
    """A code that somebody else made, from standard input, or asked for without echo where that is a terminal.

    Raises ``CommandError`` where nothing comes.
    """
    if sys.stdin.isatty():
        try:
            code = getpass.getpass(f"{prompt}: ").strip().encode()
        except EOFError:
            code = b""
    else:
        code = sys.stdin.buffer.read(_MAX_CODE_BYTES + 1).strip()
    if not 0 < len(code) <= _MAX_CODE_BYTES:
        raise CommandError("no code was given: type it or pipe it in", Exit.USAGE)
    return code


def confirmed(question: str) -> bool:
    """Whether the user answers yes at the terminal; raises ``CommandError`` where there is none to ask at."""
    if not sys.stdin.isatty():
        raise CommandError(f"{question} There is no terminal to answer at: give --yes to say so", Exit.USAGE)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _asked_twice(prompt: str) -> bytes:
    try:
        value = getpass.getpass(f"{prompt}: ")
        again = getpass.getpass(f"{prompt}, once more: ")
    except EOFError:
        return b""
    if value != again:
        raise CommandError("the two were not the same; nothing was done with them", Exit.USAGE)
    return value.encode()
