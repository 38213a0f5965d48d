"""An Extension of a stranger's that reaches the net, through egress, whenever it is asked to."""

from __future__ import annotations

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
