"""The Client for scripts, with a Router that a test plays byte for byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.sdk.router_end import GREETING, RouterEnd

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ErrorObject, ProtocolError, encode_error, encode_result
from etui.sdk import Client, ConnectionLost, Envelope, RemoteError
from etui.sdk.ends import End

Doing = Callable[[Callable[[], Any]], "Future[Any]"]
_WAIT_S = 60


@pytest.fixture
def doing() -> Iterator[Doing]:
    """Does something on a thread of its own, since a Client waits for its answers."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


@pytest.fixture
def router() -> Iterator[RouterEnd]:
    with RouterEnd() as end:
        yield end


@pytest.fixture
def client(router: RouterEnd, doing: Doing) -> Client:
    """A Client that was greeted."""
    made = doing(lambda: Client(router.theirs, name="test"))
    router.greet()
    greeted: Client = made.result(_WAIT_S)
    return greeted


# the beginning and the end


def test_a_client_begins_with_hello_and_knows_the_answer(router: RouterEnd, doing: Doing) -> None:
    made = doing(lambda: Client(router.theirs, name="backup"))
    hello = router.greet()
    assert (hello.versions, hello.name, len(hello.key or b"")) == ([1], "backup", 32)
    assert made.result(_WAIT_S).greeting == GREETING


def test_a_client_that_is_not_greeted_closes_its_connection(router: RouterEnd, doing: Doing) -> None:
    made = doing(lambda: Client(router.theirs))
    message, hello = router.asked(wallet.Hello)
    assert hello.name is None
    router.fail(message, ErrorCode.UNSUPPORTED_VERSION)
    with pytest.raises(RemoteError) as caught:
        made.result(_WAIT_S)
    assert caught.value.code is ErrorCode.UNSUPPORTED_VERSION
    assert router.socket.recv(1) == b""


def test_no_wallet_is_a_lost_connection_that_says_what_to_do(short_dir: Path) -> None:
    with pytest.raises(ConnectionLost, match="start one with"):
        Client.connect(short_dir / "router")


def test_a_client_finds_the_wallet_that_the_environment_names(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch, doing: Doing
) -> None:
    monkeypatch.setenv("ETUI_SOCKET", str(short_dir / "router"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(short_dir / "router"))
        listening.listen()
        made = doing(Client.connect)
        with RouterEnd(listening.accept()[0]) as router:
            router.greet()
            with made.result(_WAIT_S) as client:
                assert client.greeting == GREETING
            assert router.socket.recv(1) == b""


def test_a_router_that_goes_is_a_lost_connection(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Read(item="r")))
    router.receive()
    router.socket.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ConnectionLost):
        asked.result(_WAIT_S)
    with pytest.raises(ConnectionLost):
        client.call(secret.Read(item="r"))


# requests and answers


def test_a_request_goes_out_as_it_was_meant(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Read(item="r"), quiet=True, provider="ext:a/b"))
    message, request = router.asked(secret.Read)
    assert request == secret.Read(item="r")
    assert (message.quiet, message.provider, message.under, message.speaks_for) == (True, "ext:a/b", "", "")
    router.answer(message, secret.ReadResult(value=b"hunter2"))
    assert asked.result(_WAIT_S) == secret.ReadResult(value=b"hunter2")


def test_what_is_sealed_only_the_provider_reads(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Create(kind="login", label="mail", value=b"hunter2")))
    router.give_key()
    message, request = router.asked(secret.Create)
    assert b"hunter2" not in bytes(message.params)
    assert request.value == b"hunter2"
    router.answer(message, b'{"item":{"item":"r","kind":"login"}}')
    asked.result(_WAIT_S)


def test_a_stale_key_is_asked_for_again(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Create(kind="login", label="mail", value=b"hunter2")))
    router.give_key(End())
    message = router.receive()
    router.fail(message, ErrorCode.STALE_KEY)
    router.give_key()
    message, request = router.asked(secret.Create)
    assert request.value == b"hunter2"
    router.answer(message, b'{"item":{"item":"r","kind":"login"}}')
    asked.result(_WAIT_S)


def test_an_error_is_raised_with_its_code_and_its_decision(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Read(item="r")))
    router.fail(router.receive(), ErrorCode.DENIED, "you may not", "d-7F3K")
    with pytest.raises(RemoteError, match="you may not") as caught:
        asked.result(_WAIT_S)
    assert (caught.value.code, caught.value.why) == (ErrorCode.DENIED, "d-7F3K")


def test_an_answer_in_chunks_is_put_together(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call(secret.Read(item="r")))
    message = router.receive()
    value = bytes(2 << 20)
    sending = threading.Thread(target=router.answer, args=(message, secret.ReadResult(value=value)))
    sending.start()
    assert asked.result(_WAIT_S).value == value
    sending.join()


