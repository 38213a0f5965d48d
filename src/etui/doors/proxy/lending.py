"""What a run may use, and the one way in which it is used: a call of ``secret/1.fetch`` for each request.

A request with a placeholder goes out with the value of its item. One without goes out as it is, by the same way, so
that each request to a named host is decided and recorded. What goes to a host that no item names is put to policy as
well, quietly, so that its refusal is on record.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import secret_1 as secret
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient
from etui.sdk.web import AsyncWebAnswer, holds
from etui.standards.http_fields import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_REPEATABLE: Final = frozenset({"GET", "HEAD"})
_PLACEHOLDER_BYTES: Final = 18
_AT_ONCE: Final = 4
"""Requests of one run that are on their way: fewer than all the Extension has, so that others find some left."""


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """One item whose value may be used.

    ``item``: this Client's reference. ``variable``: where the program finds the placeholder. ``hosts``: to which the
    value may go. ``base_url``: the variable that tells a program where its service is; empty for none.
    """

    item: str
    hosts: tuple[str, ...]
    variable: str
    base_url: str = ""
    placeholder: str = msgspec.field(default_factory=lambda: "etui-" + secrets.token_hex(_PLACEHOLDER_BYTES))


class WebCall(msgspec.Struct, frozen=True):
    """A request of the program: what of it is the program's own. ``fields``: names and values."""

    method: str
    host: str
    url: str
    fields: tuple[tuple[str, str], ...]
    body: bytes


class Lender:
    """Asks the Router, over a connection that it makes anew where the wallet was locked meanwhile."""

    def __init__(self, socket: Path, lent: Sequence[Lent], on_behalf: str) -> None:
        self._socket = socket
        self._lent = tuple(lent)
        self._on_behalf = on_behalf
        self._client: AsyncClient | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that an item names."""
        return tuple(dict.fromkeys(host for one in self._lent for host in one.hosts))

    async def fetch(self, call: WebCall) -> AsyncWebAnswer:
        """What the service answers, as it comes.

        Raises ``ProtocolError`` for what the wallet, its user or egress refuses.
        """
        if call.method not in _METHODS:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{call.method} is not sent; {', '.join(_METHODS)} are")
        held = [one for one in self._lent if holds(one.placeholder, call.url, call.fields, call.body)]
        if len(held) > 1:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, "a request holds one placeholder, and this one holds several")
        lent = held[0] if held else next((one for one in self._lent if call.host in one.hosts), self._lent[0])
        fields = [secret.Header(name=n, value=v) for n, v in call.fields if n.lower() not in PARTIAL]
        request = secret.Fetch(
            item=lent.item,
            method=call.method,  # type: ignore[arg-type]  # one of those above
            host=call.host,
            url=call.url,
            on_behalf=self._on_behalf,
            headers=fields,
            body=call.body or None,
            placeholder=lent.placeholder if held else None,
            stream=True,
        )
        return await self._ask(request, quiet=call.host not in lent.hosts)

    async def refused(self, host: str) -> ProtocolError:
        """Why nothing goes to a host that no item names; the wallet has it on record."""
        try:
            await self.fetch(WebCall("GET", host, f"https://{host}/", (), b""))
        except ProtocolError as error:
            why = error.why
        else:
            why = ""
        text = f"no item in use names {host}; with `--reach {host}` the command reaches it, without any value"
        return ProtocolError(ErrorCode.DENIED, text, why=why)

    def close(self) -> None:
        """Ends the connection, and with it the rights that were given to this run."""
        if self._client is not None:
            self._client.close()

    async def _ask(self, request: secret.Fetch, *, quiet: bool) -> AsyncWebAnswer:
        for _ in range(2):
            if self._client is None or self._client.closed.done():
                self._client = await AsyncClient.connect(self._socket, name="etui")
            try:
                async with self._turns:
                    answer = await self._client.call(request, quiet=quiet)
                return AsyncWebAnswer(self._client, request.item, answer)
            except ConnectionLost:
                if request.method not in _REPEATABLE or not self._client.closed.done():
                    raise
        raise ConnectionLost("the wallet ends connections as soon as they are made")
