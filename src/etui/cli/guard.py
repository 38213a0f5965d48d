"""``etui guard known · stopped · trust · trusted · distrust``: look-alikes, and what you know better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect
from etui.cli.counts import read_count
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import item_to_name, named
from etui.cli.output import quoted, single_line
from etui.cli.paging import inventory, known
from etui.interfaces import has_words
from etui.interfaces import likeness_1 as likeness
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.sdk import Client

_KIND: Final = "exception"
_LATELY: Final = 20
_NONE: Final = (
    f"no Extension of this wallet provides {likeness.INTERFACE}, so nobody looks for look-alikes: install one with"
    " `etui extension install FILE`; the wallet's own comes with Etui, and `etui extension list` says what is wrong"
    " with one that is damaged"
)
_WHENCE: Final = {
    "extension": "an Extension",
    "right": "a right that you gave",
    "dealt": "what {} keeps",
    "yes": "your yes, as {} remembers",
}


def _must_be_there(client: Client) -> None:
    """Raises ``CommandError`` where no Extension looks for look-alikes."""
    if not client.call(wallet.Providers(interface=likeness.INTERFACE)).providers:
        raise CommandError(_NONE, Exit.NOT_FOUND)


def _known_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", metavar="WORDS", default="", help="only those with all of these words in their names")


def _known(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        _must_be_there(client)
        found = known(client)
    words = arguments.text.split()
    rows = [row for row in found.rows if has_words((row.name, *row.hosts), words)]
    columns = (("since", "SINCE"), ("name", "NAME"), (_whence, "KNOWN BY"), ("hosts", "HOSTS"))
    output.rows(rows, columns, "The wallet knows nobody of that name." if words else "The wallet knows nobody yet.")
    for reason in found.left_out:
        output.note(f"etui: not all are among these: {reason}")
    return Exit.OK


def _whence(row: shell.KnownRow) -> str:
    return single_line(_WHENCE[row.whence].format(row.by))


def _stopped_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=read_count, default=_LATELY, metavar="N", help=f"at most so many (default: {_LATELY})"
    )


def _stopped(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        _must_be_there(client)
        records = client.call(shell.Audit(stopped=True, limit=arguments.limit)).records
    columns = (("id", "ID"), ("at", "WHEN"), ("label", "WHO"), ("action", "ASKED FOR"), ("stopped", "WHY"))
    output.rows(records, columns, "Nothing was stopped.")
    return Exit.OK


def _trust_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what was stopped, as you were told")
    parser.add_argument("like", metavar="LIKE", help="whom it looks like, as you were told")


def _trust(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        _must_be_there(client)
        trusted = client.call(likeness.Trust(name=arguments.name, like=arguments.like)).exception
    text = f"{quoted(arguments.name)} is taken for itself, and not for {quoted(arguments.like)}."
    output.value({"exception": trusted.item, "name": arguments.name, "like": arguments.like}, text)
    return Exit.OK


def _trusted(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        _must_be_there(client)
        listed = inventory(client, kind=_KIND)
    columns = (("created", "SINCE"), ("label", "NAME"), (lambda item: item.attributes.get("looks like", ""), "LIKE"))
    output.rows(listed.items, columns, "You trust no look-alike.")
    for reason in listed.left_out:
        output.note(f"etui: not all are among these: {reason}")
    return Exit.OK


def _distrust_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a reference, or words that match exactly one trusted look-alike")


def _distrust(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        _must_be_there(client)
        item = item_to_name(client, arguments.name, (_KIND,))
        client.call(likeness.Distrust(exception=item.item))
    output.value({"exception": item.item}, f"{named(item)} is stopped again where it looks like somebody you know.")
    return Exit.OK


KNOWN = Command(
    name="guard known",
    help="list whom the wallet knows, since when and by what",
    text="Lists whom the wallet knows, the longest known first: who looks like one of these and is not is stopped.\n"
    "Each is known by an Extension that is installed, a right that you gave, what an Extension keeps, as receipts of\n"
    "merchants for whom somebody vouched, or your yes to a question that named it.",
    arguments=_known_arguments,
    run=_known,
    stands_for_group=True,
    examples=(
        ("etui guard", "everybody"),
        ("etui guard known --text harbour", "since when the wallet knows harbour-books.com, and by what"),
    ),
)
STOPPED = Command(
    name="guard stopped",
    help="list what was stopped lately, and why",
    arguments=_stopped_arguments,
    run=_stopped,
    examples=(("etui guard stopped --limit 5", "the last five requests that were stopped"),),
)
TRUST = Command(
    name="guard trust",
    help="say that a look-alike is honest",
    text="Says that a name which looks like another one is honest: from then on it is not stopped for looking like\n"
    "that one. For looking like any third one it still is. The Trusted Dialog asks, and shows how both are written.",
    arguments=_trust_arguments,
    run=_trust,
    examples=(("etui guard trust harbour-book.com harbour-books.com", "both are shops of their own"),),
)
TRUSTED = Command(
    name="guard trusted",
    help="list the look-alikes that you trust",
    run=_trusted,
    examples=(("etui guard trusted", "each with whom it looks like"),),
)
DISTRUST = Command(
    name="guard distrust",
    help="trust a look-alike no more",
    text="Has a look-alike that you trusted stopped again. The Trusted Dialog asks.",
    arguments=_distrust_arguments,
    run=_distrust,
    examples=(("etui guard distrust harbour-book.com", "it is stopped again"),),
)
