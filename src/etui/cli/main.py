"""Parses the command line, runs the command, and turns errors into a sentence and an exit status."""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, Final, NoReturn, cast

from etui import __version__
from etui.cli.command import Command
from etui.cli.commands import FIRST_WORDS, GROUPS, all_commands, commands_of
from etui.cli.exits import CommandError, Exit, exit_of, slug_of
from etui.cli.output import Output, sentence
from etui.protocol import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

_END_OF_OPTIONS: Final = "--"
_INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells have it."""
_JSON: Final = "--json"
_PROGRAM: Final = " [-- COMMAND [ARGUMENT ...]]"
_USAGE: Final = "usage: "
_EXAMPLES: Final = "examples:"
_OPTIONS: Final = re.compile(r" (?=--|\w+=)")
_CONTINUED: Final = " \\"


def main(arguments: Sequence[str]) -> int:
    """Runs ``etui`` with these arguments; the exit status is one of ``Exit``, or that of the program it started."""
    _print_all_characters()
    words, program = _split(arguments)
    kind = _JsonParser if _JSON in words else argparse.ArgumentParser
    named = words[0] if words and not words[0].startswith("-") else ""
    parser = _parser_of(_commands_of(named, kind), kind) if named else build_parser(kind)
    parsed, unknown = parser.parse_known_args(words)
    own = cast("argparse.ArgumentParser", getattr(parsed, "own", parser))
    if unknown:  # argparse itself would show the usage of `etui`
        own.error(f"unrecognized arguments: {' '.join(unknown)}")
    command = cast("Command | None", getattr(parsed, "command", None))
    if command is None:
        parser.print_help()
        return Exit.OK
    if program is not None and not command.takes_program:
        own.error(f"`etui {command.name}` starts no program: nothing may follow {_END_OF_OPTIONS}")
    parsed.program = program or []
    output = Output(as_json=getattr(parsed, "json", False))
    try:
        return command.run(parsed, output)
    except ProtocolError as error:
        hint = " (`etui unlock`)" if error.code is ErrorCode.LOCKED and "`etui init`" not in error.message else ""
        output.error(slug_of(error), error.message + hint, exit_of(error), why=error.why)
        return exit_of(error)
    except CommandError as error:
        output.error(error.slug, str(error), error.status)
        return error.status
    except KeyboardInterrupt:
        output.error("interrupted", "interrupted", _INTERRUPTED)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the result has seen enough; the interpreter must not write what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


class _JsonParser(argparse.ArgumentParser):
    """Says that a command line is wrong as every other error is said to programs."""

    def error(self, message: str) -> NoReturn:
        """Ends ``etui``, with the form of an error on standard error."""
        Output(as_json=True).error(CommandError(message, Exit.USAGE).slug, f"{self.prog}: {message}", Exit.USAGE)
        sys.exit(Exit.USAGE)


class _Page(argparse.HelpFormatter):
    """Fits what a command does to the terminal; examples stay lines of their own, and run as they stand."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if not text.startswith(_EXAMPLES):
            return super()._fill_text(text, width, indent)
        return "\n".join(_continued(line, width) for line in text.splitlines())


def _continued(line: str, width: int) -> str:
    """A line of a shell that is wider, continued before its options as a shell reads it."""
    rows = [""]
    for part in _OPTIONS.split(line):
        if rows[-1] and len(f"{rows[-1]} {part}{_CONTINUED}") > width and len(line) > width:
            rows[-1] += _CONTINUED
            rows.append(f"        {part}")
        else:
            rows[-1] = f"{rows[-1]} {part}" if rows[-1] else part
    return "\n".join(rows)


def build_parser(kind: type[argparse.ArgumentParser] = argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The whole command line, also for completion and the reference pages."""
    from etui.cli.page import start_page  # noqa: PLC0415  # one command has no use for it

    sections = all_commands()
    parser = _parser_of([command for section in sections.values() for command in section], kind)
    parser.format_help = lambda: start_page(sections)  # type: ignore[method-assign]  # of `etui` itself
    return parser


def _commands_of(first_word: str, kind: type[argparse.ArgumentParser]) -> Sequence[Command]:
    """The commands that a command line may mean that begins so; where there is none, that is the end of ``etui``."""
    if first_word not in FIRST_WORDS:
        from difflib import get_close_matches  # noqa: PLC0415  # for mistakes alone

        near = get_close_matches(first_word, FIRST_WORDS, n=1)
        meant = f"did you mean `etui {near[0]}`?" if near else "`etui --help` lists them"
        build_parser(kind).error(f"there is no command {first_word!r}; {meant}")
    return commands_of(first_word)


def _parser_of(table: Sequence[Command], kind: type[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The command line of these commands."""
    parser = kind(prog="etui")
    parser.add_argument("--version", action="version", version=f"etui {__version__}", help="show the version")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=kind)
    groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {}
    for command in table:
        group, _, name = command.name.rpartition(" ")
        if group and group not in groups:
            stands = next((c for c in table if c.stands_for_group and c.name.startswith(f"{group} ")), None)
            groups[group] = _add_group(commands, group, GROUPS[group], stands)
        _add(groups[group] if group else commands, name, command)
    return parser


def _add_group(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], group: str, title: str, stands: Command | None
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    parser = commands.add_parser(
        group,
        help=title,
        description=title,
        epilog=f"`etui {group}` alone: {stands.help}" if stands is not None else None,
    )
    if stands is not None:
        _provide(parser, stands)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=stands is None)


def _add(parsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: Command) -> None:
    examples = "".join(f"\n  {line}\n      {purpose}" for line, purpose in command.examples)
    parser = parsers.add_parser(
        name,
        help=command.help,
        description=command.text or f"{sentence(command.help)}.",
        epilog=f"{_EXAMPLES}{examples}" if examples else None,
        formatter_class=_Page,
    )
    _provide(parser, command)
    if command.takes_program:
        usage = parser.format_usage().rstrip()
        fits = len(usage.rpartition("\n")[2]) + len(_PROGRAM) < shutil.get_terminal_size().columns
        gap = "" if fits else "\n" + " " * len(f"{_USAGE}{parser.prog}")
        parser.usage = f"{usage.removeprefix(_USAGE)}{gap}{_PROGRAM}".replace("%", "%%")


def _provide(parser: argparse.ArgumentParser, command: Command) -> None:
    text = "print one JSON value instead of text, for an error too"
    parser.add_argument(_JSON, action="store_true", default=argparse.SUPPRESS, help=text)
    command.arguments(parser)
    parser.set_defaults(command=command, own=parser)


def _print_all_characters() -> None:
    """Where the locale has no sign for a character, it is written by its number rather than not at all."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Our own words, and those of a program behind the first ``--``."""
    words = list(arguments)
    if _END_OF_OPTIONS not in words:
        return words, None
    at = words.index(_END_OF_OPTIONS)
    return words[:at], words[at + 1 :]
