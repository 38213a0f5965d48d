"""Sessions of the service: opening and closing them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from dbus_fast import Variant

from etui.doors.secret_service.errors import DoorError, limits_exceeded
from etui.doors.secret_service.sessions import open_session as new_session
from etui.standards.secretservice import ErrorName

if TYPE_CHECKING:
    from etui.doors.secret_service.call import Call

_MAX_SESSIONS: Final = 10_000
"""For one peer: SecretStorage opens one for each item that it reads."""


def open_session(call: Call) -> None:
    """Answers ``Service.OpenSession``."""
    algorithm, given = call.body
    assert isinstance(given, Variant)  # noqa: S101  # by the method's signature
    if len(call.peer.sessions) >= _MAX_SESSIONS:
        raise limits_exceeded(f"more than {_MAX_SESSIONS} sessions: close some")
    name = "s" + secrets.token_hex(8)
    session, kind, output = new_session(name, str(algorithm), given.value, call.door.pairs)
    call.peer.sessions[session.path] = session
    call.answer(Variant(kind, output), session.path)
    if session.encrypted:
        call.door.soon(session.work_out)  # while the caller does the same
        call.door.prepare_pairs()


def close_session(call: Call) -> None:
    """Answers ``Session.Close``."""
    if call.peer.sessions.pop(call.target.path, None) is None:
        raise DoorError(ErrorName.NO_SESSION, "there is no such session: it was closed, or is another caller's")
    call.answer()
