"""The shop: things for a desk, paid by ``etui.js``, by the browser's ``PaymentRequest``, or at the counter.

::

    GET  /                     what is sold, and a basket
    POST /orders …             as the demo shop has them (``etui.counterparts.merchant.shop``)
    POST /reservations         the basket, kept at the counter: for who has no wallet, or no scripts
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from etui.counterparts.demo.sites.web import Pages, form_in, site
from etui.counterparts.merchant import Merchant, UnfitError
from etui.counterparts.merchant.goods import Catalogue, Good, NewOrder, Wanted
from etui.counterparts.merchant.shop import open_with, order_routes

GOODS: Final = Catalogue(
    Good("notebook", "A notebook", 1250, "EUR", 19),
    Good("pencil", "A pencil", 240, "EUR", 19),
    Good("lamp", "A desk lamp", 4900, "EUR", 19),
    Good("atlas", "A pocket atlas", 1890, "EUR", 7),
)
_BAD: Final = 400
_MOST: Final = 9
_CODE_BYTES: Final = 3


def shop(host: str, merchant: Merchant, etui_js: Path) -> ASGIApp:
    """The site; ``merchant`` is opened and closed with it."""
    pages = Pages(title="Paperweight", theme="shop", goods=list(GOODS), most=_MOST)

    async def index(_: Request) -> Response:
        return pages.show("shop.html", failure="")

    async def reserve(request: Request) -> Response:
        try:
            order = _order_in(await form_in(request))
        except UnfitError as error:
            return pages.show("shop.html", _BAD, failure=str(error))
        code = secrets.token_hex(_CODE_BYTES).upper()
        details = GOODS.details_of(order, code)
        return pages.show("reserved.html", code=code, lines=details.display_items, total=details.total)

    routes = [
        Route("/", index, methods=["GET"]),
        Route("/reservations", reserve, methods=["POST"]),
        *order_routes(merchant, GOODS),
    ]
    return site(host, routes, etui_js=etui_js, lifespan=open_with(merchant))


def _order_in(form: Mapping[str, str]) -> NewOrder:
    """What is wanted; raises ``UnfitError`` for nothing, and for what is no count."""
    wanted = tuple(Wanted(good.id, count) for good in GOODS if (count := _count(form.get(good.id, "0"))))
    if not wanted:
        raise UnfitError("Choose something first.")
    return NewOrder(wanted)


def _count(text: str) -> int:
    """How many; raises ``UnfitError``."""
    if not text.isascii() or not text.isdigit() or int(text[:4]) > _MOST:
        raise UnfitError(f"A count is a whole number from 0 to {_MOST}.")
    return int(text[:4])
