"""A mobile operator's self-care: its customers see plan and bill there, once they have logged in.

::

    GET  /             plan and bill, or the way to log in
    GET  /login        user name and password          POST /login
    GET  /code         the one-time code               POST /code
    GET  /register     a new customer                  POST /register
    GET  /codes        the key of the new codes, and a first one    POST /codes       GET /codes.png
    POST /logout

A session is a cookie of this origin, and ends after an hour. It is another one as soon as who has it is somebody else.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec
import zxingcpp
from PIL import Image
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from etui.counterparts.demo.sites.customers import Customer, CustomerError, Customers
from etui.counterparts.demo.sites.web import Pages, form_in, site

_BYTES: Final = 24
_SESSION_S: Final = 3600
_MOST_SESSIONS: Final = 10_000
_SEE_OTHER, _BAD, _NOT_FOUND = 303, 400, 404
_SCALE: Final = 4
_Handler = Callable[[Request], Awaitable[Response]]
_HandlerOf = Callable[[Request, Customer], Awaitable[Response]]
_BILL: Final = (("Alp M, 20 GB", 1990), ("Roaming, Italy", 350), ("2 calls to a service number", 118))


class _At(Enum):
    """How far somebody has come."""

    PENDING = "pending"
    HALF = "half"
    IN = "in"


class _Session(msgspec.Struct, frozen=True):
    at: _At
    customer: Customer
    until_s: int


class _Sessions:
    """Each by its cookie; those that are over make room for others."""

    def __init__(self, cookie: str) -> None:
        self._cookie = cookie
        self._open: dict[str, _Session] = {}

    def of(self, request: Request, at: _At) -> Customer | None:
        """Who has come that far."""
        session = self._open.get(request.cookies.get(self._cookie, ""))
        return session.customer if session and session.at is at and session.until_s > _now_s() else None

    def begin(self, response: Response, request: Request, at: _At, customer: Customer) -> Response:
        """The same response, with a new session in the place of the last one."""
        self.end(request)
        if len(self._open) >= _MOST_SESSIONS:
            self._open = {name: one for name, one in self._open.items() if one.until_s > _now_s()}
        if len(self._open) >= _MOST_SESSIONS:
            raise CustomerError("So many are here that nobody else can come in: try again later.")
        name = secrets.token_urlsafe(_BYTES)
        self._open[name] = _Session(at, customer, _now_s() + _SESSION_S)
        response.set_cookie(self._cookie, name, max_age=_SESSION_S, httponly=True, samesite="strict")
        return response

    def end(self, request: Request) -> None:
        """Ends the one that a request has; its cookie opens nothing any more."""
        self._open.pop(request.cookies.get(self._cookie, ""), None)


def self_care(host: str, etui_js: Path) -> ASGIApp:
    """The site. ``etui_js``: the folder of that package, with which its forms have a wallet fill them in."""
    return site(host, _SelfCare(f"session-{host.rpartition(':')[2]}").routes(), etui_js=etui_js)


class _SelfCare:
    def __init__(self, cookie: str) -> None:
        self._pages = Pages(title="Alpnet", theme="alpnet")
        self._customers = Customers()
        self._sessions = _Sessions(cookie)

    def routes(self) -> list[Route]:
        """Its paths."""
        return [
            Route("/", self._account, methods=["GET"]),
            Route("/logout", self._log_out, methods=["POST"]),
            *self._steps("/login", "login.html", self._log_in),
            *self._steps("/register", "register.html", self._register),
            *self._steps_at(_At.HALF, "/code", "code.html", self._confirm),
            *self._steps_at(_At.PENDING, "/codes", "codes.html", self._admit),
            Route("/codes.png", self._picture, methods=["GET"]),
        ]

    async def _account(self, request: Request) -> Response:
        customer = self._sessions.of(request, _At.IN)
        if customer is None:
            return self._pages.show("welcome.html")
        total = sum(minor for _, minor in _BILL)
        return self._pages.show("account.html", customer=customer, bill=_BILL, total=total)

    async def _picture(self, request: Request) -> Response:
        pending = self._sessions.of(request, _At.PENDING)
        if pending is None:
            return Response(status_code=_NOT_FOUND)
        drawn = zxingcpp.create_barcode(pending.uri, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
        out = io.BytesIO()
        Image.fromarray(drawn.to_image(scale=_SCALE)).save(out, format="PNG")
        return Response(out.getvalue(), media_type="image/png", headers={"cache-control": "no-store"})

    async def _log_out(self, request: Request) -> Response:
        self._sessions.end(request)
        return _to("/")

    async def _log_in(self, request: Request) -> Response:
        form = await form_in(request)
        customer = self._customers.known(form.get("username", ""), form.get("password", ""), _now_s())
        return self._sessions.begin(_to("/code"), request, _At.HALF, customer)

    async def _confirm(self, request: Request, customer: Customer) -> Response:
        customer.check_code((await form_in(request)).get("code", ""), _now_s())
        return self._sessions.begin(_to("/"), request, _At.IN, customer)

    async def _register(self, request: Request) -> Response:
        form = await form_in(request)
        pending = self._customers.new(form.get("username", ""), form.get("password", ""))
        return self._sessions.begin(_to("/codes"), request, _At.PENDING, pending)

    async def _admit(self, request: Request, pending: Customer) -> Response:
        self._customers.admit(pending, (await form_in(request)).get("code", ""), _now_s())
        return self._sessions.begin(_to("/"), request, _At.IN, pending)

    def _steps(self, path: str, template: str, done: _Handler) -> list[Route]:
        """A page with a form, which leads further, or back to it with what is wrong."""

        async def shown(_: Request) -> Response:
            return self._pages.show(template, failure="")

        async def sent(request: Request) -> Response:
            try:
                return await done(request)
            except CustomerError as error:
                return self._pages.show(template, _BAD, failure=str(error))

        return [Route(path, shown, methods=["GET"]), Route(path, sent, methods=["POST"])]

    def _steps_at(self, at: _At, path: str, template: str, done: _HandlerOf) -> list[Route]:
        """The same for who has come that far; others begin anew."""

        async def shown(request: Request) -> Response:
            if customer := self._sessions.of(request, at):
                return self._pages.show(template, customer=customer, failure="")
            return _to("/login")

        async def sent(request: Request) -> Response:
            if (customer := self._sessions.of(request, at)) is None:
                return _to("/login")
            try:
                return await done(request, customer)
            except CustomerError as error:
                return self._pages.show(template, _BAD, customer=customer, failure=str(error))

        return [Route(path, shown, methods=["GET"]), Route(path, sent, methods=["POST"])]


def _to(path: str) -> Response:
    return RedirectResponse(path, _SEE_OTHER)


def _now_s() -> int:
    return int(time.time())
