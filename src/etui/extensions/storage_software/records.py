"""Records of many callers in one table: read, listed in order, and written all or none within a quota."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from etui.extensions.storage_software.database import sum_of_names
from etui.extensions.storage_software.errors import (
    DamagedError,
    DamagedUnwritableError,
    QuotaError,
    UnwritableError,
    translated,
)
from etui.interfaces.storage_1 import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from etui.extensions.storage_software.database import Database

PAGE_BYTES: Final = 512 << 10
_ALTERED: Final = "SELECT 1 FROM records WHERE names != sum_of_names(CAST(client AS BLOB), CAST(key AS BLOB)) LIMIT 1"
_LAST: Final = "\U0010ffff"


class Space(Struct, frozen=True):
    """How many records a caller has, and the bytes of their keys and values."""

    records: int = 0
    bytes: int = 0


class Page(Struct, frozen=True):
    """Some records in the order of their keys, whether others follow, and whether some may be left out as damaged."""

    records: list[Record]
    more: bool
    damaged: bool = False


class Records:
    """The table. Every method raises ``DamagedError`` for what cannot be read any more."""

    def __init__(self, database: Database) -> None:
        self._connection = database.connection
        self._path = database.path
        self._damaged = False
        self._space: dict[str, Space] = {}
        self._has_sums = database.has_sums
        self.read_only = database.read_only
        try:
            self._space = self._measured()
            self._damaged = not self._is_whole()
        except DamagedError:
            self._damaged = True

    def get(self, client: str, keys: Sequence[str]) -> list[Record]:
        """The records that are there, in the order in which they are asked for."""
        found: list[Record] = []
        with self._reading():
            for key in keys:
                row = self._connection.execute(
                    "SELECT value FROM records WHERE client = ? AND key = ?", (client, key)
                ).fetchone()
                if row is not None:
                    found.append(Record(key=key, value=row[0]))
        return found

    def page(self, client: str, prefix: str, after: str | None, *, values: bool) -> Page:
        """Records whose keys begin with ``prefix`` and follow ``after``, about 512 KiB of them and at least one.

        What is damaged is left out, up to the first record behind it that can be read from the end. Raises
        ``DamagedError`` where nothing can be read from either end.
        """
        start, comparison = (prefix, ">=") if after is None or after < prefix else (after, ">")
        records, failure, more = self._from(client, prefix, start, comparison, values=values)
        if failure is None or records:
            return Page(records, more=more or failure is not None, damaged=self._damaged)
        for behind in self._behind(client, prefix, start, comparison):
            records, _, more = self._from(client, prefix, behind, ">=", values=values)
            if records:
                return Page(records, more=more, damaged=True)
        if after is None:
            raise failure
        return Page([], more=False, damaged=True)

    def _from(
        self, client: str, prefix: str, start: str, comparison: str, *, values: bool
    ) -> tuple[list[Record], DamagedError | None, bool]:
        """Records from a key on, what ended them before their end, and whether others follow."""
        column = "value" if values else "NULL"
        query = f"SELECT key, {column} FROM records WHERE client = ? AND key {comparison} ? ORDER BY key"  # noqa: S608  # nothing of the caller's is in the text
        records: list[Record] = []
        size = 0
        try:
            for key, value in self._up_to_damage(query, (client, start)):
                if not key.startswith(prefix):
                    break
                size += len(key) + len(value or b"")
                if records and size > PAGE_BYTES:
                    return records, None, True
                records.append(Record(key=key, value=value))
        except DamagedError as failure:
            return records, failure, True
        return records, None, False

    def _behind(self, client: str, prefix: str, start: str, comparison: str) -> Iterable[str]:
        """The first keys behind what is damaged, which are the last ones that are reached from the end.

        There are two: what finds the first by its key may have to look where the damage is.
        """
        query = f"SELECT key FROM records WHERE client = ? AND key {comparison} ? AND key < ? ORDER BY key DESC"  # noqa: S608  # as above
        reached: deque[str] = deque(maxlen=2)
        with suppress(DamagedError):
            reached.extend(key for (key,) in self._up_to_damage(query, (client, start, prefix + _LAST)))
        return reversed(reached)

    def _up_to_damage(self, query: str, place: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query; the last one before what is damaged too, which ``sqlite3`` drops with the error."""
        given = 0
        try:
            with self._reading(), closing(self._connection.execute(query, place)) as rows:
                for row in rows:
                    yield row
                    given += 1
        except DamagedError:
            with (
                suppress(sqlite3.Error),
                closing(self._connection.execute(f"{query} LIMIT {given + 1}", place)) as rows,
            ):
                yield from list(rows)[given:]
            raise

    def put(self, client: str, records: Sequence[Record], quota_bytes: int) -> None:
        """Writes these records and removes those without a value: all or none, durable at return.

        ``quota_bytes``: what the keys and values of this caller may take together; who is over it may only shrink.
        Raises ``QuotaError``, ``UnwritableError`` or ``DamagedUnwritableError`` with nothing changed.
        """
        if self.read_only:
            raise UnwritableError(self._path, "the disk is read-only")
        if self._damaged:
            raise DamagedUnwritableError(self._path)
        before = self._space.get(client, Space())
        with self._writing():
            after = before
            for record in records:
                after = self._write(client, record, after)
            if after.bytes > quota_bytes and after.bytes > before.bytes:
                raise QuotaError(after.bytes, quota_bytes)
        self._space[client] = after

    def space(self, client: str) -> Space:
        """What this caller's records take."""
        if self._damaged:
            self._space = self._measured()
        return self._space.get(client, Space())

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def _write(self, client: str, record: Record, space: Space) -> Space:
        place = (client, record.key)
        row = self._connection.execute(
            "SELECT length(value) FROM records WHERE client = ? AND key = ?", place
        ).fetchone()
        key_bytes = len(record.key.encode())
        count, size = (
            (space.records, space.bytes) if row is None else (space.records - 1, space.bytes - key_bytes - row[0])
        )
        if record.value is None:
            if row is not None:
                self._connection.execute("DELETE FROM records WHERE client = ? AND key = ?", place)
            return Space(count, size)
        self._connection.execute(
            "INSERT INTO records (client, key, value, names) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (client, key) DO UPDATE SET value = excluded.value",
            (*place, record.value, sum_of_names(client.encode(), record.key.encode())),
        )
        return Space(count + 1, size + key_bytes + len(record.value))

    def _measured(self) -> dict[str, Space]:
        query = "SELECT client, count(*), sum(length(CAST(key AS BLOB)) + length(value)) FROM records GROUP BY client"
        with self._reading():
            return {client: Space(count, size) for client, count, size in self._connection.execute(query)}

    def _is_whole(self) -> bool:
        """Whether SQLite finds nothing amiss and each row bears the names that it was written under."""
        with self._reading():
            (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
            altered = self._has_sums and self._connection.execute(_ALTERED).fetchone()
        return found == "ok" and not altered

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # The table's description was altered, for each statement fitted the one that was made; or a text is none
            # any more, of which the module tells without a code.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            misfits = isinstance(error, sqlite3.OperationalError) and code == sqlite3.SQLITE_ERROR
            failure = DamagedError(self._path, str(error)) if misfits else translated(error, self._path)
            self._damaged |= isinstance(failure, DamagedError)
            raise failure from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._reading():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
