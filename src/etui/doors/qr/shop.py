"""The merchant's host, over HTTPS: what it asks for, and what became of what it was given.

::

    GET  /orders/ORDER                                            {"request": JWS}
    POST /orders           {"code": ID, "amount": {…}, "tip": {…}}  {"request": JWS}
    POST /orders/ORDER/payment   {"credential": JWE}              {"outcome": "approved", "receipt": JWS}

The first is for a code that is shown for one payment. The second is for one that is shown for many, or where a tip
comes to it: ``amount`` is without the tip, and without the fee that the code itself names; the merchant adds both.

The host proves itself as any on the web; it is not followed elsewhere, and what it sends is bounded. Whom the payment
is for is nothing that it says: that is in what the merchant signed.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote

import msgspec
from msgspec import Meta

from etui.doors.qr.errors import ShopError
from etui.standards.money import decimal_amount
from etui.standards.payments import Amount

if TYPE_CHECKING:
    from etui.doors.qr.claims import Asked

MAX_ANSWER_BYTES: Final = 256 << 10
T = TypeVar("T")
_TOKEN: Final = Meta(min_length=1, max_length=64 << 10)
_TIMEOUT_S: Final = 15.0
_WHOLE_S: Final = 60.0
_PART_BYTES: Final = 64 << 10
_TRIES: Final = 3
_PAUSE_S: Final = 1.0
_FAILED: Final = 500
_MAX_REFUSAL_BYTES: Final = 4096
_SHOWN: Final = 200
_FAILURES: Final = (URLError, OSError, http.client.HTTPException, TimeoutError)


class Outcome(msgspec.Struct, frozen=True):
    """What became of a payment; ``receipt``: the merchant's, where it gave one."""

    outcome: Literal["approved", "declined"]
    receipt: Annotated[str, _TOKEN] | None = None


class _Asking(msgspec.Struct, frozen=True):
    request: Annotated[str, _TOKEN]


class _NewOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    amount: Amount | None = None
    tip: Amount | None = None


class _Refusal(msgspec.Struct, frozen=True):
    message: str


class _Payment(msgspec.Struct, frozen=True):
    credential: str


class Shop:
    """The host of a merchant. Every method raises ``ShopError`` where it does not answer as above."""

    def __init__(self, host: str) -> None:
        self.host = host
        context = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(context, _Staying())

    def request(self, order: str, asked: Asked) -> str:
        """The signed payment request for what a code asks for. ``order``: the id that the code names."""
        if not asked.anew:
            return self._answer(f"/orders/{quote(order, safe='')}", None, _Asking).request
        amount = None if asked.amount is None else _amount(asked.amount, asked.currency)
        tip = _amount(asked.tip, asked.currency) if asked.tip else None
        return self._answer("/orders", _NewOrder(order, amount, tip), _Asking).request

    def charge(self, order: str, credential: str) -> Outcome:
        """What became of a payment. It is asked again where no answer came: a merchant charges one request once."""
        path = f"/orders/{quote(order, safe='')}/payment"
        for left in reversed(range(_TRIES)):
            try:
                return self._answer(path, _Payment(credential), Outcome)
            except ShopError as error:
                if not left or not error.may_pass:
                    raise
                time.sleep(_PAUSE_S)
        raise AssertionError  # the last try returned or raised

    def _answer(self, path: str, content: msgspec.Struct | None, kind: type[T]) -> T:
        body = None if content is None else msgspec.json.encode(content)
        request = urllib.request.Request(f"https://{self.host}{path}", body, {"Accept": "application/json"})
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as response:
                answered = self._whole(response)
        except HTTPError as error:
            with error:
                text = f"{self.host} answers with status {error.code}{_said_in(error)}"
            raise ShopError(text, may_pass=error.code >= _FAILED) from None
        except _FAILURES as error:
            raise ShopError(f"{self.host} cannot be reached: {_reason(error)}", may_pass=True) from None
        try:
            return msgspec.json.decode(answered, type=kind)
        except msgspec.DecodeError as error:
            text = f"{self.host} answers with something else than what a shop says: {error}"
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


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: what the code names is the host."""

    def redirect_request(self, *_: object) -> None:
        """Makes no other request; the answer that leads elsewhere is an error."""


def _amount(minor: int, currency: str) -> Amount:
    return Amount(currency, decimal_amount(minor, currency))


def _said_in(error: HTTPError) -> str:
    """Why, in the shop's words, where it says so as ``{"message": …}``."""
    try:
        message = msgspec.json.decode(error.read(_MAX_REFUSAL_BYTES), type=_Refusal).message
    except (msgspec.DecodeError, *_FAILURES):
        return ""
    return f": “{message[:_SHOWN]}”"


def _reason(error: Exception) -> str:
    found = error.reason if isinstance(error, URLError) else error
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"it does not prove to be that host ({found.verify_message})"
    if isinstance(found, TimeoutError):
        return "it does not answer in time"
    return str(found) or type(found).__name__
