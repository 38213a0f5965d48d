"""Has the user take a picture of the screen in the desktop's portal.

Rules:

1. The user takes it, chooses what is on it, and may refuse: a portal too old to be asked for that is not asked.
2. The portal that was asked is heard, and nobody else: any program of the session can send a signal.
3. What was asked ends with the connection, as far as what the portal takes pictures by lets go of it.

Source: XDG Desktop Portal, org.freedesktop.portal.Screenshot (version 2) and org.freedesktop.portal.Request;
https://flatpak.github.io/xdg-desktop-portal/docs/ .
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final, TypeVar, cast

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.constants import ErrorType
from dbus_fast.errors import AuthError, InvalidAddressError

from etui.doors.qr.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

_T = TypeVar("_T")
_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_PORTAL: Final = "org.freedesktop.portal.Desktop"
_PORTAL_PATH: Final = "/org/freedesktop/portal/desktop"
_SCREENSHOT: Final = "org.freedesktop.portal.Screenshot"
_REQUEST: Final = "org.freedesktop.portal.Request"
_INTERACTIVE_SINCE: Final = 2
_START_S: Final = 60.0
"""A portal that is started for the call waits for each of its backends."""
_TAKE_S: Final = 300.0
_MISSING: Final = {ErrorType.SERVICE_UNKNOWN.value, ErrorType.NAME_HAS_NO_OWNER.value}
_UNABLE: Final = {ErrorType.UNKNOWN_METHOD.value, ErrorType.UNKNOWN_INTERFACE.value, ErrorType.INVALID_ARGS.value}


def uri_of_picture(address: str) -> str:
    """The URI of the picture that the user took; ``address``: the session bus. Raises ``PortalError``."""
    try:
        return asyncio.run(_uri_of_picture(address))
    except (OSError, EOFError, ValueError, AuthError, InvalidAddressError) as error:
        raise PortalError(f"the session bus at {address} cannot be reached ({error})") from None


async def _uri_of_picture(address: str) -> str:
    bus = await _within(_START_S, MessageBus(address).connect(), "the session bus does not answer")
    try:
        portal = await _within(_START_S, _portal(bus), "the desktop's portal does not answer")
        late = f"no picture was taken within {_TAKE_S / 60:.0f} minutes"
        return _uri(await _within(_TAKE_S, _answer(bus, portal), late))
    finally:
        bus.disconnect()


async def _within(seconds: float, awaited: Coroutine[object, object, _T], otherwise: str) -> _T:
    try:
        return await asyncio.wait_for(awaited, seconds)
    except TimeoutError:
        raise PortalError(otherwise) from None


async def _portal(bus: MessageBus) -> str:
    """The connection of the portal, which the bus starts where there is none yet."""
    interface = "org.freedesktop.DBus.Properties"
    reply = await _call(bus, _PORTAL, _PORTAL_PATH, interface, "Get", "ss", [_SCREENSHOT, "version"])
    [version] = reply.body if reply.signature == "v" else [None]
    if version is None or version.signature != "u" or version.value < _INTERACTIVE_SINCE or reply.sender is None:
        raise PortalError("the desktop's portal is too old to have the user choose what a picture is taken of")
    return reply.sender


async def _answer(bus: MessageBus, portal: str) -> Message:
    """What the portal says when the user is done."""
    token = f"etui_{secrets.token_hex(16)}"
    caller = (bus.unique_name or "").removeprefix(":").replace(".", "_")
    request = f"{_PORTAL_PATH}/request/{caller}/{token}"
    answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def hear(message: Message) -> None:
        if answer.done():
            return
        if (message.sender, message.path, message.member) == (portal, request, "Response"):
            answer.set_result(message)
        elif (message.sender, message.member, message.body) == (_BUS, "NameOwnerChanged", [portal, portal, ""]):
            answer.set_exception(PortalError("the desktop's portal ended"))

    bus.add_message_handler(hear)
    for rule in (
        f"type='signal',sender='{portal}',path='{request}',interface='{_REQUEST}',member='Response'",
        f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{portal}'",
    ):
        await _call(bus, _BUS, _BUS_PATH, _BUS, "AddMatch", "s", [rule])
    options = {"handle_token": Variant("s", token), "interactive": Variant("b", True)}  # noqa: FBT003  # its signature
    await _call(bus, portal, _PORTAL_PATH, _SCREENSHOT, "Screenshot", "sa{sv}", ["", options])
    return await answer


def _uri(answer: Message) -> str:
    if answer.signature != "ua{sv}":
        raise PortalError("the desktop's portal answers something else")
    refused, results = answer.body
    if refused:
        raise PortalError("no picture was taken in the desktop's portal")
    uri = results.get("uri")
    if uri is None or uri.signature != "s":
        raise PortalError("the desktop's portal does not say where the picture is")
    return str(uri.value)


async def _call(  # noqa: PLR0913, PLR0917  # a call has these parts
    bus: MessageBus, name: str, path: str, interface: str, member: str, signature: str, body: Sequence[object]
) -> Message:
    message = Message(
        destination=name, path=path, interface=interface, member=member, signature=signature, body=list(body)
    )
    # Where the bus hung up in order, the library gives nothing, which its types do not say.
    reply = cast("Message | None", await bus.call(message))
    if reply is None:
        raise PortalError("the session bus ended")
    if reply.message_type is MessageType.METHOD_RETURN:
        return reply
    if reply.error_name in _MISSING:
        raise PortalError("there is no desktop portal on the session bus (xdg-desktop-portal)")
    if reply.error_name in _UNABLE:
        raise PortalError("the desktop's portal takes no pictures: it has no backend for that")
    raise PortalError(f"the desktop's portal refuses ({reply.error_name})")
