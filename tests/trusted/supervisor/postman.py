"""An Extension of a stranger's that reaches the net, through egress, whenever it is asked to."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

from tests.trusted.router.strangers import Stranger

HOST = "post.etui.test"
POSTMAN = Stranger(
    "postman",
    """
    from etui.interfaces import Request, Result
    from etui.interfaces import egress_1 as egress
    from etui.sdk import Call, Extension, provides

    class PostResult(Result, frozen=True, kw_only=True):
        METHOD = "org.example.postman/1.post"
        status: int

    class Post(Request[PostResult], frozen=True, kw_only=True):
        METHOD = "org.example.postman/1.post"
        RESULT = PostResult

    class Postman(Extension):
        @provides(Post)
        def post(self, request: Post, call: Call) -> PostResult:
            fetch = egress.Fetch(method="GET", host="post.etui.test", url="http://post.etui.test/")
            return PostResult(status=self.call(fetch).status)

    Postman().run()
    """,
    {"post": {"title": "Post", "effect": "none", "params": {}, "result": {"status": {"type": "integer"}}}},
    uses=("egress/1",),
    hosts=(HOST,),
)


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def site() -> Iterator[int]:
    """The web site that it reaches, by its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
