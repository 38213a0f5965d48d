"""Strangers' Extensions that read an answer as it comes: each in calls of its own, and none in another's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.trusted.router.strangers import Stranger

from etui.interfaces import shell_1 as shell_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

HOST = "declared.etui.test"
SIZE = 5 << 20
_RESULT = {"size": {"type": "integer"}, "rest": {"type": "text", "optional": True}}


def reader(name: str) -> Stranger:
    """An Extension that begins to read an answer in one call, and reads on in others."""
    code = f"""
        from etui.interfaces import Request, Result
        from etui.interfaces import egress_1 as egress
        from etui.sdk import Call, Extension, provides

        class PartResult(Result, frozen=True, kw_only=True, omit_defaults=True):
            METHOD = "org.example.{name}/1.begin"
            size: int
            rest: str | None = None

        class Begin(Request[PartResult], frozen=True, kw_only=True):
            METHOD = "org.example.{name}/1.begin"
            RESULT = PartResult

        class GoOn(Request[PartResult], frozen=True, kw_only=True):
            METHOD = "org.example.{name}/1.go_on"
            RESULT = PartResult
            rest: str

        class Reader(Extension):
            @provides(Begin)
            def begin_to_read(self, _: Begin, call: Call) -> PartResult:
                answer = call.ask(egress.Fetch(method="GET", host="{HOST}", url="http://{HOST}/long", stream=True))
                return PartResult(size=len(answer.body), rest=answer.rest)

            @provides(GoOn)
            def go_on(self, request: GoOn, call: Call) -> PartResult:
                part = call.ask(egress.Read(rest=request.rest))
                return PartResult(size=len(part.body), rest=part.rest)

        Reader().run()
    """
    methods = {
        "begin": {"title": "Begin", "effect": "none", "result": _RESULT},
        "go_on": {
            "title": "Go on",
            "effect": "none",
            "waits": True,
            "params": {"rest": {"type": "text"}},
            "result": _RESULT,
        },
    }
    return Stranger(name, code, methods, uses=("egress/1",), hosts=(HOST,))


READER, THIEF = reader("reader"), reader("thief")


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(SIZE))
        self.end_headers()
        self.wfile.write(bytes(SIZE))

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with TestWallet(short_dir, hosts={HOST: server.server_address[1]}) as running:
            running.create()
            READER.install(running)
            THIEF.install(running)
            yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.attack(116)
def test_an_answer_is_read_in_later_calls_unasked_and_by_no_other_extension(wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    with wallet.connect() as client:
        part = READER.call(client, "begin")
        sizes = [part["size"]]
        while "rest" in part:
            with pytest.raises(ProtocolError) as caught:
                THIEF.call(client, "go_on", rest=part["rest"])
            assert caught.value.code is ErrorCode.UNKNOWN_ITEM
            part = READER.call(client, "go_on", rest=part["rest"])
            sizes.append(part["size"])
        records = client.call(shell_interface.Audit(limit=100)).records
    assert sum(size for size in sizes if isinstance(size, int)) == SIZE
    assert len(wallet.user.asked()) == before
    read = [one for one in records if one.action == "egress/1.read" and READER.id in one.client]
    assert len(read) == len(sizes) - 1
