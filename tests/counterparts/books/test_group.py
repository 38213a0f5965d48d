"""Parts that arrive together are committed together, and each is answered for itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from etui.counterparts.books import BusyError, GroupCommit, UnavailableError


class Pages:
    """Takes numbers, a page a time; an odd page is one that somebody holds open."""

    def __init__(self) -> None:
        self.pages: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()

    def write(self, numbers: Sequence[int]) -> list[int]:
        self.open.wait(30)
        if 13 in numbers:
            raise ValueError("13 is not written")
        if 99 in numbers:
            raise UnavailableError("gone")
        self.pages.append(list(numbers))
        return [number * 2 for number in numbers]


def test_what_arrives_in_one_turn_or_during_a_commit_goes_together() -> None:
    pages = Pages()

    async def play() -> list[int]:
        group = GroupCommit(pages.write)
        pages.open.clear()
        first = [group.commit(number) for number in (1, 2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        later = [group.commit(number) for number in (3, 4, 5)]
        pages.open.set()
        answers = await asyncio.gather(*first, *later)
        await group.close()
        return list(answers)

    assert asyncio.run(play()) == [2, 4, 6, 8, 10]
    assert pages.pages == [[1, 2], [3, 4, 5]]


def test_part_that_cannot_be_written_fails_alone() -> None:
    pages = Pages()

    async def play() -> list[int | BaseException]:
        group = GroupCommit(pages.write)
        answers = await asyncio.gather(*(group.commit(n) for n in (12, 13, 14)), return_exceptions=True)
        await group.close()
        return list(answers)

    answers = asyncio.run(play())
    assert answers[0] == 24
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 28


def test_database_that_is_gone_is_not_waited_for_once_for_each_part() -> None:
    pages = Pages()
    calls = []

    def write(numbers: Sequence[int]) -> list[int]:
        calls.append(list(numbers))
        return pages.write(numbers)

    async def play() -> list[int | BaseException]:
        group = GroupCommit(write)
        answers = await asyncio.gather(*(group.commit(n) for n in (98, 99, 100)), return_exceptions=True)
        await group.close()
        return list(answers)

    assert all(isinstance(answer, UnavailableError) for answer in asyncio.run(play()))
    assert calls == [[98, 99, 100]]


def test_no_more_goes_together_or_waits_than_may() -> None:
    pages = Pages()

    async def play() -> None:
        group = GroupCommit(pages.write, together=1, waiting=3)
        held = [group.commit(number) for number in (1, 2, 3)]
        with pytest.raises(BusyError):
            group.commit(4)
        await asyncio.gather(*held)
        await group.close()

    asyncio.run(play())
    assert pages.pages == [[1], [2], [3]]


def test_who_asked_and_went_disturbs_nobody_else() -> None:
    pages = Pages()

    async def play() -> int:
        group = GroupCommit(pages.write)
        gone, stays = group.commit(1), group.commit(2)
        gone.cancel()
        answer = await stays
        await group.close()
        return answer

    assert asyncio.run(play()) == 4
    assert pages.pages == [[1, 2]]


def test_close_waits_for_what_was_brought() -> None:
    pages = Pages()

    async def play() -> list[asyncio.Future[int]]:
        group = GroupCommit(pages.write)
        brought = [group.commit(number) for number in range(200, 300)]
        await group.close()
        return brought

    assert all(future.done() for future in asyncio.run(play()))
    assert sum(map(len, pages.pages)) == 100
