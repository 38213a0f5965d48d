"""The door: what SSH asks for, put to the Router for the program that asks."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.ssh_agent import lending
from etui.doors.ssh_agent.connection import MAX_BINDINGS, Connection
from etui.doors.ssh_agent.host_names import HostNames
from etui.doors.ssh_agent.meaning import encoded, meant_by, read
from etui.interfaces import ssh_1 as ssh
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door import Ask, Link, Patience, Peer, Process, Question, Unlocking, start_of
from etui.standards.sshagent import (
    SESSION_BIND,
    AddIdentity,
    ExtensionFailure,
    Failure,
    IdentitiesAnswer,
    Identity,
    Lock,
    OtherExtension,
    Query,
    QueryAnswer,
    RemoveAllIdentities,
    RemoveIdentity,
    RequestIdentities,
    SessionBind,
    SignRequest,
    SignResponse,
    SshAgentError,
    Success,
    Unlock,
    plain_key,
    verify_session_bind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from etui.doors.ssh_agent.locking import AgentLock
    from etui.doors.ssh_agent.meaning import Signing
    from etui.sdk import Event
    from etui.standards.sshagent import Reply, Request

    _Listing = tuple[str, tuple[bytes, ...]]
    Answer = Callable[[Reply], None]
    Request_ = ssh.Identities | ssh.Locate | Signing | lending.Lending

_log: Final = logging.getLogger("etui.doors.ssh_agent")
_CREDENTIALS: Final = struct.Struct("3i")
_MAX_CONNECTIONS: Final = 256
_MAX_OF_ONE: Final = 64
"""Connections of one process: a program, or a machine to which the agent is forwarded, does not take them all."""
_MAX_REFERENCES: Final = 10_000
_MAX_LISTS: Final = 100
_LISTED_S: Final = 1.0
"""How long a list is answered again without asking: whatever changes it is told, unless who would tell it has ended."""
_CHANGED: Final = f"{ssh.INTERFACE}.changed"
_FROM_HERE: Final = (AddIdentity, RemoveIdentity, RemoveAllIdentities, Lock, Unlock)
"""What is for this machine's own programs: none of it is done for one to which the agent is forwarded."""
_identities: Final = msgspec.json.Decoder(ssh.IdentitiesResult)
_located: Final = msgspec.json.Decoder(ssh.LocateResult)
_signature: Final = msgspec.json.Decoder(ssh.LoginResult)


