"""Whose turn it is at the dialog: what was typed before what programs ask, one at a time, whoever gives up."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.router.turns import _MAX_PAGES, _MAX_QUEUED, _MAX_TYPED, Lane, Turns


async def settled() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


class Queue:
    """People at a counter: each says its name when it is its turn, and goes when it is told to."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.served: list[str] = []
        self.at_once = 0
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.doors: dict[str, asyncio.Event] = {}

    async def comes(self, name: str, lane: Lane) -> None:
        self.doors[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stands(name, lane))
        await settled()

    async def goes(self, name: str) -> None:
        self.doors[name].set()
        await settled()

    async def _stands(self, name: str, lane: Lane) -> None:
        async with self.turns.turn(lane):
            self.at_once += 1
            assert self.at_once == 1
            self.served.append(name)
            try:
                await self.doors[name].wait()
            finally:
                self.at_once -= 1


@pytest.mark.attack(16)
def test_what_was_typed_goes_before_all_programs_that_wait_and_a_full_lane_of_theirs_does_not_keep_it_out() -> None:
    async def play() -> list[str]:
        queue = Queue()
        for number in range(_MAX_QUEUED):
            await queue.comes(f"program {number}", Lane.PROGRAMS)
        await queue.comes("one too many", Lane.PROGRAMS)
        error = queue.tasks["one too many"].exception()
        assert isinstance(error, ProtocolError)
        assert error.code is ErrorCode.TOO_MANY
        await queue.comes("etui", Lane.TYPED)
        for name in ("program 0", "etui", "program 1"):
            await queue.goes(name)
        for task in queue.tasks.values():
            task.cancel()
        await settled()
        return queue.served[:4]

    assert asyncio.run(play()) == ["program 0", "etui", "program 1", "program 2"]


@given(st.lists(st.tuples(st.sampled_from(["comes", "goes", "gives up"]), st.sampled_from(Lane)), max_size=60))
def test_however_they_come_go_and_give_up_one_is_served_at_a_time_and_nobody_is_forgotten(
    steps: list[tuple[str, Lane]],
) -> None:
    async def play() -> None:
        queue = Queue()
        here: dict[str, Lane] = {}
        for number, (step, lane) in enumerate(steps):
            name = f"{lane.value} {number}"
            if step == "comes":
                full = (
                    sum(other is lane for other in here.values())
                    >= {
                        Lane.TYPED: _MAX_TYPED,
                        Lane.PROGRAMS: _MAX_QUEUED,
                        Lane.PAGES: _MAX_PAGES,
                    }[lane]
                )
                await queue.comes(name, lane)
                assert queue.tasks[name].done() is full
                if full:
                    assert isinstance(queue.tasks[name].exception(), ProtocolError)
                else:
                    here[name] = lane
            elif here and step == "goes":
                served = queue.served[-1]
                await queue.goes(served)
                del here[served]
            elif here:
                leaving = next(reversed(here))
                queue.tasks[leaving].cancel()
                await settled()
                del here[leaving]
            assert queue.at_once == bool(here)
        while here:
            served = queue.served[-1]
            await queue.goes(served)
            del here[served]
        assert queue.at_once == 0

    asyncio.run(play())


@given(st.permutations(["a", "b", "c", "d"]), st.integers(1, 4), st.sampled_from(["stays", "goes"]))
def test_whoever_gives_up_in_one_moment_with_others_keeps_the_turn_from_nobody(
    order: list[str], count: int, first: str
) -> None:
    async def play() -> None:
        queue = Queue()
        for name in ("a", "b", "c", "d"):
            await queue.comes(name, Lane.PROGRAMS)
        if first == "goes":
            queue.doors["a"].set()
        for name in order[:count]:
            queue.tasks[name].cancel()
        await settled()
        await queue.comes("later", Lane.PROGRAMS)
        for door in queue.doors.values():
            door.set()
        for _ in range(len(order)):
            await settled()
        assert queue.served[-1] == "later"
        assert queue.at_once == 0

    asyncio.run(play())
