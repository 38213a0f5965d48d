"""The application behind the guard: every path, and what is shown in place of a page where there is none to show.

What changes something is a POST that ends in a redirection; what came of it is shown once on the page that follows.
Everything but what is told as it happens is sent compressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.shell.deeds import Deeds
from etui.shell.forms import FormError
from etui.shell.pages import Pages
from etui.shell.rendering import Rendering, Told
from etui.shell.requests import principal_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from etui.sdk.refusals import Reporter
    from etui.shell.entrance import Entrance
    from etui.shell.requests import Page
    from etui.shell.style import Look
    from etui.shell.wallet import Wallet

_HERE: Final = Path(__file__).parent
_FRAMES: Final = 3
_AFTER_A_LOCK_S: Final = (0.0, 0.1, 0.4, 1.0)
"""So long a page waits, and again, for the Router that takes the place of one that a lock ended."""
_SEE_OTHER: Final = 303


def application(wallet: Wallet, entrance: Entrance, reporter: Reporter, look: Look) -> Starlette:
    """What serves the pages; as it ends it tells what was turned away and is not told yet."""
    made = _Application(wallet, entrance, reporter, look)

    @contextlib.asynccontextmanager
    async def telling(_: Starlette) -> AsyncIterator[None]:
        yield
        await reporter.end()

    return Starlette(
        routes=made.routes(),
        middleware=[Middleware(GZipMiddleware)],
        exception_handlers={Exception: made.fault},
        lifespan=telling,
    )


class _Application:
    def __init__(self, wallet: Wallet, entrance: Entrance, reporter: Reporter, look: Look) -> None:
        self._wallet = wallet
        self._entrance = entrance
        self._reporter = reporter
        self._look = look
        self._rendering = Rendering(entrance.path, look)

    def routes(self) -> list[Route | Mount]:
        """Every path."""
        shown = Pages(self._wallet, self._rendering).paths()
        done = Deeds(self._wallet, self._rendering, self._look).paths()
        return [
            Route("/enter", self._enter),
            Route("/events", self._events),
            Route("/of/{publisher}/{name}/logo.png", self._logo),
            Route("/brand.png", self._mark),
            *(Route(path, self._opened(page)) for path, page in shown.items()),
            *(Route(path, self._done(page), methods=["POST"]) for path, page in done.items()),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]

    async def _enter(self, request: Request) -> Response:
        session = self._entrance.enter(request.query_params.get("link", ""), time.monotonic())
        if session is None:
            self._reporter.turned_away("link", request.headers.get("origin", ""))
            return PlainTextResponse("This link was used, or is too old. Ask for another: `etui shell`.\n", 401)
        response = RedirectResponse(f"{self._entrance.path}/", _SEE_OTHER)
        response.set_cookie(
            self._entrance.cookie, session, path=f"{self._entrance.path}/", httponly=True, samesite="strict"
        )
        return response

    async def _events(self, request: Request) -> Response:
        del request

        async def told() -> AsyncIterator[bytes]:
            yield b": here\n\n"
            async for _ in self._wallet.changes():
                yield b"event: changed\ndata:\n\n"

        return StreamingResponse(told(), media_type="text/event-stream")

    def _opened(self, page: Page) -> Page:
        """The page, once the wallet is open; before that, what opens it, and what went wrong where something did."""

        async def opened(request: Request) -> Response:
            for wait_s in _AFTER_A_LOCK_S:
                try:
                    return await shown(request)
                except ProtocolError:
                    await asyncio.sleep(wait_s)
            try:
                return await shown(request)
            except ProtocolError as error:
                return self._rendering.page("absent.html", request, reason=error.message, status_code=503)

        async def shown(request: Request) -> Response:
            status = await self._wallet.call(wallet.Status())
            if status.state != "unlocked":
                return self._rendering.page("closed.html", request, status=status)
            try:
                return await page(request)
            except ProtocolError as error:
                if isinstance(error, ConnectionLost) or error.code is ErrorCode.LOCKED:
                    raise
                return self._rendering.page("failed.html", request, error=error, status_code=403)

        return opened

    def _done(self, page: Page) -> Page:
        """What is done, and back to where it was asked for; an error is told there."""

        async def done(request: Request) -> Response:
            try:
                return await page(request)
            except FormError as error:
                return self._rendering.back(request, Told(failure=str(error)))
            except ProtocolError as error:
                return self._rendering.back(request, Told(failure=error.message, why=error.why or ""))

        return done

    async def _logo(self, request: Request) -> Response:
        try:
            row = await self._wallet.extension(principal_of(request))
        except ProtocolError:
            return PlainTextResponse("", 404)
        if row.logo is None:
            return PlainTextResponse("", 404)
        return Response(row.logo, media_type="image/png")

    async def _mark(self, request: Request) -> Response:
        del request
        if self._look.kept is None:
            return PlainTextResponse("", 404)
        return Response(self._look.kept.logo, media_type="image/png")

    async def fault(self, request: Request, error: Exception) -> Response:
        """What is shown of a fault of the Shell itself: nothing of its values, here or there."""
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        sys.stderr.write(f"etui shell: {type(error).__name__} at {places}\n")
        return self._rendering.page("fault.html", request, status_code=500)
