"""A shop on the net, for a Client that pays it: what is ordered there, and what becomes of what pays it.

::

    GET  /orders/ORDER           {"request": a signed payment request}, and with it what became of it, where the shop
                                 says so: {"state": …, "receipt": …}
    POST /orders                 {"request": …}, for what is ordered, as the shop takes it
    POST /orders/ORDER/payment   {"outcome": "approved" | "declined", "receipt": …}, for {"credential": …}

1. HTTPS alone, by the system's authorities or those in ``SSL_CERT_FILE``, through the proxy that the environment names.
   Whom a payment is for is nothing that the host says: that is in what the merchant signed.
2. It is not followed elsewhere. An answer has at most 256 KiB and takes at most a minute.
3. What pays is sent again where no answer came, since a shop charges one request once.
4. What a shop says of an order is of the request that it shows with it, and of no other.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import time
import urllib.request
from typing import Annotated, Final, Literal, Self, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit

import msgspec
from msgspec import Meta

ORDERS: Final = "/orders"
MAX_ANSWER_BYTES: Final = 256 << 10
_TOKEN: Final = Meta(min_length=1, max_length=64 << 10)
_TIMEOUT_S: Final = 30.0
_WHOLE_S: Final = 60.0
_PART_BYTES: Final = 64 << 10
_TRIES: Final = 3
_PAUSE_S: Final = 1.0
_FAILED: Final = 500
_MAX_REFUSAL_BYTES: Final = 4096
_SHOWN: Final = 200
_QUOTES: Final = str.maketrans("“”", "''")
"""So that what a shop says ends where its quotation ends."""
_FAILURES: Final = (URLError, OSError, http.client.HTTPException, TimeoutError)
T = TypeVar("T")


class ShopError(Exception):
    """The shop does not answer, refuses, or says something that is of no use.

    ``may_pass``: whether the same may succeed a moment later, and whether it was heard is not known.
    """

    code = "shop"

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class Asking(msgspec.Struct, frozen=True):
    """What a shop answers to an order. ``request``: a signed payment request, a JWS."""

    request: Annotated[str, _TOKEN]


class Outcome(msgspec.Struct, frozen=True):
    """What a shop says of a payment. ``receipt``: signed, a JWS, where it gives one."""

    outcome: Literal["approved", "declined"]
    receipt: Annotated[str, _TOKEN] | None = None


class Status(msgspec.Struct, frozen=True):
    """What became of an order. ``request``: the one that it is of. ``receipt``: as in ``Outcome``.

    ``state``: ``open`` where nobody has paid yet; ``paying`` while that is under way; ``expired`` where nobody has, and
    the shop takes nothing for it any more.
    """

    request: Annotated[str, _TOKEN]
    state: Literal["open", "paying", "approved", "declined", "expired"]
    receipt: Annotated[str, _TOKEN] | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the request, in hexadecimal digits."""
        return hashlib.sha256(self.request.encode("utf-8")).hexdigest()


class _Refusal(msgspec.Struct, frozen=True):
    message: str


class _Payment(msgspec.Struct, frozen=True):
    credential: str


class Shop:
    """The shop at a host. Every method raises ``ShopError``.

    ``host``: its name, with ``:PORT`` behind it where that is another than 443. ``orders``: the path of its orders.
    ``timeout_s``: for how long it may say nothing.
    """

    def __init__(self, host: str, orders: str = ORDERS, *, timeout_s: float = _TIMEOUT_S) -> None:
        self.host = host
        self._orders = orders
        self._timeout_s = timeout_s
        context = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(context, _Staying())

    @classmethod
    def at(cls, address: str, *, timeout_s: float = _TIMEOUT_S) -> Self:
        """The shop that takes orders at an address, as ``https://shop.example/orders``."""
        try:
            parts = urlsplit(address)
            usable = parts.scheme == "https" and parts.hostname and (parts.port is None or parts.port)
        except ValueError as error:
            raise ShopError(f"{address} is no address: {error}") from None
        if not usable or parts.username or parts.query or parts.fragment:
            raise ShopError(f"{address} is no address of a shop: it takes https://HOST/PATH, and nothing more")
        return cls(parts.netloc, parts.path.rstrip("/") or ORDERS, timeout_s=timeout_s)

    def address_of(self, order: str) -> str:
        """Where an order is asked about."""
        return f"https://{self.host}{self._path_of(order)}"

    def request(self, order: str) -> str:
        """The signed payment request of an order that there is."""
        return self._answer(self._path_of(order), None, Asking).request

    def status(self, order: str) -> Status:
        """What became of an order."""
        return self._answer(self._path_of(order), None, Status)

    def order(self, content: bytes) -> str:
        """Orders what ``content`` says, in JSON; the signed payment request for it."""
        return self._answer(self._orders, content, Asking).request

    def charge(self, order: str, credential: str) -> Outcome:
        """What becomes of an order with what pays it, a JWE for the merchant."""
        path = f"{self._path_of(order)}/payment"
        content = msgspec.json.encode(_Payment(credential))
        for left in reversed(range(_TRIES)):
            try:
                return self._answer(path, content, Outcome)
            except ShopError as error:
                if not left or not error.may_pass:
                    raise
                time.sleep(_PAUSE_S)
        raise AssertionError  # the last try returned or raised

    def _path_of(self, order: str) -> str:
        return f"{self._orders}/{quote(order, safe='')}"

    def _answer(self, path: str, content: bytes | None, kind: type[T]) -> T:
        request = urllib.request.Request(f"https://{self.host}{path}", content, {"Accept": "application/json"})
        if content is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                answered = self._whole(response)
        except HTTPError as error:
            with error:
                text = f"{self.host} answered with the status {error.code}{_said_in(error)}"
            raise ShopError(text, may_pass=error.code >= _FAILED) from None
        except _FAILURES as error:
            raise ShopError(f"{self.host} cannot be reached: {_reason(error)}", may_pass=True) from None
        try:
            return msgspec.json.decode(answered, type=kind)
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
            text = f"{self.host} answered something else than what a shop says: {error}"
            raise ShopError(text, may_pass=True) from None  # it may have broken off

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        deadline = time.monotonic() + _WHOLE_S
        answered = bytearray()
        while part := response.read1(_PART_BYTES):
            answered += part
            if len(answered) > MAX_ANSWER_BYTES:
                raise ShopError(f"{self.host} sends more than {MAX_ANSWER_BYTES >> 10} KiB")
            if time.monotonic() > deadline:
                raise ShopError(f"{self.host} sends for more than {_WHOLE_S:.0f} seconds")
        return bytes(answered)


def status_at(address: str, *, timeout_s: float) -> Status:
    """What became of the order at an address, as ``Shop.address_of`` gives it; raises ``ShopError``."""
    orders, _, order = address.rpartition("/")
    return Shop.at(orders, timeout_s=timeout_s).status(unquote(order))


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the host that was named is the shop."""

    def redirect_request(self, *_: object) -> None:
        """Makes no other request; the answer that leads elsewhere is an error."""


def _said_in(error: HTTPError) -> str:
    """Why, in the shop's words, where it says so as ``{"message": …}``."""
    try:
        message = msgspec.json.decode(error.read(_MAX_REFUSAL_BYTES), type=_Refusal).message
    except (ValueError, RecursionError, *_FAILURES):
        return ""
    return f": “{message[:_SHOWN].translate(_QUOTES)}”"


def _reason(error: Exception) -> str:
    found = error.reason if isinstance(error, URLError) else error
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"it does not prove to be that host ({found.verify_message})"
    if isinstance(found, TimeoutError):
        return "it does not answer in time"
    return str(found) or type(found).__name__
