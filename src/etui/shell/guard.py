"""What stands before every page: is the request for this Shell, from its own page, with its own cookie.

=====================  =========================================================================
a request              is answered
=====================  =========================================================================
with another host      421: a name that was made to point here (DNS rebinding)
on another path        404, as if nothing were here
without the cookie     401: it has to come in by the link
by the link, of        403: the link is told to a browser by a command line, which every user of the machine can read
another user
from another site      403: what another page sends, another port of the loopback too
into a frame           403: by the link as well
with a large body      413
=====================  =========================================================================

What came under another host's name, from another site or user, into a frame, or without the cookie is reported, so
that it is on record. What is on another path is not: a browser asks every server for its icon.

Source: Fetch Metadata (W3C), RFC 9110 sections 7.4 and 15.5.20, Content Security Policy level 3.
"""

from __future__ import annotations

import os
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from etui.shell.peers import uid_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from etui.sdk.refusals import Reason, Reporter
    from etui.shell.entrance import Entrance
    from etui.shell.style import Look

MAX_BODY_BYTES: Final = 64 << 10
_SAFE: Final = frozenset({"GET", "HEAD"})
_OWN: Final = frozenset({"same-origin", "none"})
"""Of Sec-Fetch-Site: a page of this Shell's own, or the user's own hand."""
_FRAMES: Final = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})
"""Of Sec-Fetch-Dest: what another page would have this one in."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; style-src "
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KEPT: Final = "private, max-age=86400, immutable"
"""A Shell's paths are its own, so that nothing of this outlives what it is of; a logo's names the version."""
_NOT_KEPT: Final = "no-store"
_ANEW: Final = {"HX-Refresh": "true"}
"""Has a script of the page leave it, and load what there is instead."""
_TELLING: Final[dict[Reason, tuple[str, ...]]] = {
    "host": ("host",),
    **dict.fromkeys(("site", "session", "user"), ("origin", "referer")),
}
"""Which headers say who that was; the first that there is."""


class _Refusal(msgspec.Struct, frozen=True):
    """Why a request is not served. ``reason``: as it is reported; None where it is not."""

    status: int
    reason: Reason | None
    text: str


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, entrance: Entrance, reporter: Reporter, look: Look) -> None:
        self._app = app
        self._entrance = entrance
        self._reporter = reporter
        self._look = look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or refuses it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing else is served; a web socket is closed by that
        headers = Headers(scope=scope)
        path: str = scope["path"]
        kept = _KEPT if "/static/" in path or path.endswith(".png") else _NOT_KEPT

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                out["Content-Security-Policy"] = _POLICY + self._look.source
                for name, value in _HEADERS.items():
                    out[name] = value
                out["Cache-Control"] = kept if message["status"] == 200 else _NOT_KEPT  # noqa: PLR2004  # OK
            await send(message)

        if (refusal := self._refusal(scope, headers)) is not None:
            if refusal.reason is not None:
                said = next((headers[name] for name in _TELLING[refusal.reason] if name in headers), "")
                self._reporter.turned_away(refusal.reason, said)
            anew = _ANEW if refusal.reason == "session" else None
            await PlainTextResponse(refusal.text + "\n", refusal.status, headers=anew)(scope, receive, guarded)
            return
        inner = {**scope, "root_path": self._entrance.path}
        await self._app(inner, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> _Refusal | None:
        """Why not; None for what is to be served. The first that fits counts."""
        entrance, method, path = self._entrance, scope["method"], scope["path"]
        comes_in = path == f"{entrance.path}/enter"
        is_other_site = headers.get("sec-fetch-site", "none") not in _OWN and not comes_in
        is_framed = headers.get("sec-fetch-dest", "") in _FRAMES
        is_sent = method not in _SAFE and headers.getlist("origin") != [entrance.origin]
        length = headers.get("content-length", "0")
        is_large = "transfer-encoding" in headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES
        is_stranger = not comes_in and not entrance.admits(_cookie(headers, entrance.cookie))
        is_other_user = comes_in and uid_of(scope["client"][1], entrance.port) != os.getuid()
        come_in = (
            "Come in by the link that `etui shell` prints; each is good once, within a minute. "
            "Press Enter in the terminal in which it runs, and it prints another."
        )
        too_large = f"A form has at most {MAX_BODY_BYTES} bytes, and says how many."
        refusals = (
            (headers.getlist("host") != [entrance.host], _Refusal(421, "host", "Another host's pages are not here.")),
            (not path.startswith(f"{entrance.path}/"), _Refusal(404, None, "There is nothing here.")),
            (is_other_user, _Refusal(403, "user", "This is another user's wallet.")),
            (is_other_site or is_framed or is_sent, _Refusal(403, "site", "This was sent by another site.")),
            (is_large, _Refusal(413, None, too_large)),
            (is_stranger, _Refusal(401, "session", come_in)),
        )
        return next((refusal for applies, refusal in refusals if applies), None)


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
