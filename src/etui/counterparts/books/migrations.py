"""Books of an earlier version, carried on in steps, each whole or not at all; books of a later version are refused.

A counterpart names its steps; the n-th makes version n of version n - 1. A step that was ever published stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, ProgrammingError

from etui.counterparts.books.engine import is_sqlite
from etui.counterparts.books.errors import NewerError
from etui.counterparts.books.transactions import run

Step: TypeAlias = Callable[[Connection], None]

_METADATA = MetaData()
_VERSIONS = Table(
    "books_versions",
    _METADATA,
    Column("room", String, primary_key=True),
    Column("version", Integer, nullable=False),
)


def bring_up(engine: Engine, room: str, steps: Sequence[Step]) -> int:
    """Makes the tables of ``room`` what the last step makes of them; the version that was there before, 0 for none.

    Raises ``NewerError``, having changed nothing. Two that do it at once wait for each other.
    """
    try:
        run(engine, _METADATA.create_all)
    except (IntegrityError, ProgrammingError):  # another one made it in this very moment
        run(engine, _METADATA.create_all)
    return run(engine, lambda connection: _bring_up(connection, room, steps))


def _bring_up(connection: Connection, room: str, steps: Sequence[Step]) -> int:
    insert = sqlite.insert if is_sqlite(connection) else postgresql.insert
    connection.execute(insert(_VERSIONS).values(room=room, version=0).on_conflict_do_nothing())
    row = _VERSIONS.c.room == room
    version: int = connection.execute(select(_VERSIONS.c.version).where(row).with_for_update()).scalar_one()
    if version > len(steps):
        raise NewerError(f"the books of {room} are of version {version}, and this program knows {len(steps)}")
    for step in steps[version:]:
        step(connection)
    connection.execute(update(_VERSIONS).where(row).values(version=len(steps)))
    return version
