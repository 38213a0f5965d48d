"""The demo shop's side of the web.

::

    GET  /goods                        what is sold
    GET  /keys                         the key by which the shop signs, as a JSON Web Key Set (RFC 7517)
    GET  /codes                        what the shop's QR codes are put up at, and what is added to an amount there
    GET  /codes/PLACE.png              the code
    POST /orders                       {"goods": [{"id": "book", "count": 1}]}  →  {"id": …, "request": token}
    POST /orders                       {"code": PLACE, "amount": …, "tip": …}   →  the same
    POST /orders/ID/payment            {"credential": JWE}  →  {"outcome": "approved" | "declined", "receipt": token}
    GET  /orders/ID                    {"id", "state", "total", "request", "receipt"}

A payment that is posted again gets the same answer. What is wrong is answered with ``{"error": code, "message": …}``.

Source: RFC 9110, section 15 (status codes).
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etui.counterparts.books import BooksError
from etui.counterparts.merchant.codes import PLACES, CodeOrder, code_at, details_at, picture_of, tip_in
from etui.counterparts.merchant.errors import AlreadyError, MerchantError, UnfitError, UnknownError
from etui.counterparts.merchant.goods import DEMO, Catalogue, NewOrder
from etui.counterparts.merchant.merchant import Merchant, Order
from etui.counterparts.merchant.records import Outcome
from etui.standards.emvqr import encode
from etui.standards.money import decimal_amount
from etui.standards.payments import Amount, ExpiredError, PaymentError

MOST_BYTES: Final = 64 << 10
_CREATED, _BAD, _NOT_FOUND, _CONFLICT, _GONE, _TOO_LARGE, _UNAVAILABLE = 201, 400, 404, 409, 410, 413, 503
_ID_BYTES: Final = 8
_Body = TypeVar("_Body")
_Handler = Callable[[Request], Awaitable[Response]]


class Offered(msgspec.Struct, frozen=True):
    """A good as it is shown."""

    id: str
    name: str
    price: Amount


class PutUp(msgspec.Struct, frozen=True):
    """A code as it is told. ``payload``: its text."""

    id: str
    name: str
    payload: str


class Ordered(msgspec.Struct, frozen=True):
    """A new order. ``request``: the signed payment request."""

    id: str
    request: str


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the wallet answered to that."""

    credential: Annotated[str, Meta(min_length=1, max_length=16 << 10)]


class Paid(msgspec.Struct, frozen=True):
    """What became of it: ``outcome`` is ``approved`` or ``declined``, and ``code`` the issuer's, empty for none."""

    outcome: str
    code: str
    receipt: str | None


class Status(msgspec.Struct, frozen=True):
    """An order.

    ``state``: ``open``, ``paying`` while that is under way, ``approved``, ``declined``, or ``expired`` where nobody has
    paid and nobody can any more.
    """

    id: str
    state: str
    total: Amount
    request: str
    receipt: str | None


class _Told(msgspec.Struct, frozen=True):
    error: str
    message: str


class _TooLargeError(Exception):
    pass


def application(merchant: Merchant) -> Starlette:
    """The demo shop, which sells as ``merchant``; that is opened and closed with it."""
    shop = _Shop(merchant, DEMO)
    return Starlette(
        lifespan=open_with(merchant),
        routes=[
            Route("/codes", answered(shop.codes), methods=["GET"]),
            Route("/codes/{place}.png", answered(shop.code), methods=["GET"]),
            Route("/keys", answered(shop.keys), methods=["GET"]),
            Route("/orders", answered(shop.order_or_code), methods=["POST"]),
            *order_routes(merchant, DEMO),
        ],
    )


def order_routes(merchant: Merchant, catalogue: Catalogue) -> list[Route]:
    """The paths by which ``merchant`` sells what is in a catalogue."""
    shop = _Shop(merchant, catalogue)
    return [
        Route("/goods", answered(shop.goods), methods=["GET"]),
        Route("/orders", answered(shop.order), methods=["POST"]),
        Route("/orders/{order}", answered(shop.status), methods=["GET"]),
        Route("/orders/{order}/payment", answered(shop.pay), methods=["POST"]),
    ]


