"""The ends of processes as the event loop sees them; the processes are real, and end at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from etui.trusted.control import Link, LinkClosed, Lock, LockNow, ToRouter
from etui.trusted.supervisor.children import Child, Running
from etui.trusted.supervisor.endings import Endings

WAIT_S = 60.0


def brief() -> Child:
    """A process that ends by itself, with status 2."""
    return Child("etui.trusted.native.session", [], {})


class Told:
    """Remembers which process ended, and lets a test wait for that."""

    def __init__(self) -> None:
        self.ended: list[Running] = []
        self._one = asyncio.Event()

    def __call__(self, child: Running) -> None:
        self.ended.append(child)
        self._one.set()

    async def wait(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._one.wait()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_whoever_watches_is_told_of_the_end_and_its_status() -> None:
    async def test() -> None:
        endings, told = Endings(), Told()
        child = brief()
        endings.watch(child, told)
        await told.wait()
        assert told.ended == [child]
        assert child.status == 2

    run(test)


def test_an_ordered_end_is_told_to_nobody_and_leaves_no_trace_in_the_loop() -> None:
    """Else the next process whose descriptor has the same number would be taken for watched, and its end be missed."""

    async def test() -> None:
        endings, told = Endings(), Told()
        for end in (endings.kill, endings.end):
            child = brief()
            number = child.pidfd
            endings.watch(child, told)
            end(child)
            next_one = brief()
            assert next_one.pidfd == number
            seen = Told()
            endings.watch(next_one, seen)
            await seen.wait()
        assert told.ended == []

    run(test)


def test_a_process_that_keeps_ending_is_started_at_once_twice_and_then_later() -> None:
    async def test() -> None:
        endings = Endings()
        starts: list[float] = []
        later = asyncio.Event()

        def start() -> None:
            starts.append(asyncio.get_running_loop().time())
            if len(starts) == 3:
                later.set()

        for count in (1, 2):
            endings.again("door", start)
            assert len(starts) == count
        endings.again("door", start)
        assert len(starts) == 2
        async with asyncio.timeout(WAIT_S):
            await later.wait()
        assert starts[2] - starts[1] >= 0.4

    run(test)


def test_a_start_that_is_still_to_come_is_dropped_at_the_end() -> None:
    async def test() -> None:
        endings = Endings()
        starts: list[int] = []
        for count in range(3):
            endings.again("door", lambda count=count: starts.append(count))  # type: ignore[misc]
        due = asyncio.get_running_loop().time() + 0.6
        endings.close()
        passed = asyncio.Event()
        asyncio.get_running_loop().call_at(due, passed.set)
        await passed.wait()
        assert starts == [0, 1]

    run(test)


def test_whoever_does_not_read_is_given_up_and_not_waited_for() -> None:
    ours, theirs = Link.pair()
    link: Link[ToRouter, Lock] = Link(ours, Lock)

    def tell_for_ever() -> None:
        while True:
            link.send(LockNow(reason="the machine is about to sleep"))

    with ours, theirs, pytest.raises(LinkClosed, match="control channel"):
        tell_for_ever()
