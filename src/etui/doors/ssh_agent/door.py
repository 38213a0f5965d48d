"""The door: what SSH asks for, put to the Router for the program that asks."""

from __future__ import annotations

import os
import socket
import struct
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.ssh_agent.connection import MAX_BINDINGS, Connection
from etui.doors.ssh_agent.host_names import HostNames
from etui.interfaces import ssh_1 as ssh
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door import Ask, Link, Patience, Peer, Process, Question, Unlocking, start_of
from etui.standards.sshagent import (
    RSA_SHA2_256,
    RSA_SHA2_512,
    SESSION_BIND,
    ExtensionFailure,
    Failure,
    IdentitiesAnswer,
    Identity,
    OtherExtension,
    Query,
    QueryAnswer,
    RequestIdentities,
    SessionBind,
    SignRequest,
    SignResponse,
    SshAgentError,
    SshsigMessage,
    Success,
    UserauthRequest,
    fingerprint,
    parse_signed_data,
    plain_key,
    verify_session_bind,
    write_session_bind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etui.standards.sshagent import Reply, Request

    Answer = Callable[[Reply], None]

_CREDENTIALS: Final = struct.Struct("3i")
_MAX_CONNECTIONS: Final = 256
_MAX_REFERENCES: Final = 10_000
_HASHES: Final[dict[int, str | None]] = {0: None, RSA_SHA2_256: "sha256", RSA_SHA2_512: "sha512"}
_UNKNOWN_HOST: Final = "unknown host"
_identities: Final = msgspec.json.Decoder(ssh.IdentitiesResult)
_located: Final = msgspec.json.Decoder(ssh.LocateResult)
_signature: Final = msgspec.json.Decoder(ssh.LoginResult)


class Door:
    """Everything between the agent's socket and the Router."""

    def __init__(self, home: Path) -> None:
        self._connections: set[Connection] = set()
        self._seen = 0
        self.link = Link(self, name="SSH agent", interface=ssh.INTERFACE)
        self._unlocking = Unlocking(self.link)
        self._patience = Patience()
        self._hosts = HostNames(home)
        self._references: dict[tuple[str, bytes], str] = {}
        self.link.on_lock_change = self._lock_changed

    def __iter__(self) -> Iterator[Peer]:
        """The peers that are there."""
        return iter([one.peer for one in self._connections if one.peer is not None])

    def connection(self) -> Connection:
        """What serves a new connection."""
        return Connection(self._serve, self._greet, self._ended)

    # connections

    def _greet(self, connection: Connection, taken: socket.socket) -> Peer | None:
        """The peer at the other end, by the process that connected; nobody where it cannot be told, or too many are."""
        pid, uid, _ = _CREDENTIALS.unpack(taken.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        if uid != os.getuid() or pid == 0 or len(self._connections) >= _MAX_CONNECTIONS:
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
        self._references.clear()
        if not locked:
            self._unlocking.unlocked()

    # requests

    def _serve(self, connection: Connection, request: Request, answer: Answer) -> None:
        match request:
            case RequestIdentities():
                self._list(connection, answer)
            case SignRequest():
                self._sign(connection, request, answer)
            case SessionBind():
                answer(self._bind(connection, request))
            case Query():
                answer(QueryAnswer((SESSION_BIND,)))
            case OtherExtension():
                answer(ExtensionFailure())
            case _:
                answer(Failure())

    def _bind(self, connection: Connection, bind: SessionBind) -> Reply:
        """Binds the connection to a host for good, as OpenSSH's agent does: no session twice, none after a log-in."""
        bound = connection.bindings
        if len(bound) >= MAX_BINDINGS or (bound and not bound[-1].is_forwarding):
            return ExtensionFailure()
        if any(one.session_id == bind.session_id for one in bound):
            return ExtensionFailure()
        try:
            verify_session_bind(bind)
        except SshAgentError:
            return ExtensionFailure()
        bound.append(bind)
        return Success()

    def _list(self, connection: Connection, answer: Answer) -> None:
        def listed(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError):
                answer(Failure())
                return
            found = _identities.decode(result).identities
            answer(IdentitiesAnswer(tuple(Identity(one.key, one.comment) for one in found)))

        self._ask(connection, ssh.Identities.METHOD, ssh.Identities(), listed)

    def _sign(self, connection: Connection, request: SignRequest, answer: Answer) -> None:
        if request.flags not in _HASHES or parse_signed_data(request.data, request.key) is None:
            answer(Failure())
            return
        self._with_reference(connection, request.key, partial(self._sign_with, connection, request, answer))

    def _with_reference(self, connection: Connection, key: bytes, found: Callable[[str], None]) -> None:
        """Calls ``found`` with the peer's reference to the key with this public part, empty where there is none."""
        peer = connection.peer
        kept = self._references.get((peer.client, key)) if peer is not None and peer.client else None
        if kept is not None:
            found(kept)
            return

        def located(result: bytes | ProtocolError) -> None:
            item = None if isinstance(result, ProtocolError) else _located.decode(result).item
            if item is not None and peer is not None and peer.client:
                if len(self._references) >= _MAX_REFERENCES:
                    self._references.clear()
                self._references[peer.client, key] = item.item
            found("" if item is None else item.item)

        self._ask(connection, ssh.Locate.METHOD, ssh.Locate(key=key), located)

    def _sign_with(self, connection: Connection, request: SignRequest, answer: Answer, item: str) -> None:
        if not item:
            answer(Failure())
            return
        asked = self._asked(connection, request, item)

        def signed(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError):
                if result.code is ErrorCode.UNKNOWN_ITEM:
                    self._references.clear()
                answer(Failure())
            else:
                answer(SignResponse(_signature.decode(result).signature))

        self._ask(connection, asked.METHOD, asked, signed, reads=False)

    def _asked(
        self, connection: Connection, request: SignRequest, item: str
    ) -> ssh.Login | ssh.LoginForwarded | ssh.Sign:
        """The request to the Extension: what the bytes say, and how the connection is bound."""
        meant = parse_signed_data(request.data, request.key)
        hash_ = _HASHES[request.flags]
        if isinstance(meant, SshsigMessage):
            return ssh.Sign(item=item, relying_party=meant.namespace, data=request.data, hash=hash_)  # type: ignore[arg-type]
        assert isinstance(meant, UserauthRequest)  # noqa: S101  # looked at before
        binding = next((one for one in connection.bindings if one.session_id == meant.session_id), None)
        host_key = binding.host_key if binding is not None else meant.host_key
        host = _UNKNOWN_HOST if host_key is None else fingerprint(plain_key(host_key))
        parts = {
            "item": item,
            "relying_party": f"{meant.user}@{host}",
            "known_as": (self._hosts.of(plain_key(host_key)) if host_key is not None else "")[:400] or None,
            "data": request.data,
            "binding": None if binding is None else write_session_bind(binding),
            "hash": hash_,
        }
        hops = [one for one in connection.bindings if one.is_forwarding]
        if not hops:
            return ssh.Login(**parts)  # type: ignore[arg-type]
        through = "\n".join(self._named(one.host_key) for one in hops)
        return ssh.LoginForwarded(**parts, through=through[:4000])  # type: ignore[arg-type]

    def _named(self, host_key: bytes) -> str:
        names = self._hosts.of(plain_key(host_key))
        shown = fingerprint(plain_key(host_key))
        return f"{names} ({shown})" if names else shown

    def _ask(
        self,
        connection: Connection,
        method: str,
        request: ssh.Identities | ssh.Locate | ssh.Login | ssh.LoginForwarded | ssh.Sign,
        done: Callable[[bytes | ProtocolError], None],
        *,
        reads: bool = True,
    ) -> None:
        """Asks the Router for the peer; a locked wallet asks to be unlocked, and whoever waits hangs up."""
        if connection.peer is None:
            return
        encoded = msgspec.json.encode(request)
        question = Question(method=method, params=lambda _: encoded, unlocks=True, reads=reads)
        Ask(self.link, self._unlocking, self._patience, connection.peer, question, done).start(None)
