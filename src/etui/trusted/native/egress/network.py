"""The network: the only module that resolves names and opens connections, over which HTTP/1.1 is spoken.

::

    resolve ─► (checked elsewhere) ─► dial one of these very addresses ─► TLS under the host's name ─► head ─► body

Bytes are read and written by h11, which refuses ambiguous framing; what it says of a fault may hold the fault's bytes
and is not passed on.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Final, TypeAlias

import h11
import msgspec

from etui.trusted.native.egress.errors import OversizeError, RefusedError, UnreachableError
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.requests import Fields, Outgoing

_READ_BYTES: Final = 64 << 10
_BUFFER_BYTES: Final = 256 << 10
"""What a connection reads ahead, about, before the host has to wait: so that a fast body is read in few parts."""
_ENDLESS: Final = 1 << 62
_MAX_INFORMATIONAL: Final = 16
_HEAD_TOO_LARGE: Final = 431

_Event: TypeAlias = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a host is reached: one of these addresses, already checked, and who vouches for its name, if it is https."""

    host: str
    addresses: tuple[str, ...]
    port: int
    tls: ssl.SSLContext | None


class Network:
    """The system's resolver and its sockets."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, in the order in which the system would try them.

        Raises ``UnreachableError``.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = getattr(error, "strerror", "") or "it is no name"
            raise UnreachableError(f"{host} was not found ({reason}): check the name and the network") from None
        return [str(sockaddr[0]) for *_, sockaddr in found]

    async def dial(self, address: str, port: int) -> socket.socket:
        """A connected socket to an address, which is not resolved again; raises ``OSError``."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
        except BaseException:
            sock.close()
            raise
        return sock


class _Reader(asyncio.StreamReader):
    """What came over a connection; ``came``: how many bytes until now, read or not."""

    def __init__(self) -> None:
        super().__init__(limit=_BUFFER_BYTES, loop=asyncio.get_running_loop())
        self.came = 0

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # it is given nothing else
        """Takes in what the connection brings."""
        self.came += len(data)
        super().feed_data(data)