class Door:
    """Everything between the agent's socket and the Router."""

    def __init__(self, home: Path, lock: AgentLock) -> None:
        self.lock = lock
        self.on_stale: Callable[[], None] = lambda: None
        """Called when the wallet locks and a private key has been in this process's memory."""
        self._has_heard_secret = False
        self._switches: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._seen = 0
        self.link = Link(self, name="SSH agent", interface=ssh.INTERFACE)
        self._unlocking = Unlocking(self.link)
        self._patience = Patience()
        self._hosts = HostNames(home)
        self._references: dict[tuple[str, bytes], str] = {}
        self._lists: dict[_Listing, tuple[float, IdentitiesAnswer]] = {}
        self.link.on_lock_change = self._lock_changed
        self.link.listen(_CHANGED, self._keys_changed)

    def __iter__(self) -> Iterator[Peer]:
        """The peers that are there."""
        return iter([one.peer for one in self._connections if one.peer is not None])

    def connection(self) -> Connection:
        """What serves a new connection."""
        return Connection(self._serve, self._greet, self._ended, self._heard_secret)

    # connections

    def _greet(self, connection: Connection, taken: socket.socket) -> Peer | None:
        """The peer at the other end, by the process that connected; nobody where it cannot be told, or too many are."""
        pid, uid, _ = _CREDENTIALS.unpack(taken.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid != os.getuid() or pid == 0 or len(self._connections) >= _MAX_CONNECTIONS:
            return None
        if sum(1 for peer in self if peer.process is not None and peer.process.pid == pid) >= _MAX_OF_ONE:
            return None
        self._seen += 1
        peer = Peer(f"connection {self._seen}")
        peer.process = Process(pid, uid, start_of(pid), by_socket=True)
        self._connections.add(connection)
        return peer

    def _ended(self, connection: Connection) -> None:
        self._connections.discard(connection)
        peer = connection.peer
        if peer is not None:
            peer.gone = True
            for ask in list(peer.asks):
                ask.give_up()
            self.link.forget(peer)

    def _lock_changed(self, locked: bool) -> None:  # noqa: FBT001  # the new state
        self._forget()
        if not locked:
            self._unlocking.unlocked()
        elif self._has_heard_secret:
            self.on_stale()

    def _keys_changed(self, event: Event) -> None:
        del event
        self._forget()

    def _forget(self) -> None:
        """Drops what was kept of the keys: they are others now, or a program may not know of them any more."""
        self._references.clear()
        self._lists.clear()

    def _heard_secret(self) -> None:
        self._has_heard_secret = True

    # requests

    def _serve(self, connection: Connection, request: Request, answer: Answer) -> None:
        if self.lock.is_on and not isinstance(request, Unlock | SessionBind | Query):
            answer(IdentitiesAnswer(()) if isinstance(request, RequestIdentities) else Failure())
        elif isinstance(request, _FROM_HERE) and any(one.is_forwarding for one in connection.bindings):
            answer(Failure())
        else:
            self._serve_open(connection, request, answer)

    def _serve_open(self, connection: Connection, request: Request, answer: Answer) -> None:  # noqa: C901  # a table
        match request:
            case RequestIdentities():
                self._list(connection, answer)
            case SignRequest():
                self._sign(connection, request, answer)
            case SessionBind():
                self._bind(connection, request, answer)
            case AddIdentity():
                lending.add(self, connection, request, answer)
            case RemoveIdentity():
                lending.remove(self, connection, request.key, answer)
            case RemoveAllIdentities():
                lending.remove_all(self, connection, answer)
            case Lock():
                self._switch(self.lock.lock(request.passphrase), answer)
            case Unlock():
                self._switch(self.lock.unlock(request.passphrase), answer)
            case Query():
                answer(QueryAnswer((SESSION_BIND,)))
            case OtherExtension():
                answer(ExtensionFailure())
            case _:
                answer(Failure())

    def _bind(self, connection: Connection, bind: SessionBind, answer: Answer) -> None:
        """Binds the connection to a host for good, or refuses, as OpenSSH's agent does.

        OpenSSH's client forwards the agent also where the binding was refused, and the far machine would then pass for
        a program of this one. So a connection that was to be bound to a host that forwards, and is not, ends.
        """
        is_bound = _may_be_bound(connection.bindings, bind)
        if is_bound:
            connection.bindings.append(bind)
        answer(Success() if is_bound else ExtensionFailure())
        if bind.is_forwarding and not is_bound:
            connection.close()

    def _list(self, connection: Connection, answer: Answer) -> None:
        """Lists the keys, as they were listed to the same program just before where none has changed since."""
        bindings = encoded(connection.bindings)
        client = connection.peer.client if connection.peer is not None else ""
        listing = (client, tuple(bindings or ()))
        now = asyncio.get_running_loop().time()
        until, kept = self._lists.get(listing, (0.0, None))
        if kept is not None and now < until and not self.link.locked:
            answer(kept)
            return

        def listed(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError):
                answer(Failure())
                return
            found = _identities.decode(result).identities
            shown = IdentitiesAnswer(tuple(Identity(one.key, one.comment) for one in found))
            if client:
                if len(self._lists) >= _MAX_LISTS:
                    self._lists.clear()
                self._lists[listing] = now + _LISTED_S, shown
            answer(shown)

        self.ask(connection, ssh.Identities(bindings=bindings), listed, answer)

    # the agent's lock

    def _switch(self, switched: Coroutine[None, None, bool], answer: Answer) -> None:
        """Answers once the agent's lock was switched, or was not."""

        async def switch() -> None:
            try:
                answer(Success() if await switched else Failure())
            except OSError as error:
                _log.warning("the agent's lock cannot be kept: %s", error.strerror)
                answer(Failure())

        task = asyncio.get_running_loop().create_task(switch())
        self._switches.add(task)
        task.add_done_callback(self._switches.discard)

    # signatures

    def _sign(self, connection: Connection, request: SignRequest, answer: Answer) -> None:
        """Has it signed, where it is a log-in or an SSH signature."""
        meant = read(request)
        if meant is None:
            answer(Failure())
            return

        def sign(item: str, done: Callable[[bytes | ProtocolError], None]) -> None:
            asked = meant_by(request, meant, item, connection.bindings, self._hosts) if item else None
            if asked is None:
                answer(Failure())
            else:
                self.ask(connection, asked, done, answer, reads=False)

        def signed(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError):
                answer(Failure())
            else:
                answer(SignResponse(_signature.decode(result).signature))

        def signed_or_gone(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError) and result.code is ErrorCode.UNKNOWN_ITEM:
                self._forget()  # another item may have the key by now
                self.locate(connection, request.key, partial(sign, done=signed), answer)
            else:
                signed(result)

        peer = connection.peer
        kept = self._references.get((peer.client, plain_key(request.key))) if peer is not None and peer.client else None
        if kept is not None:
            sign(kept, done=signed_or_gone)
        else:
            self.locate(connection, request.key, partial(sign, done=signed), answer)

    def locate(self, connection: Connection, key: bytes, found: Callable[[str], None], answer: Answer) -> None:
        """Calls ``found`` with the peer's reference to the key with this public part, or of this certificate.

        Empty where there is none.
        """
        key = plain_key(key)
        peer = connection.peer

        def located(result: bytes | ProtocolError) -> None:
            item = None if isinstance(result, ProtocolError) else _located.decode(result).item
            if item is not None and peer is not None and peer.client:
                if len(self._references) >= _MAX_REFERENCES:
                    self._references.clear()
                self._references[peer.client, key] = item.item
            found("" if item is None else item.item)

        self.ask(connection, ssh.Locate(key=key), located, answer)

    def ask(
        self,
        connection: Connection,
        request: Request_,
        done: Callable[[bytes | ProtocolError], None],
        answer: Answer,
        *,
        reads: bool = True,
    ) -> None:
        """Asks the Router for the peer; a locked wallet asks to be unlocked, and whoever waits hangs up.

        Whatever fails on the way is a failure to who asked, and no reason to leave it waiting.
        """
        if connection.peer is None:
            return

        def guarded(result: bytes | ProtocolError) -> None:
            try:
                done(result)
            except Exception:  # noqa: BLE001  # as said above
                _log.exception("an answer of the wallet's could not be handed on")
                answer(Failure())

        def params(link: Link) -> bytes:
            return plain or link.end.encode(request, link.provider_key)

        sealed = bool(request.SEALED)
        plain = b"" if sealed else msgspec.json.encode(request)
        question = Question(method=request.METHOD, params=params, unlocks=True, sealed=sealed, reads=reads)
        Ask(self.link, self._unlocking, self._patience, connection.peer, question, guarded).start(None)


def _may_be_bound(bound: Sequence[SessionBind], bind: SessionBind) -> bool:
    """Whether the host signed the session, which is not bound already, and nobody logs in over the last one."""
    if len(bound) >= MAX_BINDINGS or (bound and not bound[-1].is_forwarding):
        return False
    if any(one.session_id == bind.session_id for one in bound):
        return False
    try:
        verify_session_bind(bind)
    except SshAgentError:
        return False
    return True
