"""The message bus: the name, who is who on it, and messages out.

Whatever is sent was made fit for the bus first: a daemon that is sent one invalid message hangs up, and the wallet's
texts come from many hands.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import msgspec
from dbus_fast import Message, MessageFlag, MessageType, NameFlag, RequestNameReply, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.signature import SignatureTree, get_signature_tree

from etui.sdk.door import Process, start_of
from etui.standards.secretservice.names import BUS_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etui.doors.secret_service.errors import DoorError

_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_ENDED_NAMES: Final = f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg2=''"
_MAX_SIGNATURES: Final = 256
_TEXT: Final = get_signature_tree("s")
_NO_REPLY: Final = MessageFlag.NO_REPLY_EXPECTED.value


class NameWish(msgspec.Struct, frozen=True):
    """How the name is asked for. ``replace``: from a holder that lets go of it. ``wait``: in line behind one."""

    replace: bool = False
    wait: bool = True


class NameState(Enum):
    """Whose the name is."""

    OURS = "ours"
    ANOTHERS = "anothers"


class Holder(msgspec.Struct, frozen=True):
    """Who holds the name: a process, 0 where it has ended, and the program where that can be seen."""

    pid: int
    program: str


class Bus:
    """A connection to the session bus."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    async def connect(cls, handle: Callable[[Message], bool]) -> Bus:
        """A connection whose messages go to ``handle``, which says whether it took one.

        Descriptors are not negotiated: no message of this API has one.
        """
        bus = MessageBus(negotiate_unix_fd=False)
        bus.add_message_handler(handle)
        connected = cls(await bus.connect())
        await connected._call("AddMatch", "s", [_ENDED_NAMES])
        return connected

    async def wait_closed(self) -> None:
        """Returns or raises when the bus hung up."""
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library left it out

    def close(self) -> None:
        """Leaves the bus."""
        self._bus.disconnect()

    # the name

    async def request_name(self, wish: NameWish) -> NameState:
        """Asks for the API's well-known name; while it is another's, ``NameAcquired`` may come later."""
        flags = NameFlag.REPLACE_EXISTING if wish.replace else NameFlag.NONE
        if not wish.wait:
            flags |= NameFlag.DO_NOT_QUEUE
        reply = await self._bus.request_name(BUS_NAME, flags)
        ours = reply in {RequestNameReply.PRIMARY_OWNER, RequestNameReply.ALREADY_OWNER}
        return NameState.OURS if ours else NameState.ANOTHERS

    async def holder(self) -> Holder | None:
        """Who holds the name now."""
        owner = await self._call("GetNameOwner", "s", [BUS_NAME])
        if owner is None:
            return None
        process = await self.process_of(str(owner[0]))
        return Holder(0, "") if process is None else Holder(process.pid, _program(process.pid))

    # peers

    async def process_of(self, name: str) -> Process | None:
        """The process behind a unique name, with its start read at once; None where the name has ended."""
        reply = await self._call("GetConnectionCredentials", "s", [name])
        if reply is None:
            return None
        held = cast("dict[str, Variant]", reply[0])
        if "ProcessID" not in held or "UnixUserID" not in held:
            return None
        pid = int(held["ProcessID"].value)
        return Process(pid, int(held["UnixUserID"].value), start_of(pid))

    async def _call(self, member: str, signature: str, body: list[str]) -> list[object] | None:
        message = Message(
            destination=_BUS, path=_BUS_PATH, interface=_BUS, member=member, signature=signature, body=body
        )
        reply = await self._bus.call(message)
        if reply.message_type is not MessageType.METHOD_RETURN:
            return None
        return cast("list[object]", reply.body)

    # out

    def answer(self, call: Message, signature: SignatureTree, body: Sequence[object]) -> None:
        """Answers a call, where an answer is expected."""
        if expects_reply(call):
            self._send(
                Message(
                    message_type=MessageType.METHOD_RETURN,
                    reply_serial=call.serial,
                    destination=call.sender,
                    signature=signature,
                    body=list(body),
                    validate=False,
                )
            )

    def fail(self, call: Message, error: DoorError) -> None:
        """Answers a call with an error, where an answer is expected."""
        if expects_reply(call):
            self._send(
                Message(
                    message_type=MessageType.ERROR,
                    reply_serial=call.serial,
                    destination=call.sender,
                    error_name=error.name.value,
                    signature=_TEXT,
                    body=[fit(error.message)],
                    validate=False,
                )
            )

    def signal(  # noqa: PLR0913, PLR0917  # a signal has these parts
        self, destination: str, path: str, interface: str, member: str, signature: str, body: list[object]
    ) -> None:
        """Sends a signal to one connection alone."""
        self._send(
            Message(
                message_type=MessageType.SIGNAL,
                flags=MessageFlag.NO_REPLY_EXPECTED,
                destination=destination,
                path=path,
                interface=interface,
                member=member,
                signature=tree(signature),
                body=body,
                validate=False,
            )
        )

    def _send(self, message: Message) -> None:
        if self._bus.connected:
            self._bus.send(message)


def forget_signatures() -> None:
    """Has the library forget the signatures that it was sent, where they have become many.

    It keeps 4096, of up to 255 types each: a program that sends no two alike would have it fill 150 MiB.
    """
    if get_signature_tree.cache_info().currsize > _MAX_SIGNATURES:
        get_signature_tree.cache_clear()


@lru_cache(maxsize=128)
def tree(signature: str) -> SignatureTree:
    """A signature of the API, parsed."""
    return get_signature_tree(signature)


def expects_reply(call: Message) -> bool:
    """Whether the caller wants an answer."""
    return not call.flags.value & _NO_REPLY


def fit(text: str) -> str:
    """A text as the bus takes it: without the character NUL and without lone surrogates.

    Source: D-Bus Specification 0.43, section "Basic types", STRING.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
