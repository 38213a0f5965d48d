"""What the Router remembers between unlocks, sealed row by row in one SQLite file.

Rows are read once at unlock and kept in memory; a write is durable when its future is done. Writes that come together
are committed together, on a thread of their own, so that no request waits for another's disk.

Where the disk refuses, whoever waits is told, and what was put did not happen. What is *owed* (a right that was taken
back, a time that was seen) did: it is written with the next commit that succeeds, at the latest when the file closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.sealing import RecordKey, SealedRecordError, derive

if TYPE_CHECKING:
    from pathlib import Path

ValueT = TypeVar("ValueT")
_PRIMARY: Final = 0xFF
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StateError(Exception):
    """The Router's state cannot be opened; the message names the file."""

    code = "state"


class State:
    """The Router's sealed rows: a kind, a name and a value each."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Opens or creates the file.

        Raises ``StateError`` where it is damaged or newer, ``ProtocolError`` (``unwritable``) where the disk refuses.

        ``is_new``: whether there was none, or an empty one. ``damaged``: how many rows did not open and were dropped.
        Both are for the caller to draw consequences from.
        """
        self.damaged = 0
        self.is_new = False
        self._path = path
        self._seal = RecordKey(derive(key, "etui/router/rows/1"))
        self._names = derive(key, "etui/router/names/1")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._pending: dict[bytes, bytes | None] = {}
        self._owed: set[bytes] = set()
        self._waiters: list[asyncio.Future[None]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._rows: dict[str, dict[str, bytes]] = {}
        try:
            self._database = self._open()
            self._load()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _DAMAGED:
                raise StateError(
                    f"{path} is damaged ({error}): restore it from a backup, or move it away with what begins with its"
                    " name, and the wallet opens without the rights that it held"
                ) from None
            raise self._unwritable(error) from None

    def all(self, kind: str, value_type: type[ValueT]) -> dict[str, ValueT]:
        """Every row of a kind by its name, decoded as ``value_type``."""
        decoder = msgspec.msgpack.Decoder(value_type)
        return {name: decoder.decode(value) for name, value in self._rows.get(kind, {}).items()}

    def put(self, kind: str, name: str, value: object | None) -> asyncio.Future[None]:
        """Writes a row, or removes it with None; the future is done when that is durable.

        The future raises ``ProtocolError`` (``unwritable``) where the disk refuses.
        """
        self._owed.discard(self._keep(kind, name, value))
        return self.durable()

    def owe(self, kind: str, name: str, value: object | None) -> None:
        """Writes a row, or removes it with None, for which nobody waits: as soon as the disk lets it."""
        self._owed.add(self._keep(kind, name, value))
        self.durable()

    def durable(self) -> asyncio.Future[None]:
        """Done when all that was put and owed by now is durable; raises as what ``put`` returns."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody has to ask for it
        self._waiters.append(future)
        if self._idle.is_set():
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._commit)
        return future

    async def close(self) -> None:
        """Writes what is pending, tries again what is owed, and closes the file."""
        await self._idle.wait()
        if self._pending:
            with contextlib.suppress(ProtocolError):
                await self.durable()
        self._writer.shutdown()
        self._database.close()

    def _keep(self, kind: str, name: str, value: object | None) -> bytes:
        rows = self._rows.setdefault(kind, {})
        place = self._place(kind, name)
        if value is None:
            rows.pop(name, None)
            self._pending[place] = None
        else:
            encoded = rows[name] = msgspec.msgpack.encode(value)
            self._pending[place] = self._seal.seal(msgspec.msgpack.encode((kind, name, encoded)), place)
        return place

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._path.chmod(0o600)
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            database.close()
            raise StateError(
                f"{self._path} was written by a newer version of Etui (format {version}; this one reads up to "
                f"{len(_MIGRATIONS)}); use that version"
            )
        self.is_new = version == 0
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        _migrate(database, version)
        return database

    def _load(self) -> None:
        decoder = msgspec.msgpack.Decoder(tuple[str, str, bytes])
        for place, sealed in self._database.execute("SELECT place, value FROM rows").fetchall():
            try:
                kind, name, value = decoder.decode(self._seal.open(sealed, place))
            except (SealedRecordError, msgspec.DecodeError, TypeError):  # a damaged file may give other types
                self.damaged += 1
                self._database.execute("DELETE FROM rows WHERE place = ?", (place,))
            else:
                self._rows.setdefault(kind, {})[name] = value

    def _place(self, kind: str, name: str) -> bytes:
        return hmac.new(self._names, f"{kind}\0{name}".encode(), hashlib.sha256).digest()[:16]

    def _commit(self) -> None:
        batch, self._pending = self._pending, {}
        waiters, self._waiters = self._waiters, []
        loop = asyncio.get_running_loop()

        def finish(done: asyncio.Future[None]) -> None:
            error = done.exception()
            if error is None:
                self._owed -= batch.keys() - self._pending.keys()
            else:
                self._pending = {place: batch[place] for place in batch if place in self._owed} | self._pending
            for waiter in waiters:
                if waiter.cancelled():
                    continue
                if error is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(self._unwritable(error))
            if self._waiters:
                self._commit()
            else:
                self._idle.set()

        loop.run_in_executor(self._writer, self._write, batch).add_done_callback(finish)

    def _unwritable(self, error: BaseException) -> ProtocolError:
        return ProtocolError(
            ErrorCode.UNWRITABLE,
            f"{self._path} cannot be written ({error}) and nothing was changed: make room or make the folder writable",
        )

    def _write(self, batch: dict[bytes, bytes | None]) -> None:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            for place, value in batch.items():
                if value is None:
                    database.execute("DELETE FROM rows WHERE place = ?", (place,))
                else:
                    database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (place, value))
            database.execute("COMMIT")
        finally:
            if database.in_transaction:  # a full disk has rolled it back already
                database.execute("ROLLBACK")


def _migrate(database: sqlite3.Connection, found: int) -> None:
    """Leads a file from the version that was found to today's, each step whole or not at all."""
    for version, migration in enumerate(_MIGRATIONS[found:], start=found + 1):
        database.execute("BEGIN IMMEDIATE")
        try:
            migration(database)
            database.execute(f"PRAGMA user_version={version}")
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def _first(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS rows (place BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")


def _second(_: sqlite3.Connection) -> None:
    """A right may hold for one value of a field alone: what does not know that would take it for a wider one."""


_MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_first, _second)
"""The step at index N leads from version N to N + 1; a step that was released is never changed."""
