"""A real Router in this process: real policy, audit and state, with the test in the place of supervisor and vault."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import socket
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.fuzz.surface import PATIENCE_S, Unanswered

from etui.protocol import LIMITS, FrameReader, Message, MessageKind, ProtocolError, Reassembler, decode_message
from etui.sealing import ChannelKey
from etui.trusted.control import (
    Connected,
    DoorSwitch,
    FromRouter,
    Link,
    LinkClosed,
    Namespace,
    Reply,
    Start,
    ToRouter,
    VaultAsk,
)
from etui.trusted.control import Role as ChildRole
from etui.trusted.router.budget import PromptBudget
from etui.trusted.router.pauses import Pauses
from etui.trusted.router.router import Router
from etui.trusted.router.turns import Lane
from etui.trusted.router.wallet import Keys
from etui.trusted.supervisor.profile import open_profile

SECRETS: Final = "ext:etui/org.etui.secrets"
_READ_BYTES: Final = 1 << 18


class End:
    """The other end of one of the Router's connections; what the Router says is read as a Client reads it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._came: list[Message] = []
        self.sent = Reassembler()
        """What was begun at this end and not ended, for ``Due``."""
        self.ended = False
        self.cut_short = False
        """Whether the other end closed before it had read all: then what it said may be lost."""

    @classmethod
    async def of(cls, sock: socket.socket) -> End:
        """The end of a connected socket."""
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        return cls(*await asyncio.open_unix_connection(sock=sock, limit=_READ_BYTES))

    async def send(self, *parts: bytes) -> None:
        """Writes each part by itself; one whose other end is gone writes nothing."""
        for part in parts:
            try:
                self._writer.write(part)
                async with asyncio.timeout(PATIENCE_S):
                    await self._writer.drain()
            except ConnectionError:
                self.cut_short = True
                return

    async def receive(self) -> Message | None:
        """The next message; None at the end. Raises ``Unanswered`` where nothing comes."""
        while not self._came:
            if self.ended:
                return None
            try:
                async with asyncio.timeout(PATIENCE_S):  # unlike wait_for it loses no cancellation
                    data = await self._reader.read(_READ_BYTES)
            except ConnectionError:
                self.cut_short = True
                data = b""
            except TimeoutError:
                raise Unanswered("the Router says nothing more") from None
            self.ended = not data
            for line in self._frames.feed(data) if data else ():
                message: Message | None = decode_message(line)
                if message is not None and message.method == "chunk":
                    whole = self._chunks.feed(message)
                    message = None if whole is None else decode_message(whole)
                if message is not None:
                    self._came.append(message)
        return self._came.pop(0)

    async def close(self) -> None:
        """Closes it."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class RouterHere:
    """The Router, made and unlocked; it ends with ``end``, and another opens the same wallet with the same ``keys``."""

    def __init__(self, folder: Path, keys: Keys | None = None) -> None:
        home = folder / "home"
        open_profile(home, test=True)
        self._path = folder / "router"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._listener.listen()
        ours, self._theirs = Link.pair()
        self._link: Link[ToRouter, FromRouter] = Link(ours, FromRouter)
        self._vault = ChannelKey()
        self.router = Router(home, self._listener, Link(self._theirs, ToRouter), ())
        self._loop = asyncio.get_running_loop()
        self._is_new = keys is None
        self.keys = keys or Keys(*(os.urandom(32) for _ in range(3)))

    async def begin(self) -> None:
        """Makes a wallet and unlocks it, without the questions that this takes."""
        self.begin_locked()
        await self.unlock()

    def begin_locked(self) -> None:
        """Makes a wallet, or finds the one that is there, and leaves it locked."""
        self._loop.add_reader(self._link, self._asked)
        self.router.start()
        (self.router.home / "vault").mkdir(exist_ok=True)
        (self.router.home / "vault" / "slots.json").write_bytes(b"{}")

    async def unlock(self) -> None:
        """Opens it."""
        await self.router.unlocking._open(self.keys, new=self._is_new)

    def _asked(self) -> None:
        """Starts nothing, and says at once of every passphrase that it is the right one."""
        try:
            message, _ = self._link.receive()
        except LinkClosed:
            self._loop.remove_reader(self._link)
            return
        match message:
            case Start(number=number) | DoorSwitch(number=number):
                self._link.send(Reply(number=number, code="unavailable", message="nothing is started here"))
            case VaultAsk(number=number):
                self._link.send(Reply(number=number, value=self._vault.public))
            case _:
                pass

    async def client(self) -> End:
        """A program's connection."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(self._path))
        return await End.of(sock)

    async def child(self, role: ChildRole, name: str, asserts: Namespace | None = None) -> End:
        """The connection of a process that the supervisor started."""
        return await End.of(await self.connect(role, name, asserts))

    async def connect(self, role: ChildRole, name: str, asserts: Namespace | None = None) -> socket.socket:
        """The socket that a process is given which the supervisor starts."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        await self.router._adopt(Connected(role=role, name=name, asserts=asserts), ours)
        return theirs

    def renew_budget(self) -> None:
        """Lets questions come as if the user had been asked nothing."""
        self.router.budgets = {lane: PromptBudget() for lane in Lane}
        self.router._extension_budgets.clear()
        self.router.pauses = Pauses()

    def outstanding(self) -> dict[str, int]:
        """What the Router keeps of its connections and calls."""
        router = self.router
        return {
            "connections": len(router.connections),
            "tasks": sum(map(len, router.tasks.values())),
            "calls": len(router.dispatch._calls),
            "questions": sum(router.dialogs._turns._here.values()),
            "replies": len(router._replies),
            "background": len(router._background),
            "unsent": len(router._unsent),
        }

    async def settled(self, connections: int) -> None:
        """Returns once what has ended is forgotten, and so many connections are left."""
        deadline = self._loop.time() + PATIENCE_S
        while True:
            kept = self.outstanding()
            if kept.pop("connections") == connections and not any(kept.values()):
                return
            assert self._loop.time() < deadline, f"the Router still keeps {self.outstanding()}"
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Ends the Router's process part: nothing of it listens any more."""
        router = self.router
        for connection in list(router.connections):
            connection.transport.abort()
        await self.settled(0)
        await router.lock("the test is over")
        faulthandler.cancel_dump_traceback_later()  # a Router's process ends by it, should it hang
        for fileno in (router._link.fileno(), self._listener.fileno()):
            self._loop.remove_reader(fileno)
        self._loop.remove_reader(self._link)
        router.looking.shutdown()
        for sock in (self._listener, self._link.socket, self._theirs):
            sock.close()


