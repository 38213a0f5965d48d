"""``etui tap``: has a card answer a terminal, for one tap, up to an amount, for a while."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.cards import KINDS, card_providers
from etui.cli.command import Arguments, Command, connected, patience
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import item_to_name, named
from etui.cli.output import quoted, single_line
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.standards.money import full_amount, minor_units

if TYPE_CHECKING:
    from etui.cli.output import Output
    from etui.interfaces import Item
    from etui.sdk import Client

_DOOR: Final = "contactless"
_OPEN: Final = "open"
_ACTIVE: Final = "active"
_USUAL_S: Final = 30
_LONGEST_S: Final = 120


class Tapped(msgspec.Struct, frozen=True, kw_only=True):
    """What the tap came to, for programs. ``amount``: minor units; ``merchant``: what the terminal calls itself.

    ``network``: by which scheme it went, where an operator's route could have had another card pay.
    """

    outcome: str
    amount: int | None
    currency: str
    merchant: str | None
    network: str | None


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("amount", metavar="AMOUNT", help="the most that it may come to, as 20 or 12.50")
    parser.add_argument("currency", metavar="CURRENCY", help="as EUR; the card's own")
    parser.add_argument("--card", metavar="CARD", help="which card, where there are several: words that match one")
    parser.add_argument(
        "--seconds", type=_seconds, default=_USUAL_S, metavar="N", help="for how long it waits (%(default)s)"
    )


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 1 to {_LONGEST_S}")
    return int(text)


def _tap(arguments: Arguments, output: Output) -> Exit:
    currency: str = arguments.currency.upper()
    try:
        limit_minor = minor_units(arguments.amount, currency)
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    if limit_minor < 0:
        raise CommandError("an amount to be paid is not negative", Exit.USAGE)
    waiting = f"say yes in the Trusted Dialog, then hold the card to the terminal: it waits for {arguments.seconds} s"
    with connected() as client, patience(waiting):
        door = _open_door(client)
        item = item_to_name(client, arguments.card, KINDS) if arguments.card else _only_card(client)
        arm = apdu.Arm(item=item.item, amount=limit_minor, currency=currency, seconds=arguments.seconds)
        tapped = _tapped(client, arm, door, output)
    told = Tapped(
        outcome=tapped.outcome,
        amount=tapped.amount,
        currency=currency,
        merchant=tapped.merchant,
        network=tapped.network,
    )
    output.value(told, single_line(_sentence(told)))
    return Exit.OK


def _tapped(client: Client, arm: apdu.Arm, door: wallet.DoorRow, output: Output) -> apdu.ArmResult:
    """What the tap came to; where a terminal wants more, the user is asked, whatever rights there are, for another."""
    asks = False
    while True:
        asked_at = time.monotonic()
        try:
            return client.call(arm, ask=asks)
        except ProtocolError as error:
            if error.code is not ErrorCode.CONFLICT:
                raise
            wanted_minor = _wanted_minor(client, arm)
            if wanted_minor <= (arm.amount or 0):
                if time.monotonic() - asked_at >= arm.seconds and door.detail:
                    output.note(f"etui: the door {_DOOR}: {single_line(door.detail)}")
                raise
        wanted = full_amount(wanted_minor, arm.currency or "")
        output.note(f"etui: the terminal asks for {wanted}: say yes in the Trusted Dialog, then tap again")
        arm, asks = msgspec.structs.replace(arm, amount=wanted_minor), True


def _wanted_minor(client: Client, arm: apdu.Arm) -> int:
    """What a terminal asked for that was more than the card was armed for; 0 for nothing."""
    try:
        return client.call(apdu.Wanted(item=arm.item)).amount or 0
    except ProtocolError:  # an Extension from before there was this
        return 0


def _open_door(client: Client) -> wallet.DoorRow:
    """How the door stands; raises ``CommandError`` where no terminal comes through it."""
    door = next(one for one in client.call(wallet.Doors()).doors if one.door == _DOOR)
    if not door.enabled:
        raise CommandError(f"no terminal finds the wallet: `etui door enable {_DOOR}` opens its door first")
    if door.state != _OPEN:
        raise CommandError(f"the door {_DOOR} is not open: {single_line(door.detail or door.state)}")
    return door


def _only_card(client: Client) -> Item:
    """The one card that can pay; raises ``CommandError`` where there is none, or several."""
    found = [
        item
        for provider in card_providers(client)
        for item in client.call(card.Find(), provider=provider).cards
        if item.attributes.get("state") == _ACTIVE
    ]
    match found:
        case [item]:
            return item
        case []:
            raise CommandError("there is no card that pays; `etui card` lists all", Exit.NOT_FOUND)
        case _:
            raise CommandError(f"say with --card which one: {', '.join(map(named, found))}", Exit.USAGE)


def _sentence(tapped: Tapped) -> str:
    merchant = " ".join((tapped.merchant or "").split())
    at = f" at a terminal that calls itself {quoted(merchant)}" if merchant else ""
    amount = "a payment" if tapped.amount is None else full_amount(tapped.amount, tapped.currency)
    by = f", by {tapped.network}" if tapped.network else ""
    if tapped.outcome == "approved":
        return f"The card approved {amount}{at}{by}."
    return f"The card asked its issuer for {amount}{at}{by}; the terminal shows what that says."


COMMAND = Command(
    name="tap",
    help="pay at a terminal: one tap, up to an amount",
    text="Arms a card: for so many seconds it answers a terminal that is held to the wallet, for one tap, up to this\n"
    "amount. The Trusted Dialog asks first. A terminal never proves who it is; its name is what it calls itself.\n"
    "Where it asks for more, nothing is paid: the dialog asks about that amount, and the second tap pays it. The door\n"
    "contactless has to be open.",
    arguments=_arguments,
    run=_tap,
    examples=(
        ("etui tap 20 EUR", "at most 20 euros, within 30 seconds"),
        ("etui tap 4.50 EUR --card demo --seconds 60", "with the card that “demo” matches"),
        ("etui tap 20 EUR --json", "what it came to, for programs"),
    ),
)
