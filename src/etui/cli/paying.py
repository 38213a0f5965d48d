"""``etui pay``: pays what a shop asks for, and keeps its receipt."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.files import read_file
from etui.cli.output import single_line
from etui.interfaces import payment_1 as payment
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk.shop import ORDERS, Asking, Outcome, Shop, ShopError
from etui.standards.money import full_amount
from etui.standards.payments import Order, PaymentError, read_request

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.interfaces import Item
    from etui.sdk import Client

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
        paid = client.call(_request(order, token))
        outcome = _charged(shop, order, paid.credential)
        filed = complete(client, paid.payment, outcome, output)
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
    output.value(told, "\n".join(map(single_line, _sentences(told))))
    return Exit.OK if outcome.outcome == "approved" else Exit.FAILED


def _charged(shop: Shop, order: Order, credential: str) -> Outcome:
    try:
        return shop.charge(order.details.id, credential)
    except ShopError as error:
        doubt = ". It may have charged you all the same: ask it before you pay again" if error.may_pass else ""
        raise CommandError(f"{error}{doubt} (`etui payments` has it as pending)") from None


def complete(client: Client, paid: Item, outcome: Outcome, output: Output) -> bool:
    """Says in the wallet how a payment ended; whether a receipt of it is kept now."""
    said = payment.Complete(payment=paid.item, outcome=outcome.outcome, receipt=outcome.receipt)
    try:
        return bool(client.call(said).filed)
    except ProtocolError as error:
        if outcome.receipt is None or error.code is not ErrorCode.INVALID_PARAMS:
            raise
        output.note(f"etui: {single_line(error.message)}")
    client.call(payment.Complete(payment=paid.item, outcome=outcome.outcome))
    return False


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
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CommandError("that is no payment request, nor what a shop answers to an order", Exit.USAGE) from None


def _shop_at(address: str) -> Shop:
    """The shop that takes orders there, as at ``https://shop.example/orders``; raises ``CommandError`` for none."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme == "https" and parts.hostname and (parts.port is None or parts.port)
    except ValueError as error:
        raise CommandError(f"{single_line(address)} is no address: {error}", Exit.USAGE) from None
    if not usable or parts.username or parts.query or parts.fragment:
        text = f"{single_line(address)} is no address of a shop: it takes https://HOST/PATH, and nothing more"
        raise CommandError(text, Exit.USAGE)
    return Shop(parts.netloc, parts.path.rstrip("/") or ORDERS)


def _ordered(text: str) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        raise CommandError(f"--order is not JSON: {error}", Exit.USAGE) from None


def _read(token: str) -> Order:
    try:
        return read_request(token, int(time.time()))
    except PaymentError as error:
        raise CommandError(f"the payment request is not usable: {error}", Exit.USAGE) from None


def _request(order: Order, token: str) -> payment.Pay:
    """The call, with all that a standing right is about."""
    return payment.Pay(
        payee=order.merchant.host,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=token,
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


def _sentences(paid: Paid) -> list[str]:
    amount = f"{full_amount(paid.amount, paid.currency)} to {paid.payee} ({paid.merchant})"
    if paid.outcome != "approved":
        lines = [f"Declined: {amount} was not paid."]
    elif paid.filed:
        lines = [f"Paid {amount}.", "The receipt is kept: `etui receipts` lists it."]
    else:
        lines = [f"Paid {amount}.", "There is no receipt of it."]
    return [*lines, f"`etui why {paid.decision}` tells why it could be paid."] if paid.decision else lines


COMMAND = Command(
    name="pay",
    help="pay what a shop asks for, and keep its receipt",
    text="Pays what a shop asks for: orders at its address, or takes its payment request from a file. Payee, amount\n"
    "and currency are what the merchant signed; the Trusted Dialog shows them with the card, and asks. Then the shop\n"
    "gets what pays, once, and its receipt is kept. 1 is the exit status where it declines, or where nobody knows\n"
    "what it did: `etui payments` has that one as pending.",
    arguments=_arguments,
    run=_pay,
    examples=(
        ("etui pay https://shop.etui.test/orders --dry-run", "what would be paid, and by which card"),
        ('etui pay https://shop.etui.test/orders --order \'{"goods": [{"id": "book"}]}\'', "as this shop takes orders"),
        ("etui pay request.jws --shop https://shop.etui.test/orders --json", "a request that came otherwise"),
    ),
)
