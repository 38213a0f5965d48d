"""The D-Bus door: calls of any body, on a real bus, to the real door in this process; and bytes that are no message."""

from __future__ import annotations

import asyncio
import os
import random
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus
from tests.doors.secret_service.router_peer import RouterPeer
from tests.fuzz.mutating import mutated
from tests.fuzz.surface import PATIENCE_S, Unanswered

from etui.doors.secret_service.bus import Bus, NameWish
from etui.doors.secret_service.dispatch import Dispatch
from etui.doors.secret_service.door import Door
from etui.standards.secretservice import INTERFACES
from etui.standards.secretservice.names import BUS_NAME, COLLECTION, ITEM, SERVICE, SERVICE_PATH
from etui.testkit import private_bus

LOGIN: Final = "/org/freedesktop/secrets/collection/login"
PATHS: Final = (
    "/", SERVICE_PATH, LOGIN, SERVICE_PATH + "/aliases/default", SERVICE_PATH + "/aliases/x", LOGIN + "/r1_2eAAAA",
    SERVICE_PATH + "/collection", SERVICE_PATH + "/collection/r1_2eBBBB", SERVICE_PATH + "/session/s1",
    SERVICE_PATH + "/prompt/p1", "/a/b",
)  # fmt: skip
METHODS: Final = [
    (interface, member, method.signature)
    for interface, description in INTERFACES.items()
    for member, method in description.methods.items()
]
_BASIC: Final = "ybnqiuxtdsog"
_TEXTS: Final = (
    "",
    "a",
    "plain",
    "é\u202e",
    "x" * 5000,
    "dh-ietf1024-sha256-aes128-cbc-pkcs7",
    f"{ITEM}.Label",
    f"{ITEM}.Attributes",
)
_RANGES: Final = {"y": (0, 255), "n": (-(2**15), 2**15 - 1), "q": (0, 2**16 - 1), "i": (-(2**31), 2**31 - 1),
                  "u": (0, 2**32 - 1), "x": (-(2**63), 2**63 - 1), "t": (0, 2**64 - 1)}  # fmt: skip


def split(signature: str) -> Iterator[str]:
    """The single complete types of a signature."""
    at = 0
    while at < len(signature):
        start = at
        while signature[at] == "a":
            at += 1
        if signature[at] in "({":
            depth = 0
            while True:
                depth += (signature[at] in "({") - (signature[at] in ")}")
                if not depth:
                    break
                at += 1
        at += 1
        yield signature[start:at]


def kind_of(chance: random.Random, depth: int = 0) -> str:
    """Any single complete type, not too deep."""
    match chance.randrange(6 if depth < 4 else 2):
        case 0 | 1:
            return chance.choice(_BASIC + "v")
        case 2 | 3:
            return "a" + kind_of(chance, depth + 1)
        case 4:
            return f"a{{{chance.choice(_BASIC)}{kind_of(chance, depth + 1)}}}"
        case _:
            return f"({''.join(kind_of(chance, depth + 1) for _ in range(chance.randint(1, 3)))})"


def value_of(chance: random.Random, kind: str) -> Any:  # noqa: ANN401, C901, PLR0911  # a table of types, of any value
    """Something of a type."""
    if kind in _RANGES:
        low, high = _RANGES[kind]
        return chance.choice((low, high, 0, 1))
    match kind[0]:
        case "b":
            return chance.random() < 0.5
        case "d":
            return chance.choice((0.0, -1.5, float("inf"), float("nan")))
        case "s":
            return chance.choice(_TEXTS)
        case "o":
            return chance.choice(PATHS)
        case "g":
            return chance.choice(("", "s", "a{sv}", "(oayays)"))
        case "v":
            inner = kind_of(chance, 2)
            return Variant(inner, value_of(chance, inner))
        case "(":
            return [value_of(chance, member) for member in split(kind[1:-1])]
        case _:
            if kind == "ay":
                return chance.randbytes(chance.choice((0, 1, 16, 128, 129, 4000)))
            some = range(chance.choice((0, 1, 3)))
            if kind[1] == "{":
                return {value_of(chance, kind[2]): value_of(chance, kind[3:-1]) for _ in some}
            return [value_of(chance, kind[1:]) for _ in some]