class Due:
    """What is owed for some lines of a stream, told by the protocol's own rules.

    ``chunks``: the stream's messages that are incomplete.
    """

    def __init__(self, chunks: Reassembler) -> None:
        self.refusals = 0
        self.answers: list[Any] = []
        self._chunks = chunks
        self.ends = False

    def note(self, line: bytes) -> None:
        """Notes one line."""
        self.ends |= len(line) > LIMITS.frame_bytes
        if self.ends:
            return
        try:
            message = decode_message(line)
            kind = message.kind
        except ProtocolError:
            self.refusals += 1
            return
        if kind is MessageKind.REQUEST:
            self.answers.append(message.id)
        elif kind is MessageKind.NOTIFICATION and message.method == "chunk":
            try:
                whole = self._chunks.feed(message)
            except ProtocolError:
                self.ends = True
                return
            if whole is not None:
                self.note(whole)

    def paid(self, message: Message) -> None:
        """Notes an answer of the Router's."""
        if message.method:
            return
        if message.id is None:
            self.refusals -= 1
        elif message.id in self.answers:
            self.answers.remove(message.id)

    @property
    def nothing(self) -> bool:
        """Whether nothing is owed any more."""
        return self.refusals <= 0 and not self.answers


def answer_id(message: Message) -> int | str | None:
    """The id that an answer bears."""
    return None if isinstance(message.id, msgspec.UnsetType) else message.id
