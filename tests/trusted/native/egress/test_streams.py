"""Whose the answers are that are read as they come, and what ends one."""

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest
from tests.trusted.native.egress.flowing import (
    ADA,
    BOB,
    CHUNKED,
    LONG,
    WAIT_S,
    all_of,
    chunk,
    handle,
    streamed,
    wait_for,
)
from tests.trusted.native.egress.world import Received, World, answering, endless, response

from etui.interfaces.egress_1 import Drop, Read
from etui.protocol import ErrorCode
from etui.trusted.native.egress.errors import EgressError, OversizeError, SlowError, UnreachableError
from etui.trusted.native.egress.fetching import Asking, Fetcher
from etui.trusted.native.egress.limits import Limits

# whose a handle is


def unknown(fetcher: Fetcher, read: Read, asking: Asking) -> Awaitable[None]:
    async def refused() -> None:
        with pytest.raises(EgressError) as told:
            await fetcher.read(read, asking)
        assert told.value.code is ErrorCode.UNKNOWN_ITEM

    return refused()


@pytest.mark.attack(116)
def test_a_handle_is_unknown_to_another_caller_and_once_it_was_used(world: World) -> None:
    world.host(answering(response(LONG)))

    async def tried(fetcher: Fetcher) -> bytes:
        answer = await fetcher.fetch(streamed(), None, ADA)
        first = handle(answer)
        assert len(first.rest) == 32
        await unknown(fetcher, first, BOB)
        fetcher.drop(Drop(rest=first.rest), BOB)
        await unknown(fetcher, Read(rest="0" * 32), ADA)
        part = await fetcher.read(first, ADA)
        await unknown(fetcher, first, ADA)
        whole, rest = answer.body + part.body, part.rest
        while rest:
            await unknown(fetcher, Read(rest=rest), BOB)
            part = await fetcher.read(Read(rest=rest), ADA)
            whole, rest = whole + part.body, part.rest
        return whole

    assert world.during(tried) == LONG


def test_a_caller_reads_few_answers_at_once_and_gets_others_whole(world: World) -> None:
    world.host(answering(response(bytes(1 << 20))))

    async def too_many(fetcher: Fetcher) -> None:
        one = handle(await fetcher.fetch(streamed(), None, ADA))
        handle(await fetcher.fetch(streamed(), None, ADA))
        beside = await fetcher.fetch(streamed(), None, ADA)
        assert (beside.body, beside.rest) == (bytes(1 << 20), None)
        handle(await fetcher.fetch(streamed(), None, BOB))
        fetcher.drop(Drop(rest=one.rest), ADA)
        handle(await fetcher.fetch(streamed(), None, ADA))

    world.during(too_many, limits=Limits(streams=2))


# what ends one


def given_up(act: Callable[[Fetcher, Read], Awaitable[None]], world: World, limits: Limits) -> str:
    """Begins an endless answer, has something done to it, and sees the host's connection end; the log's last line."""
    host = world.host(endless(CHUNKED, chunk(b"x" * 60_000)))

    async def scene(fetcher: Fetcher) -> None:
        read = handle(await fetcher.fetch(streamed(), None, ADA))
        await act(fetcher, read)
        await asyncio.to_thread(wait_for, host)
        await unknown(fetcher, read, ADA)

    world.during(scene, limits=limits)
    return world.log[-1]


def test_what_is_dropped_ends_its_connection(world: World) -> None:
    async def drop(fetcher: Fetcher, read: Read) -> None:
        fetcher.drop(Drop(rest=read.rest), ADA)

    assert "given up after" in given_up(drop, world, Limits())


def test_what_nobody_reads_on_is_ended(world: World) -> None:
    async def nothing(*_: object) -> None:
        pass

    assert "given up after" in given_up(nothing, world, Limits(unread_s=0.1))


def test_a_reading_that_is_given_up_ends_the_answer(world: World) -> None:
    def one_event(_: Received) -> Iterator[bytes]:
        yield CHUNKED
        host.ending.wait()

    host = world.host(one_event)

    async def scene(fetcher: Fetcher) -> None:
        read = handle(await fetcher.fetch(streamed(), None, ADA))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(fetcher.read(read, ADA), 0.05)
        await unknown(fetcher, read, ADA)

    world.during(scene)
    assert world.log[-1].endswith("200 given up after 0 bytes")


def test_a_host_that_falls_silent_ends_its_answer(world: World) -> None:
    def silent(_: Received) -> Iterator[bytes]:
        yield CHUNKED + chunk(b"data: 1\n\n")
        host.ending.wait()

    host = world.host(silent)

    async def scene(fetcher: Fetcher) -> None:
        answer = await fetcher.fetch(streamed(), None, ADA)
        assert answer.body == b"data: 1\n\n"
        with pytest.raises(SlowError, match=r"sent nothing for 0\.2 s"):
            await fetcher.read(handle(answer), ADA)
        await unknown(fetcher, handle(answer), ADA)

    world.during(scene, limits=Limits(silence_s=0.2))
    assert world.log[-1].endswith("200 broke off after 9 bytes: timed_out")


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED + chunk(b"far"),
        CHUNKED + chunk(b"far") + b"zz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfar",
    ],
)
def test_an_answer_that_breaks_off_ends_in_an_error(world: World, sent: bytes) -> None:
    world.host(answering(sent))
    with pytest.raises(UnreachableError):
        world.during(lambda fetcher: all_of(fetcher, streamed()))


def test_what_came_before_it_broke_off_is_given_first(world: World) -> None:
    go_on = threading.Semaphore(0)

    def answer(_: Received) -> Iterator[bytes]:
        yield CHUNKED
        assert go_on.acquire(timeout=WAIT_S)
        yield chunk(b"data: 1\n\n") + b"zz\r\n"

    world.host(answer)

    async def scene(fetcher: Fetcher) -> bytes:
        began = handle(await fetcher.fetch(streamed(), None, ADA))
        go_on.release()
        part = await fetcher.read(began, ADA)
        assert part.rest
        with pytest.raises(UnreachableError):
            await fetcher.read(Read(rest=part.rest), ADA)
        return part.body

    assert world.during(scene, limits=Limits(linger_s=0)) == b"data: 1\n\n"


def test_what_amounts_to_nothing_is_given_up(world: World) -> None:
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    world.host(endless(head, chunk(gzip.compress(b"") * 1000)))
    with pytest.raises(UnreachableError, match="amounts to nothing"):
        world.during(lambda fetcher: all_of(fetcher, streamed()))


def test_the_caller_says_how_much_it_takes_in_all(world: World) -> None:
    world.host(answering(response(LONG)), most=2)
    with pytest.raises(OversizeError, match="larger than 1000000 bytes"):
        world.during(lambda fetcher: all_of(fetcher, streamed(max_bytes=1_000_000)))
