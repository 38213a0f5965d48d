"""A request to a web service in which a secret is used and not read.

::

    request = WebRequest("GET", "https://api.example.org/v1/me", {"Authorization": f"Bearer {HERE}"})
    answer = wallet.fetch(request, use=token.item)

``HERE`` stands where the wallet puts the value, on its way out and towards the hosts alone that the item names. The
answer comes back with every echo of the value masked: whole, of at most 2 MiB, or as it comes and of any length::

    with wallet.stream(request, use=token.item) as answer:
        for part in answer:
            out.write(part)

It is another in each process: who could guess it would have the value put into what they have a program send on.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk.wire import ConnectionLost

if TYPE_CHECKING:
    from etui.sdk.aio import AsyncClient
    from etui.sdk.client import Client

HERE: Final = f"etui-{secrets.token_hex(18)}"
"""What stands in a request in place of the value."""
_BASIC: Final = re.compile(r"basic +([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)


class WebRequest(msgspec.Struct, frozen=True):
    """One request: its method, its whole address, header fields by name, and a body of at most 1 MiB."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"WebRequest({self.method}, {len(self.headers)} headers, {len(self.body or b'')} bytes)"


class _Answer:
    """What a service answers, as far as it has come.

    ``status``: of the response. ``headers``: its fields, masked. ``begun``: what of the body came with them.
    """

    status: int
    headers: list[secret.Header]
    begun: bytes

    def __init__(self, item: str, first: secret.FetchResult) -> None:
        self._item = item
        self._rest = first.rest
        self.status = first.status
        self.headers = first.headers
        self.begun = first.body

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self._rest is None

    def _asking(self) -> secret.FetchMore | None:
        """The call for the next part, for which the handle is good once; None at the end."""
        rest, self._rest = self._rest, None
        return None if rest is None else secret.FetchMore(item=self._item, rest=rest)

    def _told(self, part: secret.FetchMoreResult) -> bytes:
        self._rest = part.rest
        return part.body

    def _dropping(self) -> secret.FetchDrop | None:
        asking = self._asking()
        return None if asking is None else secret.FetchDrop(item=asking.item, rest=asking.rest)


class WebAnswer(_Answer):
    """An answer that is read as it comes, by a program without an event loop; ``Client.stream`` makes one."""

    def __init__(self, client: Client, item: str, first: secret.FetchResult) -> None:
        super().__init__(item, first)
        self._client = client

    def more(self) -> bytes:
        """The next part of the body; waits until something has come. Empty only where the body has ended.

        Raises as ``Client.call``: where the service breaks off, the wallet locks, or nobody read on for a minute.
        """
        asking = self._asking()
        return b"" if asking is None else self._told(self._client.call(asking))

    def __iter__(self) -> Iterator[bytes]:
        """Each part of the body, none of them empty."""
        if self.begun:
            yield self.begun
        while not self.ended:
            if part := self.more():
                yield part

    def close(self) -> None:
        """Gives up what is left of it."""
        if (dropping := self._dropping()) is not None:
            with suppress(ConnectionLost):  # then it has ended, or does so soon
                self._client.call(dropping)


class AsyncWebAnswer(_Answer):
    """As ``WebAnswer``, for a program with an event loop; ``AsyncClient.stream`` makes one."""

    def __init__(self, client: AsyncClient, item: str, first: secret.FetchResult) -> None:
        super().__init__(item, first)
        self._client = client

    async def more(self) -> bytes:
        """As ``WebAnswer.more``; cancelling the awaiting task ends the answer."""
        asking = self._asking()
        return b"" if asking is None else self._told(await self._client.call(asking))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Each part of the body, none of them empty."""
        if self.begun:
            yield self.begun
        while not self.ended:
            if part := await self.more():
                yield part

    async def close(self) -> None:
        """Gives up what is left of it."""
        if (dropping := self._dropping()) is not None:
            with suppress(ConnectionLost):  # then it has ended, or does so soon
                await self._client.call(dropping)


def fetch_of(request: WebRequest, item: str, *, stream: bool = False) -> secret.Fetch:
    """The call that has a request made with the value of ``item``; raises ``ProtocolError`` for what is no request.

    ``stream``: whether the answer is given as it comes.
    """
    fields = [secret.Header(name=name, value=value) for name, value in request.headers.items()]
    members = {
        "item": item,
        "method": request.method,
        "host": (urlsplit(request.url).hostname or "").lower(),
        "url": request.url,
        "headers": msgspec.to_builtins(fields),
        "body": request.body,
        "stream": stream or None,
        "placeholder": HERE if holds(HERE, request.url, request.headers.items(), request.body or b"") else None,
    }
    try:
        return msgspec.convert(members, secret.Fetch, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"no request that can be made: {error}") from None


def holds(placeholder: str, url: str, fields: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Whether a placeholder stands anywhere in a request, the credentials of ``Basic`` (RFC 7617) among it.

    ``fields``: pairs of a name and a value.
    """
    return (
        placeholder in url
        or placeholder.encode() in body
        or any(placeholder in f"{name} {value} {_credentials(value)}" for name, value in fields)
    )


def _credentials(value: str) -> str:
    """The user's name and password in a field's value; empty where there are none."""
    basic = _BASIC.fullmatch(value)
    try:
        return "" if basic is None else base64.b64decode(basic[1], validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
