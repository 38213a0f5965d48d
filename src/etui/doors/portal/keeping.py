"""A program's own secret: found, or made once.

It is found by the attribute that gnome-keyring's back end gives it, so that what was imported from there goes on to
open what a program has encrypted. What the program may read unasked comes first; where there is only another's, as
after an import, the user is asked about that, and a new one is made only where nothing fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from etui.doors.portal.door import Door
    from etui.interfaces import Item
    from etui.sdk.door import Peer

APP_ID: Final = "app_id"
"""Source: gnome-keyring, ``daemon/dbus/gkd-secret-portal.c``."""


async def own_secret(door: Door, program: Peer, app_id: str) -> bytes:
    """The program's own secret; raises ``ProtocolError``. It is for one request of a program at a time."""
    item = await _found(door, program, app_id)
    if item is not None:
        read = await door.request(program, secret.Read(item=item.item))
        return _opened(door, read.value, secret.Read.METHOD)
    request = secret.Own(label=f"Secret of {app_id}", attributes={APP_ID: app_id})
    made = await door.request(program, request, reads=False)
    return _opened(door, made.value, secret.Own.METHOD)


async def _found(door: Door, program: Peer, app_id: str) -> Item | None:
    """The item that has been there the longest, None where nothing fits."""
    request = secret.Find(attributes={APP_ID: app_id})
    found = await door.request(program, request, quiet=True)
    if not found.items:
        found = await door.request(program, request)
    return min(found.items, key=lambda item: item.created or 0, default=None)


def _opened(door: Door, value: bytes | None, method: str) -> bytes:
    if value is None:
        raise ProtocolError(ErrorCode.INTERNAL, "the provider of secrets gave no value")
    return door.link.end.open(value, f"{method}.value")
