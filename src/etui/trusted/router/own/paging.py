"""A page of a long list: what was asked for of it, as far as one answer holds that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.protocol import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EntryT = TypeVar("EntryT")
RowT = TypeVar("RowT")
_A_SLICE: Final = 200
ROOM_BYTES: Final = LIMITS.message_bytes - (64 << 10)
"""What the rows of one answer may take; what stands beside them has the rest."""


async def page_of(
    entries: Sequence[EntryT], told: Callable[[EntryT], RowT], *, skip: int | None, limit: int
) -> list[RowT]:
    """The rows from the one at ``skip`` on: at most ``limit``, fewer where one answer holds no more, but at least one.

    So who asks on from there comes to the end of the list. ``told`` makes the row of an entry; after so many others
    have their turn.
    """
    start = skip or 0
    rows: list[RowT] = []
    room = ROOM_BYTES
    for entry in entries[start : start + limit]:
        row = told(entry)
        room -= len(msgspec.json.encode(row)) + 1
        if room < 0 and rows:
            break
        rows.append(row)
        if len(rows) % _A_SLICE == 0:
            await asyncio.sleep(0)
    return rows