class Line:
    """A connection to one host, over which requests go one after the other."""

    def __init__(
        self, reader: _Reader, writer: asyncio.StreamWriter, sock: socket.socket, host: str, limits: Limits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._sock = sock
        self._host = host
        self._limits = limits
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head_bytes)
        self._received = 0
        self._read = 0

    @property
    def heard(self) -> bool:
        """Whether anything came in answer to the present request."""
        return self._received > 0

    @property
    def received(self) -> int:
        """How many bytes came in answer to the present request, framing included."""
        return self._received

    @property
    def gone(self) -> bool:
        """Whether an end has closed it, or more came than the last answer."""
        unread = self._reader.came > self._read or self._http.trailing_data[0]
        return bool(unread) or self._reader.at_eof() or self._writer.is_closing()

    def again(self) -> bool:
        """Makes it ready for the next request; whether it can be: both ends are done with the last and go on."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._received = 0
        return not self.gone

    def is_quiet(self) -> bool:
        """Whether nothing came since it was made ready, nor its end, not even what is still to be read."""
        if self.gone:
            return False
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Ends it: what is left is not wanted, and the other end decides nothing about when it ends."""
        self._writer.transport.abort()

    async def send(self, outgoing: Outgoing, most: int) -> Answer:
        """Sends a request; its answer as far as the head. ``most``: bytes of the body."""
        request = h11.Request(method=outgoing.method, target=outgoing.target.path, headers=outgoing.head())
        try:
            self._writer.write(self._http.send(request) or b"")
            if outgoing.body:
                self._writer.write(self._http.send(h11.Data(data=outgoing.body)) or b"")
            self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
            await self._writer.drain()
        except OSError:
            raise self._broken() from None
        for _ in range(_MAX_INFORMATIONAL):
            event = await self._event(self._limits.head_bytes, most)
            if isinstance(event, h11.Response):
                return Answer(self, event.status_code, tuple(event.headers.raw_items()), most)
            if not isinstance(event, h11.InformationalResponse):
                raise self._broken()
        raise UnreachableError(f"{self._host} sent {_MAX_INFORMATIONAL} informational responses and no other")

    async def body(self, most: int) -> bytes:
        """The response's body as it was sent, framing undone; raises ``OversizeError`` rather than cut it off."""
        body = bytearray()
        wire = 2 * (most + self._limits.head_bytes)  # chunks of one byte are no way to send much more than that
        while not isinstance(event := await self._event(wire, most), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise self._broken()
            body += event.data
            if len(body) > most:
                raise self._too_large(most)
        return bytes(body)

    async def content(self) -> bytes:
        """The next of the response's body, framing undone, and empty once it is complete; waits for it.

        Whoever gives up waiting loses nothing. Raises ``UnreachableError`` where it breaks off.
        """
        while not isinstance(event := await self._event(_ENDLESS, 0), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise self._broken()
            if event.data:
                return bytes(event.data)
        return b""

    async def _event(self, most_received: int, most: int) -> _Event:
        while True:
            try:
                event: _Event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if error.error_status_hint == _HEAD_TOO_LARGE:
                    raise self._too_large(most) from None
                raise UnreachableError(f"{self._host} answered what is no HTTP/1.1, or only a part of it") from None
            if event is not h11.NEED_DATA:
                return event
            if self._received > most_received:
                raise self._too_large(most)
            await self._receive()

    async def _receive(self) -> None:
        try:
            data = await self._reader.read(_READ_BYTES)
        except OSError:
            raise self._broken() from None
        self._read += len(data)
        self._received += len(data)
        self._http.receive_data(data)

    def _broken(self) -> UnreachableError:
        return UnreachableError(f"the connection to {self._host} broke before the answer was complete")

    def _too_large(self, most: int) -> OversizeError:
        head = self._limits.head_bytes
        return OversizeError(
            f"the response from {self._host} is larger than {most} bytes, or its head than {head}: ask for less"
        )


class Answer:
    """What came in answer to a request: the head, and on demand the body. ``most``: bytes that this may have."""

    def __init__(self, line: Line, status: int, fields: Fields, most: int) -> None:
        self._line = line
        self._most = most
        self.status = status
        self.fields = fields

    async def body(self) -> bytes:
        """The body as it was sent, framing undone; raises ``OversizeError`` rather than cut it off."""
        return await self._line.body(self._most)

    async def content(self) -> bytes:
        """The next of the body, empty once it is complete; raises ``UnreachableError`` where it breaks off."""
        return await self._line.content()

    @property
    def received(self) -> int:
        """How many bytes of it came until now, framing included."""
        return self._line.received


async def connected(network: Network, way: Way, limits: Limits) -> Line:
    """A connection to the first of the addresses that takes one.

    Raises ``UnreachableError``, and ``RefusedError`` for a certificate that is none for the host.
    """
    sock = await _dial_first(network, way, limits)
    try:
        reader, writer = await _opened(sock, way, limits)
    except BaseException:
        sock.close()
        raise
    return Line(reader, writer, sock, way.host, limits)


async def _dial_first(network: Network, way: Way, limits: Limits) -> socket.socket:
    for address in way.addresses:
        try:
            async with asyncio.timeout(limits.connect_s):
                return await network.dial(address, way.port)
        except OSError:  # a time limit that passed is one, too
            continue
    raise UnreachableError(f"{way.host} takes no connection on port {way.port}: try again later")


async def _opened(sock: socket.socket, way: Way, limits: Limits) -> tuple[_Reader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = _Reader()
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    try:
        async with asyncio.timeout(limits.connect_s):
            transport, _ = await loop.create_connection(
                lambda: protocol, sock=sock, ssl=way.tls, server_hostname=way.host if way.tls else None
            )
    except ssl.SSLCertVerificationError as error:
        raise RefusedError(f"{way.host} did not prove that it is {way.host}: {error.verify_message}") from None
    except TimeoutError:
        raise UnreachableError(f"{way.host} did not finish its TLS handshake in {limits.connect_s:g} s") from None
    except OSError:
        raise UnreachableError(f"{way.host} does not speak TLS 1.2 or later on this port") from None
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
