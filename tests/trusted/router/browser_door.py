"""A browser's door, played by the test at a real Router, whose user answers in the real dialog's scripted face.

The native hosts are processes of their own, and each browser profile has its own key.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.fuzz.router_here import SECRETS, End, RouterHere

from etui.interfaces import Item, Request, Result
from etui.interfaces import wallet_1 as wallet
from etui.protocol import Envelope, Message, MessageKind, RemoteError, encode_request, encode_result
from etui.sealing import ChannelKey
from etui.testkit.user import ScriptedUser
from etui.trusted.audit import AuditReader, AuditRecord, decode_record
from etui.trusted.control import Namespace, Role
from etui.trusted.router.unlocking import audit_private_key
from etui.trusted.router.wallet import Keys

ResultT = TypeVar("ResultT", bound=Result)
SHOP = "https://shop.example"


class Profile:
    """A browser profile: its key, as WebCrypto keeps one."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, challenge: bytes, pairing: str) -> bytes:
        """The proof of a pairing."""
        signed = b"etui/pairing/1\0" + challenge + pairing.encode("ascii")
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Line:
    """Requests and their answers at one of the Router's connections."""

    def __init__(self, end: End) -> None:
        self.end = end
        self._number = 0
        self._answers: dict[int, Message] = {}

    async def ask(self, request: Request[Any], envelope: Envelope | None = None) -> int:
        """Sends a request; its number."""
        self._number += 1
        params = msgspec.json.encode(request)
        await self.end.send(encode_request(self._number, type(request).METHOD, params, envelope or Envelope()))
        return self._number

    async def answer(self, number: int) -> Message:
        """What answers the request of this number."""
        while number not in self._answers:
            message = await self.end.receive()
            assert message is not None, "the Router ended the connection"
            if isinstance(message.id, int) and not message.method:
                self._answers[message.id] = message
        return self._answers.pop(number)

    async def call(self, request: Request[ResultT], envelope: Envelope | None = None) -> ResultT:
        """What a request is answered with; raises ``RemoteError``."""
        return result_of(request, await self.answer(await self.ask(request, envelope)))


def result_of(request: Request[ResultT], message: Message) -> ResultT:
    """The result in an answer to a request; raises ``RemoteError``."""
    if message.kind is MessageKind.ERROR:
        assert isinstance(message.error, msgspec.Struct)
        raise RemoteError.from_object(message.error)
    assert isinstance(message.result, msgspec.Raw)
    return cast("ResultT", msgspec.json.decode(message.result, type=type(request).RESULT))


class Door(Line):
    """A door that speaks for pages."""

    async def host(self, program: subprocess.Popen[bytes], uid: int) -> wallet.IntroduceResult:
        """Introduces the process of a native host."""
        return await self.call(wallet.Introduce(pid=program.pid, uid=uid, socket=True))

    async def pair(
        self, host: wallet.IntroduceResult, profile: Profile, *, name: str = "Chromium", quiet: bool = False
    ) -> str:
        """The id of a new pairing."""
        request = wallet.Pair(key=profile.public, name=name, about="jfkdjakcbpalmhgeoknmlhpdcdjfkbae")
        return (await self.call(request, Envelope(speaks_for=host.peer, quiet=quiet))).pairing

    async def prove(self, host: wallet.IntroduceResult, profile: Profile, pairing: str) -> None:
        """Proves a pairing."""
        assert host.challenge is not None
        request = wallet.Prove(pairing=pairing, signature=profile.sign(host.challenge, pairing))
        await self.call(request, Envelope(speaks_for=host.peer))

    async def page(
        self, host: wallet.IntroduceResult, origin: str = SHOP, key: bytes | None = None
    ) -> wallet.IntroduceWithinResult:
        """Introduces a page."""
        return await self.call(wallet.IntroduceWithin(name=origin, key=key), Envelope(speaks_for=host.peer))


