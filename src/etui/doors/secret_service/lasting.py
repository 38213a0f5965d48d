"""How long an item lasts, and so in which of the collections without a reference it lies.

What a program stores in the collection ``session`` carries an attribute, by which the provider of secrets knows what to
erase when the wallet is started anew. Programs are not shown it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.doors.secret_service.paths import DEFAULT_ELEMENT, SESSION_ELEMENT, escape
from etui.standards.secretservice.names import COLLECTION_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces import Item

LASTS: Final = "etui:lasts"
_SESSION: Final = "session"


def element_of(item: Item) -> str:
    """The element of the path of an item's collection."""
    if item.group:
        return escape(item.group)
    return SESSION_ELEMENT if item.attributes.get(LASTS) == _SESSION else DEFAULT_ELEMENT


def path_of(item: Item) -> str:
    """The path of an item."""
    return f"{COLLECTION_PREFIX}{element_of(item)}/{escape(item.item)}"


def kept_attributes(collection: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes as they are kept for an item in a collection, by its element of the path."""
    return {**attributes, LASTS: _SESSION} if collection == SESSION_ELEMENT else dict(attributes)


def shown_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that a program is shown."""
    return {name: value for name, value in attributes.items() if name != LASTS}
