"""What the sites have in common: pages that run their own scripts alone, and a server that answers its own name alone.

1. A request whose ``Host`` is another than the site's is refused: a name of somebody else's that was led to the
   loopback (DNS rebinding) is no way in.
2. A request that changes something comes from a page of this origin, or from no page.
3. A page loads scripts, styles, pictures and data from its own origin, is framed by nobody, and has no inline script.

Source: W3C Content Security Policy Level 3; RFC 6454 (origins); RFC 9110, section 15.5.20 (421).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etui.standards.money import full_amount

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

_FOLDER: Final = Path(__file__).parent
_SAFE: Final = {"GET", "HEAD"}
_FORBIDDEN, _TOO_LARGE, _MISDIRECTED = 403, 413, 421
_MOST_FORM_BYTES: Final = 16 << 10
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",  # without one, a form's own origin would be sent as null
    "x-content-type-options": "nosniff",
}


def site(
    host: str, routes: Sequence[BaseRoute], *, etui_js: Path | None = None, lifespan: Lifespan | None = None
) -> ASGIApp:
    """A site at a host, as ``127.0.0.1:8101``. ``etui_js``: the folder of that package, for those who pay by it."""
    served: list[BaseRoute] = [*routes, Mount("/static", StaticFiles(directory=_FOLDER / "static"))]
    if etui_js is not None:
        served.append(Mount("/etui", StaticFiles(directory=etui_js / "src")))
    return _Guarded(Starlette(routes=served, lifespan=lifespan), host)


class Pages:
    """The pages of one site, made of its templates."""

    def __init__(self, **shown: object) -> None:
        self._environment = Environment(
            loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters["money"] = full_amount
        self._environment.globals.update(shown)

    def show(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """A page."""
        text = self._environment.get_template(template).render(shown)
        return HTMLResponse(text, status, {"cache-control": "no-store"})


async def form_in(request: Request) -> Mapping[str, str]:
    """The fields of a form, of two with one name the last; one of more than 16 KiB is refused."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_FORM_BYTES:
            raise HTTPException(_TOO_LARGE)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


class _Guarded:
    """Rules 1 and 2, and the headers of rule 3."""

    def __init__(self, application: ASGIApp, host: str) -> None:
        self._application = application
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (refused or self._application)(scope, receive, headed)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if headers.get("host") != self._host:
            return PlainTextResponse(f"this is {self._host}, and nobody else\n", _MISDIRECTED)
        own = f"http://{self._host}"
        if method not in _SAFE and headers.get("origin", own) != own:
            return PlainTextResponse("that came from a page of somebody else's\n", _FORBIDDEN)
        return None
