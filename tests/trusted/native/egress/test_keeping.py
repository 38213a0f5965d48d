"""Connections that are kept: for the same caller and origin, as long as both ends want it."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from tests.trusted.native.egress.world import API, API_ADDRESS, Answer, Received, World, get, response

from etui.interfaces.egress_1 import Fetch
from etui.trusted.native.egress.errors import UnreachableError


def numbered(count: int, **more: Any) -> list[Fetch]:  # noqa: ANN401  # Fetch's fields
    return [get(f"https://{API}/{number}", **more) for number in range(count)]


def closing(received: Received) -> Iterable[bytes]:
    return [response(received.target.encode(), Connection="close")]


def echo(received: Received) -> Iterable[bytes]:
    return [response(received.target.encode())]


def hanging_up_on_the_second() -> Answer:
    """Answers all requests but the second, upon which it closes the connection."""
    count = iter(range(1000))

    def answer(received: Received) -> Iterator[bytes]:
        if next(count) == 1:
            raise OSError
        yield response(b"" if received.method == "HEAD" else received.target.encode())

    return answer


def test_a_caller_s_requests_to_one_origin_share_a_connection(world: World) -> None:
    host = world.host(echo, most=1000)
    assert [one.body for one in world.fetch_all(numbered(5))] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
    assert [one.target for one in host.received] == ["/0", "/1", "/2", "/3", "/4"]
    assert world.dialled == [(API_ADDRESS, 443)]
    assert world.asked == [API], "a name is resolved for a connection, and not for each request"


def test_two_callers_share_none(world: World) -> None:
    world.host(echo, most=1000)
    world.fetch_all(numbered(4), clients=["ada", "bob", "ada", "bob"])
    assert world.dialled == [(API_ADDRESS, 443)] * 2


@pytest.mark.attack(112)
def test_those_for_whom_one_caller_asks_share_none_where_it_tells_them_apart(world: World) -> None:
    world.host(echo, most=1000)
    world.fetch_all([get(f"https://{API}/", apart=client) for client in ("ada", "bob", "ada", "bob")])
    assert world.dialled == [(API_ADDRESS, 443)] * 2


def test_a_connection_that_the_host_wants_closed_is_not_used_again(world: World) -> None:
    world.host(closing, most=1000)
    world.fetch_all(numbered(3))
    assert world.dialled == [(API_ADDRESS, 443)] * 3


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_what_may_be_repeated_is_sent_anew_where_the_host_hung_up(world: World, method: str) -> None:
    host = world.host(hanging_up_on_the_second(), most=1000)
    assert [one.status for one in world.fetch_all(numbered(3, method=method))] == [200, 200, 200]
    assert [one.target for one in host.received] == ["/0", "/1", "/1", "/2"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_not_be_repeated_is_never_sent_twice(world: World, method: str) -> None:
    host = world.host(hanging_up_on_the_second(), most=1000)
    with pytest.raises(UnreachableError):
        world.fetch_all(numbered(3, method=method, body=b"once"))
    assert [one.target for one in host.received] == ["/0", "/1"]


@pytest.mark.attack(112)
def test_an_answer_that_nobody_asked_for_is_given_to_nobody(world: World) -> None:
    def eager(received: Received) -> Iterator[bytes]:
        yield response(received.target.encode())
        time.sleep(0.1)  # the first has been read by then, and the connection is kept
        yield response(b"to whoever asks next")

    def one_after_the_other() -> Iterator[Fetch]:
        for request in numbered(3):
            yield request
            time.sleep(0.3)  # in which the other one arrives

    host = world.host(eager, most=1000)
    assert [one.body for one in world.fetch_all(one_after_the_other())] == [b"/0", b"/1", b"/2"]
    assert [one.target for one in host.received] == ["/0", "/1", "/2"]
