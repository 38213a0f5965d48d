"""The door: what the desktop's portal asks for, put to the Router for the sandboxed program."""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast
from weakref import WeakValueDictionary

import msgspec
from dbus_fast import Message, MessageType, Variant

from etui.doors.portal.bus import DBUS, close_descriptors, program_of
from etui.doors.portal.handing import HandingError, hand_over
from etui.doors.portal.keeping import own_secret
from etui.doors.portal.names import (
    BUS_NAME,
    FRONT_ENDS,
    PATH,
    PROPERTIES,
    REQUEST,
    SECRET,
    VERSION,
    caller_named_by,
    is_application,
)
from etui.doors.portal.requests import Requests, Response
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ProtocolError
from etui.sdk.door import Ask, Link, Patience, Peer, Posting, Question, Unlocking
from etui.sdk.refusals import Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from etui.doors.portal.bus import Bus
    from etui.interfaces import Request, Result

ResultT = TypeVar("ResultT", bound="Result")
_LOG: Final = logging.getLogger("etui.doors.portal")
_RETRIEVE: Final = "osha{sv}"
_MEET_S: Final = 20.0
_MOST_SAID: Final = 255


class StrangerError(Exception):
    """The caller is not the desktop's portal."""

    code = "stranger"


class WithheldError(Exception):
    """A program gets no secret, and nobody was asked; the message says why."""

    code = "withheld"


