"""The line to the Router, kept over the Router's restarts.

Rules:

1. A request waits until a Router is connected and knows the peer; what waits is bounded, for each peer and in all.
2. No peer has more than its window of requests under way, nor all together more than the Router takes from a door; who
   waits has a turn before who asked already. One program's flood slows that program.
3. After the connection ended every peer is introduced anew when it next asks, by the process that it was first seen as.
4. A Router that hangs up over a fault of this door's, or the other way round, is still there and brings no other
   connection: ``on_fault`` is told why, and the door ends, so that it is started anew.
5. Whether the wallet is locked is what the Router said last: in its status, by an event, or by an error.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, Envelope, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient, Done
from etui.sdk.door.provider_key import ProviderKey

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from etui.interfaces import Request, Result
    from etui.sdk.client import Event
    from etui.sdk.door.peers import Peer
    from etui.sdk.door.provider_key import KeyReady
    from etui.sdk.ends import End

ResultT = TypeVar("ResultT", bound="Result")
_PEER_WINDOW: Final = 8
_WINDOW: Final = 48
"""Of the 64 requests that a door may have under way; the rest is for introductions and keys."""
_MAX_PEER_WAITING: Final = 256
_MAX_WAITING: Final = 2048
_OWN: Final = Envelope()


class Posting:
    """One request for a peer, waiting or under way. ``unnamed``: may go out though the Router knows no peers now.

    ``quiet``: rather no than a question to the user. ``ask``: a question whatever right there is.
    """

    __slots__ = ("ask", "call_id", "client", "done", "method", "params", "peer", "quiet", "unnamed")

    def __init__(  # noqa: PLR0913  # a request has these parts
        self,
        peer: Peer,
        method: str,
        params: bytes,
        done: Done,
        *,
        quiet: bool = False,
        ask: bool = False,
        unnamed: bool = False,
    ) -> None:
        self.peer = peer
        self.method = method
        self.params = params
        self.done = done
        self.quiet = quiet
        self.ask = ask
        self.unnamed = unnamed
        self.client: AsyncClient | None = None
        self.call_id = 0


class Link:
    """Posts requests for peers. ``on_lock_change`` is called with each new lock state, ``on_fault`` by rule 4.

    ``peers``: all that are there, whenever it is looked at. ``name``: of the door, for people. ``interface``: whose
    provider's key it seals to.
    """

    def __init__(self, peers: Iterable[Peer], *, name: str, interface: str) -> None:
        self.locked = True
        self.on_lock_change: Callable[[bool], None] = lambda _: None
        self.on_fault: Callable[[str], None] = lambda _: None
        self._name = name
        self._provider = ProviderKey(interface)
        self._peers = peers
        self._client: AsyncClient | None = None
        self._newest = 0
        self._waiting: dict[Peer, None] = {}
        self._waiting_count = 0
        self._sent = 0
        self._connect_waiters: list[Callable[[], None]] = []
        self._topics: dict[str, Callable[[Event], None]] = {}

    def listen(self, topic: str, listener: Callable[[Event], None]) -> None:
        """Calls ``listener`` with each event of a topic, on every connection from the next one on."""
        self._topics[topic] = listener

    @property
    def connected(self) -> bool:
        """Whether a Router is there."""
        return self._client is not None

    @property
    def end(self) -> End:
        """This door's end of sealed values; raises ``ConnectionLost`` while there is none."""
        if self._client is None:
            raise ConnectionLost("no Router is connected")
        return self._client.end

    async def attach(self, sock: socket.socket) -> None:
        """Speaks over a new connection from now on; raises ``ProtocolError`` where the Router at its end is gone again.

        Of two connections that come together the later one counts.
        """
        self._newest += 1
        turn = self._newest
        client = await AsyncClient.over(sock, name=self._name)
        client.closed.add_done_callback(lambda _: self._broke_off(client, turn))
        heard: list[bool] = []
        await client.subscribe("locked", lambda _: self._heard(client, heard, locked=True))
        await client.subscribe("unlocked", lambda _: self._heard(client, heard, locked=False))
        for topic, listener in self._topics.items():
            await client.subscribe(topic, listener)
        if not heard:  # whatever changed before the subscription made no event
            status = await client.call(wallet.Status())
            heard[:] = heard or [status.state != "unlocked"]
        if turn != self._newest:
            client.close()
            return
        if self._client is not None:
            self._client.close()
        self._client = client
        client.closed.add_done_callback(lambda _: self._lost(client))
        if client.closed.done():
            return
        self._note(client, locked=heard[-1])
        for peer in list(self._waiting):
            self.introduce(peer)
        ready, self._connect_waiters = self._connect_waiters, []
        for connected in ready:
            connected()

    def when_connected(self, connected: Callable[[], None]) -> None:
        """Calls ``connected`` once when the next Router is there."""
        self._connect_waiters.append(connected)

    def when_succeeded(self, client: AsyncClient | None, connected: Callable[[], None]) -> None:
        """Calls ``connected`` once when another Router is there than the one at the end of ``client``."""
        if self._client is None or self._client is client:
            self.when_connected(connected)
        else:
            connected()

    def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            self._client.close()

    # requests

    def post(self, posting: Posting) -> None:
        """Sends a request when its turn has come; its ``done`` gets the answer, at once where it cannot be taken."""
        peer = posting.peer
        if self._client is not None and peer.handle and not peer.queue and self._has_room(peer):
            self._send(self._client, posting)
            return
        if peer.gone or len(peer.queue) >= _MAX_PEER_WAITING or self._waiting_count >= _MAX_WAITING:
            text = "the caller has left" if peer.gone else "too many requests wait for the wallet already"
            posting.done(ProtocolError(ErrorCode.TOO_MANY, text))
            return
        peer.queue.append(posting)
        self._waiting_count += 1
        self._waiting[peer] = None
        self.introduce(peer)
        self._pump()

    def cancel(self, posting: Posting) -> None:
        """Gives a request up; its ``done`` is not called any more."""
        if posting.client is not None:
            if posting.call_id:
                posting.client.cancel(posting.call_id)
                posting.call_id = 0
                self._free(posting.peer)
        elif posting in posting.peer.queue:
            posting.peer.queue.remove(posting)
            self._waiting_count -= 1

    def introduce(self, peer: Peer) -> None:
        """Tells the Router of a peer, once it can be introduced and unless that was done."""
        client = self._client
        if client is None or peer.handle or peer.introducing or peer.gone:
            return
        introduction = peer.introduction(client.end.public)
        if introduction is None:
            return
        peer.introducing = True
        answered = partial(self._introduced, client, peer)
        client.post(introduction.method, introduction.params, Envelope(speaks_for=introduction.within), answered)

    def forget(self, peer: Peer) -> None:
        """Drops what waits for a peer that is gone, and tells the Router."""
        self._drop_waiting(peer, ProtocolError(ErrorCode.CANCELLED, "the caller has left"))
        self._dismiss(peer)

    async def call(self, request: Request[ResultT]) -> ResultT:
        """What answers a request of the door's own; raises ``ProtocolError``, ``ConnectionLost`` without a Router."""
        if self._client is None:
            raise ConnectionLost("no Router is connected")
        return await self._client.call(request)

    # the provider's key

    @property
    def provider_key(self) -> bytes:
        """The session key of the interface's provider (32 bytes), empty while it is not known."""
        return self._provider.key

    def with_key(self, ready: KeyReady) -> None:
        """Calls ``ready`` once ``provider_key`` is known, or with the error."""
        self._provider.when_known(self._client, ready)

    def forget_key(self) -> None:
        """Forgets a key that turned out stale."""
        self._provider.forget()

    # lock state

    def note_locked(self) -> None:
        """An answer said that the wallet is locked."""
        if self._client is not None:
            self._note(self._client, locked=True)

    def note_unlocked(self) -> None:
        """An answer said that the wallet is unlocked."""
        if self._client is not None:
            self._note(self._client, locked=False)

    def _heard(self, client: AsyncClient, heard: list[bool], *, locked: bool) -> None:
        """An event, which may come before the connection is made use of."""
        heard.append(locked)
        del heard[:-1]
        self._note(client, locked=locked)

    def _note(self, client: AsyncClient, *, locked: bool) -> None:
        if client is not self._client or locked == self.locked:
            return
        self.locked = locked
        if locked:
            self._provider.forget()
        self.on_lock_change(locked)

    # what happens

    def _broke_off(self, client: AsyncClient, turn: int) -> None:
        if client.fault and turn == self._newest:
            self.on_fault(client.fault)

    def _lost(self, client: AsyncClient) -> None:
        if client is not self._client:
            return
        self._client = None
        self._provider.forget()
        for peer in self._peers:
            peer.handle = ""
            peer.introducing = False

    def _introduced(self, client: AsyncClient, peer: Peer, answer: bytes | ProtocolError) -> None:
        if isinstance(answer, ConnectionLost):
            self._lost(client)
        if client is not self._client:
            return
        peer.introducing = False
        if isinstance(answer, ProtocolError):
            self._not_introduced(client, peer, answer)
            return
        peer.introduced(answer)
        if peer.gone:
            self._dismiss(peer)
        self._pump()

    def _not_introduced(self, client: AsyncClient, peer: Peer, error: ProtocolError) -> None:
        if error.code is ErrorCode.LOCKED:
            for posting in [posting for posting in peer.queue if posting.unnamed]:
                peer.queue.remove(posting)
                self._waiting_count -= 1
                self._send(client, posting)
        self._drop_waiting(peer, error)

    def _drop_waiting(self, peer: Peer, error: ProtocolError) -> None:
        postings = list(peer.queue)
        peer.queue.clear()
        self._waiting_count -= len(postings)
        self._waiting.pop(peer, None)
        for posting in postings:
            posting.done(error)

    def _dismiss(self, peer: Peer) -> None:
        if self._client is not None and peer.handle:
            params = msgspec.json.encode(wallet.Dismiss(peer=peer.handle))
            self._client.post(wallet.Dismiss.METHOD, params, _OWN, lambda _: None)
        peer.handle = ""

    def _has_room(self, peer: Peer) -> bool:
        return peer.sent < _PEER_WINDOW and self._sent < _WINDOW

    def _send(self, client: AsyncClient, posting: Posting) -> None:
        peer = posting.peer
        peer.sent += 1
        self._sent += 1
        posting.client = client
        envelope = Envelope(speaks_for=peer.handle, quiet=posting.quiet, ask=posting.ask)
        posting.call_id = -1  # until `post` returns: the answer may come before
        call_id = client.post(posting.method, posting.params, envelope, partial(self._answered, client, posting))
        if posting.call_id:
            posting.call_id = call_id

    def _answered(self, client: AsyncClient, posting: Posting, answer: bytes | ProtocolError) -> None:
        posting.call_id = 0
        if isinstance(answer, ConnectionLost):
            self._lost(client)
        self._free(posting.peer)
        posting.done(answer)

    def _free(self, peer: Peer) -> None:
        peer.sent -= 1
        self._sent -= 1
        if self._waiting:
            self._pump()

    def _pump(self) -> None:
        """Sends what waits, one request of each peer in turn, as long as there is room."""
        progress = True
        while progress and (client := self._client) is not None:
            progress = False
            for peer in list(self._waiting):
                if not peer.queue:
                    self._waiting.pop(peer, None)
                elif peer.handle and self._has_room(peer):
                    posting = peer.queue.popleft()
                    self._waiting_count -= 1
                    self._send(client, posting)
                    progress = True
