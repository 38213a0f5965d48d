"""GetSecret and GetSecrets: the hot path. Callbacks, no tasks; JSON put together by hand.

In an encrypted session the door passes on what the provider wrapped under the session's key. In a plain one the value
is sealed to this door, opened here and sent in the clear, as the caller asked.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.secret_service.bus import fit
from etui.doors.secret_service.errors import DoorError, is_locked, limits_exceeded
from etui.doors.secret_service.paths import Place, read_path
from etui.doors.secret_service.placement import check_placement
from etui.interfaces import secret_1 as secret
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk.door.asking import ANSWER_S, Question
from etui.standards.secretservice import BLOCK_BYTES, DEFAULT_CONTENT_TYPE, ErrorName, Secret, wrap

if TYPE_CHECKING:
    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.doors.secret_service.peers import Peer
    from etui.doors.secret_service.sessions import Session
    from etui.sdk.aio import Done
    from etui.sdk.door.link import Link


_METHOD: Final = secret.Read.METHOD
_KEY_FIELD: Final = f"{_METHOD}.wrap_key"
_VALUE_FIELD: Final = f"{_METHOD}.value"
_AT_ONCE: Final = 8
_MAX_ITEMS: Final = 10_000
_MAX_BYTES: Final = 64 << 20
_encode = msgspec.json.encode
_result: Final = msgspec.json.Decoder(secret.ReadResult)
_UNKNOWN: Final = {ErrorCode.UNKNOWN_REFERENCE, ErrorCode.UNKNOWN_ITEM}


def get_secret(call: Call) -> None:
    """Answers ``Item.GetSecret``: unlocks inside the call, and waits for the user where the user must be asked."""
    door = call.door
    path = call.body[0]
    session = door.session(call.peer, str(path))
    if call.target.collection in door.locks:
        raise is_locked()

    def done(answer: bytes | ProtocolError) -> None:
        if isinstance(answer, ProtocolError):
            call.fail(answer)
            return
        try:
            found = _secret(door.link, session, answer)
        except (ProtocolError, DoorError) as error:
            call.fail(error)
        else:
            call.answer(found.wire())

    _ask(door, call.peer, call.target, session, done, ANSWER_S)


def get_secrets(call: Call) -> None:
    """Answers ``Service.GetSecrets`` with those that there are.

    Where none could be read and one for another reason than that it is not there, the answer is that reason: an empty
    answer would say "not found".
    """
    paths, session_path = call.body
    assert isinstance(paths, list)  # noqa: S101  # by the method's signature
    session = call.door.session(call.peer, str(session_path))
    if len(paths) > _MAX_ITEMS:
        raise limits_exceeded(f"more than {_MAX_ITEMS} secrets in one call")
    _Reading(call, session, list(dict.fromkeys(paths))).start()


class _Reading:
    """Several secrets for one call, some at once, the rest as these come in."""

    def __init__(self, call: Call, session: Session, paths: list[str]) -> None:
        self._call = call
        self._session = session
        self._paths = paths
        self._next = 0
        self._open = 0
        self._size = 0
        self._found: dict[str, list[object]] = {}
        self._failed: DoorError | ProtocolError | None = None
        self._until = call.door.now() + ANSWER_S

    def start(self) -> None:
        self._open += 1  # so that answers that come at once do not end it before all are asked for
        for _ in range(_AT_ONCE):
            self._ask_next()
        self._open -= 1
        self._end_if_done()

    def _ask_next(self) -> None:
        door = self._call.door
        while self._next < len(self._paths):
            path = self._paths[self._next]
            self._next += 1
            target = read_path(path)
            if target.place is not Place.ITEM:
                continue
            if target.collection in door.locks:
                self._failed = is_locked()
                continue
            self._open += 1
            limit_s = max(0.0, self._until - door.now())
            _ask(door, self._call.peer, target, self._session, partial(self._got, path), limit_s)
            return

    def _got(self, path: str, answer: bytes | ProtocolError) -> None:
        self._open -= 1
        try:
            if isinstance(answer, ProtocolError):
                raise answer
            found = _secret(self._call.door.link, self._session, answer)
            self._size += len(found.value)
            if self._size > _MAX_BYTES:
                raise limits_exceeded(f"secrets of more than {_MAX_BYTES} bytes in one call")
            self._found[path] = found.wire()
        except DoorError as error:
            self._failed = error
        except ProtocolError as error:
            if error.code not in _UNKNOWN:
                self._failed = error
        self._ask_next()
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._open:
            return
        if self._failed is not None and (not self._found or self._size > _MAX_BYTES):
            self._call.fail(self._failed)
        else:
            self._call.answer(self._found)


def _ask(  # noqa: PLR0913, PLR0917  # a question has these parts
    door: Door, peer: Peer, target: Target, session: Session, done: Done, limit_s: float
) -> None:
    """Asks for a secret; while a collection is locked, only where its item lies in the one that its path names."""
    question = _question(target, session)
    if not door.locks:
        door.ask(peer, question, done, limit_s)
        return
    until = door.now() + limit_s

    async def ask() -> None:
        try:
            await check_placement(door, peer, target, unlocks=True, limit_s=limit_s)
        except ProtocolError as error:
            done(error)
        else:
            door.ask(peer, question, done, max(0.0, until - door.now()))

    door.run(ask())


def _question(target: Target, session: Session) -> Question:
    item = _encode(target.item)
    if session.encrypted:

        def params(link: Link) -> bytes:
            key = session.sealed_key(link.end, link.provider_key, _KEY_FIELD)
            return b'{"item":%b,"wrap_key":"%b"}' % (item, key.encode())

    else:

        def params(link: Link) -> bytes:  # noqa: ARG001  # nothing is sealed
            return b'{"item":%b}' % item

    return Question(method=_METHOD, params=params, unlocks=True, sealed=session.encrypted)


def _secret(link: Link, session: Session, answer: bytes) -> Secret:
    """The secret as it goes to the caller; raises ``DoorError`` where the provider did not wrap what it should."""
    result = _result.decode(answer)
    content_type = fit(result.content_type or DEFAULT_CONTENT_TYPE)
    if session.key is None:
        value = link.end.open(result.value, _VALUE_FIELD) if result.value is not None else b""
        return Secret(session.path, b"", value, content_type)
    if result.wrap_iv is not None and result.wrap_value is not None:
        return Secret(session.path, result.wrap_iv, result.wrap_value, content_type)
    if result.value is not None:
        raise DoorError(ErrorName.FAILED, "the provider of secrets does not wrap values under a session's key")
    iv = os.urandom(BLOCK_BYTES)
    return Secret(session.path, iv, wrap(session.key, iv, b""), content_type)