class DoorCalls:
    """What programs on the bus send.

    ``address``: of the bus. ``program``: who sends.
    """

    address: str
    program: MessageBus

    async def begin(self, folder: Path) -> None:
        self._stack = ExitStack()
        self.address = self._stack.enter_context(private_bus(folder)).address
        self._peer = RouterPeer()
        self._door = Door()
        self._door.bus = await self._connected()
        await self._door.bus.request_name(NameWish())
        sock = self._peer.connect()
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        await self._door.link.attach(sock)
        self.program = await MessageBus(bus_address=self.address).connect()

    async def _connected(self) -> Bus:
        before = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = self.address
        try:
            return await Bus.connect(Dispatch(self._door, lambda _: None).take)
        finally:
            os.environ.pop("DBUS_SESSION_BUS_ADDRESS")
            if before is not None:
                os.environ["DBUS_SESSION_BUS_ADDRESS"] = before

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for _ in range(frames):
            message = self._call(chance)
            if chance.random() < 0.03:
                await self._raw(chance, message)
                tally["closed"] += 1
                continue
            reply = await self._answer(message)
            is_error = reply.message_type is MessageType.ERROR
            tally["errors" if is_error else "answered"] += 1
            text = str(reply.body[0]) if is_error and reply.body else ""
            assert "failed" not in text.split(":")[0] or "the door failed" not in text, f"{text} at {message.body!r}"
            assert "internal error" not in text, f"{text} at {message.body!r}"
        await self._well()

    def _call(self, chance: random.Random) -> Message:
        interface, member, signature = chance.choice(METHODS)
        if chance.random() < 0.4:
            signature = "".join(kind_of(chance) for _ in range(chance.randrange(4)))
        return Message(
            destination=BUS_NAME,
            path=chance.choice(PATHS),
            interface=interface if chance.random() < 0.9 else chance.choice((None, SERVICE, "org.example.Other")),
            member=member if chance.random() < 0.9 else "Fly",
            signature=signature,
            body=[value_of(chance, kind) for kind in split(signature)],
        )

    async def _answer(self, message: Message) -> Message:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.program.call(message)
        except TimeoutError:
            raise Unanswered(f"{message.interface}.{message.member} {message.body!r} has no answer") from None

    async def _raw(self, chance: random.Random, message: Message) -> None:
        """A message whose bytes were altered, from a program whose connection may end for it, and does end here."""
        message.serial = 1
        message.flags = MessageFlag.NO_REPLY_EXPECTED
        hello = Message(destination="org.freedesktop.DBus", path="/org/freedesktop/DBus",
                        interface="org.freedesktop.DBus", member="Hello", serial=2)  # fmt: skip
        reader, writer = await asyncio.open_unix_connection(self.address.removeprefix("unix:path=").split(",")[0])
        uid = str(os.getuid()).encode().hex().encode()
        writer.write(b"\0AUTH EXTERNAL %b\r\n" % uid)
        await reader.readuntil(b"\r\n")
        writer.write(b"BEGIN\r\n" + bytes(hello._marshall(negotiate_unix_fd=False)))
        writer.write(mutated(chance, bytes(message._marshall(negotiate_unix_fd=False))) + struct.pack("<I", 0))
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _well(self) -> None:
        """Another program is served."""
        call = Message(destination=BUS_NAME, path=LOGIN, interface="org.freedesktop.DBus.Properties", member="Get",
                       signature="ss", body=[COLLECTION, "Locked"])  # fmt: skip
        reply = await self._answer(call)
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body

    async def settled(self) -> None:
        """The program leaves, with its sessions and what it asked, and another one comes."""
        self.program.disconnect()
        self.program = await MessageBus(bus_address=self.address).connect()
        await self._well()
        for _ in range(100):
            if not self.outstanding()["tasks"]:
                return
            await asyncio.sleep(0.02)

    def outstanding(self) -> dict[str, int]:
        return {"tasks": len(self._door._tasks), "peers": len(list(self._door.peers))}

    async def end(self) -> None:
        self.program.disconnect()
        self._door.link.close()
        self._door.bus.close()
        self._peer.cut()
        self._stack.close()
