"""The line to the Router: windows, turns, and what becomes of those who wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from functools import partial

from tests.doors.secret_service.router_peer import RouterPeer

from etui.doors.secret_service.peers import Peer, Peers
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door import Process
from etui.sdk.door.asking import Ask, Question
from etui.sdk.door.link import Link, Posting
from etui.sdk.door.patience import Patience
from etui.sdk.door.unlocking import Unlocking

FIND = secret.Find.METHOD
READ = Question(method=FIND, params=lambda _: b"{}", quiet=True)


class Line:
    """A link with its parts, attached to a simulated Router."""

    def __init__(self, router: RouterPeer) -> None:
        self.router = router
        self.peers = Peers()
        self.link = Link(self.peers, name="Secret Service", interface="secret/1")
        self.unlocking = Unlocking(self.link)
        self.patience = Patience()

    async def attach(self) -> None:
        await self.link.attach(self.router.connect())

    def peer(self, name: str) -> Peer:
        peer = self.peers.add(name)
        peer.process = Process(os.getpid(), os.getuid(), None)
        return peer

    async def answer(self, peer: Peer, method: str = FIND) -> bytes | ProtocolError:
        future: asyncio.Future[bytes | ProtocolError] = asyncio.get_running_loop().create_future()
        self.link.post(Posting(peer, method, b"{}", future.set_result, quiet=True))
        async with asyncio.timeout(60):
            return await future

    async def ask(self, peer: Peer, question: Question, limit_s: float | None) -> bytes | ProtocolError:
        future: asyncio.Future[bytes | ProtocolError] = asyncio.get_running_loop().create_future()
        Ask(self.link, self.unlocking, self.patience, peer, question, future.set_result).start(limit_s)
        async with asyncio.timeout(60):
            return await future


@contextlib.asynccontextmanager
async def line() -> AsyncIterator[Line]:
    router = RouterPeer()
    started = Line(router)
    await started.attach()
    try:
        yield started
    finally:
        router.cut()
        started.link.close()


def run(test: Callable[[Line], object]) -> None:
    async def main() -> None:
        async with line() as started:
            await test(started)  # type: ignore[misc]

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Waits until the other thread has come so far."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the other side is a thread
            await asyncio.sleep(0.001)  # the other side is a thread


def test_one_peers_flood_leaves_room_for_the_others() -> None:
    async def flood(line: Line) -> None:
        line.router.hold.add(secret.Read.METHOD)
        flooder, other = line.peer(":1.1"), line.peer(":1.2")
        for _ in range(200):
            line.link.post(Posting(flooder, secret.Read.METHOD, b"{}", lambda _: None))
        assert isinstance(await line.answer(other), bytes)
        assert line.router.held.qsize() == 8

    run(flood)


def test_all_peers_together_have_no_more_under_way_than_a_door_may() -> None:
    async def crowd(line: Line) -> None:
        line.router.hold.add(secret.Read.METHOD)
        for number in range(20):
            peer = line.peer(f":1.{number}")
            for _ in range(8):
                line.link.post(Posting(peer, secret.Read.METHOD, b"{}", lambda _: None))
        await until(lambda: line.router.held.qsize() >= 48)
        assert line.link._sent == sum(peer.sent for peer in line.peers) == 48

    run(crowd)


def test_what_waits_is_bounded_and_answered_when_its_peer_leaves() -> None:
    async def bounded(line: Line) -> None:
        line.router.hold.add(FIND)
        peer = line.peer(":1.1")
        answers: list[bytes | ProtocolError] = []
        for _ in range(256 + 1):  # none is under way before the peer is introduced
            line.link.post(Posting(peer, FIND, b"{}", answers.append))
        assert [_code(answer) for answer in answers] == [ErrorCode.TOO_MANY]
        line.peers.remove(peer.name)
        line.link.forget(peer)
        assert [_code(answer) for answer in answers[1:]] == [ErrorCode.CANCELLED] * len(answers[1:])
        assert len(answers) == 257

    run(bounded)


def test_a_cancelled_request_makes_room_for_the_next() -> None:
    async def cancelled(line: Line) -> None:
        line.router.hold.add(secret.Read.METHOD)
        peer = line.peer(":1.1")
        postings = [Posting(peer, secret.Read.METHOD, b"{}", lambda _: None) for _ in range(8)]
        for posting in postings:
            line.link.post(posting)
        waiting = asyncio.ensure_future(line.answer(peer))
        await until(lambda: line.router.held.qsize() == 8)
        line.link.cancel(postings[0])
        assert isinstance(await waiting, bytes)

    run(cancelled)


def test_of_two_connections_at_once_the_later_one_counts() -> None:
    async def twice(line: Line) -> None:
        other = RouterPeer()
        other.locked = True
        await asyncio.gather(line.attach(), line.link.attach(other.connect()))
        assert line.link.locked
        other.cut()

    run(twice)


def test_a_read_that_takes_too_long_is_locked_and_goes_on() -> None:
    async def late(line: Line) -> None:
        line.router.hold.add(FIND)
        peer = line.peer(":1.1")
        answer = await line.ask(peer, READ, 0.2)
        assert _code(answer) is ErrorCode.LOCKED
        assert not peer.asks
        assert peer.sent == 1, "it goes on in the Router"

    run(late)


def test_a_change_that_takes_too_long_is_locked_and_cancelled() -> None:
    async def late(line: Line) -> None:
        line.router.ask_for.add(secret.Create.METHOD)
        question = Question(method=secret.Create.METHOD, params=lambda _: b'{"kind":"note","label":"L"}', reads=False)
        peer = line.peer(":1.1")
        assert _code(await line.ask(peer, question, 0.2)) is ErrorCode.LOCKED
        dialog = await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))
        assert await asyncio.to_thread(dialog.cancelled.wait, 60)
        assert peer.sent == 0

    run(late)


def test_who_waits_for_a_read_is_told_when_its_caller_leaves() -> None:
    async def leaves(line: Line) -> None:
        line.router.hold.add(FIND)
        peer = line.peer(":1.1")
        waiting = asyncio.ensure_future(line.ask(peer, READ, None))
        await asyncio.sleep(0)
        for ask in list(peer.asks):
            ask.caller_left()
        assert _code(await waiting) is ErrorCode.CANCELLED
        assert not peer.asks
        assert peer.sent == 0

    run(leaves)


def test_the_unlock_dialog_outlives_a_caller_that_waited_too_long() -> None:
    async def late(line: Line) -> None:
        line.router.locked = True
        line.link.note_locked()
        peer = line.peer(":1.1")
        question = Question(method=FIND, params=lambda _: b"{}", unlocks=True)
        assert _code(await line.ask(peer, question, 0.2)) is ErrorCode.LOCKED
        dialog = await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))
        again = asyncio.ensure_future(line.ask(peer, question, 20))
        await asyncio.sleep(0)
        assert line.router.dialogs.empty()
        assert not dialog.cancelled.is_set()
        line.link.on_lock_change = lambda locked: None if locked else line.unlocking.unlocked()
        await asyncio.to_thread(dialog.approve)
        assert isinstance(await again, bytes)

    run(late)


def test_while_the_router_knows_no_peers_the_unlock_goes_out_unnamed() -> None:
    async def unnamed(line: Line) -> None:
        line.router.locked = True
        line.router.knows_peers = False
        line.link.note_locked()
        question = Question(method=FIND, params=lambda _: b"{}", unlocks=True)
        peer = line.peer(":1.1")
        asked = asyncio.ensure_future(line.ask(peer, question, 20))
        dialog = await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))
        assert dialog.client == ""
        line.router.knows_peers = True
        line.link.on_lock_change = lambda locked: None if locked else line.unlocking.unlocked()
        await asyncio.to_thread(dialog.approve)
        assert isinstance(await asked, bytes)

    run(unnamed)


def test_an_unlock_that_is_asked_for_as_the_wallet_locks_is_asked_for_again() -> None:
    async def at_once(line: Line) -> None:
        line.link.on_lock_change = lambda locked: None if locked else line.unlocking.unlocked()
        line.router.locked = True
        line.link.note_locked()
        question = Question(method=FIND, params=lambda _: b"{}", unlocks=True)
        asked = asyncio.ensure_future(line.ask(line.peer(":1.1"), question, 20))
        await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))  # the old Router has it, and ends
        line.router.cut()
        await until(lambda: not line.link.connected)
        await line.attach()
        dialog = await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))
        await asyncio.to_thread(dialog.approve)
        assert isinstance(await asked, bytes)

    run(at_once)


def test_the_dialog_is_asked_for_anew_when_the_first_who_waited_left() -> None:
    async def first_left(line: Line) -> None:
        line.link.on_lock_change = lambda locked: None if locked else line.unlocking.unlocked()
        line.router.locked = True
        line.link.note_locked()
        question = Question(method=FIND, params=lambda _: b"{}", unlocks=True)
        first, second = line.peer(":1.1"), line.peer(":1.2")
        first.process = None  # the bus has not said yet which it is
        asked = [asyncio.ensure_future(line.ask(peer, question, 20)) for peer in (first, second)]
        await asyncio.sleep(0)
        line.peers.remove(first.name)
        for ask in list(first.asks):
            ask.caller_left()
        line.link.forget(first)
        dialog = await asyncio.to_thread(partial(line.router.dialogs.get, timeout=60))
        await asyncio.to_thread(dialog.approve)
        assert isinstance(await asked[1], bytes)
        asked[0].cancel()

    run(first_left)


def _code(answer: bytes | ProtocolError) -> ErrorCode:
    assert isinstance(answer, ProtocolError)
    return answer.code
