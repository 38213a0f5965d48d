"""Which items are for a place: those of its host or, where there are none, those of its registrable domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from etui.extensions.secrets.errors import NotForPlaceError, NothingForPlaceError, UnfitError, UnreadableItemsError
from etui.interfaces import secret_1 as secret
from etui.sdk import Prepared

if TYPE_CHECKING:
    from etui.extensions.secrets.entries import Entry
    from etui.extensions.secrets.safe import Safe
    from etui.interfaces import Item

HOST: Final = "host"
SITE: Final = "site"
USER: Final = "user"
"""The attributes by which an item is for a place, and the name that goes with it."""
_MOST: Final = 50
"""Among so many a user chooses; the last changed ones where there are more."""

Asked: TypeAlias = secret.Login | secret.LoginCode


def prepare(safe: Safe, request: Asked, kind: str) -> Prepared:
    """What is said before the user is asked: for an item that is named, what it is; else, among which one chooses.

    Raises ``NothingForPlaceError``, and what ``entry_for`` raises.
    """
    if request.item is not None:
        return Prepared(notes=_notes(request, entry_for(safe, request, kind).item))
    found = _found(safe, request, kind)
    notes = _notes(request, found[0]) if len(found) == 1 else []
    return Prepared(notes=notes, items={"item": [item.item for item in found]})


def entry_for(safe: Safe, request: Asked, kind: str) -> Entry:
    """The entry of the item that is named, settled or chosen.

    Raises ``UnfitError`` where none is, ``UnknownItemError``, and ``NotForPlaceError`` where it is for another place or
    of another kind.
    """
    if request.item is None:
        raise UnfitError("which item is meant is settled before this is asked: leave that to the wallet")
    entry = safe.entry(request.item)
    attributes = entry.item.attributes
    is_for_place = attributes.get(HOST) == request.host or (
        request.domain is not None and attributes.get(SITE) == request.domain
    )
    if entry.item.kind != kind or not is_for_place:
        raise NotForPlaceError(kind, request.host)
    return entry


def _found(safe: Safe, request: Asked, kind: str) -> list[Item]:
    """The last changed first; raises ``UnreadableItemsError`` where nothing is found and not all could be looked at."""
    looked_for = [{HOST: request.host}, *([{SITE: request.domain}] if request.domain else [])]
    for attributes in looked_for:
        if found := safe.catalogue.find(secret.Find(kind=kind, attributes=attributes, limit=_MOST)):
            return found
    if safe.damaged:
        raise UnreadableItemsError(safe.damaged)
    raise NothingForPlaceError(kind, request.host)


def _notes(request: Asked, item: Item) -> list[str]:
    user, host = item.attributes.get(USER, ""), item.attributes.get(HOST, "")
    notes = [f"User name: {user}"] if user else []
    return notes if host == request.host else [*notes, f"It is kept for {host or item.attributes[SITE]}."]
