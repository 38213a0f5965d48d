"""What keeps books from being opened or written, each with a stable code."""

from __future__ import annotations


class BooksError(Exception):
    """The books cannot be used as asked."""

    code = "books"


class AddressError(BooksError):
    """A database's address is none that is known here, or names one that keeps nothing."""

    code = "address"


class NewerError(BooksError):
    """A later version of this program wrote these books."""

    code = "newer"


class UnsafeError(BooksError):
    """The database acknowledges what is not on its disk."""

    code = "unsafe"


class ConflictError(BooksError):
    """Somebody else changed what this transaction read; it can be run again."""

    code = "conflict"


class UnavailableError(BooksError):
    """The database did not answer, or others were always faster, for as long as was waited."""

    code = "unavailable"


class BusyError(BooksError):
    """More waits to be committed than may wait."""

    code = "busy"
