"""``etui browser list · unpair``: browsers whose pages may ask in their own names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import Exit
from etui.interfaces import shell_1 as shell

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        pairings = client.call(shell.Pairings()).pairings
    columns = (
        ("pairing", "ID"),
        ("name", "BROWSER"),
        ("about", "ITS EXTENSION"),
        ("program", "PROGRAM"),
        ("since", "PAIRED"),
        ("last", "LAST USED"),
    )
    output.rows(pairings, columns, "No browser is paired with this wallet.")
    return Exit.OK


def _unpair_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairing", metavar="ID", help="as `etui browser list` names it")


def _unpair(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        result = client.call(shell.Unpair(pairing=arguments.pairing))
    rights = "1 right of its pages was" if result.revoked == 1 else f"{result.revoked} rights of its pages were"
    output.value(result, f"The browser is paired no more; {rights} taken back.")
    return Exit.OK


LIST = Command(
    name="browser list",
    help="list the browsers that are paired with this wallet",
    run=_list,
    stands_for_group=True,
    examples=(("etui browser", "whose pages may ask in their own names"),),
)
UNPAIR = Command(
    name="browser unpair",
    help="end a pairing, at once and without a question",
    text="Ends a browser's pairing, at once and without a question. What its pages wait for is given up, and every\n"
    "right of theirs is taken back. To have them ask again, pair the browser anew.",
    arguments=_unpair_arguments,
    run=_unpair,
    examples=(("etui browser unpair 3f9a0c21d7e4", "one of `etui browser list`"),),
)
