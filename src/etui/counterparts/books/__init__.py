"""The books of a counterpart: a database, its transactions and its versions, on SQLite and PostgreSQL alike.

Every table leads with its shard key (a card or a merchant), and no transaction has to concern two of them, so that a
PostgreSQL that is spread over machines carries the same books unchanged.
"""

from etui.counterparts.books.engine import is_sqlite, open_books
from etui.counterparts.books.errors import (
    AddressError,
    BooksError,
    BusyError,
    ConflictError,
    NewerError,
    UnavailableError,
    UnsafeError,
)
from etui.counterparts.books.group import MOST_TOGETHER, GroupCommit
from etui.counterparts.books.migrations import Step, bring_up
from etui.counterparts.books.transactions import reading, run
from etui.counterparts.books.works import Works

__all__ = [
    "MOST_TOGETHER",
    "AddressError",
    "BooksError",
    "BusyError",
    "ConflictError",
    "GroupCommit",
    "NewerError",
    "Step",
    "UnavailableError",
    "UnsafeError",
    "Works",
    "bring_up",
    "is_sqlite",
    "open_books",
    "reading",
    "run",
]
