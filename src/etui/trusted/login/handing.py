"""Hands a login on: from the password to the login key, and from that to the wallet.

Rules:

1. The password is read by a process that makes the login key of it and ends. What waits for the wallet, a minute at
   most, never had it: it has the login key, which logs in nowhere. Both are locked in memory and leave no core file.
2. Whoever speaks with what listens there has become nobody before: it has no right of root's but the connection, and of
   the person's none.
3. For one person one process waits: whoever comes meanwhile ends.
"""

from __future__ import annotations

import fcntl
import os
import resource
import socket
import syslog
import time
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from etui.interfaces import Request, Result
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    PROTOCOL_VERSION,
    ErrorCode,
    FrameReader,
    MessageKind,
    ProtocolError,
    RemoteError,
    encode_request,
    read_message,
)
from etui.sealing import ChannelKey, SealedValueError, Secret
from etui.sealing.login import MOST_BYTES
from etui.sealing.slots import RECOMMENDED, stretched
from etui.trusted.login.apart import apart
from etui.trusted.login.person import Person, connected, person_of, salt_of
from etui.trusted.memory import harden, protect_memory

LOGIN_KEY_FIELD: Final = "vault.login_key"
_WAIT_S: Final = 60.0
_LOOK_S: Final = 0.25
_ANSWER_S: Final = 60.0
_NOBODY: Final = 65534
_DONE: Final = b"done"
_AGAIN: Final = b"again"
_LATER: Final = {ErrorCode.LOCKED, ErrorCode.CANCELLED, ErrorCode.TOO_MANY}
_RECV_BYTES: Final = 64 << 10
_ResultT = TypeVar("_ResultT", bound=Result)


def hand_on(name: str, password: int, *, locks: Path = Path("/run")) -> None:
    """Hands the login of the user ``name`` on, with the password that can be read from the descriptor ``password``.

    ``locks``: a folder of root's, in which one file a person says that somebody waits. What became of it is in the
    system's log, without a word of the wallet's.
    """
    syslog.openlog("etui", 0, syslog.LOG_AUTHPRIV)
    _protect()
    person = person_of(name)
    if person is None or not (salt := salt_of(person)):
        return
    lock = os.open(locks / f"etui-login-{person.uid}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    key = Secret(apart(lambda: _key(password, salt)))
    if len(key):
        _log(person, offered(person, key))


def _protect() -> None:
    """Keeps this process's memory to itself.

    It is locked where root may lift the limit for that: under one, who is root no more would get no further memory.
    """
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        harden()
    else:
        protect_memory()


def _key(password: int, salt: bytes) -> bytes:
    """The login key of what pam_exec wrote; empty where that is no password."""
    _protect()
    with open(password, "rb") as pipe:  # a descriptor
        typed = pipe.read(MOST_BYTES + 2).partition(b"\0")[0]
    return stretched(Secret(typed), salt, RECOMMENDED).reveal() if 0 < len(typed) <= MOST_BYTES else b""


def offered(person: Person, key: Secret, wait_s: float = _WAIT_S) -> bytes:
    """What became of it: ``done``, ``again`` where no wallet took it within ``wait_s``, or the code of an error."""
    deadline = time.monotonic() + wait_s
    while True:
        told = _offered_once(person, key)
        if told != _AGAIN:
            return told
        if time.monotonic() > deadline:
            return _AGAIN
        time.sleep(_LOOK_S)


def _offered_once(person: Person, key: Secret) -> bytes:
    line = connected(person)
    if line is None:
        return _AGAIN
    with line:
        return apart(lambda: _spoken(line, key)) or _AGAIN


def _spoken(line: socket.socket, key: Secret) -> bytes:
    _protect()
    os.setgroups(())
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    line.settimeout(_ANSWER_S)
    try:
        _speak(_Wire(line), key)
    except RemoteError as error:
        return _AGAIN if error.code in _LATER else error.code.slug.encode()
    except (OSError, ProtocolError, SealedValueError, msgspec.DecodeError):
        return _AGAIN
    return _DONE


def _speak(wire: _Wire, key: Secret) -> None:
    wire.ask(wallet.Hello(versions=[PROTOCOL_VERSION], name="login"), wallet.HelloResult)
    vault = wire.ask(wallet.LoginKey(), wallet.LoginKeyResult).key
    sealed = ChannelKey().seal_to(vault, key.reveal(), LOGIN_KEY_FIELD)
    wire.ask(wallet.Login(sealed=sealed), wallet.LoginResult)


class _Wire:
    """One request after the other."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._reader = FrameReader()
        self._number = 0

    def ask(self, request: Request[_ResultT], result: type[_ResultT]) -> _ResultT:
        """What answers it; raises ``RemoteError``, ``ProtocolError``, ``OSError``."""
        self._number += 1
        self._line.sendall(encode_request(self._number, request.METHOD, msgspec.json.encode(request)))
        while True:
            data = self._line.recv(_RECV_BYTES)
            if not data:
                raise ConnectionResetError
            for frame in self._reader.feed(data):
                message = read_message(frame)
                if message.method or message.id != self._number:
                    continue
                if message.kind is MessageKind.ERROR and not isinstance(message.error, msgspec.UnsetType):
                    raise RemoteError.from_object(message.error)
                raw = message.result if isinstance(message.result, msgspec.Raw) else b"null"
                return msgspec.json.decode(raw, type=result)


def _log(person: Person, told: bytes) -> None:
    why = {_DONE: "", _AGAIN: "no wallet was there to take it"}.get(told)
    if why is None:
        why = next((code.slug for code in ErrorCode if code.slug.encode() == told), "it answered nothing known")
    words = f"not unlocked by the login: {why}" if why else "unlocked by the login"
    syslog.syslog(syslog.LOG_INFO, f"the wallet of {person.name} was {words}")
