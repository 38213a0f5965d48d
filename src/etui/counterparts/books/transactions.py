"""Transactions that are run again where they met another one, or the database went away, for a bounded time.

1. A transaction changes rows of one shard key, or is a bundle of such (``group``) of which each part stands alone: it
   could be cut anywhere between them. What concerns two keys is two transactions, of which each can be repeated.
2. Work may run again after it was committed, since a connection can break while the answer to a commit is on its way:
   it has to find what it did, and change nothing then.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from etui.counterparts.books.engine import READING
from etui.counterparts.books.errors import ConflictError, UnavailableError

_Answer = TypeVar("_Answer")
_FIRST_PAUSE_S: Final = 0.005
_LONGEST_PAUSE_S: Final = 0.5
_AGAIN: Final = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57014", "25006", "53300"})
"""SQLSTATE: serialization failure, deadlock, lock not had, shutdown, crash, start, time-out, a standby, too many."""
_CONNECTION: Final = "08"
"""The class of SQLSTATE for what befell a connection."""
_ANOTHER_SERVER: Final = "25006"
_SQLITE_BUSY: Final = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_LOCKED"})


def run(engine: Engine, work: Callable[[Connection], _Answer], *, patience_s: float = 10.0) -> _Answer:
    """What ``work`` returns, once it is committed.

    ``patience_s``: no further try begins after so many seconds. Raises ``UnavailableError`` then, and at once whatever
    is no matter of time.
    """
    until = time.monotonic() + patience_s
    pause = _FIRST_PAUSE_S
    while True:
        try:
            with engine.begin() as connection:
                return work(connection)
        except ConflictError as error:
            failed: Exception = error
        except DBAPIError as error:
            if not _passes(error):
                raise
            if _sqlstate(error) == _ANOTHER_SERVER:
                engine.dispose()  # the server at the other end is no longer the one that writes
            failed = error
        if time.monotonic() + pause > until:
            raise UnavailableError(f"the database does not take it: {type(failed).__name__}") from failed
        time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # so that two do not meet again
        pause = min(2 * pause, _LONGEST_PAUSE_S)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one look at the books, which changes nothing and holds nobody up."""
    with _alive(engine) as connection, connection.begin():
        yield connection


def _alive(engine: Engine) -> Connection:
    """A connection that still answers: one that was kept may have ended while nobody looked."""
    connection = engine.connect().execution_options(**{READING: True})
    try:
        connection.exec_driver_sql("SELECT 1")
        connection.rollback()
    except DBAPIError as error:
        connection.close()
        if not error.connection_invalidated:
            raise
        return engine.connect().execution_options(**{READING: True})
    return connection


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _passes(error: DBAPIError) -> bool:
    """Whether the same work may succeed a moment later."""
    state = _sqlstate(error)
    if state:
        return state in _AGAIN or state.startswith(_CONNECTION)
    if name := getattr(error.orig, "sqlite_errorname", ""):
        return name in _SQLITE_BUSY
    return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
