"""What cards did at terminals, by their own record, in the form of items: ``etui payments`` has them among payments.

The names of merchants are what terminals called themselves. An issuer's Extension need not keep such a record. What one
does not tell, since it fails or the user says no, is left out, and that is said.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.cards import card_providers
from etui.cli.exits import CommandError, Exit
from etui.cli.output import moment, quoted, single_line
from etui.interfaces import Item
from etui.interfaces import card_1 as card
from etui.protocol import ErrorCode, ProtocolError
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.cli.output import Output
    from etui.sdk import Client

KIND: Final = "tap"
_BY_COUNTER: Final = "#"
_COUNTERS: Final = 0x1_0000
_MOST_AT_ONCE: Final = 1_000
_STATES: Final = {
    "approved": "approved by the card",
    "authorised": "approved by its issuer",
    "declined": "declined",
    "unknown": "unknown: its issuer was asked",
}


class ShownTap(msgspec.Struct, frozen=True, kw_only=True):
    """A tap, for programs. ``amount``: minor units, as signed; ``merchant``: what the terminal calls itself.

    ``order``: what its receipts are listed by.
    """

    payment: str
    card: str
    counter: int
    amount: int
    currency: str
    merchant: str | None
    state: str
    paid_at: int
    order: str | None


def taps(client: Client, output: Output, limit: int | None = None) -> list[Item]:
    """What the cards of the wallet did at terminals, of each the latest ``limit``, or all."""
    return [
        _entry(one, tap)
        for provider in card_providers(client)
        for one in _cards(client, output, provider)
        for tap in _told(client, output, one, limit)
    ]


def state(tap: Item) -> str:
    """What became of it, for people."""
    return _STATES[tap.attributes["state"]]


def is_tap(reference: str) -> bool:
    """Whether this is how ``taps`` names one."""
    name, _, counter = reference.rpartition(_BY_COUNTER)
    return bool(name) and counter.isdecimal()


def look_up(client: Client, reference: str) -> ShownTap:
    """The tap that ``taps`` names so; raises ``CommandError``, ``ProtocolError``."""
    of, _, counter = reference.rpartition(_BY_COUNTER)
    number = int(counter)
    found = client.call(card.Taps(card=of, before=number + 1, limit=1)).taps if 0 < number < _COUNTERS else []
    if not found or found[0].counter != number:
        raise CommandError(f"no tap {counter} of this card is kept", Exit.NOT_FOUND)
    tap = found[0]
    shown = client.call(card.Show(card=of))
    return ShownTap(
        payment=reference,
        card=f"{shown.network} …{shown.last_digits}",
        counter=tap.counter,
        amount=tap.amount,
        currency=tap.currency,
        merchant=tap.merchant,
        state=tap.state,
        paid_at=tap.at,
        order=tap.order,
    )


def lines(tap: ShownTap) -> list[str]:
    """The same for people."""
    by = f" that calls itself {quoted(tap.merchant)}" if tap.merchant else ""
    return [
        f"{full_amount(tap.amount, tap.currency)} at a terminal{by}, {_STATES[tap.state]}",
        f"on {moment(tap.paid_at)} with {tap.card}, transaction {tap.counter}",
        "by the card's own record, whatever the terminal showed or printed",
        *([f"`etui receipts list --order {shlex.quote(tap.order)}` lists its receipts"] if tap.order else []),
    ]


def _cards(client: Client, output: Output, provider: str) -> list[Item]:
    try:
        return client.call(card.Find(), provider=provider).cards
    except ProtocolError as error:
        output.note(f"etui: an Extension does not say which cards it has: {single_line(error.message)}")
        return []


def _told(client: Client, output: Output, of: Item, limit: int | None) -> Iterator[card.Tap]:
    """What one card did, the latest first; nothing where its Extension does not tell."""
    left = _COUNTERS if limit is None else limit
    before = _COUNTERS
    while left > 0:
        try:
            answer = client.call(card.Taps(card=of.item, before=before, limit=min(left, _MOST_AT_ONCE)))
        except ProtocolError as error:
            if error.code is not ErrorCode.UNKNOWN_METHOD:  # an Extension need not keep this
                output.note(f"etui: without what {quoted(of.label)} did at terminals: {single_line(error.message)}")
            return
        fresh = [tap for tap in answer.taps if tap.counter < before]
        yield from fresh
        if not answer.more or not fresh:
            return
        left -= len(fresh)
        before = min(tap.counter for tap in fresh)


def _entry(of: Item, tap: card.Tap) -> Item:
    by = f" that calls itself {quoted(tap.merchant)}" if tap.merchant else ""
    attributes = {
        "state": tap.state,
        "amount": str(tap.amount),
        "currency": tap.currency,
        "card": of.label,
        "counter": str(tap.counter),
        **({"merchant": tap.merchant} if tap.merchant else {}),
    }
    return Item(
        item=f"{of.item}{_BY_COUNTER}{tap.counter}",
        kind=KIND,
        label=f"{full_amount(tap.amount, tap.currency)} at a terminal{by}, with {of.label}",
        attributes=attributes,
        created=tap.at,
    )
