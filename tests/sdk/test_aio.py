"""The Client of programs with an event loop, with a Router that a test plays byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.router_end import GREETING, RouterEnd

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    LIMITS,
    ErrorCode,
    ErrorObject,
    MessageKind,
    ProtocolError,
    encode_error,
    encode_notification,
    encode_result,
)
from etui.sdk import ConnectionLost, Envelope, RemoteError
from etui.sdk.aio import AsyncClient
from etui.sdk.ends import End

PLAIN = Envelope()
READ = secret.Read(item="r")
CREATE = secret.Create(kind="login", label="mail", value=b"hunter2")
CREATED = b'{"item":{"item":"r","kind":"login"}}'
Story = Callable[[RouterEnd, AsyncClient], Awaitable[None]]
in_thread = asyncio.to_thread  # the Router's end blocks


@pytest.fixture
def router() -> Iterator[RouterEnd]:
    with RouterEnd() as end:
        yield end


def play(router: RouterEnd, story: Story) -> None:
    """Plays a story with a Client that was greeted; it may not take longer than 30 seconds."""

    async def played() -> None:
        made = asyncio.create_task(AsyncClient.over(router.theirs, name="test"))
        await in_thread(router.greet)
        client = await made
        try:
            await story(router, client)
        finally:
            client.close()
            await client.closed

    asyncio.run(asyncio.wait_for(played(), 60))


# the beginning and the end


def test_a_client_begins_with_hello_and_knows_the_answer(router: RouterEnd) -> None:
    async def story(_: RouterEnd, client: AsyncClient) -> None:
        assert client.greeting == GREETING

    play(router, story)


def test_a_client_that_is_not_greeted_closes_its_connection(router: RouterEnd) -> None:
    async def played() -> bytes:
        made = asyncio.create_task(AsyncClient.over(router.theirs))
        message, _ = await in_thread(router.asked, wallet.Hello)
        router.fail(message, ErrorCode.UNSUPPORTED_VERSION)
        with pytest.raises(RemoteError):
            await made
        return await in_thread(router.socket.recv, 1)

    assert asyncio.run(played()) == b""


def test_no_wallet_is_a_lost_connection_that_says_what_to_do(short_dir: Path) -> None:
    with pytest.raises(ConnectionLost, match="start one with"):
        asyncio.run(AsyncClient.connect(short_dir / "router"))


def test_when_the_router_goes_all_who_wait_are_told_and_so_is_who_asks_later(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = [asyncio.create_task(client.call(READ)) for _ in range(3)]
        for _ in asked:
            await in_thread(router.receive)
        router.socket.close()
        for task in asked:
            with pytest.raises(ConnectionLost):
                await task
        await client.closed
        told: list[object] = []
        assert client.post("a", b"{}", PLAIN, told.append) == 0
        assert isinstance(told[0], ConnectionLost)
        with pytest.raises(ConnectionLost):
            await client.call(READ)
        client.cancel(1)

    play(router, story)


# requests and answers


def test_answers_find_their_requests_in_any_order(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = [asyncio.create_task(client.call(secret.Read(item=str(number)))) for number in range(20)]
        messages = [await in_thread(router.asked, secret.Read) for _ in asked]
        for message, request in reversed(messages):
            router.answer(message, secret.ReadResult(content_type=request.item))
        results = [await task for task in asked]
        assert [result.content_type for result in results] == [str(number) for number in range(20)]

    play(router, story)


def test_a_request_goes_out_as_it_was_meant(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = asyncio.create_task(client.call(READ, speaks_for="p1", provider="ext:a/b", quiet=True))
        message, request = await in_thread(router.asked, secret.Read)
        assert request == READ
        assert (message.speaks_for, message.provider, message.quiet) == ("p1", "ext:a/b", True)
        router.answer(message, secret.ReadResult(value=b"hunter2"))
        assert (await asked).value == b"hunter2"

    play(router, story)


def test_a_stale_key_is_asked_for_again(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = asyncio.create_task(client.call(CREATE))
        await in_thread(router.give_key, End())
        router.fail(await in_thread(router.receive), ErrorCode.STALE_KEY)
        await in_thread(router.give_key)
        message, request = await in_thread(router.asked, secret.Create)
        assert request.value == b"hunter2"
        router.answer(message, CREATED)
        assert (await asked).item.item == "r"

    play(router, story)


def test_the_key_of_a_provider_is_kept_until_it_is_forgotten(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        for _ in range(2):
            known = asyncio.create_task(client.key_of("secret/1", "ext:a/b"))
            await in_thread(router.give_key, None, "ext:a/b")
            assert await known == await client.key_of("secret/1", "ext:a/b") == router.end.public
            client.forget_keys()

    play(router, story)


def test_a_large_request_and_a_large_answer_travel_in_chunks(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        value = bytes(2 << 20)
        asked = asyncio.create_task(client.call(secret.Create(kind="file", label="x", value=value)))
        await in_thread(router.give_key)
        message, request = await in_thread(router.asked, secret.Create)
        assert request.value == value
        router.answer(message, CREATED)
        await asked
        read = asyncio.create_task(client.call(READ))
        await in_thread(router.answer, await in_thread(router.receive), secret.ReadResult(value=value))
        assert (await read).value == value

    play(router, story)


def test_what_is_too_large_is_told_at_once_and_nothing_waits_for_it(router: RouterEnd) -> None:
    async def story(_: RouterEnd, client: AsyncClient) -> None:
        told: list[Any] = []
        assert client.post("a", b'{"a":"%b"}' % (b"x" * LIMITS.message_bytes), PLAIN, told.append) == 0
        assert told[0].code is ErrorCode.TOO_LARGE
        with pytest.raises(ProtocolError) as caught:
            await client.call(secret.Find(text="x" * LIMITS.message_bytes))
        assert caught.value.code is ErrorCode.TOO_LARGE
        assert len(client._waiting) == 0

    play(router, story)


def test_answers_come_by_callback_too(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        answers: asyncio.Queue[bytes | ProtocolError] = asyncio.Queue()
        for _ in range(2):
            client.post("a", b'{"x":1}', Envelope(quiet=True), answers.put_nowait)
        message = await in_thread(router.receive)
        assert (bytes(message.params), message.quiet) == (b'{"x":1}', True)
        router.answer(message, b"[1]")
        router.fail(await in_thread(router.receive), ErrorCode.LOCKED)
        assert await answers.get() == b"[1]"
        error = await answers.get()
        assert isinstance(error, RemoteError)
        assert error.code is ErrorCode.LOCKED

    play(router, story)


def test_when_the_router_goes_all_are_told_though_one_callback_fails(router: RouterEnd) -> None:
    told: list[object] = []
    failed: list[object] = []

    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
        error = RemoteError(ErrorCode.INTERNAL, "the callback itself")

        def done(answer: bytes | ProtocolError) -> None:
            told.append(answer)
            raise error

        client.post("a", b"{}", PLAIN, done)
        client.post("b", b"{}", PLAIN, told.append)
        await in_thread(router.receive)
        router.socket.close()
        await client.closed
        client.post("c", b"{}", PLAIN, done)
        assert failed == [error, error]

    play(router, story)
    assert [type(answer) for answer in told] == [ConnectionLost] * 3


# giving up


def test_a_request_that_is_given_up_is_cancelled_and_its_late_answer_dropped(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = asyncio.create_task(client.call(READ))
        message = await in_thread(router.receive)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        cancel = await in_thread(router.receive)
        assert (cancel.kind, cancel.method) == (MessageKind.NOTIFICATION, "cancel")
        assert bytes(cancel.params) == b'{"id":%d}' % int(str(message.id))
        router.answer(message, secret.ReadResult())
        again = asyncio.create_task(client.call(READ))
        router.answer(await in_thread(router.receive), secret.ReadResult(content_type="x"))
        assert (await again).content_type == "x"

    play(router, story)


def test_a_request_that_takes_too_long_is_cancelled(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        with pytest.raises(TimeoutError):
            await client.call(READ, timeout_s=0.01)
        message = await in_thread(router.receive)
        cancel = await in_thread(router.receive)
        assert bytes(cancel.params) == b'{"id":%d}' % int(str(message.id))

    play(router, story)


def test_only_what_waits_is_cancelled(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        told: list[object] = []
        number = client.post("a", b"{}", PLAIN, told.append)
        await in_thread(router.receive)
        client.cancel(number)
        client.cancel(number)
        client.cancel(number + 1)
        asked = asyncio.create_task(client.call(READ))
        assert (await in_thread(router.receive)).method == "cancel"
        message, _ = await in_thread(router.asked, secret.Read)
        router.answer(message, secret.ReadResult())
        await asked
        assert told == []

    play(router, story)


# events


def test_each_listener_of_a_topic_hears_its_events(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        for topic, name in (("items", "one"), ("locked", "two"), ("items", "three")):
            subscribed = asyncio.create_task(
                client.subscribe(topic, lambda event, name=name: heard.put_nowait((name, bytes(event.data))))  # type: ignore[misc]
            )
            message, request = await in_thread(router.asked, wallet.Subscribe)
            assert topic in request.topics
            router.answer(message, b"{}")
            await subscribed
        router.event("unlocked")
        router.event("items", b"[1]")
        router.event("locked", b"[2]")
        assert [await heard.get() for _ in range(3)] == [("one", b"[1]"), ("three", b"[1]"), ("two", b"[2]")]

    play(router, story)


# a Router that breaks the protocol


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n",
        b'{"jsonrpc":"2.0","id":2,"result":[' + b"[" * 5000 + b"]" * 5001 + b"}\n",
        b'{"jsonrpc":"2.0","id":2}\n',
        b'{"jsonrpc":"2.0","id":null,"result":{}}\n',
        encode_notification("event", b'{"topic":5}'),
        encode_notification("event", b"{}"),
        encode_notification("chunk", b'{"stream":1,"seq":3,"data":""}'),
        b"x" * (LIMITS.frame_bytes + 1),
    ],
    ids=range(8),
)
def test_a_router_that_breaks_the_protocol_is_listened_to_no_longer(router: RouterEnd, line: bytes) -> None:
    failures: list[dict[str, Any]] = []

    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        asked = asyncio.create_task(client.call(READ))
        message = await in_thread(router.receive)
        with suppress(OSError):  # the Client may close its end before all was sent
            await in_thread(router.send, line, encode_result(int(str(message.id)), b"{}"))
        with pytest.raises(ConnectionLost):
            await asked
        await client.closed

    play(router, story)
    assert failures == []


def test_an_answer_that_is_no_result_is_an_error_of_its_request_alone(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = [asyncio.create_task(client.call(READ)) for _ in range(2)]
        router.answer(await in_thread(router.receive), b'{"value":5}')
        router.answer(await in_thread(router.receive), secret.ReadResult(content_type="x"))
        with pytest.raises(ProtocolError) as caught:
            await asked[0]
        assert caught.value.code is ErrorCode.INVALID_PARAMS
        assert (await asked[1]).content_type == "x"

    play(router, story)


def test_when_the_router_could_not_read_a_line_nobody_waits_for_ever(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = [asyncio.create_task(client.call(READ)) for _ in range(2)]
        messages = [await in_thread(router.receive) for _ in asked]
        router.send(encode_error(None, ErrorObject(ErrorCode.PARSE_ERROR.value, "not JSON")))
        for task in asked:
            with pytest.raises(ProtocolError, match="could not read a request: not JSON") as caught:
                await task
            assert caught.value.code is ErrorCode.UNAVAILABLE  # whether it was done is not known
        for message in messages:
            router.answer(message, secret.ReadResult())
        again = asyncio.create_task(client.call(READ))
        router.answer(await in_thread(router.receive), secret.ReadResult(content_type="x"))
        assert (await again).content_type == "x"

    play(router, story)


def test_answers_and_messages_that_nobody_waits_for_are_passed_over(router: RouterEnd) -> None:
    async def story(router: RouterEnd, client: AsyncClient) -> None:
        asked = asyncio.create_task(client.call(READ))
        message = await in_thread(router.receive)
        router.send(
            encode_result(999, b"{}"),
            encode_result("2", b"{}"),
            encode_error(999, ErrorObject(-32603, "no")),
            b'{"jsonrpc":"2.0","method":"news","params":{}}\n',
            b'{"jsonrpc":"2.0","id":1,"method":"ask","params":{}}\n',
        )
        router.answer(message, secret.ReadResult(content_type="x"))
        assert (await asked).content_type == "x"

    play(router, story)
