"""A database for books, opened so that what it acknowledges is on its disk.

SQLite: a file, with WAL and ``synchronous=FULL``; a transaction that writes takes the lock when it begins, so that none
fails halfway for want of it. PostgreSQL: ``synchronous_commit`` at ``on`` at the least; a server that runs with
``fsync`` off is refused.

Source: https://www.sqlite.org/pragma.html; https://www.postgresql.org/docs/current/runtime-config-wal.html
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from etui.counterparts.books.errors import AddressError, UnsafeError

_DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_BUSY_TIMEOUT_S: Final = 5.0
_CONNECT_TIMEOUT_S: Final = 5
_LOCK_TIMEOUT_MS: Final = 5_000
_STATEMENT_TIMEOUT_MS: Final = 10_000
_FILE_MODE: Final = 0o600
_WEAK: Final = frozenset({"off", "local"})
"""Settings of ``synchronous_commit`` with which an acknowledged transaction can be lost."""
READING: Final = "books_reading"
"""The execution option of a connection that only reads: on SQLite it does not wait for who writes."""


def open_books(address: str) -> Engine:
    """The database at ``address``: ``sqlite:///PATH`` (made where there is none) or ``postgresql://…``.

    Raises ``AddressError``; ``UnsafeError`` comes with the first connection. No password of the address is in an error.
    """
    url = _url(address)
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)


def is_sqlite(connection: Connection) -> bool:
    """Whether this is SQLite, which knows no lock of a row."""
    return connection.dialect.name == "sqlite"


def _url(address: str) -> URL:
    try:
        url = make_url(address)
        return url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, NoSuchModuleError, KeyError):
        raise AddressError("books are at sqlite:///PATH or at postgresql://USER@HOST/DATABASE") from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise AddressError("books in memory are lost with their process: name a file, sqlite:///PATH")
    _make(url.database)
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False})
    _on(engine, "connect", _set_up_sqlite)
    _on(engine, "begin", _begin_sqlite)
    return engine


def _make(path: str) -> None:
    """Makes the file where there is none. One that is there is not opened: closing it would end this process's locks.

    Source: https://www.sqlite.org/howtocorrupt.html, section 2.2 (POSIX advisory locks).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FILE_MODE))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise AddressError(f"{path} cannot be opened: it may not be read and written") from None
    except OSError as error:
        raise AddressError(f"{path} cannot be opened: {error.strerror}") from None


def _postgresql(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"connect_timeout": _CONNECT_TIMEOUT_S})
    _on(engine, "connect", _set_up_postgresql)
    return engine


def _on(engine: Engine, name: str, hears: Callable[..., None]) -> None:
    event.listen(engine, name, hears)


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # a driver's own connection
    connection.isolation_level = None  # the module begins no transaction by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _set_up_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401  # as above
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        if cursor.fetchone()[0] != "on":
            raise UnsafeError("the server runs with fsync=off: a power cut would lose what it acknowledged")
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] in _WEAK:
            cursor.execute("SET synchronous_commit TO on")
        cursor.execute(f"SET lock_timeout TO {_LOCK_TIMEOUT_MS}")
        cursor.execute(f"SET statement_timeout TO {_STATEMENT_TIMEOUT_MS}")
    connection.commit()
