"""Lists of the wallet that may be longer than one answer: fetched in parts, and whole.

A list that changes between two parts is fetched anew, since an entry may have moved from one to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.cli.exits import CommandError
from etui.interfaces import shell_1 as shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.interfaces import Item
    from etui.sdk import Client

RowT = TypeVar("RowT")
_PAGE: Final = 10_000
_TRIES: Final = 3
_MAX_TEXT: Final = 200
"""Characters of what is looked for, as the interface takes them."""
_CHANGED: Final = "what changed while this was fetched"
_CHANGES: Final = "the list changes all the while that it is fetched; try again"


class Inventory(msgspec.Struct, frozen=True):
    """Items, and why there may be others: of which Extensions there are none here, each with the reason."""

    items: list[Item]
    left_out: tuple[str, ...]


class Known(msgspec.Struct, frozen=True):
    """Whom the wallet knows, and which Extensions did not say whom they do, each with the reason."""

    rows: list[shell.KnownRow]
    left_out: tuple[str, ...]


def inventory(client: Client, text: str = "", kind: str = "") -> Inventory:
    """What lies in the wallet with every word of the text in its label, kind or attributes.

    Of a longer text the beginning alone is looked for: who wants no more than what fits looks through what comes.
    Raises ``ProtocolError``.
    """
    left_out: dict[str, None] = {}

    def page(skip: int) -> tuple[list[Item], int | None]:
        asked = shell.Inventory(text=text[:_MAX_TEXT].strip() or None, kind=kind or None, skip=skip, limit=_PAGE)
        answer = client.call(asked)
        left_out.update(dict.fromkeys(answer.left_out or ()))
        return answer.items, answer.total

    items, is_whole = in_parts(page)
    return Inventory(items, (*left_out, *(() if is_whole else (_CHANGED,))))


def clients(client: Client) -> list[shell.ClientRow]:
    """Every Client that the wallet knows; raises ``CommandError``, ``ProtocolError``."""

    def page(skip: int) -> tuple[list[shell.ClientRow], int | None]:
        answer = client.call(shell.Clients(skip=skip, limit=_PAGE))
        return answer.clients, answer.total

    return _whole(page)


def grants(client: Client, of: str | None = None) -> list[shell.GrantRow]:
    """Every lasting right, or those of one Client; raises ``CommandError``, ``ProtocolError``."""

    def page(skip: int) -> tuple[list[shell.GrantRow], int | None]:
        answer = client.call(shell.Grants(client=of, skip=skip, limit=_PAGE))
        return answer.grants, answer.total

    return _whole(page)


def known(client: Client) -> Known:
    """Whom the wallet and its advisers know, the longest known first; raises ``CommandError``, ``ProtocolError``."""
    left_out: dict[str, None] = {}

    def page(skip: int) -> tuple[list[shell.KnownRow], int | None]:
        answer = client.call(shell.Known(skip=skip, limit=_PAGE))
        left_out.update(dict.fromkeys(answer.left_out or ()))
        return answer.known, answer.total

    return Known(_whole(page), tuple(left_out))


def in_parts(page: Callable[[int], tuple[list[RowT], int | None]]) -> tuple[list[RowT], bool]:
    """All rows, and whether it is certain that they are all: not where the list changes again and again.

    ``page`` gives the rows from a place on, and how many there are in all.
    """
    rows: list[RowT] = []
    for _ in range(_TRIES):
        part, total = page(0)
        rows, totals = part, {total or 0}
        while part and len(rows) < (total or 0):
            part, total = page(len(rows))
            rows = rows + part
            totals.add(total or 0)
        if totals == {len(rows)}:
            return rows, True
    return rows, False


def _whole(page: Callable[[int], tuple[list[RowT], int | None]]) -> list[RowT]:
    rows, is_whole = in_parts(page)
    if not is_whole:
        raise CommandError(_CHANGES)
    return rows