class Door:
    """Everything between the bus and the Router. ``bus`` is set before the first call comes."""

    bus: Bus

    def __init__(self, name_changed: Callable[[bool], None]) -> None:
        self.on_stale: Callable[[], None] = lambda: None
        """Called when the wallet is locked and a secret has been in this process's memory."""
        self._name_changed = name_changed
        self._peers: dict[str, Peer] = {}
        self._requests = Requests(self._end_if_stale)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_seen_secret = False
        self.link = Link(self, name="Portal", interface=secret.INTERFACE)
        self.reporter = Reporter(self.link.call)
        self._unlocking = Unlocking(self.link)
        self._patience = Patience()
        self.link.on_lock_change = self._lock_changed

    def __iter__(self) -> Iterator[Peer]:
        """The peers that are there."""
        return iter(list(self._peers.values()))

    def run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Runs what waits, and keeps hold of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # the bus

    def take(self, message: Message) -> bool:
        """Takes a message of the bus's; whether it is nobody else's. Descriptors in it are closed, at once or later."""
        descriptors = list(message.unix_fds)
        try:
            if message.message_type is MessageType.SIGNAL:
                self._hear(message)
                return True
            if message.message_type is not MessageType.METHOD_CALL:
                return False
            return self._answer(message, descriptors)
        finally:
            close_descriptors(descriptors)

    def _hear(self, signal: Message) -> None:
        if signal.sender != DBUS:
            return
        if signal.member == "NameOwnerChanged" and signal.signature == "sss":
            self._left(signal.body[0])
        elif signal.member in {"NameAcquired", "NameLost"} and signal.body == [BUS_NAME]:
            self._name_changed(signal.member == "NameAcquired")

    def _answer(self, call: Message, descriptors: list[int]) -> bool:
        """Answers a call, now or later; a descriptor that is kept for later is taken out of the list."""
        match call.interface, call.member, call.signature:
            case (interface, "RetrieveSecret", signature) if interface == SECRET and call.path == PATH:
                if signature == _RETRIEVE and 0 <= call.body[2] < len(descriptors):
                    self._begin(call, descriptors.pop(call.body[2]))
                else:
                    self.bus.fail(call, "InvalidArgs", f"RetrieveSecret takes {_RETRIEVE}, with a descriptor")
            case (interface, "Close", "") if interface == REQUEST:
                if self._requests.close(str(call.sender), str(call.path)):
                    self.bus.answer(call, "")
                else:
                    self.bus.fail(call, "UnknownObject", f"there is no request at {call.path}")
            case (interface, "Get", "ss") if interface == PROPERTIES and call.body == [SECRET, "version"]:
                self.bus.answer(call, "v", Variant("u", VERSION))
            case (interface, "GetAll", "s") if interface == PROPERTIES and call.body == [SECRET]:
                self.bus.answer(call, "a{sv}", {"version": Variant("u", VERSION)})
            case _:
                return False
        return True

    def _left(self, name: str) -> None:
        """A name on the bus ended."""
        self._requests.left(name)
        self._forget(name)

    def _forget(self, name: str) -> None:
        peer = self._peers.pop(name, None)
        if peer is not None:
            peer.gone = True
            for ask in list(peer.asks):
                ask.give_up()
            self.link.forget(peer)

    # requests

    def _begin(self, call: Message, descriptor: int) -> None:
        sender, handle = str(call.sender), str(call.body[0])
        if not self._requests.begin(sender, handle, caller_named_by(handle), self._serve(call, descriptor)):
            os.close(descriptor)
            self.bus.fail(call, "LimitsExceeded", "too many requests wait for the wallet already, or this one does")

    async def _serve(self, call: Message, descriptor: int) -> None:
        """Serves one request to its one answer; the descriptor is closed before that goes out."""
        response = Response.OTHER
        stranger = ""
        try:
            given = await self._secret(call)
            self._has_seen_secret = True
            hand_over(descriptor, given)
            response = Response.SUCCESS
        except ProtocolError as error:
            _tell(call, error)
            response = Response.to(error)
        except (HandingError, WithheldError) as error:
            _tell(call, error)
        except StrangerError as error:
            stranger = str(error)
        except asyncio.CancelledError:  # it was closed, or who asked has left
            response = Response.CANCELLED
        finally:
            os.close(descriptor)
        if stranger:
            self.bus.fail(call, "AccessDenied", stranger)
        else:
            self.bus.answer(call, "ua{sv}", int(response), {})

    async def _secret(self, call: Message) -> bytes:
        """The secret that is asked for; raises ``StrangerError``, ``WithheldError`` and ``ProtocolError``."""
        handle, app_id, _, _ = call.body
        portal = await self._met(str(call.sender))
        if portal.client not in FRONT_ENDS:
            self._turn_away(portal)
            raise StrangerError("this serves the desktop's portal alone: ask org.freedesktop.portal.Desktop")
        program = await self._met(caller_named_by(handle))
        if not is_application(program.client, app_id):
            raise WithheldError(f"the portal names that application, and it is {program.client} that asked")
        turn = self._turns.setdefault(program.client, asyncio.Lock())
        async with turn:  # so that two requests at once do not bring two questions
            return await own_secret(self, program, app_id)

    def _turn_away(self, peer: Peer) -> None:
        pid = 0 if peer.process is None else peer.process.pid
        self.reporter.turned_away("program", f"{program_of(pid) or 'a program'} (process {pid})")

    async def _met(self, name: str) -> Peer:
        """Who has this unique name, once the Router has said who it is; raises ``WithheldError`` where it does not."""
        peer = self._peers.get(name)
        if peer is None:
            peer = self._peers[name] = Peer(name)
            peer.process = await self.bus.process_of(name) if name else None
            if peer.process is None:
                self._forget(name)
        if not peer.client:
            await self._introduced(peer)
        if not peer.client:
            raise WithheldError("who asked has left, or the wallet cannot look at its process")
        return peer

    async def _introduced(self, peer: Peer) -> None:
        """Returns when the Router has said who a peer is, or will not say it."""
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        posting = Posting(peer, wallet.Status.METHOD, b"{}", lambda _: _settle(answered, b""))
        self.link.post(posting)  # which waits until the peer is introduced
        try:
            await asyncio.wait_for(answered, _MEET_S)
        except TimeoutError:
            self.link.cancel(posting)

    async def request(
        self, peer: Peer, request: Request[ResultT], *, quiet: bool = False, reads: bool = True
    ) -> ResultT:
        """What answers a request that a peer makes, however long the user takes; a locked wallet asks to be unlocked.

        Raises ``ProtocolError``. Cancelling it cancels the request, and its question closes.
        """
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        question = Question(
            method=request.METHOD,
            params=lambda link: link.end.encode(request, link.provider_key),
            quiet=quiet,
            unlocks=True,
            reads=reads,
        )
        ask = Ask(self.link, self._unlocking, self._patience, peer, question, partial(_settle, future)).start(None)
        try:
            answer = await future
        except asyncio.CancelledError:
            ask.give_up()
            raise
        return cast("ResultT", msgspec.json.decode(answer, type=request.RESULT))

    # the lock

    def _lock_changed(self, locked: bool) -> None:  # noqa: FBT001  # the new state
        if not locked:
            self._unlocking.unlocked()
        self._end_if_stale()

    def _end_if_stale(self) -> None:
        """Ends the door where the wallet is locked and a secret has passed; what is under way ends with it."""
        if self.link.locked and self._has_seen_secret:
            self.on_stale()


def _tell(call: Message, error: Exception) -> None:
    _LOG.warning("%r gets no secret: %s", call.body[1][:_MOST_SAID], error)


def _settle(future: asyncio.Future[bytes], answer: bytes | ProtocolError) -> None:
    if future.done():
        return
    if isinstance(answer, ProtocolError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
