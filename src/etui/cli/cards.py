"""``etui card list · add · show · prefer · suspend · resume · remove``: payment cards, whichever issuer they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect, connected, patience
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import item_to_name, named
from etui.cli.output import Column, quoted, single_line
from etui.cli.typed import confirmed, read_code
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.interfaces import Item
    from etui.sdk import Client

KINDS: Final = ("card",)


def _card_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", metavar="CARD", help="a reference, or words that match exactly one card")


def card_providers(client: Client) -> list[str]:
    """The Extensions that keep cards."""
    return [row.provider for row in client.call(wallet.Providers(interface=card.INTERFACE)).providers]


def _named_card(client: Client, words: str) -> Item:
    return item_to_name(client, words, KINDS)


def _prefer(_: Arguments, output: Output) -> Exit:
    with connected() as client, patience("pick a card in the Trusted Dialog"):
        chosen = client.call(payment.Prefer()).card
    output.value({"card": chosen}, f"{quoted(chosen)} pays where several could.")
    return Exit.OK


def _list(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        cards = [item for one in card_providers(client) for item in client.call(card.Find(), provider=one).cards]
    columns: list[Column] = [("label", "CARD"), (_network, "NETWORK"), (_state, "STATE")]
    columns += [("item", "REFERENCE")] if arguments.references else []
    output.rows(cards, columns, "There are no cards; `etui card add` adds one with its issuer's code.")
    return Exit.OK


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--references", action="store_true", help="with each card's reference, which is long")


def _network(item: Item) -> str:
    return item.attributes.get("network", "")


def _state(item: Item) -> str:
    return item.attributes.get("state", "")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issuer", nargs="?", default="", metavar="ISSUER", help="its host, where there are several")


def _add(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        issuer, provider = _issuer(client, arguments.issuer)
    code = read_code(f"Activation code of {single_line(issuer)}")  # nobody types it for a wallet that knows no issuer
    with connect() as client:
        item = client.call(card.Activate(issuer=issuer, code=code), provider=provider).card
    output.value(item, f"Added {named(item)}.")
    return Exit.OK


def _issuer(client: Client, wanted: str) -> tuple[str, str]:
    """The host of the issuer that is meant, and the Extension that keeps its cards; raises ``CommandError``."""
    issuers = {
        issuer: provider
        for provider in card_providers(client)
        for issuer in client.call(card.Issuers(), provider=provider).issuers
    }
    known = ", ".join(map(single_line, sorted(issuers)))
    match [pair for pair in issuers.items() if wanted in {"", pair[0]}]:
        case [found]:
            return found
        case [] if wanted and issuers:
            raise CommandError(f"no Extension keeps cards of {quoted(wanted)}; there are {known}", Exit.NOT_FOUND)
        case []:
            raise CommandError("no Extension of an issuer is installed (`etui extension install`)", Exit.NOT_FOUND)
        case _:
            first = single_line(min(issuers))
            raise CommandError(f"say which issuer, as `etui card add {first}`: {known}", Exit.USAGE)


def _show(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = _named_card(client, arguments.card)
        shown = client.call(card.Show(card=item.item))
    lines = (
        f"{shown.network} …{shown.last_digits}, {shown.state}, good until {shown.expires}",
        f"{shown.keys_left} payments until its issuer has to be reached; {shown.counter} made so far",
    )
    output.value(shown, "\n".join(map(single_line, lines)))
    return Exit.OK


def _suspend(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = _named_card(client, arguments.card)
        client.call(card.Suspend(card=item.item))
    output.value(
        {"card": item.item, "state": "suspended"}, f"{named(item)} rests: it pays nothing until it is resumed."
    )
    return Exit.OK


def _resume(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = _named_card(client, arguments.card)
        client.call(card.Resume(card=item.item))
    output.value({"card": item.item, "state": "active"}, f"{named(item)} pays again.")
    return Exit.OK


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    _card_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask at the terminal")


def _remove(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = _named_card(client, arguments.card)
    if not arguments.yes and not confirmed(f"This deletes {named(item)}, which then needs a new code. Delete it?"):
        raise CommandError("nothing was deleted", Exit.DENIED)
    with connect() as client:
        client.call(card.Remove(card=item.item))
    output.value({"deleted": item.item}, f"Deleted {named(item)}.")
    return Exit.OK


LIST = Command(
    name="card list",
    help="list payment cards",
    arguments=_list_arguments,
    run=_list,
    stands_for_group=True,
    examples=(("etui card", "which cards there are"),),
)
ADD = Command(
    name="card add",
    help="add a card, with the code that its issuer gave you",
    text="Adds a card: this wallet is made known to its issuer, by an activation code that is typed without echo or\n"
    "piped in. Adding is not asked about in the Trusted Dialog; paying is.",
    arguments=_add_arguments,
    run=_add,
    examples=(
        ("etui card add", "asks for the code"),
        ("etui card add issuer.etui.test < code", "which issuer, where several have an Extension here"),
    ),
)
SHOW = Command(
    name="card show",
    help="show a card: its state, and how many keys are left",
    arguments=_card_argument,
    run=_show,
    examples=(("etui card show demo", "the card that “demo” matches"),),
)
PREFER = Command(
    name="card prefer",
    help="choose the card that pays where several could",
    text="You pick it in the Trusted Dialog. A shop that does not take it is paid by another one, and where an\n"
    "operator's route takes a payment over, that says which card pays.",
    run=_prefer,
    examples=(("etui card prefer", "the dialog shows your cards"),),
)
SUSPEND = Command(
    name="card suspend",
    help="have a card rest",
    text="A card that rests pays nothing, here at once and at its issuer as soon as that can be reached.",
    arguments=_card_argument,
    run=_suspend,
    examples=(("etui card suspend demo", "until `etui card resume demo`"),),
)
RESUME = Command(
    name="card resume",
    help="use a card again",
    arguments=_card_argument,
    run=_resume,
    examples=(("etui card resume demo", "its issuer is told first"),),
)
REMOVE = Command(
    name="card remove",
    help="delete a card for good",
    arguments=_remove_arguments,
    run=_remove,
    examples=(("etui card remove demo", "asks first, here and in the Trusted Dialog"),),
)
