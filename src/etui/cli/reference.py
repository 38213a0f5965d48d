"""``etui help · completion``: what there is to say, and to type."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command
from etui.cli.completion import SHELLS, commands_of
from etui.cli.exits import MEANINGS, SIGNALS, CommandError, Exit
from etui.cli.main import build_parser

if TYPE_CHECKING:
    from etui.cli.output import Output

_EXITS: Final = "exits"
_HEADING: Final = (
    "Exit statuses of every command; `use`, `code`, `call` and `run --use` end as the command that they start."
)
_ERRORS: Final = """\
An error is said on standard error. With --json it is one JSON object, and nothing else is there:

  {"error": {"code": "denied", "message": "…", "why": "d-7K"}, "status": 7}

`code` is what programs compare: the protocol's code, or for what is no answer of the wallet the name of the
status: failed, usage, no_terminal, no_confinement, not_running, locked, denied, not_found; or interrupted (130).
`why` is what `etui why` explains, or null.
Where there is a result as well as a status, as for `audit verify` that finds something, the result says it."""


def _help_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", nargs="*", metavar="TOPIC", help=f"a command, or {_EXITS}")


def _help(arguments: Arguments, output: Output) -> Exit:
    topic: list[str] = arguments.topic
    if topic == [_EXITS]:
        rows = {str(int(status)): meaning for status, meaning in (MEANINGS | SIGNALS).items()}
        lines = [f"{status:>3}  {meaning}" for status, meaning in rows.items()]
        output.value(rows, "\n".join([_HEADING, "", *lines, "", _ERRORS]))
        return Exit.OK
    parser = build_parser()
    for word in topic:
        known = commands_of(parser)
        if word not in known:
            text = f"there is no help on {' '.join(topic)}; `etui help` lists what there is"
            raise CommandError(text, Exit.NOT_FOUND)
        parser = known[word]
    output.value({"help": parser.format_help()}, parser.format_help())
    return Exit.OK


def _completion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(SHELLS), metavar="SHELL", help=", ".join(SHELLS))


def _completion(arguments: Arguments, output: Output) -> Exit:
    script = SHELLS[arguments.shell](build_parser())
    output.value({"script": script}, script)
    return Exit.OK


HELP = Command(
    name="help",
    help="show help on a command, or the exit statuses",
    arguments=_help_arguments,
    run=_help,
    examples=(("etui help exits", "what a status means"), ("etui help door enable", "as `etui door enable --help`")),
)
COMPLETION = Command(
    name="completion",
    help="print what completes command lines in your shell",
    arguments=_completion_arguments,
    run=_completion,
    examples=(
        ('eval "$(etui completion bash)"', "in ~/.bashrc"),
        ("etui completion zsh > ~/.zfunc/_etui", "in a folder of $fpath"),
        ("etui completion fish > ~/.config/fish/completions/etui.fish", "found by itself"),
    ),
)
