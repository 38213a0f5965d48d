"""The Clients that the wallet has met: what it keeps of each, and whom it forgets.

Rules:

1. Names are free: whoever may start programs has as many as it likes. So what is kept of them is bounded.
2. One with a right is kept for as long as it has one.
3. Of the others, those that were here last are kept: ``MAX_MET`` that were told nothing of value, and ``MAX_TOLD`` that
   were. The rest is forgotten, a few at a time.
4. Whoever is forgotten comes back as anybody new. What was taken back from it stays so: a Client without a row has the
   highest epoch that a forgotten one had.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from etui.trusted.router.callers import Caller
    from etui.trusted.router.state import State

MAX_MET: Final = 1000
MAX_TOLD: Final = 10_000
_AT_ONCE: Final = 100
"""So many more are let in before some are forgotten."""
_MET_AGAIN_S: Final = 60
_KIND: Final = "client"
_EPOCHS: Final = "epoch"
_BASE: Final = "base"
_UNKNOWN: Final = "unknown"


class ClientRow(msgspec.Struct, frozen=True, kw_only=True):
    """A Client that the wallet has met.

    ``since`` and ``last``: seconds since 1970. ``epoch`` goes up when everything is taken back from it. ``disclosed``:
    whether it was ever told something of value.
    """

    label: str
    strength: str
    since: int
    last: int
    epoch: int = 0
    disclosed: bool = False


class Clients:
    """All of them, by the ids of their principals; iterating gives these."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows = state.all(_KIND, ClientRow)
        epochs = state.all(_EPOCHS, int)
        self._base = epochs.get(_BASE, 0)
        self._unknown = epochs.get(_UNKNOWN, 0)
        self._room = 0

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> dict[str, ClientRow]:
        """What is kept of each."""
        return dict(self._rows)

    def epoch(self, client: str) -> int:
        """What goes up when everything is taken back from a Client."""
        row = self._rows.get(client)
        return self._base + (row.epoch if row is not None else self._unknown)

    def begin_epochs(self, base: int) -> None:
        """Has all references end that were ever given."""
        self._base = base
        self._state.owe(_EPOCHS, _BASE, base)

    def met(self, caller: Caller, now: int) -> bool:
        """Notes that a Client was here; whether there are so many now that some are to be forgotten."""
        client = caller.principal.id
        row = self._rows.get(client)
        if row is not None and now - row.last < _MET_AGAIN_S:
            return False
        new = ClientRow(
            label=caller.label,
            strength=caller.strength.value,
            since=row.since if row is not None else now,
            last=now,
            epoch=row.epoch if row is not None else self._unknown,
            disclosed=row is not None and row.disclosed,
        )
        self._put(client, new)
        return len(self._rows) > self._room

    def discloses_first(self, client: str) -> bool:
        """Whether nothing was ever disclosed to a Client that was met, until now."""
        row = self._rows.get(client)
        if row is None or row.disclosed:
            return False
        self._put(client, msgspec.structs.replace(row, disclosed=True))
        return True

    def take_back(self, client: str) -> None:
        """Has the references end that a Client was given; of whom nothing is kept, those of all such."""
        row = self._rows.get(client)
        if row is not None:
            self._put(client, msgspec.structs.replace(row, epoch=row.epoch + 1))
        else:
            self._raise_unknown(self._unknown + 1)

    def forget(self, holders: Collection[str]) -> None:
        """Forgets those that are too many (rules 2 and 3); ``holders``: who has a right."""
        for told, most in ((False, MAX_MET), (True, MAX_TOLD)):
            seen = [(row.last, name) for name, row in self._rows.items() if row.disclosed is told]
            without = [entry for entry in seen if entry[1] not in holders]
            for _, name in sorted(without, key=itemgetter(0))[: max(0, len(without) - most)]:
                self._raise_unknown(self._rows.pop(name).epoch)
                self._state.owe(_KIND, name, None)
        self._room = len(self._rows) + _AT_ONCE

    def _put(self, client: str, row: ClientRow) -> None:
        self._rows[client] = row
        self._state.owe(_KIND, client, row)

    def _raise_unknown(self, epoch: int) -> None:
        if epoch > self._unknown:
            self._unknown = epoch
            self._state.owe(_EPOCHS, _UNKNOWN, epoch)
