"""Programs of a real wallet that fail over what they are told, and go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Envelope, ErrorCode, Event, ProtocolError
from etui.sdk.aio import AsyncClient
from etui.testkit import TestWallet

MADE = secret.Create(kind="login", label="mail", value=b"hunter2")
ERRORS = [ProtocolError(ErrorCode.INVALID_PARAMS, "the program's own"), ZeroDivisionError(), asyncio.CancelledError()]
Story = Callable[[AsyncClient], Awaitable[None]]


@pytest.fixture(scope="module")
def running() -> Iterator[TestWallet]:
    with TemporaryDirectory(prefix="etui-", dir="/tmp") as folder, TestWallet(Path(folder)) as started:
        started.create()
        started.user.approves()
        yield started


def play(running: TestWallet, story: Story) -> list[BaseException]:
    """Plays a story with a Client of the wallet; what the loop's exception handler was given."""
    failed: list[BaseException] = []

    async def played() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
        client = await AsyncClient.connect(running.socket)
        await story(client)
        client.close()
        await client.closed

    asyncio.run(asyncio.wait_for(played(), 60))
    return failed


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_listener_that_fails_hears_the_next_event_and_so_do_others(running: TestWallet, error: BaseException) -> None:
    heard: list[str] = []

    async def story(client: AsyncClient) -> None:
        after: asyncio.Queue[Event] = asyncio.Queue()

        def fail(event: Event) -> None:
            heard.append(event.topic)
            raise error

        await client.subscribe("items", fail)
        await client.subscribe("items", after.put_nowait)
        for _ in range(2):
            await client.call(MADE)
            await after.get()
        assert (await client.call(wallet.Status())).state == "unlocked"

    assert play(running, story) == [error, error]
    assert heard == ["items", "items"]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_answer_over_which_its_callback_fails_is_the_last_of_nothing(
    running: TestWallet, error: BaseException
) -> None:
    async def story(client: AsyncClient) -> None:
        def fail(_: bytes | ProtocolError) -> None:
            raise error

        client.post(wallet.Status.METHOD, b"{}", Envelope(), fail)
        assert (await client.call(wallet.Status())).state == "unlocked"

    assert play(running, story) == [error]


def test_a_script_that_fails_over_an_event_gets_the_next(running: TestWallet) -> None:
    def fail(_: Event) -> None:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "the program's own")

    with running.connect() as client:
        client.events(["items"])
        for _ in range(2):
            client.call(MADE)
        for _ in range(2):
            with pytest.raises(ProtocolError, match="the program's own"):
                fail(client.next_event())
        assert client.call(wallet.Status()).state == "unlocked"
