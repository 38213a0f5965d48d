"""The SQLite file: made whole or not at all, opened with the settings that durability needs, migrated, never deleted.

- WAL with ``synchronous=FULL``: a commit returns when it is on the disk.
- One process has the file (``locking_mode=EXCLUSIVE``); a second one waits a moment and is then refused.
- ``secure_delete``: what is deleted is overwritten with zeros in the file.
- A new file is built under another name and renamed, so that an empty or headless file is always damage.
- Each row bears a sum of its names, since one whose names were altered is not found, and nothing fails.

Source: https://www.sqlite.org/pragma.html, https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from etui.extensions.storage_software.errors import DamagedError, NewerError, UnwritableError, translated

FILE_NAME: Final = "records.db"
_APPLICATION_ID: Final = int.from_bytes(b"etui", "big")
_BUSY_TIMEOUT_S: Final = 2.0
_FILE_MODE: Final = 0o600
_VERSION_OF_SUMS: Final = 2
_READ_ONLY: Final = {errno.EROFS, errno.EACCES, errno.EPERM}


class Database(Struct, frozen=True):
    """An open connection and where its file lies; ``read_only`` where the disk allows no more.

    ``has_sums``: each row bears the sum of its names, which a file of the first version on a read-only disk has not.
    """

    connection: sqlite3.Connection
    path: Path
    read_only: bool
    has_sums: bool


def open_database(folder: Path) -> Database:
    """The database of ``folder``, made where there is none, at the newest version.

    Raises ``UnwritableError`` where it cannot be made, ``DamagedError`` for a file that is no store of Etui,
    ``NewerError``, ``HeldError``.
    """
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        read_only = _is_read_only(path)
        if path.stat().st_size == 0:
            raise DamagedError(path, "it is empty")
        connection = _reader(path) if read_only else _writer(path)
    except OSError as error:
        raise UnwritableError(path, error.strerror or type(error).__name__) from None
    except sqlite3.Error as error:
        raise translated(error, path) from None
    try:
        _check(connection, path)
        _define(connection)
        if not read_only:
            _set_up(connection)
            _migrate(connection)
        has_sums = _number(connection, "user_version") >= _VERSION_OF_SUMS
    except sqlite3.Error as error:
        connection.close()
        raise translated(error, path) from None
    except (DamagedError, NewerError):
        connection.close()
        raise
    return Database(connection, path, read_only, has_sums)


def sum_of_names(client: bytes, key: bytes) -> int:
    """The CRC-32 of a row's caller and key; the SQL function of this name is this one."""
    return zlib.crc32(key, zlib.crc32(client + b"\0"))


def _make(path: Path) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)  # of an attempt that was cut short: nothing in it was ever acknowledged
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FILE_MODE))
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        _define(connection)
        _migrate(connection)
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    _sync(new)
    new.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_read_only(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _READ_ONLY:
            return True
        raise
    try:
        os.fchmod(descriptor, _FILE_MODE)
    finally:
        os.close(descriptor)
    return not os.access(path.parent, os.W_OK)


def _writer(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "cell_size_check=ON",
        "trusted_schema=OFF",
        "cache_size=-8192",  # KiB
        "journal_size_limit=8388608",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _reader(path: Path) -> sqlite3.Connection:
    """Without a log beside it the file is all there is; with one, a copy of both is put together elsewhere."""
    log = _log(path)
    if log.exists() and log.stat().st_size:
        return _copied(path)
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _copied(path: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        _log(copy).write_bytes(_log(path).read_bytes())
        connection = _writer(copy)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return connection  # its files are open, though they have no name any more


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _number(connection, "application_id") != _APPLICATION_ID:
        raise DamagedError(path, "it is no store of Etui")
    version = _number(connection, "user_version")
    if version > len(_MIGRATIONS):
        raise NewerError(path, version, len(_MIGRATIONS))


def _define(connection: sqlite3.Connection) -> None:
    connection.create_function("sum_of_names", 2, sum_of_names, deterministic=True)


def _migrate(connection: sqlite3.Connection) -> None:
    found = _number(connection, "user_version")
    for version, migration in enumerate(_MIGRATIONS[found:], start=found + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            migration(connection)
            connection.execute(f"PRAGMA user_version={version}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _first(connection: sqlite3.Connection) -> None:
    # Rows lie in the order of their key, so that a caller's records are read in one sweep.
    connection.execute(
        "CREATE TABLE records (client TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
        " PRIMARY KEY (client, key)) STRICT, WITHOUT ROWID"
    )


def _second(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE records ADD COLUMN names INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE records SET names = sum_of_names(CAST(client AS BLOB), CAST(key AS BLOB))")


_MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_first, _second)
"""The step at index N leads from version N to N + 1; a step that was released is never changed."""
