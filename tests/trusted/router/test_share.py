"""Many connections of one process are worth no more than one: its turn, its rate, and what it may leave unanswered."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter, deque
from contextlib import AsyncExitStack

import msgspec
import pytest

from etui.protocol import LIMITS, Message
from etui.trusted.router import share as sharing
from etui.trusted.router.connection import Connection, Role, Way
from etui.trusted.router.share import PROCESS_OUTSTANDING, Share

CONNECTIONS = 40
EACH = 50
SOON = 32
"""Frames of the 2,000 that wait, after which another process has its turn at the latest."""


class Serving:
    """In the place of the Router: notes whose request it is served, and answers it where it is told to."""

    def __init__(self, *, answers: bool) -> None:
        self.served: list[str] = []
        self.heard = asyncio.Event()
        self.lone = asyncio.Event()
        self.full = asyncio.Event()
        self.unanswered: deque[tuple[Connection, int]] = deque()
        self._answers = answers
        self._unsent: list[Connection] = []

    def receive(self, connection: Connection, message: Message) -> Way | None:
        self.served.append(connection.name)
        if connection.name == "other":
            self.heard.set()
        if len(self.served) == PROCESS_OUTSTANDING:
            self.full.set()
        assert isinstance(message.id, int)
        self.unanswered.append((connection, message.id))
        if self._answers:
            self.answer_one()
        return None

    def answer_one(self) -> None:
        """Answers the request that waits longest."""
        connection, number = self.unanswered.popleft()
        connection.answer(number, b"{}")

    def lost(self, connection: Connection) -> None:
        if connection.share.connections == 1:
            self.lone.set()

    def flush_soon(self, connection: Connection) -> None:
        self._unsent.append(connection)

    def flush(self) -> None:
        for unsent in self._unsent:
            unsent.send_outbox()
        self._unsent.clear()


def requests(count: int) -> bytes:
    lines = [{"jsonrpc": "2.0", "id": number, "method": "wallet/1.status"} for number in range(count)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def connected(stack: AsyncExitStack, serving: Serving, name: str, share: Share, sent: bytes) -> socket.socket:
    """The Client's end of a connection that has sent this before it is read from."""
    ours, theirs = socket.socketpair()
    stack.callback(theirs.close)
    theirs.setblocking(False)  # noqa: FBT003  # the standard library's signature
    theirs.sendall(sent)
    made = Connection(serving, Role.CLIENT, name, share)  # type: ignore[arg-type]  # of which this needs no more
    transport, _ = await asyncio.get_running_loop().create_connection(lambda: made, sock=ours)
    stack.callback(transport.close)
    return theirs


async def codes(connections: list[socket.socket], each: int) -> Counter[str]:
    """How often each code of an error was answered, where so much is answered on each."""
    loop = asyncio.get_running_loop()
    told: Counter[str] = Counter()
    for connection in connections:
        received = b""
        while received.count(b"\n") < each:
            received += await loop.sock_recv(connection, 1 << 16)
        answers = [json.loads(line) for line in received.splitlines()]
        told.update(answer["error"]["data"]["code"] if "error" in answer else "" for answer in answers)
    return told


@pytest.mark.attack(50)
def test_another_process_does_not_wait_until_all_connections_of_a_greedy_one_had_their_turn() -> None:
    async def served_before() -> int:
        serving, greedy = Serving(answers=True), Share()
        async with AsyncExitStack() as stack:
            for _ in range(CONNECTIONS):
                await connected(stack, serving, "greedy", greedy, requests(EACH))
            before = len(serving.served)
            await connected(stack, serving, "other", Share(), requests(1))
            await serving.heard.wait()
            return serving.served.index("other") - before

    assert asyncio.run(served_before()) <= SOON


def test_all_of_them_are_served_in_the_end() -> None:
    async def answered() -> Counter[str]:
        serving, share = Serving(answers=True), Share()
        async with AsyncExitStack() as stack:
            ends = [await connected(stack, serving, "one", share, requests(EACH)) for _ in range(CONNECTIONS)]
            return await codes(ends, EACH)

    assert asyncio.run(answered()) == {"": CONNECTIONS * EACH}


def test_one_that_is_left_alone_goes_on_when_the_others_have_gone() -> None:
    async def answered() -> Counter[str]:
        serving, share = Serving(answers=True), Share()
        async with AsyncExitStack() as stack:
            kept = await connected(stack, serving, "kept", share, b"")
            async with AsyncExitStack() as others:
                for _ in range(CONNECTIONS):
                    await connected(others, serving, "gone", share, requests(EACH))
            await serving.lone.wait()
            assert share.requests == 0
            await asyncio.get_running_loop().sock_sendall(kept, requests(EACH))
            return await codes([kept], EACH)

    assert asyncio.run(answered()) == {"": EACH}


@pytest.mark.attack(50)
def test_what_they_leave_unanswered_together_has_a_limit_and_all_are_served_as_answers_make_room() -> None:
    async def served() -> tuple[int, Counter[str]]:
        serving, share = Serving(answers=False), Share()
        each, more = LIMITS.outstanding, 7
        async with AsyncExitStack() as stack:
            ends = [
                await connected(stack, serving, "waits", share, requests(each))
                for _ in range(PROCESS_OUTSTANDING // each + more)
            ]
            await serving.full.wait()
            async with AsyncExitStack() as others:  # one of another process, so that there were turns for all
                await connected(others, serving, "other", Share(), requests(1))
                await serving.heard.wait()
            before = len(serving.served) - 1
            while serving.unanswered:
                serving.answer_one()
                serving.flush()
                await asyncio.sleep(0)
            return before, await codes(ends, each)

    before, told = asyncio.run(served())
    assert before == PROCESS_OUTSTANDING
    assert told == {"": PROCESS_OUTSTANDING + 7 * LIMITS.outstanding}


@pytest.mark.attack(50)
def test_they_have_one_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    # One more in a thousand seconds, so that no machine is so slow that another is admitted.
    monkeypatch.setattr(sharing, "LIMITS", msgspec.structs.replace(LIMITS, burst=5, rate_per_s=0.001))

    async def answered() -> Counter[str]:
        serving, share = Serving(answers=True), Share()
        async with AsyncExitStack() as stack:
            ends = [await connected(stack, serving, "one", share, requests(4)) for _ in range(3)]
            return await codes(ends, 4)

    assert asyncio.run(answered()) == {"": 5, "too_many": 7}
