"""The door: what browsers ask, put to the Router for the pages that ask it."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.browser import allowed, logins, messages
from etui.doors.browser.browsers import Browser, Frame
from etui.doors.browser.connection import Connection
from etui.doors.browser.extension_ids import extension_of
from etui.doors.browser.framing import FrameError
from etui.doors.browser.sites import site_of
from etui.doors.browser.standing import is_host, is_started_by
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.door import Link, Posting, params_of
from etui.sdk.refusals import Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etui.sdk.door import Peer, Process

_log: Final = logging.getLogger("etui.doors.browser")
MAX_BROWSERS: Final = 32
MAX_FRAMES: Final = 512
"""Of one browser. For one more that frame is closed which asked longest ago; it is opened again when it asks."""
MAX_FRAMES_OF_ORIGIN: Final = 64
"""What is opened beyond that is not there, and its calls say so; the other frames are served."""
MAX_CALLS_OF_FRAME: Final = 16
_MAX_CALLS: Final = MAX_FRAMES // 2
"""Of one browser at once, so that there are frames which wait for nothing."""
_paired: Final = msgspec.json.Decoder(wallet.PairResult)


class Door:
    """Everything between the hosts' socket and the Router."""

    def __init__(self) -> None:
        self._browsers: set[Browser] = set()
        self._seen = 0
        self._loop = asyncio.get_running_loop()
        self.link = Link(self, name="browsers", interface=secret.INTERFACE)
        self.link.on_lock_change = self._lock_changed
        self.link.when_connected(self._connected)
        self.reporter = Reporter(self.link.call)
        """Has on record who was refused before it could ask for anything."""

    def __iter__(self) -> Iterator[Peer]:
        """The peers that are there."""
        peers: list[Peer] = []
        for browser in self._browsers:
            peers += [browser, *browser.frames.values()]
        return iter(peers)

    def connection(self, process: Process, arguments: list[str]) -> Connection:
        """What speaks with the browser behind a host, which is this process and was started with these arguments."""
        return Connection(partial(self._greet, process, arguments), self._serve)

    # browsers

    def _greet(self, process: Process, arguments: list[str], connection: Connection) -> Browser | str:
        """The browser that a connection is to; or why it is refused."""
        if len(self._browsers) >= MAX_BROWSERS:
            return "too many browsers are connected to the wallet already"
        if not is_host(process.pid):
            self.reporter.turned_away("program", f"process {process.pid}")
            return f"process {process.pid} is not the host of this wallet: `etui browser install` mends that"
        extension = extension_of(arguments)
        if extension is None:
            started = f"process {process.pid}, started for {' '.join(arguments) or 'nothing'!r}"
            self.reporter.turned_away("extension", started)
            return f"{started}, which is not the wallet's own browser extension"
        self._seen += 1
        browser = Browser(f"browser {self._seen}", connection, extension)
        browser.process = process
        browser.on_introduced = partial(self._introduced, browser, process.pid)
        self._browsers.add(browser)
        connection.ended.add_done_callback(lambda _: self._ended(browser))
        self._tell(browser)
        self.link.introduce(browser)
        return browser

    def _introduced(self, browser: Browser, pid: int) -> None:
        if is_started_by(pid, browser.client):
            self._tell(browser)
        else:
            between = f"another program stands between {browser.client} and the host"
            self.reporter.turned_away("program", between)
            browser.connection.refuse(f"{between}: `etui browser install` mends that")

    def _ended(self, browser: Browser) -> None:
        for _, posting in list(browser.calls.values()):
            self.link.cancel(posting)
        for number in list(browser.frames):
            self._close(browser, number)
        self._browsers.discard(browser)
        browser.gone = True
        self.link.forget(browser)

    def _connected(self) -> None:
        """Another Router is there, to which every browser has to prove itself anew."""
        self.link.when_connected(self._connected)
        for browser in self._browsers:
            self.link.introduce(browser)
            self._tell(browser)

    def _lock_changed(self, locked: bool) -> None:  # noqa: FBT001  # the new state
        for browser in list(self._browsers):
            if locked:
                self._answer_all(browser, messages.LOCKED_NOW)
            else:
                self.link.introduce(browser)
            self._tell(browser)

    def _tell(self, browser: Browser, message: str = "") -> None:
        """Tells a browser how the wallet stands to it, unless it knows."""
        if self.link.locked or not self.link.connected:
            state = messages.State(state="locked", version=messages.VERSION)
        elif browser.is_proven:
            state = messages.State(state="ready", version=messages.VERSION)
        elif browser.challenge or message:
            state = messages.State(
                state="unproven", version=messages.VERSION, challenge=browser.challenge, message=message
            )
        else:
            return  # it is being introduced
        told = messages.encode(state)
        if told != browser.told:
            browser.told = told
            browser.connection.send(told)

    # what browsers ask

    def _serve(self, browser: Browser, asked: messages.Asked) -> None:
        match asked:
            case messages.Call():
                self._call(browser, asked)
            case messages.Cancel():
                self._cancel(browser, asked.id)
            case messages.Open():
                self._open(browser, asked)
            case messages.Close():
                self._close(browser, asked.frame)
            case messages.Fill():
                self._fill(browser, asked)
            case messages.Pair():
                self._pair(browser, asked)
            case messages.Prove():
                self._prove(browser, asked)

    def _pair(self, browser: Browser, asked: messages.Pair) -> None:
        if self.link.locked:
            self._fail(browser, asked.id, messages.LOCKED_NOW)
            return

        def paired(result: bytes) -> bytes:
            browser.proves()
            self._tell(browser)
            return result

        request = wallet.Pair(key=asked.key, name=asked.name, about=browser.extension)
        self._post(browser, None, asked.id, (request.METHOD, msgspec.json.encode(request)), then=paired)

    def _prove(self, browser: Browser, asked: messages.Prove) -> None:
        browser.challenge = b""
        if self.link.locked:
            return

        def answered(answer: bytes | ProtocolError) -> None:
            if isinstance(answer, ConnectionLost):
                return
            if isinstance(answer, ProtocolError):
                _log.warning("a browser has not proven itself: %s", answer.message)
                self._tell(browser, answer.message)
            else:
                browser.proves()
                self._tell(browser)

        request = wallet.Prove(pairing=asked.pairing, signature=asked.signature)
        self.link.post(Posting(browser, request.METHOD, msgspec.json.encode(request), answered))

    def _open(self, browser: Browser, asked: messages.Open) -> None:
        if asked.frame in browser.frames:
            browser.connection.refuse(f"frame {asked.frame} was opened twice")
        elif self._frames_of(browser, asked.origin) < MAX_FRAMES_OF_ORIGIN:
            if len(browser.frames) >= MAX_FRAMES:
                self._close(browser, browser.idlest())
            browser.frames[asked.frame] = Frame(browser, asked.origin, asked.key)

    @staticmethod
    def _frames_of(browser: Browser, origin: str) -> int:
        return sum(frame.origin == origin for frame in browser.frames.values())

    def _close(self, browser: Browser, number: int) -> None:
        frame = browser.frames.pop(number, None)
        if frame is None:
            return
        for call in [call for call, (of, _) in browser.calls.items() if of is frame]:
            self._cancel(browser, call)
        frame.gone = True
        self.link.forget(frame)

    def _call(self, browser: Browser, asked: messages.Call) -> None:
        if asked.method not in allowed.METHODS:
            text = f"{asked.method} is not for a page's script to call"
            self._fail(browser, asked.id, messages.Failure(ErrorCode.UNKNOWN_METHOD.slug, text))
        elif (frame := self._frame(browser, asked.frame, asked.id)) is not None:
            try:
                params = params_of(bytes(asked.params))
            except ProtocolError as error:
                self._fail(browser, asked.id, messages.failure(error))
                return
            call, quiet = (asked.method, params), asked.quiet or asked.method in allowed.QUIET
            if quiet:
                self._post(browser, frame, asked.id, call, quiet=True, then=allowed.told)
            elif asked.method == allowed.UNASKED and asked.lacks:
                self._once_paid(browser, frame, asked, params)
            else:
                self._post(browser, frame, asked.id, call, lacks=asked.lacks, then=allowed.told)

    def _once_paid(self, browser: Browser, frame: Frame, asked: messages.Call, params: bytes) -> None:
        """Asks for a page that the wallet has paid through, and refuses any other."""

        def found(result: bytes) -> None:
            if allowed.has_paid(result):
                self._post(browser, frame, asked.id, (asked.method, params), lacks=asked.lacks, then=allowed.told)
            else:
                self._fail(browser, asked.id, messages.unpaid(asked.lacks))

        self._post(browser, frame, asked.id, allowed.OWN_PAYMENTS, quiet=True, then=found)

    def _fill(self, browser: Browser, asked: messages.Fill) -> None:
        frame = self._frame(browser, asked.frame, asked.id)
        if frame is None:
            return
        site = site_of(frame.origin)
        if site is None:
            text = f"{frame.origin} is neither https nor of this machine: nothing is filled there"
            self._fail(browser, asked.id, messages.Failure(ErrorCode.DENIED.slug, text))
        elif asked.is_unasked:
            self.reporter.turned_away("unasked", frame.origin)
            self._fail(browser, asked.id, messages.UNASKED)
        else:
            self._post(browser, frame, asked.id, logins.asked_by(asked, site), hides=asked.page)

    def _cancel(self, browser: Browser, call: int) -> None:
        frame, posting = browser.calls.pop(call, (None, None))
        if frame is not None:
            frame.calls -= 1
        if posting is not None:
            self.link.cancel(posting)

    # questions and answers

    def _frame(self, browser: Browser, number: int, call: int) -> Frame | None:
        """The frame that asks; where nothing can be asked for it now, that is answered at once."""
        frame = browser.frames.get(number)
        if frame is None:
            self._fail(browser, call, messages.NO_FRAME)
        elif self.link.locked or not self.link.connected:
            self._fail(browser, call, messages.LOCKED_NOW)
        elif not browser.is_proven:
            self.reporter.turned_away("unpaired", frame.origin)
            self._fail(browser, call, messages.NOT_PAIRED)
        elif frame.calls >= MAX_CALLS_OF_FRAME:
            self.reporter.turned_away("flood", frame.origin)
            self._fail(browser, call, messages.TOO_MANY)
        else:
            browser.note_use(number)
            return frame
        return None

    def _post(  # noqa: PLR0913  # a call has these parts
        self,
        browser: Browser,
        frame: Frame | None,
        call: int,
        request: tuple[str, bytes],
        *,
        quiet: bool = False,
        lacks: str = "",
        hides: bool = False,
        then: Callable[[bytes], bytes | None] = lambda result: result,
    ) -> None:
        """Posts a request for a frame, or for the browser itself; ``then`` makes the answer, or goes on.

        ``lacks``: what is missing for anybody to be asked about it. ``hides``: its user is asked whatever right there
        is, and from a no nobody learns whose it is.
        """
        if call in browser.calls:
            browser.connection.refuse(f"the id {call} is that of a call which waits")
            return
        if len(browser.calls) >= _MAX_CALLS:
            self._fail(browser, call, messages.TOO_MANY)
            return
        answered = partial(self._answered, browser, call, lacks=lacks, then=then)
        if hides:
            answered = partial(self._answered_alike, browser, call, self._loop.time() + logins.hesitation_s(), answered)
        posting = Posting(frame or browser, *request, answered, quiet=quiet or bool(lacks), ask=hides)
        browser.calls[call] = frame, posting
        if frame is not None:
            frame.calls += 1
        self.link.post(posting)

    def _answered(
        self,
        browser: Browser,
        call: int,
        answer: bytes | ProtocolError,
        *,
        lacks: str,
        then: Callable[[bytes], bytes | None],
    ) -> None:
        known = browser.calls.pop(call, None)
        if known is None:
            return  # it was given up, or answered when the wallet locked
        if known[0] is not None:
            known[0].calls -= 1
        if isinstance(answer, ConnectionLost):
            self._fail(browser, call, messages.LOST)
        elif isinstance(answer, ProtocolError) and answer.code is ErrorCode.INVALID_REQUEST:
            self._fail(browser, call, messages.NOT_PAIRED)
            self._begin_anew(browser)
        elif isinstance(answer, ProtocolError) and answer.code is ErrorCode.DENIED and lacks:
            self._fail(browser, call, messages.unasked(answer, lacks))
        elif isinstance(answer, ProtocolError):
            self._fail(browser, call, messages.failure(answer))
        elif (result := then(answer)) is not None:
            self._reply(browser, call, result)

    def _answered_alike(
        self,
        browser: Browser,
        call: int,
        until: float,
        answered: Callable[[bytes | ProtocolError], None],
        answer: bytes | ProtocolError,
    ) -> None:
        """Passes an answer on, but that every no is the same and comes at ``until`` (of the loop) at the soonest."""
        if not isinstance(answer, ProtocolError) or answer.code not in logins.NOES:
            answered(answer)
            return
        waiting = browser.calls.get(call)

        def say_no() -> None:
            if waiting is not None and browser.calls.get(call) is waiting:  # nobody has given it up meanwhile
                self._cancel(browser, call)
                self._fail(browser, call, messages.NOT_FILLED)

        self._loop.call_at(until, say_no)

    def _begin_anew(self, browser: Browser) -> None:
        """The Router knows a peer no more, as when its pairing was taken back: all are introduced anew."""
        for peer in [*browser.frames.values(), browser]:
            self.link.forget(peer)
        self.link.introduce(browser)

    def _reply(self, browser: Browser, call: int, result: bytes) -> None:
        try:
            browser.connection.send(messages.encode(messages.Answer(id=call, result=msgspec.Raw(result))))
        except FrameError:
            self._fail(browser, call, messages.TOO_LARGE)

    def _answer_all(self, browser: Browser, failure: messages.Failure) -> None:
        """Answers whatever waits, which nobody will answer any more."""
        for call, (frame, posting) in list(browser.calls.items()):
            self.link.cancel(posting)
            del browser.calls[call]
            if frame is not None:
                frame.calls -= 1
            self._fail(browser, call, failure)

    @staticmethod
    def _fail(browser: Browser, call: int, failure: messages.Failure) -> None:
        browser.connection.send(messages.encode(messages.Answer(id=call, error=failure)))
