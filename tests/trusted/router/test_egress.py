"""Extensions that reach out: through egress alone, to declared hosts, and to others if the user allows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from tests.processes import pid_of
from tests.trusted.router.strangers import Stranger

from etui.interfaces import shell_1 as shell_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

COURIER = Stranger(
    "courier",
    """
    import sys
    import msgspec
    from etui.interfaces import Request, Result
    from etui.interfaces import egress_1 as egress
    from etui.sdk import Call, Extension, provides

    class SendResult(Result, frozen=True, kw_only=True):
        METHOD = "org.example.courier/1.send"
        status: int
        body: str

    class Send(Request[SendResult], frozen=True, kw_only=True):
        METHOD = "org.example.courier/1.send"
        RESULT = SendResult
        host: str
        to: str = ""

    class Present(Request[SendResult], frozen=True, kw_only=True):
        METHOD = "org.example.courier/1.present"
        RESULT = SendResult
        host: str
        token: str
        goes_to: str

    class Hand(Send, frozen=True, kw_only=True):
        METHOD = "org.example.courier/1.hand"

    class Courier(Extension):
        @provides(Send)
        def send(self, request: Send, call: Call) -> SendResult:
            host = request.to or request.host
            answer = call.ask(egress.Fetch(method="GET", host=host, url=f"http://{host}/parcel"))
            return SendResult(status=answer.status, body=(answer.body or b"").decode())

        @provides(Hand)
        def hand(self, request: Hand, call: Call) -> SendResult:
            host = request.host
            answer = self.call(egress.Fetch(method="GET", host=host, url=f"http://{host}/parcel"))
            return SendResult(status=answer.status, body=(answer.body or b"").decode())

        @provides(Present)
        def present(self, request: Present, call: Call) -> SendResult:
            host, token = request.host, request.token.encode()
            answer = self.call(
                egress.Fetch(
                    method="GET",
                    host=host,
                    url=f"http://{host}/parcel",
                    headers=[egress.Header(name="Authorization", value="Bearer TOKEN")],
                    insert=msgspec.json.encode({"secret": token, "hosts": [request.goes_to], "where": "header"}),
                    placeholder="TOKEN",
                )
            )
            return SendResult(status=answer.status, body=(answer.body or b"").decode())

    Courier().run()
    """,
    {
        "send": {
            "title": "Send",
            "ask": "send a parcel to {host}",
            "effect": "use",
            "params": {
                "method": {
                    "type": "choice",
                    "options": ["GET"],
                    "title": "Method",
                    "material": True,
                    "policy": "method",
                },
                "host": {"type": "text", "material": True, "policy": "host", "title": "Host"},
                "to": {"type": "text", "optional": True},
            },
            "result": {"status": {"type": "integer"}, "body": {"type": "text"}},
        },
        "hand": {
            "title": "Hand over",
            "effect": "none",
            "params": {"host": {"type": "text"}},
            "result": {"status": {"type": "integer"}, "body": {"type": "text"}},
        },
        "present": {
            "title": "Present a token",
            "effect": "none",
            "params": {"host": {"type": "text"}, "token": {"type": "text"}, "goes_to": {"type": "text"}},
            "result": {"status": {"type": "integer"}, "body": {"type": "text"}},
        },
    },
    uses=("egress/1",),
    hosts=("declared.etui.test",),
)


class _Site(BaseHTTPRequestHandler):
    tokens: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        body = f"parcel at {self.headers['Host']}".encode()
        if token := self.headers["Authorization"]:
            self.tokens.append(token)
            body += f" for {token}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[int]:
    _Site.tokens.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def wallet(short_dir: Path, site: int) -> Iterator[TestWallet]:
    hosts = {"declared.etui.test": site, "elsewhere.etui.test": site, "third.etui.test": site}
    with TestWallet(short_dir, hosts=hosts) as running:
        running.create()
        COURIER.install(running)
        yield running


def test_a_declared_host_is_reached_without_a_question_even_outside_a_call(wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    with wallet.connect() as client:
        answer = COURIER.call(client, "hand", host="declared.etui.test")
    assert answer == {"status": 200, "body": "parcel at declared.etui.test"}
    assert len(wallet.user.asked()) == before


@pytest.mark.attack(28)
def test_a_host_that_comes_from_data_is_asked_for_and_refused(wallet: TestWallet) -> None:
    wallet.user.refuses(name_contains="Courier", action_contains="send a GET request to elsewhere.etui.test")
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        COURIER.call(client, "hand", host="elsewhere.etui.test")
    assert caught.value.code is ErrorCode.REFUSED


@pytest.mark.attack(28)
def test_a_host_allowed_for_good_is_allowed_alone(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains="request to elsewhere.etui.test", remember="always", times=1)
    wallet.user.refuses(action_contains="request to third.etui.test")
    with wallet.connect() as client:
        for _ in range(2):
            assert COURIER.call(client, "hand", host="elsewhere.etui.test")["status"] == 200
        with pytest.raises(ProtocolError) as caught:
            COURIER.call(client, "hand", host="third.etui.test")
        assert caught.value.code is ErrorCode.REFUSED
        grants = client.call(shell_interface.Grants(client=COURIER.principal)).grants
    assert [(grant.scope, grant.what) for grant in grants] == [("item", "elsewhere.etui.test")]


@pytest.mark.attack(25)
def test_consent_to_a_call_covers_the_same_host_and_no_other(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains="send a parcel to elsewhere.etui.test")
    before = len(wallet.user.asked())
    with wallet.connect() as client:
        answer = COURIER.call(client, "send", method="GET", host="elsewhere.etui.test")
        assert answer["status"] == 200
        assert len(wallet.user.asked()) == before + 1
        with pytest.raises(ProtocolError) as caught:
            COURIER.call(client, "send", method="GET", host="elsewhere.etui.test", to="third.etui.test")
    assert caught.value.code is ErrorCode.ALTERED
    assert caught.value.why


@pytest.mark.attack(29)
def test_an_address_of_this_machine_is_reached_by_nobody(wallet: TestWallet) -> None:
    wallet.user.approves()
    with wallet.connect() as client:
        for host in ("localhost", "127.0.0.1", "etui.test"):
            with pytest.raises(ProtocolError) as caught:
                COURIER.call(client, "hand", host=host)
            assert caught.value.code in {ErrorCode.DENIED, ErrorCode.INVALID_PARAMS, ErrorCode.UNAVAILABLE}, host


def test_a_secret_that_is_inserted_reaches_its_host_and_comes_back_masked(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        host = "declared.etui.test"
        answer = COURIER.call(client, "present", host=host, token="planted-token", goes_to=host)
    assert _Site.tokens == ["Bearer planted-token"]
    assert answer == {"status": 200, "body": "parcel at declared.etui.test for Bearer ****"}
    assert b"planted-token" not in wallet.log.read_bytes()


@pytest.mark.attack(30)
def test_a_secret_is_inserted_for_no_host_that_it_was_not_sealed_for(wallet: TestWallet) -> None:
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        COURIER.call(client, "present", host="declared.etui.test", token="planted-token", goes_to="elsewhere.etui.test")
    assert caught.value.code is ErrorCode.DENIED
    assert _Site.tokens == []


def test_the_router_has_no_socket_of_the_net(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        assert COURIER.call(client, "hand", host="declared.etui.test")["status"] == 200
        router = Path("/proc", str(pid_of(wallet.pid, "etui.trusted.router")))
        held = {str(descriptor.readlink()) for descriptor in (router / "fd").iterdir()}
        of_the_net = {
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6", "udp", "udp6")
            for line in (router / "net" / table).read_text().splitlines()[1:]
        }
    assert any(name.startswith("socket:") for name in held)
    assert not held & of_the_net
