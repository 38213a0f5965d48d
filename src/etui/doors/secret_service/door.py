"""The door: what its parts share, and the two ways in which they ask the Router."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast

import msgspec

from etui.doors.secret_service.errors import DoorError
from etui.doors.secret_service.locks import CollectionLocks
from etui.doors.secret_service.notices import Notices
from etui.doors.secret_service.peers import Peers
from etui.doors.secret_service.seen import SeenCollections
from etui.doors.secret_service.sessions import KeyPairs
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door.asking import ANSWER_S, Ask, Question
from etui.sdk.door.link import Link, Posting
from etui.sdk.door.patience import Patience
from etui.sdk.door.unlocking import Unlocking
from etui.standards.secretservice import ErrorName

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from etui.doors.secret_service.bus import Bus
    from etui.doors.secret_service.peers import Peer
    from etui.doors.secret_service.sessions import Session
    from etui.interfaces import Request, Result
    from etui.sdk.aio import Done

ResultT = TypeVar("ResultT", bound="Result")
_MAX_PEER_ASKS: Final = 512
_PREPARE_S: Final = 0.05


class Door:
    """Everything between the bus and the Router. ``bus`` is set before the first call comes."""

    bus: Bus

    def __init__(self) -> None:
        self.peers = Peers()
        self.link = Link(self.peers, name="Secret Service", interface=secret.INTERFACE)
        self.unlocking = Unlocking(self.link)
        self.patience = Patience()
        self.locks = CollectionLocks()
        self.seen = SeenCollections()
        self.pairs = KeyPairs()
        self.notices = Notices(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._preparing = False
        self.link.on_lock_change = self._lock_changed

    def is_locked(self, collection: str) -> bool:
        """Whether a collection is locked, by its element of the path: with the wallet, or by itself."""
        return self.link.locked or collection in self.locks

    def session(self, peer: Peer, path: str) -> Session:
        """A session of the peer's; raises ``DoorError`` (``no_session``)."""
        session = peer.sessions.get(path)
        if session is None:
            raise DoorError(ErrorName.NO_SESSION, f"there is no session at {path[:400]}: open one")
        return session

    def ask(self, peer: Peer, question: Question, done: Done, limit_s: float | None = ANSWER_S) -> Ask | None:
        """Asks the Router for a peer; ``done`` gets the answer, at once where the peer has asked for too much."""
        if len(peer.asks) >= _MAX_PEER_ASKS:
            text = f"more than {_MAX_PEER_ASKS} of the caller's requests are unanswered"
            done(ProtocolError(ErrorCode.TOO_MANY, text))
            return None
        return Ask(self.link, self.unlocking, self.patience, peer, question, done).start(limit_s)

    async def request(  # noqa: PLR0913  # how a request is made has these parts
        self,
        peer: Peer,
        request: Request[ResultT],
        *,
        quiet: bool = False,
        unlocks: bool = False,
        reads: bool = False,
        limit_s: float | None = ANSWER_S,
    ) -> ResultT:
        """What answers a request that a peer makes; raises ``ProtocolError``. Cancelling it cancels the request."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        question = Question(
            method=request.METHOD,
            params=lambda link: link.end.encode(request, link.provider_key),
            quiet=quiet,
            unlocks=unlocks,
            sealed=any(getattr(request, name) is not None for name in request.SEALED),
            reads=reads,
        )
        ask = self.ask(peer, question, partial(_settle, future), limit_s)
        try:
            answer = await future
        except asyncio.CancelledError:
            if ask is not None:
                ask.give_up()
            raise
        return cast("ResultT", msgspec.json.decode(answer, type=request.RESULT))

    async def meet(self, peer: Peer) -> None:
        """Waits until the Router has said who a peer is, or will not say it."""
        if peer.client:
            return
        future: asyncio.Future[None] = self._loop.create_future()

        def answered(_: bytes | ProtocolError) -> None:
            if not future.done():
                future.set_result(None)

        posting = Posting(peer, wallet.Status.METHOD, b"{}", answered)  # which waits until the peer is introduced
        self.link.post(posting)
        try:
            await asyncio.wait_for(future, ANSWER_S)
        except TimeoutError:
            self.link.cancel(posting)

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Runs what waits, and keeps hold of it."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def soon(self, work: Callable[[], None]) -> None:
        """Does something once what has come is answered."""
        self._loop.call_soon(work)

    def prepare_pairs(self) -> None:
        """Makes key pairs ahead, one at a time, when nothing was asked for a moment."""
        if not self._preparing and self.pairs.wanting:
            self._preparing = True
            self._loop.call_later(_PREPARE_S, self._prepare_pair)

    def _prepare_pair(self) -> None:
        self._preparing = False
        self.pairs.prepare()
        self.prepare_pairs()

    def peer_left(self, name: str) -> None:
        """A name on the bus ended: its sessions, prompts and questions end with it."""
        peer = self.peers.remove(name)
        if peer is None:
            return
        for prompt in list(peer.prompts.values()):
            prompt.drop()
        for ask in list(peer.asks):
            ask.caller_left()
        peer.sessions.clear()
        self.link.forget(peer)

    def _lock_changed(self, locked: bool) -> None:  # noqa: FBT001  # the new state
        if not locked:
            self.unlocking.unlocked()
            self.link.with_key(lambda _: None)  # so that the first read need not wait for it
        self.notices.wallet_lock_changed()


def _settle(future: asyncio.Future[bytes], answer: bytes | ProtocolError) -> None:
    if future.done():
        return
    if isinstance(answer, ProtocolError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
