"""``etui payments list · show · finish``: what was paid, what was to be, and what became of it.

Taps at terminals stand among them, by the cards' own record.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from etui.cli import terminals
from etui.cli.command import Arguments, Command, connect
from etui.cli.counts import read_count
from etui.cli.exits import Exit
from etui.cli.files import read_file
from etui.cli.naming import fitting, is_reference, item_to_name, named, only_one
from etui.cli.output import Column, moment, single_line
from etui.interfaces import payment_1 as payment
from etui.standards.money import full_amount

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.interfaces import Item
    from etui.sdk import Client

_KINDS: Final = ("payment",)
_PENDING: Final = "pending"
_STATES: Final = {
    _PENDING: "pending: nobody has said what became of it",
    "not_sent": "not sent: the shop never got what pays it, and takes it no more",
}


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--payee", metavar="HOST", help="only those to this merchant")
    parser.add_argument("--limit", type=read_count, metavar="N", help="at most so many")
    parser.add_argument("--references", action="store_true", help="with each payment's reference, which is long")


def _list(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        found = client.call(payment.Find(payee=arguments.payee, limit=arguments.limit)).payments
        if any(_state(one) == _PENDING for one in found):
            found = _settled(client, output, found)
        if arguments.payee is None:  # nobody knows who a terminal is
            found = [*found, *terminals.taps(client, output, arguments.limit)]
    found = sorted(found, key=lambda item: item.created, reverse=True)[: arguments.limit]
    columns: list[Column] = [("created", "WHEN"), ("label", "PAYMENT"), (_spelled, "STATE")]
    columns += [("item", "REFERENCE")] if arguments.references else []
    output.rows(found, columns, "Nothing was paid.")
    return Exit.OK


def _settled(client: Client, output: Output, found: list[Item]) -> list[Item]:
    """The same, with what became of those that were pending, as far as their shops say."""
    from etui.cli.pending import settle  # noqa: PLC0415  # TLS, which only what is pending needs

    ended = settle(client, output, [one.item for one in found if _state(one) == _PENDING])
    return [
        replace(one, attributes={**one.attributes, "state": ended[one.item]}) if one.item in ended else one
        for one in found
    ]


def _state(item: Item) -> str:
    if item.kind == terminals.KIND:
        return terminals.state(item)
    return item.attributes.get("state", "")


def _spelled(item: Item) -> str:
    return _state(item).replace("_", " ")


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("payment", metavar="PAYMENT", help="a reference, or words that match exactly one payment")


def _show(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        reference = _named(client, output, arguments.payment)
        if terminals.is_tap(reference):
            tap = terminals.look_up(client, reference)
            output.value(tap, "\n".join(map(single_line, terminals.lines(tap))))
            return Exit.OK
        shown = client.call(payment.Show(payment=reference))
        if shown.state == _PENDING and shown.sent_to:
            shown = _asked_about(client, output, reference, shown)
    state = _STATES.get(shown.state, shown.state)
    lines = [
        f"{full_amount(shown.amount, shown.currency)} to {shown.merchant} ({shown.payee}), {state}",
        *(f"  {line.label}: {full_amount(line.amount, shown.currency)}" for line in shown.lines),
        f"on {moment(shown.paid_at)} with {shown.card} by {shown.network or 'no scheme'}, order {shown.order}",
        *([f"its route: {shown.route}"] if shown.route else []),
        f"`etui receipts list --order {shlex.quote(shown.order)}` lists its receipts",
    ]
    lines += ["`etui payments` asks the shop about it"] if shown.state == _PENDING and shown.sent_to else []
    lines += [f"`etui why {shown.decision}` tells why it could be paid"] if shown.decision else []
    lines += [f"`etui why {shown.route_decision}` tells of its route"] if shown.route_decision else []
    output.value(shown, "\n".join(map(single_line, lines)))
    return Exit.OK


def _named(client: Client, output: Output, words: str) -> str:
    """The reference of the payment or tap that is meant; raises ``CommandError``, ``ProtocolError``."""
    if is_reference(words):
        return words
    taps = fitting(terminals.taps(client, output), words.split())
    if not taps:
        return item_to_name(client, words, _KINDS).item
    return only_one([*fitting(client.call(payment.Find()).payments, words.split()), *taps], words, _KINDS).item


def _asked_about(client: Client, output: Output, reference: str, shown: payment.ShowResult) -> payment.ShowResult:
    """The same, with what became of it, if its shop says so."""
    from etui.cli.pending import settle_shown  # noqa: PLC0415  # as above

    if settle_shown(client, output, {reference: shown}):
        return client.call(payment.Show(payment=reference))
    return shown


def _finish_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("payment", metavar="PAYMENT", help="a reference, or words that match exactly one payment")
    parser.add_argument("outcome", choices=("approved", "declined"), help="what the merchant says")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="the receipt that it signed")


def _finish(arguments: Arguments, output: Output) -> Exit:
    receipt = read_file(arguments.receipt).decode("utf-8", "replace").strip() if arguments.receipt else None
    with connect() as client:
        item = item_to_name(client, arguments.payment, _KINDS)
        request = payment.Complete(payment=item.item, outcome=arguments.outcome, receipt=receipt)
        filed = bool(client.call(request).filed)
    text = f"{named(item)} is {arguments.outcome}{', and its receipt is kept' if filed else ''}."
    output.value({"payment": item.item, "outcome": arguments.outcome, "filed": filed}, text)
    return Exit.OK


LIST = Command(
    name="payments list",
    help="list what was paid, and what is pending",
    text="Lists what was paid on the net, and what cards did at terminals, by their own record. A terminal never\n"
    "proves who it is: its name is what it calls itself, and `--payee` leaves it out.",
    arguments=_list_arguments,
    run=_list,
    stands_for_group=True,
    examples=(("etui payments", "the latest first"), ("etui payments list --payee shop.etui.test", "to one merchant")),
)
SHOW = Command(
    name="payments show",
    help="show a payment: order or terminal, card, outcome",
    arguments=_show_arguments,
    run=_show,
    examples=(
        ("etui payments show '12.50 shop'", "the one that these words match"),
        ("etui payments show '2.00 terminal'", "one at a terminal: the amount that was really signed"),
    ),
)
FINISH = Command(
    name="payments finish",
    help="say what became of a payment that is pending",
    text="Says what became of a payment, by what the merchant says, where nobody could say it then. It stays so.\n"
    "Its receipt is kept, if it is of this payment and signed by the key that asked for it.",
    arguments=_finish_arguments,
    run=_finish,
    examples=(
        ("etui payments finish '12.50 shop' declined", "the shop never got it"),
        ("etui payments finish '12.50 shop' approved --receipt receipt.jws", "and what it signed"),
    ),
)
