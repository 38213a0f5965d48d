"""Lock and Unlock.

``Lock`` locks collections for this bus and never the wallet: a program that is done with its secrets has no say in what
other programs need. ``Unlock`` takes that back, and where the wallet itself is locked gives a prompt for its dialog.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Variant

from etui.doors.secret_service.errors import limits_exceeded
from etui.doors.secret_service.groups import described
from etui.doors.secret_service.paths import SHARED, Place, Target, read_path
from etui.doors.secret_service.prompts import NO_OBJECTS, new_prompt
from etui.sdk import ErrorCode, ProtocolError
from etui.standards.secretservice.names import NO_OBJECT

if TYPE_CHECKING:
    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.peers import Peer


async def lock(call: Call) -> tuple[object, ...]:
    """Answers ``Service.Lock``: an item's whole collection is locked with it."""
    locked: list[str] = []
    for path, target in _targets(call):
        if not await _is_there(call.door, call.peer, target):
            continue
        if not call.door.locks.lock(target.collection):
            raise limits_exceeded("too many collections are locked already")
        _tell(call, target)
        locked.append(path)
    return locked, NO_OBJECT


async def unlock(call: Call) -> tuple[object, ...]:
    """Answers ``Service.Unlock``: what is unlocked now, and a prompt for the rest."""
    door, peer = call.door, call.peer
    targets = _targets(call)
    paths = [path for path, _ in targets]
    if not door.link.locked or not paths:
        _unlock(call, targets)
        return paths, NO_OBJECT

    async def work() -> Variant:
        await _wallet_unlocked(door, peer)
        _unlock(call, targets)
        return Variant("ao", paths)

    return [], new_prompt(door, peer, work, NO_OBJECTS)


def _targets(call: Call) -> list[tuple[str, Target]]:
    """The collections and items among the paths, each with what it names; the rest is nothing that could be locked."""
    paths = call.body[0]
    assert isinstance(paths, list)  # noqa: S101  # by the method's signature
    targets = ((path, read_path(path)) for path in dict.fromkeys(paths))
    return [(path, target) for path, target in targets if target.place in {Place.COLLECTION, Place.ITEM}]


async def _is_there(door: Door, peer: Peer, target: Target) -> bool:
    """Whether a collection is the caller's; a locked wallet cannot tell, and is locked in any case."""
    if not target.group:
        return True
    if door.link.locked:
        await door.meet(peer)
        return target.group in door.seen.of(peer)
    try:
        await described(door, peer, target.group)
    except ProtocolError as error:
        if error.code in {ErrorCode.UNKNOWN_REFERENCE, ErrorCode.UNKNOWN_ITEM}:
            return False
        raise
    return True


async def _wallet_unlocked(door: Door, peer: Peer) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def unlocked(error: ProtocolError | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(None)

    if not door.link.locked:
        return
    waiter = door.unlocking.wait(peer, unlocked)
    try:
        await future
    except asyncio.CancelledError:
        door.unlocking.dismiss(waiter)
        raise


def _unlock(call: Call, targets: list[tuple[str, Target]]) -> None:
    for _, target in targets:
        if call.door.locks.unlock(target.collection):
            _tell(call, target)


def _tell(call: Call, target: Target) -> None:
    notices = call.door.notices
    if target.collection in SHARED:
        notices.shared_locked(target.collection)
    else:
        locked = Variant("b", call.door.is_locked(target.collection))
        notices.collection_changed(call.peer, target.collection_path, {"Locked": locked})
