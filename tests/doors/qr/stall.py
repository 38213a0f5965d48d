"""A shop on the web, and the way to it: the command finds it by a proxy, as in an office that has one."""

from __future__ import annotations

import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.standards.money import minor_units
from etui.standards.payments import Amount, Credential, Details, Line, decrypt_credential, digest_of, read_request
from etui.testkit.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standards.payments.shop import Shop

    from etui.testkit import TestAuthority

HOST: Final = "shop.etui.test"
ALIKE: Final = "sh0p.etui.test"


class Reply(msgspec.Struct, frozen=True):
    """What it answers in place of what it would."""

    status: int
    body: bytes = b""
    fields: dict[str, str] = {}


class Stall:
    """``shop`` signs. ``tokens``: requests by the ids of orders. ``replies``: what is answered first, then the truth.

    ``seen``: method, host and path of every request. ``charged``: what paid, by orders; ``outcome``: what became of it.
    ``fee_minor``: what it adds to what is posted.
    """

    def __init__(self, shop: Shop, authority: TestAuthority) -> None:
        self.shop = shop
        self.tokens: dict[str, str] = {}
        self.replies: deque[Reply | None] = deque()
        self.seen: list[tuple[str, str, str]] = []
        self.posted: list[dict[str, Any]] = []
        self.charged: list[tuple[str, Credential]] = []
        self.fee_minor = 0
        self.outcome = "approved"
        self.receipt = ""
        self.before_outcome: Callable[[], None] = lambda: None
        stall = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                stall.seen.append((self.command, self.headers["host"], self.path))
                reply = stall.replies.popleft() if stall.replies else None
                reply = reply or stall.answer(self.command, self.path, body)
                self.send_response(reply.status)
                for name, value in (reply.fields | {"Content-Length": str(len(reply.body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = _serve  # noqa: N815  # the library's names

            def log_message(self, *_: Any) -> None:  # noqa: ANN401  # the library's signature
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = authority.context_for(HOST, ALIKE)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._proxy = Proxy(self._server.server_address[1])
        self.environ = self._proxy.environ | {"SSL_CERT_FILE": str(authority.file)}

    def asks(self, order: str = "order-1", value: str = "12.50", currency: str = "EUR", **changes: Any) -> str:  # noqa: ANN401
        """Signs a request, and has it ready."""
        details = Details(id=order, total=Line("Total", Amount(currency, value)))
        nonce = f"n-{time.monotonic_ns()}"
        token = self.shop.asks(int(time.time()), **({"details": details, "nonce": nonce} | changes))
        self.tokens[order] = token
        return token

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """What a shop answers."""
        match method, path.strip("/").split("/"):
            case "GET", ["orders", order] if order in self.tokens:
                return _json({"request": self.tokens[order], "of_interest": "to nobody"})
            case "POST", ["orders"]:
                posted = msgspec.json.decode(body)
                self.posted.append(posted)
                parts = [minor_units(posted[name]["value"], "EUR") for name in ("amount", "tip") if name in posted]
                total = sum(parts) + self.fee_minor
                order = f"{posted['code']}-{len(self.posted)}"
                return _json({"request": self.asks(order, f"{total // 100}.{total % 100:02d}")})
            case "POST", ["orders", order, "payment"] if order in self.tokens:
                return self._charge(order, msgspec.json.decode(body)["credential"])
        return Reply(404)

    def _charge(self, order: str, credential: str) -> Reply:
        token = self.tokens[order]
        self.charged.append((order, decrypt_credential(credential, self.shop.box, digest_of(token))))
        self.before_outcome()
        if self.outcome != "approved":
            return _json({"outcome": self.outcome})
        asked = read_request(token, int(time.time()))
        total = asked.details.total.amount
        receipt = self.shop.receipt(digest_of(token), order=order, total=total, items=(), tax=None)
        return _json({"outcome": "approved", "receipt": self.receipt or receipt})

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._proxy.close()


def _json(value: object) -> Reply:
    return Reply(200, msgspec.json.encode(value), {"Content-Type": "application/json"})
