"""The states of a transaction at the terminal, and which one may follow which.

::

    NEW ──► PROXIMITY_DIRECTORY ──────────────────────────────┐
                │ there is none                               ▼
                └──► PAYMENT_DIRECTORY ──► DIRECTORY_RECORD ─► SELECTION ◄── the next candidate ──┐
                                                └─ and again ┘   │                                │
                                                                 ▼                                │
                     RECORD ◄─────────────────────────────────  OPTIONS ──────────────────────────┘
                     │ └─ and again
                     ├──► DYNAMIC_SIGNATURE ──► FIRST_CRYPTOGRAM ──► ONLINE ──► SECOND_CRYPTOGRAM ──► OVER
                     └─────────────────────────►        └─ signature wrong ───►        ▲
    and from each of them to OVER.

In each state but NEW, ONLINE and OVER a command was sent, and its response is awaited; in ONLINE the issuer's answer.

Source: EMV Book 1, section 12; Book 3, section 8 (flow of a transaction); EMV Contactless Book B, section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class State(Enum):
    """Where a transaction stands."""

    NEW = auto()
    PROXIMITY_DIRECTORY = auto()
    PAYMENT_DIRECTORY = auto()
    DIRECTORY_RECORD = auto()
    SELECTION = auto()
    OPTIONS = auto()
    RECORD = auto()
    DYNAMIC_SIGNATURE = auto()
    FIRST_CRYPTOGRAM = auto()
    ONLINE = auto()
    SECOND_CRYPTOGRAM = auto()
    OVER = auto()


NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.NEW: frozenset({State.PROXIMITY_DIRECTORY}),
    State.PROXIMITY_DIRECTORY: frozenset({State.SELECTION, State.PAYMENT_DIRECTORY, State.OVER}),
    State.PAYMENT_DIRECTORY: frozenset({State.DIRECTORY_RECORD, State.OVER}),
    State.DIRECTORY_RECORD: frozenset({State.DIRECTORY_RECORD, State.SELECTION, State.OVER}),
    State.SELECTION: frozenset({State.OPTIONS, State.SELECTION, State.OVER}),
    State.OPTIONS: frozenset({State.RECORD, State.SELECTION, State.OVER}),
    State.RECORD: frozenset({State.RECORD, State.DYNAMIC_SIGNATURE, State.FIRST_CRYPTOGRAM, State.OVER}),
    State.DYNAMIC_SIGNATURE: frozenset({State.FIRST_CRYPTOGRAM, State.OVER}),
    State.FIRST_CRYPTOGRAM: frozenset({State.ONLINE, State.SECOND_CRYPTOGRAM, State.OVER}),
    State.ONLINE: frozenset({State.SECOND_CRYPTOGRAM, State.OVER}),
    State.SECOND_CRYPTOGRAM: frozenset({State.OVER}),
    State.OVER: frozenset(),
}
"""Which states may follow a state."""
