"""Ids of decisions for people: ``d-7F3K`` is the sequence number of an entry in Crockford's base 32.

Source: Douglas Crockford, "Base 32": no I, L, O or U; when read, I and L mean 1, O means 0, hyphens mean nothing and
case does not matter.
"""

from __future__ import annotations

from typing import Final

from etui.trusted.audit.errors import AuditIdError

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {symbol: value for value, symbol in enumerate(_ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_PREFIX: Final = "D-"
_MAX_SYMBOLS: Final = 13  # 64 bits
_MAX_SEQUENCE: Final = 2**64 - 1


def decision_id(sequence: int) -> str:
    """The id that is told to people for the entry with this sequence number (1 to 2^64 - 1)."""
    if not 1 <= sequence <= _MAX_SEQUENCE:
        raise AuditIdError(f"{sequence} is no sequence number of the audit")
    symbols = []
    while sequence:
        sequence, value = divmod(sequence, 32)
        symbols.append(_ALPHABET[value])
    return "d-" + "".join(reversed(symbols))


def decision_sequence(text: str) -> int:
    """The sequence number that an id stands for, as a person may type it; raises ``AuditIdError`` for other texts."""
    symbols = text.strip().upper().removeprefix(_PREFIX).replace("-", "")
    if not 1 <= len(symbols) <= _MAX_SYMBOLS or any(symbol not in _VALUES for symbol in symbols):
        raise AuditIdError("this is not the id of a decision: such an id looks like d-7F3K")
    sequence = 0
    for symbol in symbols:
        sequence = sequence * 32 + _VALUES[symbol]
    if not 1 <= sequence <= _MAX_SEQUENCE:
        raise AuditIdError("no decision has this id: such an id looks like d-7F3K")
    return sequence