def test_answers_to_others_and_what_nobody_knows_are_passed_over(
    router: RouterEnd, client: Client, doing: Doing
) -> None:
    asked = doing(lambda: client.call_raw("a"))
    number = router.receive().id
    assert isinstance(number, int)
    router.send(
        encode_result(number + 1, b'"later"'),
        encode_result(number - 1, b'"earlier"'),
        encode_result(str(number), b'"text"'),
        encode_error(number + 1, ErrorObject(-32603, "not this one")),
        b'{"jsonrpc":"2.0","method":"news","params":{}}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"ask","params":{}}\n',
        encode_result(number, b'"this"'),
    )
    assert asked.result(_WAIT_S) == b'"this"'


def test_an_error_without_an_id_answers_the_one_request_that_waits(
    router: RouterEnd, client: Client, doing: Doing
) -> None:
    asked = doing(lambda: client.call_raw("a", b'{"a":1,"a":2}'))
    router.receive()
    router.send(encode_error(None, ErrorObject(ErrorCode.INVALID_REQUEST.value, "the key 'a' stands twice")))
    with pytest.raises(RemoteError, match="stands twice"):
        asked.result(_WAIT_S)


def test_members_beside_the_params_go_with_a_raw_request(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call_raw("a", b"{}", Envelope(speaks_for="p1")))
    message = router.receive()
    assert message.speaks_for == "p1"
    router.answer(message, b"[1]")
    assert asked.result(_WAIT_S) == b"[1]"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello\n", ErrorCode.PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":2,"result":{},"more":{}}\n', ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":2}\n', ErrorCode.INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":2,"result":{"value":5}}\n', ErrorCode.INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","id":2,"result":{"value":"AAAA"}}\n', ErrorCode.STALE_KEY),
        (b'{"jsonrpc":"2.0","id":2,"result":[]}\n', ErrorCode.INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","method":"event","params":{"topic":5}}\n', ErrorCode.INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","method":"chunk","params":{}}\n', ErrorCode.INVALID_PARAMS),
    ],
)
def test_whatever_the_router_sends_the_error_is_one_of_the_protocol(
    router: RouterEnd, client: Client, doing: Doing, line: bytes, code: ErrorCode
) -> None:
    asked = doing(lambda: client.call(secret.Read(item="r")))
    assert router.receive().id == 2
    router.send(line)
    with pytest.raises(ProtocolError) as caught:
        asked.result(_WAIT_S)
    assert caught.value.code is code


def test_who_waits_for_an_answer_no_longer_than_a_time_may_go_on(router: RouterEnd, doing: Doing) -> None:
    made = doing(lambda: Client(router.theirs))
    router.greet()
    client = made.result(_WAIT_S)
    router.theirs.settimeout(0.01)
    with pytest.raises(TimeoutError):
        client.call_raw("a")
    late = router.receive()
    router.theirs.settimeout(_WAIT_S)
    asked = doing(lambda: client.call(secret.Describe(item="r")))
    message = router.receive()
    router.answer(late, b'"late"')
    router.answer(message, b'{"item":{"item":"r","kind":"login"}}')
    assert asked.result(_WAIT_S).item.item == "r"


# events


def test_events_come_in_order_also_those_that_came_within_a_call(
    router: RouterEnd, client: Client, doing: Doing
) -> None:
    asked = doing(lambda: client.events(["locked", "items"]))
    message, request = router.asked(wallet.Subscribe)
    assert request.topics == ["locked", "items"]
    router.event("items", b'{"effect":"add"}')
    router.answer(message, b"{}")
    router.event("locked")
    asked.result(_WAIT_S)
    first, second = client.next_event(), client.next_event()
    assert (first.topic, bytes(first.data)) == ("items", b'{"effect":"add"}')
    assert (second.topic, bytes(second.data)) == ("locked", b"{}")


def test_what_waits_for_events_passes_over_everything_else(router: RouterEnd, client: Client) -> None:
    router.send(encode_result(99, b"{}"), b'{"jsonrpc":"2.0","method":"news","params":{}}\n')
    router.event("unlocked")
    assert client.next_event().topic == "unlocked"


def test_of_many_events_that_nobody_takes_the_last_are_kept(router: RouterEnd, client: Client, doing: Doing) -> None:
    asked = doing(lambda: client.call_raw("a"))
    message = router.receive()
    for number in range(1200):
        router.event("items", msgspec.json.encode(number))
    router.answer(message, b"{}")
    asked.result(_WAIT_S)
    assert [bytes(client.next_event().data) for _ in range(1000)] == [
        str(number).encode() for number in range(200, 1200)
    ]


def test_an_event_that_is_none_is_an_error(router: RouterEnd, client: Client) -> None:
    router.send(b'{"jsonrpc":"2.0","method":"event","params":{}}\n')
    with pytest.raises(ProtocolError, match="not an event"):
        client.next_event()
