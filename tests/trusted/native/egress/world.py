"""The network of a test: hosts with real sockets and real TLS on the loopback, a certificate authority, and a DNS.

``World`` takes the place of the system's resolver and routing: its names answer what a test says, and a connection to
any address arrives at the host that the test put there. Everything between, TLS and HTTP included, is the real thing.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Self, TypeVar

import h11
import msgspec

from etui.interfaces.egress_1 import Fetch, FetchResult
from etui.testkit import TestAuthority
from etui.trusted.native.egress.fetching import Asking, Fetcher, Trust
from etui.trusted.native.egress.insertion import Insertion
from etui.trusted.native.egress.limits import LIMITS, Limits
from etui.trusted.native.egress.network import Network
from etui.trusted.native.egress.process import tls_context
from etui.trusted.native.egress.routes import Routes
from etui.trusted.native.egress.targets import is_host

API = "api.example.org"
OTHER = "other.example.org"
API_ADDRESS = "93.184.215.14"
OTHER_ADDRESS = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
_WAIT_S = 60
T = TypeVar("T")


class Received(msgspec.Struct, frozen=True):
    """A request as a host read it."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def value(self, name: str) -> str | None:
        return next((v.decode() for n, v in self.headers if n == name.encode()), None)


Answer = Callable[[Received], Iterable[bytes]]


def response(body: bytes = b"", *, status: int = 200, **headers: str) -> bytes:
    """A whole response; ``headers`` with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status} Text", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302) -> bytes:
    return response(status=status, Location=location)


class Host:
    """A server on a port of the loopback that reads requests and answers each as a test says.

    ``most``: how many of a connection, before it is closed without a word.
    """

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None, *, most: int = 1) -> None:
        self._answer = answer
        self._most = most
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.received: list[Received] = []
        self.ending = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self.ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_WAIT_S)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._open.add(sock)
                self._threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
                self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        sock = raw
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(raw, server_side=True)
            for _ in range(self._most):
                received = self._read(sock)
                self.received.append(received)
                for part in self._answer(received):
                    if self.ending.is_set():
                        break
                    sock.sendall(part)
        except (OSError, h11.RemoteProtocolError):
            pass  # the other end has gone, as it may
        finally:
            self._open.discard(raw)
            sock.close()

    @staticmethod
    def _read(sock: socket.socket) -> Received:
        http = h11.Connection(h11.SERVER)
        request: h11.Request | None = None
        body = b""
        while True:
            event = http.next_event()
            match event:
                case h11.NEED_DATA:
                    http.receive_data(sock.recv(65536))
                case h11.Request():
                    request = event
                case h11.Data():
                    body += event.data
                case h11.EndOfMessage() if request is not None:
                    return Received(
                        request.method.decode(), request.target.decode(), tuple(request.headers.raw_items()), body
                    )
                case _:
                    raise OSError


class World(Network):
    """Names, addresses and the hosts behind them.

    ``names``: what a name resolves to, the last of them from then on. ``asked``: names in the order in which they were
    resolved. ``dialled``: addresses and ports to which connections were opened.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = TestAuthority(folder)
        self.names: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.log: list[str] = []
        self._hosts: dict[str, Host] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for host in self._hosts.values():
            host.close()

    def host(  # noqa: PLR0913  # what a host may be like
        self,
        answer: Answer,
        *,
        name: str = API,
        address: str = API_ADDRESS,
        certified: str = "",
        tls: bool = True,
        most: int = 1,
    ) -> Host:
        """A new host behind an address, which its name resolves to unless a test says otherwise."""
        assert is_host(name)
        host = Host(answer, self.authority.context_for(certified or name) if tls else None, most=most)
        self._hosts[address] = host
        self.names.setdefault(name, [(address,)])
        return host

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(host)
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def dial(self, address: str, port: int) -> socket.socket:
        self.dialled.append((address, port))
        if address not in self._hosts:
            raise ConnectionRefusedError
        return await super().dial("127.0.0.1", self._hosts[address].port)

    def fetch(
        self,
        request: Fetch,
        *,
        hosts: Iterable[str] = (API, OTHER),
        insertion: Insertion | None = None,
        routes: Routes | None = None,
        limits: Limits = LIMITS,
    ) -> FetchResult:
        """What answers a request of an Extension that declares ``hosts``."""
        return self.fetch_all([request], hosts=hosts, insertion=insertion, routes=routes, limits=limits)[0]

    def fetch_all(  # noqa: PLR0913  # what a request may be tried with
        self,
        requests: Iterable[Fetch],
        *,
        hosts: Iterable[str] = (API, OTHER),
        insertion: Insertion | None = None,
        routes: Routes | None = None,
        limits: Limits = LIMITS,
        clients: Iterable[str] = (),
    ) -> list[FetchResult]:
        """What answers requests that one egress makes, one after the other; ``clients``: whose each is."""
        asking = Asking("pseudonym", "Fares", hosts=tuple(hosts))
        askings = chain((msgspec.structs.replace(asking, client=client) for client in clients), repeat(asking))

        async def fetched(fetcher: Fetcher) -> list[FetchResult]:
            return [await fetcher.fetch(one, insertion, asks) for one, asks in zip(requests, askings, strict=False)]

        return self.during(fetched, routes=routes, limits=limits)

    def during(
        self, scene: Callable[[Fetcher], Awaitable[T]], *, routes: Routes | None = None, limits: Limits = LIMITS
    ) -> T:
        """What becomes of a scene with one egress."""
        system = tls_context(self.authority.file)

        async def played() -> T:
            fetcher = Fetcher(routes or Routes(), Trust(system, system), self.log.append, self, limits)
            try:
                return await scene(fetcher)
            finally:
                fetcher.close()

        return asyncio.run(played())


def get(url: str = f"https://{API}/fares", host: str = API, **more: object) -> Fetch:
    """A request; ``more``: other parameters of it."""
    return msgspec.structs.replace(Fetch(method="GET", host=host, url=url), **more)


def answering(*parts: bytes) -> Answer:
    """Answers every request with these bytes."""
    return lambda _: parts


def endless(first: bytes, then: bytes) -> Answer:
    def answer(_: Received) -> Iterator[bytes]:
        yield first
        while True:
            yield then

    return answer
