"""Whether an item lies in the collection that its path names.

The reference alone tells the wallet which item is meant, so a path by way of another collection would lead past the
lock of its own. Where no collection is locked there is no lock to lead past, and nobody is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.doors.secret_service.lasting import element_of
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door.asking import ANSWER_S

if TYPE_CHECKING:
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.doors.secret_service.peers import Peer
    from etui.interfaces import Item


async def check_placement(
    door: Door, peer: Peer, target: Target, *, unlocks: bool = False, limit_s: float | None = ANSWER_S
) -> None:
    """Raises ``ProtocolError`` (``unknown_item``) where some collection is locked and the item lies elsewhere.

    An item of which the peer may not be told unasked passes: the user is asked about it by what is done with it.
    """
    if not door.locks:
        return
    describe = secret.Describe(item=target.item)
    try:
        described = await door.request(peer, describe, quiet=True, unlocks=unlocks, reads=True, limit_s=limit_s)
    except ProtocolError as error:
        if error.code is not ErrorCode.DENIED:
            raise
    else:
        check_described(door, target, described.item)


def check_described(door: Door, target: Target, item: Item) -> None:
    """The same for an item whose entry is there."""
    if door.locks and element_of(item) != target.collection:
        raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"there is no object at {target.path[:400]}")
