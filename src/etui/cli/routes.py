"""``etui routes list · on · off · refresh``: the schemes of operators by which payments go, and whether they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.output import quoted, single_line
from etui.interfaces import routing_1 as routing
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.sdk import Client


class _Routes(Struct, frozen=True):
    """One operator's, as they stand. ``provider``: its Extension, as policy names it."""

    operator: str
    networks: str
    acquirers: int
    state: str
    table: str
    provider: str


def _standing(client: Client) -> list[_Routes]:
    rows: list[_Routes] = []
    for one in client.call(wallet.Providers(interface=routing.INTERFACE)).providers:
        said = client.call(routing.Standing(), provider=one.provider)
        rows.append(
            _Routes(said.operator, ", ".join(said.networks), said.acquirers, said.state, said.table, one.provider)
        )
    return rows


def _meant(client: Client, operator: str) -> list[_Routes]:
    """The routes of an operator, by a part of its name, or of all; raises ``CommandError`` where there are none."""
    meant = [one for one in _standing(client) if operator.casefold() in one.operator.casefold()]
    if not meant:
        whose = f" of {quoted(operator)}" if operator else ""
        raise CommandError(f"no Extension here has routes{whose}; `etui routes` lists them", Exit.NOT_FOUND)
    return meant


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        rows = _standing(client)
    columns = (("operator", "OPERATOR"), ("networks", "SCHEME"), ("acquirers", "ACQUIRERS"), ("state", "STATE"))
    output.rows(rows, (*columns, ("table", "TABLE")), "There are no routes: payments go by their cards' own schemes.")
    return Exit.OK


def _operator_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operator", nargs="?", default="", metavar="OPERATOR", help="a part of its name; else all")


def _on(arguments: Arguments, output: Output) -> Exit:
    return _switch(arguments, output, "on", "Payments go by the routes of {} again, where they have one.")


def _off(arguments: Arguments, output: Output) -> Exit:
    return _switch(arguments, output, "off", "The routes of {} are off: payments go by their cards' own schemes.")


def _switch(arguments: Arguments, output: Output, state: Literal["on", "off"], text: str) -> Exit:
    with connect() as client:
        meant = _meant(client, arguments.operator)
        for one in meant:
            client.call(routing.Switch(state=state), provider=one.provider)
    names = ", ".join(one.operator for one in meant)
    output.value({"operators": [one.operator for one in meant], "state": state}, single_line(text.format(names)))
    return Exit.OK


def _refresh(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        meant = _meant(client, arguments.operator)
        tables = {one.operator: client.call(routing.Refresh(), provider=one.provider).table for one in meant}
    lines = [single_line(f"{operator}: table {table} is in use.") for operator, table in tables.items()]
    output.value(tables, "\n".join(lines))
    return Exit.OK


LIST = Command(
    name="routes list",
    help="list the operators' routes, and whether they are on",
    text="An operator's route has a payment go by the operator's scheme, with a card of that scheme.\n"
    "Each one is shown in the Trusted Dialog before anything is paid.",
    run=_list,
    stands_for_group=True,
    examples=(("etui routes", "whose there are"),),
)
ON = Command(
    name="routes on",
    help="have payments go by operators' routes",
    arguments=_operator_argument,
    run=_on,
    examples=(("etui routes on", "the Trusted Dialog asks"),),
)
OFF = Command(
    name="routes off",
    help="have every payment go by its card's own scheme",
    arguments=_operator_argument,
    run=_off,
    examples=(("etui routes off", "of all operators"), ("etui routes off demo", "of those that “demo” matches")),
)
REFRESH = Command(
    name="routes refresh",
    help="fetch the operators' latest tables",
    arguments=_operator_argument,
    run=_refresh,
    examples=(("etui routes refresh", "an earlier table than that in use is refused"),),
)
