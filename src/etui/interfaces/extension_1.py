"""Extension: the typed Python of ``extension/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "extension/1"

__all__ = [
    "INTERFACE",
    "Inventory",
    "InventoryResult",
    "Locate",
    "LocateResult",
]


class InventoryResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``extension/1.inventory``."""

    METHOD: ClassVar[str] = "extension/1.inventory"

    items: list[Item]
    more: bool


class Inventory(Request[InventoryResult], frozen=True, kw_only=True, omit_defaults=True):
    """Inventory.

    The Extension's items after the id `after`, in the order of their ids; `more` where there are others.
    """

    METHOD: ClassVar[str] = "extension/1.inventory"
    RESULT: ClassVar[type[Result]] = InventoryResult

    after: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=2000)] | None = None


class LocateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``extension/1.locate``."""

    METHOD: ClassVar[str] = "extension/1.locate"

    items: list[Item]


class Locate(Request[LocateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Entries of items.

    The entries of the items with these ids; those that are not there are left out.
    """

    METHOD: ClassVar[str] = "extension/1.locate"
    RESULT: ClassVar[type[Result]] = LocateResult

    ids: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=256)]
