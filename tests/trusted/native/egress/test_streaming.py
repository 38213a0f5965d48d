"""Answers that are read as they come."""

import asyncio
import gzip
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trusted.native.egress.world import (
    API,
    API_ADDRESS,
    OTHER,
    Host,
    Received,
    World,
    answering,
    endless,
    get,
    redirect,
    response,
)

from etui.interfaces.egress_1 import Drop, Fetch, FetchResult, Header, Read
from etui.protocol import ErrorCode
from etui.sealing import Secret
from etui.trusted.native.egress.content import Decoding, decode
from etui.trusted.native.egress.errors import EgressError, OversizeError, SlowError, UnreachableError
from etui.trusted.native.egress.fetching import Asking, Fetcher
from etui.trusted.native.egress.insertion import Insertion, Where
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.masking import Mask

ADA = Asking("ada", "Fares", hosts=(API, OTHER))
BOB = Asking("bob", "Tolls", hosts=(API,))
SECRET = "s3cr3t-word"
HERE = "SECRET_HERE"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = bytes(range(256)) * (20 << 10)
WAIT_S = 60


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def gzipped_in_members(data: bytes) -> bytes:
    return b"".join(gzip.compress(data[at : at + 5]) for at in range(0, len(data), 5))


def coded(coding: str, data: bytes) -> bytes:
    match coding:
        case "gzip":
            return gzip.compress(data)
        case "members":
            return gzipped_in_members(data)
        case "deflate":
            return zlib.compress(data)
        case "raw":
            return zlib.compress(data, wbits=-15)
    return data


def streamed(**more: Any) -> Fetch:  # noqa: ANN401  # Fetch's fields
    return get(stream=True, **more)


def handle(result: FetchResult) -> Read:
    assert result.rest
    return Read(rest=result.rest)


async def parts_of(fetcher: Fetcher, request: Fetch, insertion: Insertion | None = None) -> AsyncIterator[bytes]:
    answer = await fetcher.fetch(request, insertion, ADA)
    yield answer.body
    rest = answer.rest
    while rest:
        part = await fetcher.read(Read(rest=rest), ADA)
        rest = part.rest
        yield part.body


async def all_of(fetcher: Fetcher, request: Fetch, insertion: Insertion | None = None) -> list[bytes]:
    return [part async for part in parts_of(fetcher, request, insertion)]


def wait_for(host: Host) -> None:
    """Waits until no connection to a host is open."""
    for thread in host._threads[1:]:
        thread.join(WAIT_S)
        assert not thread.is_alive()


# whole in parts


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_comes_in_parts_of_bounded_size(world: World, coding: str, chunked: bool) -> None:  # noqa: FBT001
    sent = coded(coding, LONG)
    head = b"HTTP/1.1 200 OK\r\n" + (f"Content-Encoding: {coding}\r\n".encode() if coding else b"")
    framed = [b"Content-Length: %d\r\n\r\n" % len(sent), sent]
    if chunked:
        cut = (sent[at : at + 70_000] for at in range(0, len(sent), 70_000))
        framed = [b"Transfer-Encoding: chunked\r\n\r\n", *map(chunk, cut), b"0\r\n\r\n"]
    world.host(answering(head, *framed))
    parts = world.during(lambda fetcher: all_of(fetcher, streamed()))
    assert b"".join(parts) == LONG
    assert all(parts[1:])
    assert max(map(len, parts)) <= 512 << 10
    assert world.log == [f"egress: Fares: GET {API}: 200 {len(LONG)} bytes"]


def test_a_connection_that_was_read_to_its_end_is_kept(world: World) -> None:
    world.host(answering(response(LONG)), most=1000)

    async def thrice(fetcher: Fetcher) -> None:
        for _ in range(3):
            await all_of(fetcher, streamed())
        await all_of(fetcher, get(stream=True, method="HEAD"))

    world.during(thrice)
    assert world.dialled == [(API_ADDRESS, 443)]


def test_a_short_body_is_in_the_first_answer_also_where_it_was_sent_behind_the_head(world: World) -> None:
    whole = response(b"fares", Content_Type="text/plain")
    world.host(answering(whole[:-5], whole[-5:]))
    result = world.fetch(streamed(), limits=Limits(linger_s=WAIT_S))
    assert (result.body, result.rest) == (b"fares", None)
    assert Header(name="Content-Length", value="5") in result.headers


def test_an_answer_without_a_body_is_whole(world: World) -> None:
    world.host(answering(response(status=304)), most=2)
    results = world.fetch_all([streamed(), streamed(method="HEAD")])
    assert [(one.status, one.body, one.rest) for one in results] == [(304, b"", None)] * 2


