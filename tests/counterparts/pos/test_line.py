"""The terminal's line: which answers it takes, and whether a question left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
import pytest
from bench.acquirer import Presented, pan, payment
from tests.counterparts.pos.test_paying import no_port

from etui.counterparts.pos.line import Line, NotSentError, UnansweredError
from etui.standards.iso8583 import (
    FinancialRequest,
    FinancialResponse,
    MessageReader,
    answer_to,
    encode_message,
    frame,
    parse_message,
)

Answers: TypeAlias = Callable[[FinancialRequest], list[bytes]]
REQUEST = payment(Presented(pan=pan(1)), 7)


def framed(response: object) -> bytes:
    assert isinstance(response, FinancialResponse)
    return frame(encode_message(response))


def right(request: FinancialRequest) -> bytes:
    return framed(answer_to(request, "00", approval="ABC123"))


def asked(answers: Answers, work: Callable[[Line], Awaitable[list[str]]]) -> list[str]:
    """What ``work`` returns with a host that answers each question with these pieces, and closes after the last one."""

    lines: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            await _answer(answers, reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def both() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        line = Line("127.0.0.1", server.sockets[0].getsockname()[1], answer_s=0.5)
        try:
            return await work(line)
        finally:
            await line.close()
            server.close()
            await asyncio.gather(*(one for one in lines if one is not None))

    return asyncio.run(both())


async def _answer(answers: Answers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    messages = MessageReader()
    while data := await reader.read(65_536):
        for message in messages.feed(data):
            request = parse_message(message)
            assert isinstance(request, FinancialRequest)
            pieces = answers(request)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if not pieces:
                return


async def once(line: Line) -> list[str]:
    return [(await line.ask(REQUEST)).approval]


async def twice(line: Line) -> list[str]:
    other = msgspec.structs.replace(REQUEST, stan="000008")
    return [*(await once(line)), (await line.ask(other)).approval]


def test_an_answer_is_taken_in_pieces_and_one_after_the_other() -> None:
    assert asked(lambda request: [right(request)[:9], right(request)[9:]], twice) == ["ABC123", "ABC123"]


@pytest.mark.parametrize(
    "other",
    [{"stan": "000009"}, {"amount_minor": 1}, {"pan": pan(2)}, {"merchant": "ANOTHER"}, {"transmitted": "0101000000"}],
)
def test_an_answer_to_another_question_is_passed_over(other: dict[str, object]) -> None:
    def answers(request: FinancialRequest) -> list[bytes]:
        wrong = msgspec.structs.replace(answer_to(request, "00", approval="WRONG1"), **other)
        return [framed(wrong), right(request)]

    assert asked(answers, once) == ["ABC123"]
    with pytest.raises(UnansweredError):
        asked(lambda request: answers(request)[:1], once)


@pytest.mark.parametrize("wrong", [b"", b"\0\0", b"\0\4ABCD", b"\xff\xff"])
def test_a_question_that_is_not_answered_or_wrongly_is_in_doubt(wrong: bytes) -> None:
    with pytest.raises(UnansweredError):
        asked(lambda _: [wrong] if wrong else [], once)


def test_a_line_that_was_lost_is_made_anew_for_the_next_question() -> None:
    answers = iter([False, True])

    async def again(line: Line) -> list[str]:
        with pytest.raises(UnansweredError):
            await once(line)
        return await once(line)

    assert asked(lambda request: [right(request)] if next(answers) else [], again) == ["ABC123"]


def test_a_question_that_nobody_takes_never_left() -> None:
    async def ask() -> None:
        await Line("127.0.0.1", no_port()).ask(REQUEST)

    with pytest.raises(NotSentError):
        asyncio.run(ask())
