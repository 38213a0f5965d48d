"""Collections: the default one and the session's, which are everybody's, and those that a program made: its own.

The default collection is what lies in no group: it has no entry in the wallet, so it is always there, cannot be
deleted, and what a program calls it lasts as long as that program's connection. So it is with the session's, whose
items are in no group either (``lasting``). Every other collection is an item of the kind ``group``, with its alias as
an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dbus_fast import Variant

from etui.doors.secret_service.errors import DoorError, invalid, is_locked, no_such_object
from etui.doors.secret_service.lasting import element_of, path_of
from etui.doors.secret_service.paths import (
    DEFAULT_ELEMENT,
    DEFAULT_PATH,
    SESSION_PATH,
    Place,
    Target,
    collection_path,
    read_path,
)
from etui.doors.secret_service.prompts import NO_ITEM, NO_RESULT, new_prompt
from etui.doors.secret_service.searching import GROUP, items_of, search_collection
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door.asking import ANSWER_S
from etui.standards.secretservice import ErrorName
from etui.standards.secretservice.names import ALIAS_PREFIX, COLLECTION_LABEL, NO_OBJECT

if TYPE_CHECKING:
    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.peers import Peer
    from etui.interfaces import Item

ALIAS_ATTRIBUTE: Final = "etui:alias"
_DEFAULT_LABEL: Final = "Etui"
_SESSION_LABEL: Final = "Session"
_MAX_ALIAS: Final = 200


async def collection_of(call: Call, *, unlocks: bool = False) -> Target:
    """The collection that a call's path names, by itself or by an alias; raises ``DoorError``.

    ``unlocks``: an alias brings the unlock dialog of a locked wallet rather than fail.
    """
    if call.target.place is not Place.ALIAS:
        return call.target
    if call.door.link.locked and not unlocks:
        raise is_locked()
    group = await _by_alias(call.door, call.peer, call.target.name, unlocks=unlocks)
    if group is None:
        raise no_such_object(call.target.path)
    return read_path(collection_path(group.item))


async def collections(door: Door, peer: Peer) -> list[str]:
    """The paths of the collections that a peer may see; while the wallet is locked, of those that it saw before."""
    while not door.link.locked:
        try:
            found = await door.request(peer, secret.Find(kind=GROUP), quiet=True, reads=True)
        except ProtocolError as error:
            if error.code is not ErrorCode.LOCKED:  # else it is locked by now
                raise
        else:
            door.seen.saw(peer, (item.item for item in found.items))
            return [DEFAULT_PATH, SESSION_PATH, *(collection_path(item.item) for item in found.items)]
    await door.meet(peer)
    return [DEFAULT_PATH, SESSION_PATH, *map(collection_path, door.seen.of(peer))]


async def items(door: Door, peer: Peer, collection: Target) -> list[str]:
    """The paths of the items in a collection that a peer may see unasked."""
    found = await door.request(peer, secret.Find(group=collection.group or None), quiet=True, reads=True)
    return [path_of(item) for item in items_of(found.items) if element_of(item) == collection.collection]


def shared_label(peer: Peer, collection: Target) -> str:
    """What a peer calls a collection that is everybody's."""
    return (peer.default_label or _DEFAULT_LABEL) if collection.collection == DEFAULT_ELEMENT else _SESSION_LABEL


async def described(door: Door, peer: Peer, group: str) -> Item:
    """A collection's entry, by its reference."""
    item = (await door.request(peer, secret.Describe(item=group), quiet=True, reads=True)).item
    if item.kind != GROUP:
        raise no_such_object(collection_path(group))
    return item


async def search_items(call: Call) -> None:
    """Answers ``Collection.SearchItems``; what unlocking takes is no longer there to ask in."""
    until = call.door.now() + ANSWER_S
    search_collection(call, await collection_of(call, unlocks=True), until)


async def create_collection(call: Call) -> tuple[object, ...]:
    """Answers ``Service.CreateCollection``: the collection, one that has the alias already, or a prompt.

    While the wallet is locked nobody sees what a collection is called. So a prompt of that time looks once it is
    unlocked, and gives the one that the caller has by this alias, or without an alias by this label, instead of a twin.
    """
    door, peer = call.door, call.peer
    properties, alias = call.body
    alias = _alias(alias)
    if (shared := _shared(alias)) is not None:
        return shared, NO_OBJECT
    request = secret.Create(
        kind="group", label=_label(properties), attributes={ALIAS_ATTRIBUTE: alias} if alias else None
    )

    unseen = door.link.locked

    async def work() -> Variant:
        there = None
        if alias:
            there = await _by_alias(door, peer, alias, unlocks=True, limit_s=None)
        elif unseen:
            there = await _by_label(door, peer, request.label)
        if there is not None:
            return Variant("o", collection_path(there.item))
        answer = await door.request(peer, request, unlocks=True, limit_s=None)
        return Variant("o", _made(door, peer, answer.item))

    if unseen:
        return NO_OBJECT, new_prompt(door, peer, work, NO_ITEM)
    if alias and (there := await _by_alias(door, peer, alias)) is not None:
        return collection_path(there.item), NO_OBJECT
    try:
        created = await door.request(peer, request, quiet=True)
    except ProtocolError as error:
        if error.code not in {ErrorCode.DENIED, ErrorCode.LOCKED}:
            raise
        return NO_OBJECT, new_prompt(door, peer, work, NO_ITEM)
    return _made(door, peer, created.item), NO_OBJECT


