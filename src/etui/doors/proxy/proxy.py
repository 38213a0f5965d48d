"""The proxy: HTTP/1.1 on the loopback, for the processes of one run and nobody else.

::

    CONNECT host:443 ─► one of the named hosts ─► TLS by this run's authority ─► requests ─► the wallet
                     ─► a host to be reached besides ─► bytes, unseen
                     ─► any other ─► refused
    GET http://host/…, or /RUN/host/… of a base URL ─► the wallet, as above

Requests are read by h11, which refuses what could be framed in two ways. A request within a tunnel is for the host of
the tunnel: one that names another is refused (RFC 9110, section 7.4).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import h11

from etui.doors.proxy.answering import Answering, BrokeOff, HungUp
from etui.doors.proxy.family import is_of_family
from etui.doors.proxy.lending import WebCall
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.standards.http_fields import OF_THE_SENDER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from etui.doors.proxy.authority import Authority
    from etui.doors.proxy.lending import Lender

USER: Final = "run"
ANY: Final = "all"
_READ_BYTES: Final = 64 << 10
_MAX_HEAD_BYTES: Final = 64 << 10
_MAX_BODY_BYTES: Final = 1 << 20
_LINGER_S: Final = 2.0
_HTTPS: Final = 443
_HTTP: Final = 80
_MAX_PORT: Final = 65_535
_STATUS: Final = {
    ErrorCode.DENIED: 403,
    ErrorCode.REFUSED: 403,
    ErrorCode.SPENT: 403,
    ErrorCode.ALTERED: 403,
    ErrorCode.INVALID_PARAMS: 400,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.TOO_MANY: 429,
    ErrorCode.TIMED_OUT: 504,
    ErrorCode.UNAVAILABLE: 502,
}
_NOT_NOW: Final = 503
_STRANGER: Final = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""What a program gets that the run did not start, whatever it asks."""


class _Ended(Exception):
    """The connection is over."""


class Proxy:
    """Serves the processes below ``root``; ``reach``: hosts that they may reach besides, ``all`` for any."""

    def __init__(
        self, lender: Lender, authority: Authority, root: int, reach: Collection[str], note: Callable[[str], None]
    ) -> None:
        self._lender = lender
        self._authority = authority
        self._root = root
        self._reach = frozenset(reach)
        self.note = note
        self._refused: set[str] = set()
        self.key = secrets.token_urlsafe(24)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def refusal(self, host: str) -> ProtocolError:
        """Why nothing goes to a host that no item names; the user is told so, once of each."""
        error = await self._lender.refused(host)
        if host not in self._refused:
            self._refused.add(host)
            self.note(error.message)
        return error

    async def open(self) -> None:
        """Listens on a free port of the loopback."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listens no more, and ends every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        try:
            there = writer.get_extra_info("peername")[1]
            if await asyncio.to_thread(is_of_family, self._root, there, self.port):
                await _Connection(self, reader, writer).serve()
            else:
                self.note("a program that this run did not start asked the proxy for something, and was not served")
                writer.write(_STRANGER)
                await writer.drain()
        except (_Ended, OSError, h11.RemoteProtocolError, h11.LocalProtocolError, asyncio.IncompleteReadError):
            pass  # the program hung up, or speaks no HTTP
        finally:
            self._tasks.discard(task)
            writer.close()

    # what a connection asks

    def admits(self, fields: list[tuple[str, str]]) -> bool:
        """Whether a request bears this run's key."""
        given = next((value for name, value in fields if name == "proxy-authorization"), "")
        wanted = "Basic " + base64.b64encode(f"{USER}:{self.key}".encode()).decode()
        return _is_same(given, wanted)

    def is_key(self, text: str) -> bool:
        """Whether this is the key of this run."""
        return _is_same(text, self.key)

    def reaches(self, host: str) -> bool:
        """Whether the program may reach this host besides, without any value."""
        return ANY in self._reach or host in self._reach

    @property
    def lender(self) -> Lender:
        """Through whom requests go."""
        return self._lender

    @property
    def authority(self) -> Authority:
        """Which vouches for the named hosts."""
        return self._authority


