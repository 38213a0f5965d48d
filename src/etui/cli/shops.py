"""A shop on the net, as `etui pay` meets it: a request is ordered, what pays it is posted, an outcome comes back.

::

    POST  ADDRESS              what is ordered       ─► {"request": a signed payment request}
    POST  ADDRESS/ID/payment   {"credential": …}     ─► {"outcome": "approved" | "declined", "receipt": …}

HTTPS alone, by the system's authorities or those in ``SSL_CERT_FILE``; redirects are not followed, and an answer has at
most 256 KiB. What pays is sent again where no answer comes, since a shop charges one request once.
"""

from __future__ import annotations

import http.client
import ssl
import time
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from etui.cli.exits import CommandError, Exit
from etui.cli.output import single_line

_TIMEOUT_S: Final = 30.0
_MAX_BYTES: Final = 256 << 10
_OK: Final = range(200, 300)
_UNAVAILABLE: Final = range(500, 600)
_TRIES: Final = 3
_PAUSE_S: Final = 1.0
_SHOWN: Final = 200
T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """What a shop answers to an order. ``request``: a signed payment request."""

    request: Annotated[str, Meta(min_length=1, max_length=64 << 10)]


class Outcome(msgspec.Struct, frozen=True):
    """What a shop says of a payment. ``receipt``: signed, where it gives one."""

    outcome: Literal["approved", "declined"]
    receipt: Annotated[str, Meta(max_length=64 << 10)] | None = None


class _Charge(msgspec.Struct, frozen=True):
    credential: str


class _UnansweredError(Exception):
    """A shop could not be reached, or did not say what it did; ``reached``: whether it may have heard."""

    code = "unanswered"


class Shop:
    """``address``: where it takes orders, as ``https://shop.example/orders``; raises ``CommandError`` for none."""

    def __init__(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError as error:
            raise CommandError(f"{single_line(address)} is no address: {error}", Exit.USAGE) from None
        if parts.scheme != "https" or not self._host or parts.username or parts.query or parts.fragment:
            text = f"{single_line(address)} is no address of a shop: it takes https://HOST/PATH, and nothing more"
            raise CommandError(text, Exit.USAGE)
        self._path = parts.path.rstrip("/") or "/orders"

    def order(self, body: bytes) -> str:
        """Orders what ``body`` says, in JSON; the payment request. Raises ``CommandError``."""
        try:
            return self._post(self._path, body, Asked).request
        except _UnansweredError as error:
            raise CommandError(f"nothing was ordered: {error}") from None

    def charge(self, order: str, credential: str) -> Outcome:
        """Hands over what pays an order; raises ``CommandError`` where nobody knows what the shop made of it."""
        body = msgspec.json.encode(_Charge(credential))
        path = f"{self._path}/{quote(order, safe='')}/payment"
        for left in reversed(range(_TRIES)):
            try:
                return self._post(path, body, Outcome)
            except _UnansweredError as error:
                if not left:
                    text = f"{error}. It may have charged you all the same: ask it before you pay again"
                    raise CommandError(text) from None
            time.sleep(_PAUSE_S)
        raise AssertionError

    def _post(self, path: str, body: bytes, kind: type[T]) -> T:
        """What it answers; raises ``_UnansweredError`` where another try may help, else ``CommandError``."""
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
        )
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", "Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read(_MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _UnansweredError(f"{self._host} did not answer: {single_line(str(error))}") from None
        finally:
            connection.close()
        if answer.status in _UNAVAILABLE:
            raise _UnansweredError(f"{self._host} answered with the status {answer.status}")
        said = single_line(text[:_SHOWN].decode("utf-8", "replace")).strip()
        if answer.status not in _OK:
            raise CommandError(f"{self._host} refused with the status {answer.status}: {said}")
        try:
            if len(text) > _MAX_BYTES:
                raise CommandError(f"{self._host} answered with more than {_MAX_BYTES} bytes")
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            raise CommandError(f"{self._host} answered what nobody can use: {error}") from None
