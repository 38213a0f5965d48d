"""``etui run --use`` and ``etui use-at``: a command works with a value that it never has.

Rules:

1. The command finds a placeholder where it looks for the value. Its requests go through a proxy on the loopback, and
   the value is put in on its way out: where the item says, and towards the hosts that it names.
2. What is reached besides is named with ``--reach``, and gets no value.
3. The right that the user gives ends with the command, unless the user says more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import add_item_argument, item_to_name, named
from etui.cli.output import printable, sentence
from etui.interfaces import Item
from etui.interfaces import secret_1 as secret

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.doors.proxy import Lent
    from etui.sdk import Client

_PREFIX: Final = "etui:use."
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE: Final = "r1."


def add_lending_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``etui run`` that lend a command the use of values; the command follows ``--``."""
    lending = parser.add_argument_group("a command that works with values that it never has")
    lending.add_argument(
        "--use",
        action="append",
        default=[],
        metavar="NAME[=VARIABLE]",
        help="an item whose value the command after -- may use, and in which variable it looks for it",
    )
    lending.add_argument(
        "--reach",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that the command may reach besides, without any value; all for any",
    )


def run_lent(arguments: Arguments, output: Output) -> int:
    """Runs the command with the use of the named items; its exit status."""
    if not arguments.program:
        raise CommandError("--use goes with a command after --: etui run --use NAME -- COMMAND", Exit.USAGE)
    with connect() as client:
        lent = [_lent(client, text) for text in arguments.use]
    if doubled := next((one for one in lent if [other.variable for other in lent].count(one.variable) > 1), None):
        text = f"two items are for the variable {doubled.variable}; say --use NAME=VARIABLE for one of them"
        raise CommandError(text, Exit.USAGE)
    from etui.doors.proxy import run  # noqa: PLC0415  # TLS and an event loop, which no other command needs

    def note(text: str) -> None:
        output.note(f"etui: {printable(text)}")

    try:
        return run(profile_place().socket, lent, arguments.reach, arguments.program, note)
    except OSError as error:
        raise CommandError(f"{arguments.program[0]} cannot be started: {error.strerror}") from None


def _lent(client: Client, text: str) -> Lent:
    from etui.doors.proxy import Lent  # noqa: PLC0415  # as above

    words, equals, variable = text.rpartition("=")
    if not equals or not _VARIABLE.fullmatch(variable):
        words, variable = text, ""
    item = _described(client, words)
    hosts = tuple(item.attributes.get(_PREFIX + "hosts", "").split())
    if not hosts:
        raise CommandError(
            f"{named(item)} names no host to which its value may go; `etui use-at {printable(words)} HOST` says where"
        )
    return Lent(
        item=item.item,
        hosts=hosts,
        variable=variable or item.attributes.get(_PREFIX + "variable", "") or _variable_of(item),
        base_url=item.attributes.get(_PREFIX + "base-url", ""),
    )


def _described(client: Client, words: str) -> Item:
    """The item with its attributes."""
    if words.startswith(_REFERENCE):
        return client.call(secret.Describe(item=words)).item
    return item_to_name(client, words)


def _variable_of(item: Item) -> str:
    """The variable that an item's name makes: “GitHub token” is GITHUB_TOKEN."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", item.label).strip("_").upper()
    if not _VARIABLE.fullmatch(name):
        raise CommandError(f"{named(item)} makes no variable's name; say --use NAME=VARIABLE", Exit.USAGE)
    return name


def _use_at_arguments(parser: argparse.ArgumentParser) -> None:
    add_item_argument(parser)
    parser.add_argument("hosts", nargs="*", metavar="HOST", help="where the value may go; none: nowhere any more")
    parser.add_argument("--in", dest="where", metavar="PART", help="header:NAME, body or url (header:Authorization)")
    parser.add_argument("--method", action="append", metavar="METHOD", help="GET, POST, …; else any")
    parser.add_argument("--path", action="append", metavar="PATH", help="a beginning of paths, as /v1/; else any")
    parser.add_argument("--variable", metavar="NAME", help="where a program looks for the value")
    parser.add_argument("--base-url", metavar="NAME", help="the variable that tells a program where its service is")


def _use_at(arguments: Arguments, output: Output) -> Exit:
    given = {
        "hosts": " ".join(arguments.hosts),
        "in": arguments.where,
        "methods": " ".join(arguments.method or ()),
        "paths": " ".join(arguments.path or ()),
        "variable": arguments.variable,
        "base-url": arguments.base_url,
    }
    if not arguments.hosts and any(given.values()):
        raise CommandError("name a host: what else is said is about requests to it", Exit.USAGE)
    with connect() as client:
        item = _described(client, arguments.item)
        attributes = {name: value for name, value in item.attributes.items() if not name.startswith(_PREFIX)}
        attributes |= {_PREFIX + name: value for name, value in given.items() if value}
        changed = client.call(secret.Update(item=item.item, attributes=attributes)).item
    to = f"may be used in requests to {', '.join(arguments.hosts)}" if arguments.hosts else "goes to no host any more"
    output.value(changed, sentence(f"the value of {named(item)} {printable(to)}"))
    return Exit.OK


USE_AT = Command(
    name="use-at",
    help="say to which hosts a value may go without being read",
    text="Says to which hosts an item's value may be sent by `etui run --use`, and in which part of a request. What\n"
    "was said before is replaced; without a host it goes nowhere any more.",
    arguments=_use_at_arguments,
    run=_use_at,
    examples=(
        ("etui use-at 'GitHub token' api.github.com --variable GH_TOKEN", "in the header Authorization"),
        ("etui use-at weather api.example.org --in header:X-Api-Key --method GET --path /v1/", "no more than that"),
        ("etui use-at weather", "nowhere any more"),
    ),
)
