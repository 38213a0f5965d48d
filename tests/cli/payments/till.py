"""The shop of the tests on the loopback, over TLS: it takes orders, is paid, and signs receipts."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from etui.standards.payments import PaymentError, decrypt_credential, digest_of

if TYPE_CHECKING:
    from tests.extensions.cards.bank import Bank
    from tests.standards.payments.shop import Shop

HOST: Final = "localhost"
ORDER: Final = "order-1"


class Till:
    """``url``: where it takes orders. ``charged``: what it was paid with, each time it was asked.

    ``declines``: whether it does. ``fails``: how often it answers nothing of use after it charged. ``receipt``: what
    it signs differently, or None for no receipt at all; ``by``: who signs. ``state``: what it says of its order when it
    is asked, empty for nothing at all. ``looked_at``: how often it was asked.
    """

    def __init__(self, shop: Shop, bank: Bank, tls: ssl.SSLContext) -> None:
        self.shop = self.by = shop
        self.bank = bank
        self.charged: list[str] = []
        self.ordered: list[Any] = []
        self.declines = False
        self.fails = 0
        self.receipt: dict[str, Any] | None = {}
        self.request: dict[str, Any] = {}
        self.state = "open"
        self.looked_at = 0
        self._token = ""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://{HOST}:{self._socket.getsockname()[1]}/orders"
        routes = [
            Route("/orders", self._order, methods=["POST"]),
            Route("/orders/{order}", self._look, methods=["GET"]),
            Route("/orders/{order}/payment", self._pay, methods=["POST"]),
            Route("/moved", self._moved, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off", workers=1)
        config.load()
        config.ssl = tls
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()

    def asks(self) -> str:
        """Its payment request."""
        self._token = self.shop.asks(int(time.time()), **self.request)
        return self._token

    def close(self) -> None:
        """Ends it."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    async def _order(self, request: Request) -> Response:
        self.ordered.append(await request.json())
        return JSONResponse({"request": self.asks()})

    async def _look(self, request: Request) -> Response:
        self.looked_at += 1
        while not self.state and not await request.is_disconnected():
            await request.receive()
        receipt = self._receipt() if self.state == "approved" else None
        return JSONResponse({"state": self.state, "request": self._token, "receipt": receipt})

    def _receipt(self) -> str | None:
        return None if self.receipt is None else self.by.receipt(digest_of(self._token), **self.receipt)

    async def _moved(self, _: Request) -> Response:
        return Response(status_code=307, headers={"Location": self.url})

    async def _pay(self, request: Request) -> Response:
        if request.path_params["order"] != ORDER:
            return PlainTextResponse("there is no such order\n", 404)
        self.charged.append((await request.json())["credential"])
        digest = digest_of(self._token)
        try:
            paid = decrypt_credential(self.charged[-1], self.shop.box, digest)
        except PaymentError as error:
            return PlainTextResponse(f"{error}\n", 400)
        if self.fails:
            self.fails -= 1
            return PlainTextResponse("later\n", 503)
        if self.declines or not self.bank.verifies(paid):
            return JSONResponse({"outcome": "declined", "receipt": None})
        return JSONResponse({"outcome": "approved", "receipt": self._receipt()})
