"""A line to a host that is asked, over TCP.

::

    down ──connected──► up ──closed, malformed or silent──► down      and again, ever more rarely, until it is closed

1. A question is sent once, or not at all: who asks knows which, and what was sent and not answered is for them to
   reverse. So nothing is sent again by the line itself.
2. An answer is taken for the question whose number it has, where it repeats card, amount, currency, merchant and the
   rest of it; any other is said and dropped.
3. A host from which nothing came for a while is asked whether it is there (0800, 301), and left where it does not say.
4. So many questions are outstanding at most; one more is not sent.
5. A question waits a moment for a line that has just gone down. One that has been down for longer is tried once, and at
   once; ``ask_now`` does so in any case.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Final, cast

from etui.counterparts.lines.errors import NotSentError, UnansweredError
from etui.counterparts.lines.numbers import Numbers
from etui.standards.iso8583 import (
    Iso8583Error,
    Message,
    MessageReader,
    NetworkRequest,
    NetworkResponse,
    Request,
    Response,
    TransactionRequest,
    TransactionResponse,
    encode_message,
    frame,
    parse_message,
)

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0
_CONNECT_S: Final = 5.0
_UP_S: Final = 2.0
_READ_BYTES: Final = 65_536
_ECHO: Final = "301"
_REPEATED: Final = ("pan", "processing_code", "amount_minor", "rrn", "terminal", "merchant", "currency")
_LOG: Final = logging.getLogger("etui.lines")


class Line:
    """A line to ``host`` and ``port``.

    ``answer_s``: for how long an answer is waited for. ``echo_s``: after so long without a message the host is asked
    whether it is there. ``outstanding``: questions at most.
    """

    def __init__(
        self, host: str, port: int, *, answer_s: float = 10.0, echo_s: float = 30.0, outstanding: int = 256
    ) -> None:
        self._host, self._port = host, port
        self._answer_s = answer_s
        self._echo_s = echo_s
        self._most = outstanding
        self._numbers = Numbers()
        self._outstanding: dict[tuple[str, str, str], tuple[Request, asyncio.Future[Response]]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._up = asyncio.Event()
        self._attempted = asyncio.Event()
        self._wanted = asyncio.Event()
        self._down_since_s = 0.0
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether there is a connection now."""
        return self._writer is not None

    def start(self) -> None:
        """Begins to connect, and keeps at it."""
        loop = asyncio.get_running_loop()
        self._down_since_s = loop.time()
        self._task = loop.create_task(self._keep())

    async def close(self) -> None:
        """Ends it; what is outstanding stays unanswered."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def ask(self, request: TransactionRequest) -> TransactionResponse:
        """The answer; waits a moment for a line that has just gone down.

        Raises ``NotSentError`` and ``UnansweredError``, and ``Iso8583Error`` for what is no message.
        """
        left_s = self._down_since_s + _UP_S - asyncio.get_running_loop().time()
        if self.is_up or left_s <= 0:
            return await self.ask_now(request)
        await _within(self._up, left_s)
        return cast("TransactionResponse", await self._sent(request))

    async def ask_now(self, request: TransactionRequest) -> TransactionResponse:
        """The same for who stands and waits: a line that is down is tried once, and at once."""
        if not self.is_up:
            self._wanted.set()
            await _within(self._attempted, _UP_S)
        return cast("TransactionResponse", await self._sent(request))

    async def _sent(self, request: Request) -> Response:
        data = frame(encode_message(request))
        key = _answer_key(request)
        if self._writer is None or len(self._outstanding) >= self._most or key in self._outstanding:
            raise NotSentError(f"there is no line to {self._host}:{self._port} that would take it")
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._outstanding[key] = (request, answer)
        self._writer.write(data)
        try:
            async with asyncio.timeout(self._answer_s):
                return await answer
        except TimeoutError:
            raise UnansweredError(f"{self._host}:{self._port} did not answer in time") from None
        finally:
            self._outstanding.pop(key, None)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(_CONNECT_S):
                    reader, writer = await asyncio.open_connection(self._host, self._port)
            except (OSError, TimeoutError):
                self._end_attempt()
            else:
                if await self._serve(reader, writer):
                    pause = _FIRST_PAUSE_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.5, 1.0)):  # noqa: S311  # not all come at once
                    await self._wanted.wait()
            self._wanted.clear()
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _end_attempt(self) -> None:
        """Tells who waits for the attempt to connect that it has ended, well or not; the next one has its own end."""
        self._attempted.set()
        self._attempted = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Reads until the end of a connection; whether anything came by it."""
        self._writer = writer
        self._up.set()
        self._end_attempt()
        echo = asyncio.get_running_loop().create_task(self._ask_whether_there(writer))
        messages = MessageReader()
        came = False
        try:
            while data := await reader.read(_READ_BYTES):
                self._heard.set()
                for message in messages.feed(data):
                    came = True
                    self._take(parse_message(message))
                if messages.broken is not None:
                    raise messages.broken
        except Iso8583Error as error:
            _LOG.warning("the line to %s:%d is left, since what came is %s", self._host, self._port, error.code)
        except OSError:
            pass
        finally:
            self._writer = None
            self._up.clear()
            self._down_since_s = asyncio.get_running_loop().time()
            echo.cancel()
            writer.transport.abort()
            for _, answer in self._outstanding.values():
                if not answer.done():
                    answer.set_exception(UnansweredError(f"the line to {self._host}:{self._port} was lost"))
        return came

    async def _ask_whether_there(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(self._echo_s):
                    await self._heard.wait()
            except TimeoutError:
                transmitted, stan = self._numbers.next()
                try:
                    await self._sent(NetworkRequest(transmitted=transmitted, stan=stan, information=_ECHO))
                except UnansweredError:
                    _LOG.warning("%s:%d is not there any more", self._host, self._port)
                    writer.transport.abort()
                except NotSentError:  # as much is under way as may be
                    continue

    def _take(self, message: Message) -> None:
        request, answer = self._outstanding.get((message.MTI, message.transmitted, message.stan), (None, None))
        if request is None or answer is None or answer.done() or not _answers(request, message):
            _LOG.warning("an answer came to nothing that was asked: %s", message.MTI)
            return
        answer.set_result(cast("Response", message))


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Waits for it, though no longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _answer_key(request: Request) -> tuple[str, str, str]:
    mti = request.MTI
    return f"{mti[:2]}{int(mti[2]) + 1}0", request.transmitted, request.stan


def _answers(request: Request, message: Message) -> bool:
    match request, message:
        case NetworkRequest(), NetworkResponse():
            return request.information == message.information
        case NetworkRequest(), _:
            return False
        case _, TransactionResponse():
            return all(getattr(request, name) == getattr(message, name) for name in _REPEATED)
        case _:
            return False
