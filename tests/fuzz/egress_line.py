"""Egress: what reaches it over its channel, and what a host that it fetches from sends back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from tests.fuzz.corpus import recorded
from tests.fuzz.documents import Speaker, encoded
from tests.fuzz.mutating import Seeds, writes
from tests.fuzz.router_here import Due, End
from tests.fuzz.surface import Unanswered

from etui.protocol import ProtocolError
from etui.trusted.native.egress.fetching import Fetcher, Trust
from etui.trusted.native.egress.limits import LIMITS
from etui.trusted.native.egress.network import Network
from etui.trusted.native.egress.routes import Route, Routes
from etui.trusted.native.egress.service import Service

HOST: Final = "api.etui.test"
_LIMITS: Final = msgspec.structs.replace(LIMITS, connect_s=0.5, total_s=1.0, silence_s=1.0, linger_s=0)
_MARK: Final = "etui-mark"
_RESPONSES: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n',
    b"HTTP/1.1 302 Found\r\nLocation: /elsewhere?a=b\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 301 Moved\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n",
    b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nETag: "x"\r\n\r\n',
    b"HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\nnothing here",
)


def _call(chance: random.Random, method: str, params: object) -> bytes:
    call = {"client": chance.choice(("one", "one", "one", "two")), "name": "somebody", "hosts": [HOST]}
    number = chance.randrange(1 << 30)
    return encoded({"jsonrpc": "2.0", "id": number, "method": method, "params": params, "call": call})


class EgressLine:
    """The real service on a connection, fetching from one host of this process'."""

    async def begin(self, folder: Path) -> None:
        del folder
        speaker = Speaker()
        self._chance = random.Random(0)
        self._seeds = Seeds(
            [line for line in recorded("call") if b"egress/1" in line],
            (self._fetch, self._fetch, self._read, speaker.call, speaker.notification),
        )
        self._responses = Seeds(_RESPONSES)
        self._server = await asyncio.start_server(self._respond, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        context = ssl.create_default_context()
        routes = Routes(by_host={HOST: Route(address="127.0.0.1", port=port, test=True)})
        self._fetcher = Fetcher(routes, Trust(context, context), lambda _: None, Network(), _LIMITS)
        await self._open()

    def _fetch(self, chance: random.Random) -> bytes:
        """A request that is carried out, most often."""
        params: dict[str, object] = {
            "method": chance.choice(("GET", "POST", "HEAD", "get", "")),
            "host": chance.choice((HOST, HOST, HOST, HOST.upper(), "127.0.0.1", "")),
            "url": chance.choice(
                (f"http://{HOST}/", f"http://{HOST}/a?b#c", f"http://{HOST}:1/", f"http://u@{HOST}/", "//", "\0")
            ),
        }
        if chance.random() < 0.3:
            params["headers"] = [
                {"name": chance.choice(("Accept", "Host", "a b", "")), "value": chance.choice(("x", "\r\nA: b", "é"))}
            ]
        if chance.random() < 0.2:
            params["body"] = chance.choice(("aGVsbG8=", "aGVsbG8", 7))
        if chance.random() < 0.2:
            params["max_bytes"] = chance.choice((0, 1, 4, -1, 10**30))
        if chance.random() < 0.5:
            params["stream"] = chance.choice((True, True, False, 1))
        return _call(chance, "egress/1.fetch", params)

    def _read(self, chance: random.Random) -> bytes:
        """Reads on in an answer, or drops it, where there is one."""
        rest = chance.choice([*self._fetcher._streams._waiting, "0" * 32, "", 7])
        return _call(chance, chance.choice(("egress/1.read", "egress/1.read", "egress/1.drop")), {"rest": rest})

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A host that sends anything but what it should."""
        with contextlib.suppress(ConnectionError):
            await reader.read(1 << 16)
            for part in writes(self._chance, self._responses.bad(self._chance)):
                writer.write(part)
                await writer.drain()
        writer.close()

    async def _open(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._end = await End.of(ours)
        theirs.setblocking(False)  # noqa: FBT003  # the standard library's signature
        reader, writer = await asyncio.open_connection(sock=theirs)
        self._serving = asyncio.ensure_future(self._serve(Service(reader, writer, self._fetcher), writer))
        await self._end.receive()  # its registration

    async def _serve(self, service: Service, writer: asyncio.StreamWriter) -> None:
        self._service = service
        try:
            await service.serve()
        except ProtocolError:
            pass  # so the process ends, with its connection
        finally:
            writer.close()

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        self._chance = chance
        for _ in range(frames):
            if not await self._judged(self._seeds.bad(chance), chance, tally):
                await self._close()
                await self._open()

    async def _judged(self, line: bytes, chance: random.Random, tally: Counter[str]) -> bool:
        """Sends a line; whether egress goes on."""
        due = Due(self._end.sent)
        for part in filter(None, line.split(b"\n")):
            due.note(part)
        mark = b'{"jsonrpc":"2.0","id":"%b","method":"egress/1.nothing"}\n' % _MARK.encode()
        await self._end.send(*writes(chance, line + b"\n"), mark)
        marked = False
        try:
            while not (marked and not due.answers):
                message = await self._end.receive()
                if message is None:
                    tally["closed"] += 1
                    return False
                marked |= message.id == _MARK
                tally["errors" if message.error else "answered"] += message.id != _MARK
                due.paid(message)
        except Unanswered:
            raise Unanswered(f"answers to {due.answers} are missing for {line!r}") from None
        assert due.refusals <= 0, f"egress goes on after {line!r}"
        return True

    async def _close(self) -> None:
        await self._end.close()
        await self._serving

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {"fetches": len(self._service._tasks), "clients": len(self._service._by_client)}

    async def end(self) -> None:
        await self._close()
        self._fetcher.close()  # what it keeps for the next request
        self._server.close()
        await self._server.wait_closed()