def open_with(merchant: Merchant) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """A merchant that is open for as long as an application is."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with merchant:
            yield

    return lifespan


class _Shop:
    def __init__(self, merchant: Merchant, catalogue: Catalogue) -> None:
        self._merchant = merchant
        self._catalogue = catalogue

    async def goods(self, _: Request) -> Response:
        offered = [
            Offered(one.id, one.name, Amount(one.currency, decimal_amount(one.price_minor, one.currency)))
            for one in self._catalogue
        ]
        return _json(offered)

    async def codes(self, _: Request) -> Response:
        certified = self._merchant.certified
        return _json([PutUp(one.id, one.name, encode(code_at(one.id, certified)).decode()) for one in PLACES.values()])

    async def code(self, request: Request) -> Response:
        code = code_at(request.path_params["place"], self._merchant.certified)
        return Response(picture_of(code), media_type="image/png")

    async def keys(self, _: Request) -> Response:
        return _json({"keys": [self._merchant.verification]})

    async def order(self, request: Request) -> Response:
        return await self._ordered(await read_body(request, NewOrder))

    async def order_or_code(self, request: Request) -> Response:
        body = await _body(request)
        if "code" in _read(body, dict[str, msgspec.Raw]):
            return await self._ordered(_read(body, CodeOrder))
        return await self._ordered(_read(body, NewOrder))

    async def _ordered(self, order: NewOrder | CodeOrder) -> Response:
        order_id = secrets.token_hex(_ID_BYTES)
        if isinstance(order, CodeOrder):
            details = details_at(order, order_id, self._merchant.certified)
        else:
            details = self._catalogue.details_of(order, order_id)
        return _json(Ordered(order_id, await self._merchant.ask(details)), _CREATED)

    async def pay(self, request: Request) -> Response:
        paid = await read_body(request, Payment)
        order = await self._merchant.order(request.path_params["order"])
        outcome = await self._merchant.charge(order.request, paid.credential)
        return _json(Paid(_word(outcome), outcome.response_code, await self._receipt(order, outcome)))

    async def status(self, request: Request) -> Response:
        order = await self._merchant.order(request.path_params["order"])
        state, receipt = "expired" if order.is_over else "paying" if order.is_under_way else "open", None
        if order.outcome is not None:
            state, receipt = _word(order.outcome), await self._receipt(order, order.outcome)
        return _json(Status(order.details.id, state, order.details.total.amount, order.request, receipt))

    async def _receipt(self, order: Order, outcome: Outcome) -> str | None:
        if not outcome.is_approved:
            return None
        items = order.details.display_items
        return await self._merchant.receipt(outcome, items, tax=self._catalogue.tax_in(items), tip=tip_in(items))


def answered(handler: _Handler) -> _Handler:
    """The same, with what goes wrong told to who asked."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except _TooLargeError:
            return _json(_Told("too_large", f"a request has at most {MOST_BYTES} bytes"), _TOO_LARGE)
        except (MerchantError, PaymentError) as error:
            return _json(_Told(error.code, str(error)), _status(error))
        except BooksError:
            return _json(_Told("unavailable", "try the same again in a moment"), _UNAVAILABLE)

    return answer


def _status(error: MerchantError | PaymentError) -> int:
    match error:
        case UnknownError():
            return _NOT_FOUND
        case AlreadyError():
            return _CONFLICT
        case ExpiredError():
            return _GONE
        case _:
            return _BAD


async def read_body(request: Request, kind: type[_Body]) -> _Body:
    """What was sent, in JSON; raises what ``answered`` tells."""
    return _read(await _body(request), kind)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise _TooLargeError
    return bytes(body)


def _read(body: bytes, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        raise UnfitError(f"that is nothing that is taken here: {error}") from None


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _word(outcome: Outcome) -> str:
    return "approved" if outcome.is_approved else "declined"
