"""The door: what SSH asks for, put to the Router for the program that asks."""

from __future__ import annotations

import logging
import os
import socket
import struct
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etui.standards.sshagent import Reply, Request

    Answer = Callable[[Reply], None]
    Request_ = ssh.Identities | ssh.Locate | ssh.Login | ssh.LoginUnproven | ssh.LoginForwarded | ssh.Sign

_log: Final = logging.getLogger("etui.doors.ssh_agent")
_CREDENTIALS: Final = struct.Struct("3i")
_SERVICE: Final = "ssh-connection"
_MAX_CONNECTIONS: Final = 256
_MAX_OF_ONE: Final = 64
"""Connections of one process: a program, or a machine to which the agent is forwarded, does not take them all."""
_MAX_REFERENCES: Final = 10_000
_HASHES: Final[dict[int, str | None]] = {0: None, RSA_SHA2_256: "sha256", RSA_SHA2_512: "sha512"}
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

        self._ask(connection, ssh.Identities(), listed, answer)

    def _sign(self, connection: Connection, request: SignRequest, answer: Answer) -> None:
        if request.flags not in _HASHES or parse_signed_data(request.data, request.key) is None:
            answer(Failure())
            return
        self._with_reference(connection, request.key, partial(self._sign_with, connection, request, answer), answer)

    def _with_reference(self, connection: Connection, key: bytes, found: Callable[[str], None], answer: Answer) -> None:
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

        self._ask(connection, ssh.Locate(key=key), located, answer)

    def _sign_with(self, connection: Connection, request: SignRequest, answer: Answer, item: str) -> None:
        asked = self._asked(connection, request, item) if item else None
        if asked is None:
            answer(Failure())
            return

        def signed(result: bytes | ProtocolError) -> None:
            if isinstance(result, ProtocolError):
                if result.code is ErrorCode.UNKNOWN_ITEM:
                    self._references.clear()
                answer(Failure())
            else:
                answer(SignResponse(_signature.decode(result).signature))

        self._ask(connection, asked, signed, answer, reads=False)

    def _asked(
        self, connection: Connection, request: SignRequest, item: str
    ) -> ssh.Login | ssh.LoginUnproven | ssh.LoginForwarded | ssh.Sign | None:
        """The request to the Extension: what the bytes say, and how the connection is bound; nothing where it is none.

        A host is proven by what is signed alone: a binding says that a host has a session, which it can say of any.
        """
        meant = parse_signed_data(request.data, request.key)
        parts: dict[str, Any] = {"item": item, "data": request.data, "hash": _HASHES[request.flags]}
        hops = [one for one in connection.bindings if one.is_forwarding]
        if not isinstance(meant, UserauthRequest):
            named = isinstance(meant, SshsigMessage) and not hops  # nobody could tell what a far machine has signed
            return ssh.Sign(relying_party=meant.namespace, **parts) if named and meant is not None else None
        if meant.service != _SERVICE:
            return None
        binding = next((one for one in connection.bindings if one.session_id == meant.session_id), None)
        if meant.host_key is None:
            bound = None if binding is None else self._named(binding.host_key)[:800]
            return None if hops else ssh.LoginUnproven(user=meant.user, bound=bound, **parts)
        if binding is not None and plain_key(binding.host_key) != plain_key(meant.host_key):
            return None
        host_key = plain_key(meant.host_key)
        parts["relying_party"] = f"{meant.user}@{fingerprint(host_key)}"
        parts["known_as"] = self._hosts.of(host_key)[:400] or None
        if not hops:
            return ssh.Login(**parts)
        through = "\n".join(self._named(one.host_key) for one in hops)
        return ssh.LoginForwarded(through=through[:4000], **parts)

    def _named(self, host_key: bytes) -> str:
        names = self._hosts.of(plain_key(host_key))
        shown = fingerprint(plain_key(host_key))
        return f"{names} ({shown})" if names else shown

    def _ask(
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

        encoded = msgspec.json.encode(request)
        question = Question(method=request.METHOD, params=lambda _: encoded, unlocks=True, reads=reads)
        Ask(self.link, self._unlocking, self._patience, connection.peer, question, guarded).start(None)