class _Connection:
    """One connection of the program, from its first request to its end."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._tunnel = ""
        """The host of the tunnel within which requests come; empty outside of one."""

    async def serve(self) -> None:
        """Serves requests until the program hangs up."""
        while True:
            request = await self._event()
            if not isinstance(request, h11.Request):
                raise _Ended
            fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers]
            target, method = request.target.decode("ascii"), request.method.decode("ascii")
            try:
                if method == "CONNECT" and not self._tunnel:
                    await self._connect(target, fields)
                    continue  # within the tunnel
                host, url = self._meant(target, fields)
                names = [(n.decode("ascii"), v.decode("latin-1")) for n, v in request.headers.raw_items()]
                await self._pass_on(method, host, url, names)
            except ConnectionLost as error:
                await self._fail(_NOT_NOW, error)
            except ProtocolError as error:
                if error.code is ErrorCode.TOO_LARGE:
                    self._proxy.note(f"a request was not sent: {error.message}")  # few programs show the answer's text
                await self._fail(_STATUS.get(error.code, _NOT_NOW), error)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                if self._http.their_state is h11.SEND_BODY:
                    await self._let_it_read()
                raise _Ended
            self._http.start_next_cycle()

    def _meant(self, target: str, fields: list[tuple[str, str]]) -> tuple[str, str]:
        """The host and the whole address that a request is for."""
        if self._tunnel:
            named = next((value for name, value in fields if name == "host"), "").lower()
            if named not in {self._tunnel, f"{self._tunnel}:{_HTTPS}"} or not target.startswith("/"):
                raise ProtocolError(
                    ErrorCode.DENIED, f"a request within the tunnel to {self._tunnel} names another host"
                )
            return self._tunnel, f"https://{self._tunnel}{target}"
        if target.startswith("/"):
            key, _, rest = target[1:].partition("/")
            host, slash, path = rest.partition("/")
            if not self._proxy.is_key(key):
                raise _Unknown
            return host.lower(), f"https://{host.lower()}{slash or '/'}{path}"
        if not self._proxy.admits(fields):
            raise _Unknown
        return _host_in(target), target

    async def _pass_on(self, method: str, host: str, url: str, fields: list[tuple[str, str]]) -> None:
        body = await self._body()
        nominated = {
            name.strip().lower() for n, value in fields if n.lower() == "connection" for name in value.split(",")
        }
        own = tuple((n, v) for n, v in fields if n.lower() not in OF_THE_SENDER | nominated)
        if host not in self._proxy.lender.hosts:
            if self._proxy.reaches(host) and url.startswith("http:"):
                await self._reach_plainly(method, url, own, body)
            raise await self._proxy.refusal(host)
        answer = await self._proxy.lender.fetch(WebCall(method, host, url, own, body))
        try:
            await Answering(self._http, self._reader, self._writer).give(method, answer)
        except HungUp:
            raise _Ended from None
        except BrokeOff as broke:
            self._proxy.note(f"an answer of {host} broke off: {broke}")
            raise _Ended from None

    async def _body(self) -> bytes:
        body = bytearray()
        if self._http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._writer.write(self._http.send(go_on) or b"")
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise _Ended
            body += event.data
            if len(body) > _MAX_BODY_BYTES:
                raise ProtocolError(ErrorCode.TOO_LARGE, f"a request has at most {_MAX_BODY_BYTES} bytes: send less")
        return bytes(body)

    async def _let_it_read(self) -> None:
        """Takes what the program goes on sending for a while, so that it finds its answer rather than a reset.

        Source: RFC 9112, section 9.6.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while await self._reader.read(_READ_BYTES):
                    pass

    async def _fail(self, status: int, error: ProtocolError) -> None:
        why = f"\n`etui why {error.why}` explains it." if error.why else ""
        body = f"etui: {error.message}{why}\n".encode()
        fields = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", b"%d" % len(body))]
        if self._http.their_state is not h11.DONE:
            fields.append((b"Connection", b"close"))
        if isinstance(error, _Unknown):
            fields.append((b"Proxy-Authenticate", b'Basic realm="etui run"'))
            status = 407
        await self._send(status, fields, body)

    async def _send(self, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        out = bytearray(self._http.send(h11.Response(status_code=status, headers=fields)) or b"")
        if body:
            out += self._http.send(h11.Data(data=body)) or b""
        out += self._http.send(h11.EndOfMessage()) or b""
        self._writer.write(out)
        await self._writer.drain()

    async def _event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(await self._reader.read(_READ_BYTES))

    # tunnels

    async def _connect(self, target: str, fields: list[tuple[str, str]]) -> None:
        await self._event()  # the end of the request
        if not self._proxy.admits(fields):
            raise _Unknown
        host, _, port = target.rpartition(":")
        host = host.lower()
        if host in self._proxy.lender.hosts and port == str(_HTTPS):
            await self._begin_tunnel()
            await self._writer.start_tls(self._proxy.authority.context(host))
            self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
            self._tunnel = host
        elif self._proxy.reaches(host) and port.isdecimal() and 0 < int(port) <= _MAX_PORT:
            await self._tunnel_unseen(host, int(port))
        else:
            raise await self._proxy.refusal(host)

    async def _reach_plainly(self, method: str, url: str, fields: tuple[tuple[str, str], ...], body: bytes) -> None:
        """Passes a request by http on to a host that the command may reach besides, and the answer back; ends then."""
        parts = urlsplit(url)
        reader, writer = await self._reached(parts.hostname or "", parts.port or _HTTP)
        http = h11.Connection(h11.CLIENT)
        own = [("Host", parts.netloc.rpartition("@")[2]), *fields, ("Connection", "close")]
        if body:
            own.append(("Content-Length", str(len(body))))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = [(name.encode(), value.encode("latin-1")) for name, value in own]
        try:
            writer.write(http.send(h11.Request(method=method, target=path, headers=headers)) or b"")
            writer.write((http.send(h11.Data(data=body)) or b"") + (http.send(h11.EndOfMessage()) or b""))
            await _copied(reader, self._writer)
        finally:
            writer.close()
        raise _Ended

    async def _reached(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_connection(host, port)
        except OSError as error:
            text = f"{host} cannot be reached ({error.strerror or error})"
            raise ProtocolError(ErrorCode.UNAVAILABLE, text) from None

    async def _begin_tunnel(self) -> None:
        if self._http.trailing_data[0]:
            raise _Ended  # it did not wait for the answer
        self._writer.write(self._http.send(h11.Response(status_code=200, headers=[])) or b"")
        await self._writer.drain()

    async def _tunnel_unseen(self, host: str, port: int) -> None:
        reader, writer = await self._reached(host, port)
        try:
            await self._begin_tunnel()
            await asyncio.gather(_copied(self._reader, writer), _copied(reader, self._writer))
        finally:
            writer.close()
        raise _Ended


def _host_in(target: str) -> str:
    """The host of a whole address over HTTP; raises ``ProtocolError`` for anything else."""
    try:
        parts = urlsplit(target)
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return parts.hostname
    except ValueError:  # no port, or no address of IPv6
        pass
    raise ProtocolError(ErrorCode.INVALID_PARAMS, "this is a proxy: it takes CONNECT, and whole addresses")


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class _Unknown(ProtocolError):
    """A request without this run's key."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.DENIED, "this proxy serves one run of one command: its address holds the key")


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_READ_BYTES):
        sink.write(data)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
