"""Which item is meant: by its reference, or by words that fit exactly one.

Rules:

1. What this Client may read unasked is looked through first, without a question. One that fits is the one.
2. Otherwise the user is asked: to read what fits, where the item is to be read; else to list what lies in the wallet,
   which lets nothing be read.
3. Words fit where each is part of the label or of an attribute. Of several that fit, one whose label is exactly those
   words is meant; else none is, and the message lists them.
4. A collection is no item here.
5. Where nothing fits and something could not be looked at, which may be the one, that is said: a secret that is
   damaged, or an Extension that does not tell its items. It is not said where an item of others fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.cli.exits import CommandError, Exit
from etui.cli.output import moment, quoted, single_line
from etui.cli.paging import inventory
from etui.interfaces import Item, has_words
from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Mapping

    from etui.sdk import Client

_REFERENCE: Final = "r1."
_COLLECTION: Final = "group"
_MAX_LISTED: Final = 10
_LISTS: Final = {
    "card": "card",
    "exception": "guard trusted",
    "key": "key",
    "payment": "payments",
    "receipt": "receipts",
}
"""The commands that list what is of one kind."""
_NOUNS: Final = {"exception": "trusted look-alike"}
"""What people call a kind, where that is another word."""


def add_item_argument(parser: argparse.ArgumentParser) -> None:
    """The argument ITEM."""
    parser.add_argument("item", metavar="ITEM", help="a reference, or words that match exactly one item")


def item_to_read(client: Client, item: str) -> Item:
    """The item that is meant, which may then be read; raises ``CommandError``, ``ProtocolError``."""
    if is_reference(item):
        return Item(item=item, kind="item")
    found = _unasked(client, item)
    return only_one(found or list(client.call(secret.Find(text=item)).items), item)


def item_to_name(client: Client, item: str, kinds: Collection[str] = ()) -> Item:
    """The item that is meant, without a right to read it; raises ``CommandError``, ``ProtocolError``.

    ``kinds``: which it is one of; none for any.
    """
    if is_reference(item):
        return Item(item=item, kind="item")
    found: list[Item] = []
    damage: ProtocolError | None = None
    try:
        found = _of_kinds(_unasked(client, item), kinds)
    except ProtocolError as error:
        if error.code is not ErrorCode.INTERNAL:
            raise
        damage = error
    left_out: tuple[str, ...] = ()
    if not found:
        listed = inventory(client, item, next(iter(kinds), "") if len(kinds) == 1 else "")
        found, left_out = _of_kinds(fitting(listed.items, item.split()), kinds), listed.left_out
    if damage is not None and not found:
        raise damage
    if left_out and not found:
        raise unlisted(left_out)
    return only_one(found, item, kinds)


def is_reference(words: str) -> bool:
    """Whether this names one item by itself."""
    return words.startswith(_REFERENCE)


def fitting(
    items: Iterable[Item], words: Collection[str], attributes: Mapping[str, str] | None = None, kind: str = ""
) -> list[Item]:
    """The items that all of these fit."""
    return [
        item
        for item in items
        if kind in {"", item.kind}
        and (attributes or {}).items() <= item.attributes.items()
        and has_words((item.label, *item.attributes.values()), words)
    ]


def unlisted(left_out: Iterable[str]) -> CommandError:
    """Why nothing can be said to be there or not: of which Extensions the items are not known, with the reasons."""
    return CommandError(f"nothing was found, but not everything could be looked at: {'; '.join(left_out)}")


def named(item: Item) -> str:
    """The item for people."""
    return quoted(item.label) if item.label else "the item"


def only_one(items: list[Item], words: str, kinds: Collection[str] = ()) -> Item:
    """The one of these, which fit, that is meant (rules 3 and 4); raises ``CommandError``. ``kinds``: as above."""
    kind = next((kind for kind in kinds if kind in _LISTS), "")
    noun = _NOUNS.get(kind, kind) or "item"
    items = [item for item in items if item.kind != _COLLECTION]
    exact = [item for item in items if item.label.casefold() == words.casefold()]
    match exact if len(exact) == 1 else items:
        case [item]:
            return item
        case []:
            lists = f"`etui {_LISTS.get(kind, 'find')}` lists what there is"
            raise CommandError(f"no {noun} matches {quoted(words)}; {lists}", Exit.NOT_FOUND)
        case several:
            lines = [f"  {_described(item)}" for item in several[:_MAX_LISTED]]
            lines += [f"  and {len(several) - _MAX_LISTED} more"] if len(several) > _MAX_LISTED else []
            text = f"{len(several)} {noun}s match {quoted(words)}; more words, or `etui find --references`, tell which:"
            raise CommandError("\n".join([text, *lines]), Exit.USAGE)


def _unasked(client: Client, words: str) -> list[Item]:
    return [item for item in client.call(secret.Find(text=words), quiet=True).items if item.kind != _COLLECTION]


def _of_kinds(items: list[Item], kinds: Collection[str]) -> list[Item]:
    return [item for item in items if not kinds or item.kind in kinds]


def _described(item: Item) -> str:
    attributes = " ".join(f"{name}={value}" for name, value in sorted(item.attributes.items()))
    changed = f"changed {moment(item.modified)}" if item.modified else ""
    return single_line(f"{item.label} ({item.kind}) {changed} {attributes}").rstrip()