async def delete_collection(call: Call) -> tuple[object, ...]:
    """Answers ``Collection.Delete``: its items go with it, so that the user is asked."""
    door, peer = call.door, call.peer
    target = await collection_of(call)
    if not target.group:
        raise DoorError(ErrorName.NOT_SUPPORTED, "this collection cannot be deleted; delete its items")
    if target.collection in door.locks:
        raise is_locked()
    request = secret.Delete(item=target.group)
    path = collection_path(target.group)

    def deleted() -> None:
        door.seen.gone(peer, target.group)
        door.notices.collection_deleted(peer, path)

    async def work() -> Variant:
        await door.request(peer, request, unlocks=True, limit_s=None)
        deleted()
        return NO_RESULT

    if not door.link.locked:
        await described(door, peer, target.group)
        try:
            await door.request(peer, request, quiet=True)
        except ProtocolError as error:
            if error.code not in {ErrorCode.DENIED, ErrorCode.LOCKED}:
                raise
        else:
            deleted()
            return (NO_OBJECT,)
    return (new_prompt(door, peer, work, NO_RESULT),)


async def set_label(call: Call, target: Target, label: str) -> None:
    """Sets a collection's property ``Label``."""
    if call.door.is_locked(target.collection):
        raise is_locked()
    if target.group:
        await described(call.door, call.peer, target.group)
        await call.door.request(call.peer, secret.Update(item=target.group, label=label))
    elif target.collection == DEFAULT_ELEMENT:
        call.peer.default_label = label
    else:
        raise DoorError(ErrorName.NOT_SUPPORTED, "the session's collection keeps its label")
    call.door.notices.collection_changed(call.peer, target.collection_path, {"Label": Variant("s", label)})


async def read_alias(call: Call) -> tuple[object, ...]:
    """Answers ``Service.ReadAlias``; an alias that nobody gave is ``/``."""
    name = _alias(call.body[0])
    if (shared := _shared(name)) is not None:
        return (shared,)
    if name and call.door.link.locked:
        raise is_locked()
    group = await _by_alias(call.door, call.peer, name) if name else None
    return (collection_path(group.item) if group is not None else NO_OBJECT,)


async def set_alias(call: Call) -> tuple[object, ...]:
    """Answers ``Service.SetAlias``; ``/`` takes an alias back. ``default`` and ``session`` stay where they are."""
    name, path = _alias(call.body[0]), str(call.body[1])
    target = read_path(path)
    if not name:
        raise invalid("an alias has a name")
    if (shared := _shared(name)) is not None:
        if target.path == shared:
            return ()
        raise DoorError(ErrorName.NOT_SUPPORTED, f"the alias {name!r} always means {shared}")
    if path != NO_OBJECT and (target.place is not Place.COLLECTION or not target.group):
        raise no_such_object(path)
    door, peer = call.door, call.peer
    if door.link.locked:
        raise is_locked()
    before = await _by_alias(door, peer, name)
    if path != NO_OBJECT:
        group = await described(door, peer, target.group)
        await door.request(peer, secret.Update(item=group.item, attributes={**group.attributes, ALIAS_ATTRIBUTE: name}))
    if before is not None and before.item != target.group:
        rest = {key: value for key, value in before.attributes.items() if key != ALIAS_ATTRIBUTE}
        await door.request(peer, secret.Update(item=before.item, attributes=rest))
    return ()


def _shared(alias: str) -> str | None:
    """The path of the collection that is everybody's under this alias."""
    target = read_path(ALIAS_PREFIX + alias)
    return target.path if alias and target.place is Place.COLLECTION else None


async def _by_alias(
    door: Door, peer: Peer, name: str, *, unlocks: bool = False, limit_s: float | None = ANSWER_S
) -> Item | None:
    """The caller's collection with this alias; no limit goes with the query, since others may have one of the same."""
    request = secret.Find(kind=GROUP, attributes={ALIAS_ATTRIBUTE: name})
    found = await door.request(peer, request, quiet=True, unlocks=unlocks, reads=True, limit_s=limit_s)
    return found.items[0] if found.items else None


async def _by_label(door: Door, peer: Peer, label: str) -> Item | None:
    """The caller's collection with this label, once the wallet is unlocked."""
    found = await door.request(peer, secret.Find(kind=GROUP), quiet=True, unlocks=True, reads=True, limit_s=None)
    return next((item for item in found.items if item.label == label), None)


def _made(door: Door, peer: Peer, item: Item) -> str:
    door.seen.made(peer, item.item)
    path = collection_path(item.item)
    door.notices.collection_created(peer, path)
    return path


def _alias(value: object) -> str:
    name = str(value)
    if len(name) > _MAX_ALIAS or "/" in name:
        raise invalid(f"an alias has at most {_MAX_ALIAS} characters and no slash")
    return name


def _label(properties: object) -> str:
    held = properties.get(COLLECTION_LABEL) if isinstance(properties, dict) else None
    if held is not None and held.signature != "s":
        raise invalid(f"{COLLECTION_LABEL} is of type s, not {held.signature}")
    return str(held.value) if held is not None else "Collection"
