"""The arcade: a game, and lives that are bought in it.

::

    GET  /            the game
    GET  /lives       {"extra": so many of this player's}
    POST /lives       {"order": ID}: an order that was paid brings its lives, once
    POST /lives/use   takes one; 409 where there is none
    POST /orders …    as the demo shop has them

A player is a cookie. Who bought what is known for as long as the arcade is open.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from etui.counterparts.demo.sites.web import Pages, site
from etui.counterparts.merchant import AlreadyError, Merchant, UnfitError
from etui.counterparts.merchant.goods import Catalogue, Good
from etui.counterparts.merchant.shop import answered, open_with, order_routes, read_body

LIVES: Final = Good("lives", "3 extra lives", 99, "EUR", 19)
GOODS: Final = Catalogue(LIVES)
_IN_A_PACK: Final = 3
_COOKIE_BYTES: Final = 18
_COOKIE_S: Final = 30 * 86_400


class _Season(msgspec.Struct, frozen=True):
    """What a season pass is: lives are paid for without a question, up to so much in so many days."""

    amount_minor: int
    days: int


_SEASON: Final = _Season(500, 30)


class _Bought(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: Annotated[str, Meta(min_length=1, max_length=100)]


class _Lives(msgspec.Struct, frozen=True):
    extra: int


def arcade(host: str, merchant: Merchant, etui_js: Path) -> ASGIApp:
    """The site; ``merchant`` is opened and closed with it."""
    open_one = _Arcade(merchant, f"player-{host.rpartition(':')[2]}")
    routes = [
        Route("/", open_one.index, methods=["GET"]),
        Route("/lives", open_one.lives, methods=["GET"]),
        Route("/lives", answered(open_one.bring), methods=["POST"]),
        Route("/lives/use", answered(open_one.use), methods=["POST"]),
        *order_routes(merchant, GOODS),
    ]
    return site(host, routes, etui_js=etui_js, lifespan=open_with(merchant))


class _Arcade:
    """``cookie``: the name of the one by which a player is known."""

    def __init__(self, merchant: Merchant, cookie: str) -> None:
        self._merchant = merchant
        self._cookie = cookie
        self._pages = Pages(title="Lantern", theme="arcade", lives=LIVES, pack=_IN_A_PACK, season=_SEASON)
        self._purses: dict[str, int] = {}
        self._brought: set[str] = set()

    async def index(self, request: Request) -> Response:
        response = self._pages.show("arcade.html")
        if not self._player(request):
            player = secrets.token_urlsafe(_COOKIE_BYTES)
            response.set_cookie(self._cookie, player, max_age=_COOKIE_S, httponly=True, samesite="strict")
        return response

    async def lives(self, request: Request) -> Response:
        return self._told(self._player(request))

    async def bring(self, request: Request) -> Response:
        player = self._player(request)
        if not player:
            raise UnfitError("nobody plays here yet: open the game first")
        name = (await read_body(request, _Bought)).order
        outcome = (await self._merchant.order(name)).outcome
        if outcome is None or not outcome.is_approved:
            raise UnfitError("that order is not paid")
        if name in self._brought:
            raise AlreadyError("that order has brought its lives")
        self._brought.add(name)
        packs = outcome.amount_minor // LIVES.price_minor
        self._purses[player] = self._purses.get(player, 0) + _IN_A_PACK * packs
        return self._told(player)

    async def use(self, request: Request) -> Response:
        player = self._player(request)
        if not self._purses.get(player):
            raise AlreadyError("there is no extra life left")
        self._purses[player] -= 1
        return self._told(player)

    def _player(self, request: Request) -> str:
        """Who plays; nobody where it is empty."""
        return request.cookies.get(self._cookie, "")

    def _told(self, player: str) -> Response:
        lives = _Lives(self._purses.get(player, 0))
        return Response(msgspec.json.encode(lives), media_type="application/json")
