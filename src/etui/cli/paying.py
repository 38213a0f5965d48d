"""``etui pay``: pays what a shop asks for, and keeps its receipt."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.files import read_file
from etui.cli.output import single_line
from etui.cli.pending import complete, settle_own
from etui.interfaces import payment_1 as payment
from etui.sdk.shop import Asking, Outcome, Shop, ShopError
from etui.standards.money import full_amount
from etui.standards.payments import Order, PaymentError, read_request

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_HTTPS: Final = "https://"
_MAX_BYTES: Final = 128 << 10


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a payment. ``payment``: its reference. ``filed``: whether its receipt is kept.

    ``decision``: what `etui why` explains.
    """

    payment: str
    outcome: str
    payee: str
    merchant: str
    amount: int
    currency: str
    order: str
    network: str
    filed: bool
    decision: str | None


class Asks(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for. ``cards``: those that could pay it; ``reasons``: why others could not."""

    payee: str
    merchant: str
    acquirer: str
    amount: int
    currency: str
    order: str
    lines: list[payment.Line]
    expires: int
    cards: list[str]
    reasons: list[str]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="URL|FILE", help="where a shop takes orders, or a file with its payment request; - for a pipe"
    )
    parser.add_argument("--order", default="{}", metavar="JSON", help="what is ordered there, as the shop takes it")
    parser.add_argument("--shop", metavar="URL", help="where what pays a FILE is sent (default: /orders of its payee)")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be paid and by which card, and pay nothing"
    )


def _pay(arguments: Arguments, output: Output) -> Exit:
    shop, token = _asked(arguments)
    order = _read(token)
    if arguments.dry_run:
        return _tell(order, token, output)
    shop = shop or (_shop_at(arguments.shop) if arguments.shop else Shop(order.merchant.host))
    with connect() as client:
        settle_own(client, output)
        paid = client.call(_request(order, token, shop.address_of(order.details.id)))
        outcome = _charged(shop, order, paid.credential)
        filed = complete(client, paid.payment.item, outcome.outcome, outcome.receipt, output)
    told = Paid(
        payment=paid.payment.item,
        outcome=outcome.outcome,
        payee=order.merchant.host,
        merchant=order.merchant.name,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        network=paid.network,
        filed=filed,
        decision=paid.decision,
    )
    output.value(told, sentences(order, told.outcome, filed=filed, decision=told.decision))
    return Exit.OK if outcome.outcome == "approved" else Exit.FAILED


def _charged(shop: Shop, order: Order, credential: str) -> Outcome:
    try:
        return shop.charge(order.details.id, credential)
    except ShopError as error:
        doubt = ". It may have charged you all the same: ask it before you pay again" if error.may_pass else ""
        raise CommandError(f"{error}{doubt} (`etui payments` has it as pending, and asks the shop)") from None


def _asked(arguments: Arguments) -> tuple[Shop | None, str]:
    """The shop, where an address names it, and its payment request; raises ``CommandError``."""
    if arguments.source.startswith((_HTTPS, "http://")):
        if arguments.shop:
            raise CommandError("--shop goes with a file; what pays an order goes where it was ordered", Exit.USAGE)
        shop = _shop_at(arguments.source)
        try:
            return shop, shop.order(_ordered(arguments.order))
        except ShopError as error:
            raise CommandError(f"nothing was ordered: {error}") from None
    from_pipe = arguments.source == "-"
    text = sys.stdin.buffer.read(_MAX_BYTES) if from_pipe else read_file(Path(arguments.source))[:_MAX_BYTES]
    text = text.strip()
    try:
        return None, msgspec.json.decode(text, type=Asking).request if text.startswith(b"{") else text.decode("ascii")
    except (ValueError, RecursionError):  # UnicodeDecodeError too
        raise CommandError("that is no payment request, nor what a shop answers to an order", Exit.USAGE) from None


def _shop_at(address: str) -> Shop:
    """The shop that takes orders there, as at ``https://shop.example/orders``; raises ``CommandError`` for none."""
    try:
        return Shop.at(address)
    except ShopError as error:
        raise CommandError(single_line(str(error)), Exit.USAGE) from None


def _ordered(text: str) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(text))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"--order is not JSON: {error}", Exit.USAGE) from None


def _read(token: str) -> Order:
    try:
        return read_request(token, int(time.time()))
    except PaymentError as error:
        raise CommandError(f"the payment request is not usable: {error}", Exit.USAGE) from None


def _request(order: Order, token: str, sent_to: str) -> payment.Pay:
    """The call, with all that a standing right is about, and where to ask what became of it."""
    return payment.Pay(
        payee=order.merchant.host,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=token,
        sent_to=sent_to,
    )


def _tell(order: Order, token: str, output: Output) -> Exit:
    merchant = order.merchant
    with connect() as client:
        offered = client.call(payment.Preview(payee=merchant.host, request=token))
    cards = offered.cards
    reasons = [offered.reason] if offered.reason else []
    told = Asks(
        payee=merchant.host,
        merchant=merchant.name,
        acquirer=merchant.acquirer_name,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        lines=[payment.Line(label=line.label, amount=line.amount.minor) for line in order.details.display_items],
        expires=order.request.exp,
        cards=cards,
        reasons=reasons,
    )
    asked = f"{merchant.name} ({merchant.host}) asks for {full_amount(told.amount, told.currency)}."
    lines = [asked, *(f"  {line.label}: {full_amount(line.amount, told.currency)}" for line in told.lines)]
    lines += (
        [f"It would be paid with {cards[0]}."]
        if cards
        else [f"No card would pay it: {'; '.join(reasons).rstrip('.')}."]
    )
    output.value(told, "\n".join(map(single_line, lines)))
    return Exit.OK if cards else Exit.FAILED


def sentences(order: Order, outcome: str, *, filed: bool, decision: str | None) -> str:
    """What became of a payment, for people. ``filed``: whether its receipt is kept; ``decision``: which allowed it."""
    amount = f"{full_amount(order.amount_minor, order.currency)} to {order.merchant.host} ({order.merchant.name})"
    if outcome != "approved":
        lines = [f"Declined: {amount} was not paid."]
    elif filed:
        lines = [f"Paid {amount}.", "The receipt is kept: `etui receipts` lists it."]
    else:
        lines = [f"Paid {amount}.", "There is no receipt of it."]
    lines += [f"`etui why {decision}` tells why it could be paid."] if decision else []
    return "\n".join(map(single_line, lines))


COMMAND = Command(
    name="pay",
    help="pay what a shop asks for, and keep its receipt",
    text="Pays what a shop asks for: orders at its address, or takes its payment request from a file. Payee, amount\n"
    "and currency are what the merchant signed; the Trusted Dialog shows them with the card, and asks. Then the shop\n"
    "gets what pays, once, and its receipt is kept. 1 is the exit status where it declines, or where nobody knows\n"
    "what it did: `etui payments` has that one as pending, and asks the shop about it; so does the next `etui pay`.",
    arguments=_arguments,
    run=_pay,
    examples=(
        ('etui pay https://shop.etui.test/orders --order \'{"goods": [{"id": "book"}]}\'', "as this shop takes orders"),
        ("etui pay request.jws --dry-run", "what would be paid, and by which card"),
        ("etui pay request.jws --shop https://shop.etui.test/orders --json", "a request that came otherwise"),
    ),
)
