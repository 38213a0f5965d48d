"""A value that must not be shown: its ``repr``, ``str`` and format are always the same word."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Bytes that never reach a log, an exception or a command line by accident.

    ``reveal()`` is the only way to the bytes, so that a reader of the code finds every place that looks. Two
    secrets compare in constant time for equal lengths.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    @classmethod
    def from_text(cls, text: str) -> Secret:
        """The UTF-8 bytes of a text as a secret."""
        return cls(text.encode("utf-8"))

    def reveal(self) -> bytes:
        """The bytes themselves; call it where they are used and nowhere earlier."""
        return self._value

    def reveal_text(self) -> str:
        """The bytes as UTF-8 text; raises ``UnicodeDecodeError`` where they are none."""
        return self._value.decode("utf-8")

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a table

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        msg = "a secret cannot be pickled"
        raise TypeError(msg)