def test_an_event_is_read_before_the_next_one_is_sent(world: World) -> None:
    go_on = threading.Semaphore(0)

    def events(_: Received) -> Iterator[bytes]:
        yield CHUNKED
        for number in range(3):
            assert go_on.acquire(timeout=WAIT_S)
            yield chunk(b"data: %d\n\n" % number)
        yield b"0\r\n\r\n"

    world.host(events)

    async def read_each(fetcher: Fetcher) -> list[bytes]:
        answer = await fetcher.fetch(streamed(), None, ADA)
        seen, rest = [answer.body], answer.rest
        while rest:
            go_on.release()
            part = await fetcher.read(Read(rest=rest), ADA)
            seen.append(part.body)
            rest = part.rest
        return seen

    seen = world.during(read_each)
    assert [part for part in seen if part] == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]


def test_a_stream_comes_by_a_redirect_too(world: World) -> None:
    answers = iter([redirect("/again"), response(LONG)])
    world.host(lambda _: [next(answers)])
    assert b"".join(world.during(lambda fetcher: all_of(fetcher, streamed()))) == LONG


# masks and codings over parts

PAGE = b"<p>You sent " + SECRET.encode() + b".</p>"


@pytest.mark.attack(117)
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"", PAGE),
        (b"Content-Encoding: gzip\r\n", gzip.compress(PAGE)),
        (b"Content-Encoding: gzip\r\n", gzipped_in_members(PAGE)),
        (b"Content-Encoding: deflate\r\n", zlib.compress(PAGE)),
    ],
    ids=["plain", "gzip", "members of gzip", "deflate"],
)
def test_an_echo_that_comes_byte_by_byte_in_parts_is_masked(world: World, head: bytes, body: bytes) -> None:
    go_on = threading.Semaphore(0)

    def dribbling(_: Received) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n"
        for byte in body:
            go_on.acquire(timeout=0.001)
            yield chunk(bytes((byte,)))
        yield b"0\r\n\r\n"

    world.host(dribbling)
    insertion = Insertion(Secret.from_text(SECRET), frozenset({API}), Where.HEADER, HERE)
    headers = [Header(name="Authorization", value=f"Bearer {HERE}")]
    request = streamed(headers=headers, insert=b"sealed", placeholder=HERE)
    parts = world.during(lambda fetcher: all_of(fetcher, request, insertion), limits=Limits(linger_s=0))
    assert b"".join(parts) == b"<p>You sent ****.</p>"


@pytest.mark.attack(117)
@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"s3cr3t-word", b"S3CR3T", b"-word", b"czNjcjN0", b"\0" * 300, b"x"]), max_size=30),
    st.sampled_from(["", "gzip", "members", "deflate", "raw"]),
    st.lists(st.integers(0, 400), max_size=10),
    st.integers(1, 50),
)
def test_codings_and_masks_over_parts_give_what_the_whole_gives(
    pieces: list[bytes], coding: str, cuts: list[int], most: int
) -> None:
    plain = b"".join(pieces)
    sent = coded(coding, plain)
    name = {"": b"", "gzip": b"gzip", "members": b"gzip"}.get(coding, b"deflate")
    mask = Mask(Secret.from_text(SECRET))
    decoding, masking = Decoding(name, API), mask.begin()
    got = b""
    places = sorted({min(cut, len(sent)) for cut in cuts} | {0, len(sent)})
    for start, end in pairwise(places):
        decoding.feed(sent[start:end])
        while not decoding.hungry:
            piece = decoding.take(most)
            assert len(piece) <= most or not coding
            got += masking.feed(piece)
    decoding.finish()
    assert got + masking.finish() == mask.apply(decode(name, sent, 1 << 20, API)) == mask.apply(plain)


def test_a_bomb_unfolds_part_by_part(world: World) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), 9)
    world.host(answering(response(bomb, Content_Encoding="gzip")))

    async def some(fetcher: Fetcher) -> list[int]:
        return [len(part) async for part in parts_of(fetcher, streamed())]

    sizes = world.during(some)
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 512 << 10


@pytest.mark.parametrize("cut", [1, 9, 5000])
def test_a_coded_body_that_is_cut_off_ends_in_an_error(world: World, cut: int) -> None:
    world.host(answering(response(gzip.compress(LONG)[:-cut], Content_Encoding="gzip")))
    with pytest.raises(UnreachableError, match="damaged"):
        world.during(lambda fetcher: all_of(fetcher, streamed()))


def test_an_echo_in_a_coding_that_was_not_asked_for_is_not_given_out(world: World) -> None:
    world.host(answering(response(PAGE, Content_Encoding="br")))
    with pytest.raises(UnreachableError, match="not asked for"):
        world.fetch(streamed())


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
