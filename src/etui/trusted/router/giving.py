"""Rights that the user gives: in force at once, on record, and durable before anybody is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etui.protocol import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.trusted.policy import Grant
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.router import Router


async def give(
    router: Router, caller: Caller, given: Sequence[tuple[Grant, asyncio.Future[None]]], action: str = ""
) -> None:
    """Records new grants, as ``Opened.add_grant`` made them, and returns when they are durable.

    ``caller``: who asked for them. ``action``: the method, where one is for that. Raises ``ProtocolError``
    (``unwritable``) where they cannot be recorded or kept; such a grant holds no more.
    """
    opened = router.unlocked()
    try:
        for grant, _ in given:
            router.recorder.granted(caller, grant, action)
        router.record_now()
    except ProtocolError:
        for grant, _ in given:
            opened.revoke(grant.id)
        raise
    await asyncio.gather(*(opened.kept(grant, durable) for grant, durable in given))
