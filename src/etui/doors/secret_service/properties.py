"""Properties: Get, GetAll and Set of every object.

``Locked`` is answered from what the Router said last, without asking it (but for where an item lies, while a collection
is locked: ``placement``), and so is everything of a locked collection: its label and contents are nobody's to see. Its
label is empty and its times are 0, since libraries read them to make their proxy at all. Who wants its items by name
gets ``IsLocked``; who wants all, an empty list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dbus_fast import Variant

from etui.doors.secret_service import groups, storing
from etui.doors.secret_service.bus import fit
from etui.doors.secret_service.errors import DoorError, invalid, is_locked
from etui.doors.secret_service.groups import collection_of, shared_label
from etui.doors.secret_service.lasting import shown_attributes
from etui.doors.secret_service.paths import Place
from etui.doors.secret_service.placement import check_described, check_placement
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.standards.secretservice import INTERFACES, ErrorName
from etui.standards.secretservice.names import COLLECTION, GENERIC_SCHEMA, ITEM, SCHEMA_ATTRIBUTE, SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.paths import Target
    from etui.interfaces import Item

_INTERFACE_AT: Final = {
    Place.SERVICE: SERVICE,
    Place.COLLECTION: COLLECTION,
    Place.ALIAS: COLLECTION,
    Place.ITEM: ITEM,
}
_OF_ITEM: Final[dict[str, Callable[[Item], object]]] = {
    "Attributes": lambda item: {fit(name): fit(value) for name, value in shown_attributes(item.attributes).items()},
    "Label": lambda item: fit(item.label),
    "Type": lambda item: fit(item.attributes.get(SCHEMA_ATTRIBUTE, GENERIC_SCHEMA)),
    "Created": lambda item: max(item.created, 0),
    "Modified": lambda item: max(item.modified, 0),
}


def get_locked(call: Call) -> tuple[object, ...] | None:
    """Answers ``Properties.Get`` of ``Locked``, which most programs ask first; None where more is meant.

    A collection that is named by an alias has to be looked up first, and an item's where one is locked.
    """
    interface, name = call.body
    place = call.target.place
    at_once = place is Place.COLLECTION or (place is Place.ITEM and not call.door.locks)
    if name != "Locked" or not at_once:
        return None
    held = INTERFACES[_interface(call, str(interface))].properties["Locked"]
    return (Variant(held.type, call.door.is_locked(call.target.collection)),)


async def get(call: Call) -> tuple[object, ...]:
    """Answers ``Properties.Get``."""
    interface, name = call.body
    properties = INTERFACES[_interface(call, str(interface))].properties
    if name not in properties:
        raise _unknown_property(str(name))
    target = await collection_of(call)
    value = await _value(call, target, str(name))
    return (Variant(properties[str(name)].type, value),)


async def get_all(call: Call) -> tuple[object, ...]:
    """Answers ``Properties.GetAll``."""
    interface = _interface(call, str(call.body[0])) if _has_interface(call, str(call.body[0])) else ""
    if not interface:
        return ({},)
    target = await collection_of(call)
    try:
        values = await _values(call, target)
    except ProtocolError as error:
        if error.code is not ErrorCode.LOCKED:
            raise
        values = await _values(call, target)  # of what is locked by now
    types = INTERFACES[interface].properties
    return ({name: Variant(types[name].type, value) for name, value in values.items()},)


async def set_property(call: Call) -> tuple[object, ...]:
    """Answers ``Properties.Set``."""
    interface, name, given = call.body
    properties = INTERFACES[_interface(call, str(interface))].properties
    if name not in properties:
        raise _unknown_property(str(name))
    held = properties[str(name)]
    if not held.writable:
        raise DoorError(ErrorName.PROPERTY_READ_ONLY, f"the property {name} cannot be set")
    assert isinstance(given, Variant)  # noqa: S101  # by the method's signature
    if given.signature != held.type:
        raise invalid(f"the property {name} is of type {held.type}, not {given.signature}")
    target = await collection_of(call)
    if target.place is Place.COLLECTION:
        await groups.set_label(call, target, given.value)
    elif name == "Label":
        await storing.set_label(call, given.value)
    else:
        await storing.set_attributes(call, given.value)
    return ()


async def _value(call: Call, target: Target, name: str) -> object:
    door, peer = call.door, call.peer
    if target.place is Place.SERVICE:
        return await groups.collections(door, peer)
    if name == "Locked":
        if target.place is Place.ITEM and not door.link.locked:
            await check_placement(door, peer, target)
        return door.is_locked(target.collection)
    if target.place is Place.ITEM:
        return _OF_ITEM[name](await _item(call, target))
    if name == "Items":
        if door.link.locked:
            raise is_locked()
        return await groups.items(door, peer, target)
    if not target.group or door.link.locked:
        label = "" if target.group else shared_label(peer, target)
        return label if name == "Label" else 0
    return _OF_ITEM[name](await groups.described(door, peer, target.group))


async def _values(call: Call, target: Target) -> dict[str, object]:
    door, peer = call.door, call.peer
    if target.place is Place.SERVICE:
        return {"Collections": await groups.collections(door, peer)}
    if target.place is Place.ITEM:
        if door.link.locked:
            return {"Locked": True, "Attributes": {}, "Label": ""}
        item = await _item(call, target)
        return {"Locked": door.is_locked(target.collection), **{name: of(item) for name, of in _OF_ITEM.items()}}
    values: dict[str, object] = {"Locked": door.is_locked(target.collection), "Created": 0, "Modified": 0}
    if door.link.locked:
        label = "" if target.group else shared_label(peer, target)
        return {**values, "Label": label, "Items": []}
    for name in ("Label", "Created", "Modified"):
        values[name] = await _value(call, target, name)
    return {**values, "Items": await groups.items(door, peer, target)}


async def _item(call: Call, target: Target) -> Item:
    if call.door.link.locked:
        raise is_locked("the item")
    item = (await call.door.request(call.peer, secret.Describe(item=target.item), quiet=True, reads=True)).item
    check_described(call.door, target, item)
    return item


def _interface(call: Call, name: str) -> str:
    """The interface whose properties are meant: the object's own, which may be left empty."""
    if not _has_interface(call, name):
        raise DoorError(ErrorName.UNKNOWN_INTERFACE, f"the object has no interface {name[:200]!r} with properties")
    return _INTERFACE_AT[call.target.place]


def _has_interface(call: Call, name: str) -> bool:
    own = _INTERFACE_AT.get(call.target.place)
    return own is not None and name in {own, ""}


def _unknown_property(name: str) -> DoorError:
    return DoorError(ErrorName.UNKNOWN_PROPERTY, f"the object has no property {name[:200]!r}")