class Keeper:
    """A provider of secrets, played by the test: it keeps what it is given, as it came."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._kept: dict[str, tuple[Item, str]] = {}

    async def register(self) -> None:
        """Registers."""
        await Line(self._end).call(wallet.Register(key=ChannelKey().public, provides=["secret/1", "extension/1"]))

    async def serve(self) -> None:
        """Answers until its connection ends."""
        while (message := await self._end.receive()) is not None:
            if message.method and isinstance(message.id, int):
                params: dict[str, Any] = msgspec.json.decode(message.params)
                called: dict[str, Any] = msgspec.json.decode(message.call)
                result = self._answer(message.method.rpartition("/")[2], params, called.get("items", {}))
                await self._end.send(encode_result(message.id, msgspec.json.encode(result)))

    def _answer(self, method: str, params: dict[str, Any], named: dict[str, str]) -> dict[str, Any]:
        match method:
            case "1.create":
                item = Item(item=f"i{len(self._kept)}", kind=params["kind"], label=params["label"])
                self._kept[item.item] = (item, params["value"])
                return {"item": item}
            case "1.find":
                return {"items": [item for item, _ in self._kept.values()]}
            case "1.read":
                return {"value": self._kept[named["item"]][1]}
            case _:
                return {"items": [self._kept[name][0] for name in params["ids"] if name in self._kept]}


class Wallet:
    """A Router that runs here, with the scripted dialog."""

    def __init__(self, folder: Path, keys: Keys | None) -> None:
        self.folder = folder
        self.here = RouterHere(folder, keys)
        self.user = ScriptedUser(folder / "script", folder / "transcript")
        self.environ = {**os.environ, "ETUI_SOCKET": str(folder / "router"), "ETUI_HOME": str(folder / "home")}
        self._ends: list[End] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, folder: Path, keys: Keys | None = None, *, locked: bool = False) -> AsyncIterator[Self]:
        """One that is unlocked, unless it is to be ``locked``; with ``keys`` the one that was there."""
        wallet = cls(folder, keys)
        wallet.here.begin_locked()
        if not locked:
            await wallet.here.unlock()
        dialog = wallet._dialog(await wallet.here.connect(Role.DIALOG, "dialog"))
        try:
            yield wallet
        finally:
            for end in wallet._ends:
                await end.close()
            await wallet.here.end()
            dialog.wait(30)

    def _dialog(self, sock: socket.socket) -> subprocess.Popen[bytes]:
        files = ["--script", str(self.user.script), "--transcript", str(self.user.transcript)]
        command = [sys.executable, "-I", "-m", "etui.trusted.dialog", "--face", "scripted", *files]
        with sock:
            return subprocess.Popen([*command, "--fd", str(sock.fileno())], pass_fds=[sock.fileno()])

    async def door(self, name: str = "browser", asserts: Namespace | None = Namespace.WEB) -> Door:
        """A door's connection."""
        return Door(self._kept(await self.here.child(Role.DOOR, name, asserts)))

    async def program(self) -> Line:
        """A Client's connection: that of this test."""
        return Line(self._kept(await self.here.client()))

    def _kept(self, end: End) -> End:
        self._ends.append(end)
        return end

    async def keeper(self) -> asyncio.Task[None]:
        """Has secrets kept, until this task is cancelled."""
        keeper = Keeper(self._kept(await self.here.child(Role.EXTENSION, SECRETS)))
        await keeper.register()
        return asyncio.ensure_future(keeper.serve())

    def records(self) -> list[AuditRecord]:
        """What is on record, the newest first."""
        self.here.router.flush()
        reader = AuditReader(self.here.router.home / "audit", audit_private_key(self.here.keys))
        newest = [record.payload for record in reader.newest_first()]
        return [decode_record(payload).record for payload in newest if payload is not None]


@contextlib.contextmanager
def program(folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose program is known by its own path."""
    path = folder / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        shutil.copy("/bin/sleep", path)
    process = subprocess.Popen([path, "600"])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
