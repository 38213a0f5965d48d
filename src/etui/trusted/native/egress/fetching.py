"""One request from its parameters to its answer: every rule in the order in which it applies, for each redirect anew.

::

    read ─► insert ─► [ may this call reach the host? ─► mapped, or resolved once and public ─► TLS ─► exchange ]
                          ▲                                                                         │
                          └──────────────── follow ◄──────── a redirect ◄───────────────────────────┤
                                                           answer, whole or a part after the other: mask ◄─────┘
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from etui.interfaces.egress_1 import Drop, Fetch, FetchResult, Read, ReadResult
from etui.trusted.native.egress.addresses import public_addresses
from etui.trusted.native.egress.content import Decoding, check_status, coding_of, head_of, result_of
from etui.trusted.native.egress.errors import EgressError, RefusedError, SlowError, UnreachableError
from etui.trusted.native.egress.insertion import Insertion, insert
from etui.trusted.native.egress.keeping import Exchange, KeptConnections
from etui.trusted.native.egress.limits import LIMITS, Limits
from etui.trusted.native.egress.masking import Mask
from etui.trusted.native.egress.network import Network, Way
from etui.trusted.native.egress.redirects import Step, follow
from etui.trusted.native.egress.requests import Outgoing, check_size, read_request
from etui.trusted.native.egress.routes import Routes
from etui.trusted.native.egress.streaming import Body, Stream, Streams
from etui.trusted.native.egress.targets import Scheme, Target

_REDIRECTED: Final = "redirected"
_MAX_NAME_SHOWN: Final = 60


class Asking(msgspec.Struct, frozen=True):
    """What egress reads of the member ``call``: who asks, and which hosts this call may reach.

    ``client``: a pseudonym. ``name``: for people. ``key``: the caller's session key (32 bytes), whose sealed values
    alone are opened. ``hosts``: exact names, from the Router alone.
    """

    client: str = ""
    name: str = ""
    key: bytes = b""
    hosts: tuple[str, ...] = ()
    prepare: bool = False


class Trust(msgspec.Struct, frozen=True):
    """Who vouches for certificates. ``test``: for names of a test profile alone."""

    system: ssl.SSLContext
    test: ssl.SSLContext

    def __repr__(self) -> str:
        return "Trust(…)"


class Fetcher:
    """Fetches, with the mappings and the trust of one profile.

    ``log``: takes one line for each request that is made.
    """

    def __init__(
        self, routes: Routes, trust: Trust, log: Callable[[str], None], network: Network, limits: Limits = LIMITS
    ) -> None:
        self._routes = routes
        self._trust = trust
        self._log = log
        self._network = network
        self._kept = KeptConnections(network, limits)
        self._streams = Streams(limits)
        self._limits = limits

    async def fetch(self, request: Fetch, insertion: Insertion | None, asking: Asking) -> FetchResult:
        """The answer to a request; raises ``EgressError``."""
        try:
            step = Step(read_request(request), insertion, follows=request.follow is not False)
            async with asyncio.timeout(self._limits.total_s):
                return await self._walk(step, asking, request)
        except TimeoutError:
            error: EgressError = SlowError(f"{request.host} did not answer in {self._limits.total_s:g} s")
            self._note(asking, request.method, request.host, error.code.slug)
            raise error from None
        except EgressError as error:
            self._note(asking, request.method, request.host, error.code.slug)
            raise

    async def read(self, request: Read, asking: Asking) -> ReadResult:
        """The next part of an answer that this caller asked for; raises ``EgressError``."""
        return await self._streams.read(asking.client, request.rest)

    def drop(self, request: Drop, asking: Asking) -> None:
        """Gives up what is left of an answer that this caller asked for."""
        self._streams.drop(asking.client, request.rest)

    def close(self) -> None:
        """Ends the connections that were kept, and those whose answers are being read."""
        self._streams.close()
        self._kept.close()

    async def _walk(self, step: Step, asking: Asking, request: Fetch) -> FetchResult:
        mask = Mask(None if step.insertion is None else step.insertion.secret)
        first = step.plain.target.host
        is_redirect = False
        for _ in range(self._limits.redirects + 1):
            self._may_reach(step.plain.target, asking, is_redirect=is_redirect)
            outgoing = step.plain if step.insertion is None else insert(step.plain, step.insertion)
            check_size(outgoing, self._limits)
            answer = await self._exchange(step, outgoing, mask, asking, request)
            if isinstance(answer, FetchResult):
                return answer
            step = answer
            is_redirect = True
        raise UnreachableError(f"{first} redirected more than {self._limits.redirects} times")

    async def _exchange(
        self, step: Step, outgoing: Outgoing, mask: Mask, asking: Asking, request: Fetch
    ) -> FetchResult | Step:
        target = outgoing.target
        most = self._limits.body_bytes if request.max_bytes is None else min(self._limits.body_bytes, request.max_bytes)
        client = f"{asking.client} {request.apart}" if request.apart else asking.client
        exchange = await self._kept.exchange(client, outgoing, partial(self._way, target), most=most)
        try:
            status, fields = exchange.answer.status, exchange.answer.fields
            location = next((value for name, value in fields if name.lower() == b"location"), None)
            after = follow(step, target, status, location, mask)
            if after is None and request.stream and self._streams.has_room(asking.client):
                return await self._begun(exchange, outgoing, mask, asking, request.max_bytes)
            body = b"" if after is not None else await exchange.answer.body()
            exchange.keep()
        except BaseException:
            exchange.close()
            raise
        if after is not None:
            self._note(asking, outgoing.method, target.host, f"{status} {_REDIRECTED}")
            return after
        result = result_of(target, status, fields, body, mask, most=most)
        self._note(asking, outgoing.method, target.host, f"{status} {len(result.body)} bytes")
        return result

    async def _begun(
        self, exchange: Exchange, outgoing: Outgoing, mask: Mask, asking: Asking, most: int | None
    ) -> FetchResult:
        """The answer with what came of its body right behind the head, and the handle of the rest."""
        target, status, fields = outgoing.target, exchange.answer.status, exchange.answer.fields
        check_status(target, status)
        decoding = Decoding(coding_of(fields), target.host)
        body = Body(exchange, decoding, mask, target.host, most)
        part = await body.first(self._limits.part_bytes, self._limits.linger_s)
        result = head_of(target, status, fields, mask, decoded=decoding.changes, body=part)

        def note(outcome: str) -> None:
            self._note(asking, outgoing.method, target.host, f"{status} {outcome}")

        if body.ended:
            note(f"{len(part)} bytes")
            exchange.keep()
            return result
        rest = self._streams.begin(Stream(asking.client, body, exchange, note))
        return msgspec.structs.replace(result, rest=rest)

    def _may_reach(self, target: Target, asking: Asking, *, is_redirect: bool) -> None:
        if target.host not in asking.hosts:
            if is_redirect:
                raise RefusedError("the answer redirects to a host that the manifest of the Extension does not declare")
            raise RefusedError(f"{target.host} is not declared: name it in the manifest, at permissions.network")
        route = self._routes.by_host.get(target.host)
        if target.scheme is not Scheme.HTTPS and (route is None or not route.test):
            raise RefusedError(f"{target.host} is asked by http: only https is sent")

    async def _way(self, target: Target) -> Way:
        """How a target is reached by a new connection; the one place where a name becomes addresses."""
        route = self._routes.by_host.get(target.host)
        if route is None:
            resolved = await self._network.resolve(target.host, target.port)
            addresses = public_addresses(target.host, resolved)
            return Way(host=target.host, addresses=addresses, port=target.port, tls=self._trust.system)
        vouching = self._trust.test if route.test else self._trust.system
        tls = vouching if target.scheme is Scheme.HTTPS else None
        return Way(host=target.host, addresses=(route.address,), port=route.port, tls=tls)

    def _note(self, asking: Asking, method: str, host: str, outcome: str) -> None:
        self._log(f"egress: {_shown(asking.name)}: {method} {_shown(host)}: {outcome}")


def _shown(text: str) -> str:
    """A text that cannot begin a line of the log or stretch it."""
    return "".join(c if c.isprintable() else "?" for c in text[:_MAX_NAME_SHOWN])
