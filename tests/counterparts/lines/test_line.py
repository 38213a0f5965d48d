"""A line to a host that is asked: what is taken for an answer, and what is done while there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from tests.counterparts.trade import buys

from etui.counterparts.lines import Line, NotSentError, Numbers, UnansweredError
from etui.standards.iso8583 import (
    FinancialRequest,
    MessageReader,
    NetworkRequest,
    NetworkResponse,
    TransactionResponse,
    answer_to,
    encode_message,
    frame,
    parse_message,
)

_ASKED = buys(0, 1, atc=1)


class Host:
    """A host that does with what it gets what a test says. ``got``: all of it."""

    def __init__(self, says: Callable[[FinancialRequest], list[TransactionResponse] | None]) -> None:
        self._says = says
        self.got: list[object] = []
        self.echoes = True
        self.lines = 0
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()
            self.ended.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        messages = MessageReader()
        while data := await reader.read(4096):
            for message in map(parse_message, messages.feed(data)):
                self.got.append(message)
                if isinstance(message, NetworkRequest):
                    if self.echoes:
                        writer.write(frame(encode_message(_echoed(message))))
                    continue
                assert isinstance(message, FinancialRequest)
                said = self._says(message)
                if said is None:
                    return
                for answer in said:
                    writer.write(frame(encode_message(answer)))


def _echoed(request: NetworkRequest) -> NetworkResponse:
    return NetworkResponse(
        transmitted=request.transmitted, stan=request.stan, information=request.information, response_code="00"
    )


def play(host: Host, scene: Callable[[Line], Awaitable[None]], **limits: float) -> None:
    """Plays it with a line to a host."""

    async def whole() -> None:
        server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1], **({"answer_s": 0.5} | limits))  # type: ignore[arg-type]
        line.start()
        try:
            await scene(line)
        finally:
            host.ended.clear()
            was_up = line.is_up
            await line.close()
            server.close()
            if was_up:
                await host.ended.wait()

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_answers_find_their_questions_in_any_order() -> None:
    kept: list[FinancialRequest] = []

    def says(request: FinancialRequest) -> list[TransactionResponse]:
        kept.append(request)
        return [] if len(kept) < 3 else [answer_to(one, "00", approval=one.stan) for one in reversed(kept)]

    async def scene(line: Line) -> None:
        answers = await asyncio.gather(*(line.ask(buys(0, number, atc=1)) for number in (1, 2, 3)))
        assert [one.approval for one in answers] == ["000001", "000002", "000003"]

    play(Host(says), scene, answer_s=20.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"stan": "000009"}, {"transmitted": "1126185001"}, {"amount_minor": 1}, {"currency": "840"}, {"rrn": "0"},
        {"merchant": "SHOP-2"}, {"terminal": "WEB00002"}, {"pan": "4761730000000009"}, {"processing_code": "200000"},
    ],
)  # fmt: skip
def test_an_answer_to_another_question_is_none(changes: dict[str, object]) -> None:
    async def scene(line: Line) -> None:
        with pytest.raises(UnansweredError):
            await line.ask(_ASKED)

    play(Host(lambda asked: [msgspec.structs.replace(answer_to(asked, "00"), **changes)]), scene)


def test_what_was_sent_and_lost_is_not_answered_and_the_line_comes_back() -> None:
    closes = [True, False]

    async def scene(line: Line) -> None:
        with pytest.raises(UnansweredError):
            await line.ask(_ASKED)
        assert (await line.ask(_ASKED)).response_code == "00"

    host = Host(lambda asked: None if closes.pop(0) else [answer_to(asked, "00")])
    play(host, scene, answer_s=20.0)
    assert host.lines == 2
    assert len(host.got) == 2  # nothing was sent again by itself


def test_no_more_is_outstanding_than_may_be() -> None:
    async def scene(line: Line) -> None:
        tried = await asyncio.gather(*(line.ask(buys(0, number, atc=1)) for number in range(5)), return_exceptions=True)
        assert [type(one).__name__ for one in tried] == [*["UnansweredError"] * 2, *["NotSentError"] * 3]

    host = Host(lambda _: [])
    play(host, scene, outstanding=2)
    assert len(host.got) == 2


def test_without_a_host_nothing_is_sent() -> None:
    async def whole() -> None:
        line = Line("127.0.0.1", 1)
        line.start()
        with pytest.raises(NotSentError):
            await line.ask(_ASKED)
        assert not line.is_up
        await line.close()

    asyncio.run(whole())


def test_a_silent_host_is_asked_whether_it_is_there_and_left_if_it_is_not() -> None:
    host = Host(lambda asked: [answer_to(asked, "00")])

    async def scene(_: Line) -> None:
        while len(host.got) < 2:  # noqa: ASYNC110  # the host has no bell
            await asyncio.sleep(0.02)
        assert host.lines == 1
        host.echoes = False
        while host.lines < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    play(host, scene, echo_s=0.1)
    assert {message.information for message in host.got if isinstance(message, NetworkRequest)} == {"301"}


def test_a_host_that_sends_what_is_no_message_is_left() -> None:
    seen = 0

    async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        writer.write(b"\xff\xff" if seen == 1 else b"\x00\x04junk")
        await reader.read()  # until the line is left
        writer.close()
        await writer.wait_closed()

    async def whole() -> None:
        server = await asyncio.start_server(babbles, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1])
        line.start()
        while seen < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await line.close()
        server.close()

    asyncio.run(asyncio.wait_for(whole(), 20))  # before the host would be asked whether it is there


def test_an_answer_is_read_from_pieces_and_one_to_nothing_is_passed_over() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message = parse_message(MessageReader().feed(await reader.read(4096))[0])
        assert isinstance(message, FinancialRequest)
        right = answer_to(message, "00", approval="RIGHT1")
        wrong = msgspec.structs.replace(answer_to(message, "00", approval="WRONG1"), amount_minor=1)
        for byte in b"".join(frame(encode_message(one)) for one in (wrong, right)):
            writer.write(bytes((byte,)))
            await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def whole() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1])
        line.start()
        assert (await line.ask_now(_ASKED)).approval == "RIGHT1"
        await line.close()
        server.close()

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_who_cannot_wait_has_a_line_that_is_down_tried_at_once_and_once() -> None:
    async def whole() -> None:
        host = Host(lambda asked: [answer_to(asked, "00")])
        server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        line = Line("127.0.0.1", port)
        line.start()
        for _ in range(20):  # by now attempts would come two seconds apart
            with pytest.raises(NotSentError):
                await line.ask_now(_ASKED)
        server = await asyncio.start_server(host.serve, "127.0.0.1", port)
        assert (await line.ask_now(_ASKED)).response_code == "00"
        assert host.lines == 1
        await line.close()
        server.close()
        await host.ended.wait()

    asyncio.run(asyncio.wait_for(whole(), 20))


def test_a_line_that_has_long_been_down_holds_nobody_up() -> None:
    async def whole() -> None:
        line = Line("127.0.0.1", 1)
        line.start()
        for _ in range(10):  # the first one waits, for two seconds
            with pytest.raises(NotSentError):
                await line.ask(_ASKED)
        await line.close()

    asyncio.run(asyncio.wait_for(whole(), 12))


def test_numbers_do_not_come_again_in_one_second() -> None:
    numbers = Numbers(lambda: 0.0)
    made = [numbers.next() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert {time for time, _ in made} == {"0101000000"}
    assert all(len(count) == 6 for _, count in made)
