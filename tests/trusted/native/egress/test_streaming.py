"""Answers that are read as they come: in parts of bounded size, decoded and masked as the whole."""

import gzip
import threading
import zlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trusted.native.egress.flowing import (
    ADA,
    CHUNKED,
    LONG,
    WAIT_S,
    all_of,
    chunk,
    coded,
    gzipped_in_members,
    parts_of,
    streamed,
)
from tests.trusted.native.egress.world import (
    API,
    API_ADDRESS,
    Received,
    World,
    answering,
    redirect,
    response,
)

from etui.interfaces.egress_1 import Header, Read
from etui.sealing import Secret
from etui.trusted.native.egress.content import Decoding, decode
from etui.trusted.native.egress.errors import UnreachableError
from etui.trusted.native.egress.fetching import Fetcher
from etui.trusted.native.egress.insertion import Insertion, Where
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.masking import Mask

SECRET = "s3cr3t-word"
HERE = "SECRET_HERE"


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
        await all_of(fetcher, streamed(method="HEAD"))

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
