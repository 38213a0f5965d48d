"""Which application is selected: the card's directories, and one candidate after the other.

Each step says what is sent next and in which state that leaves the transaction, or that there is nothing left.

Source: EMV Book 1, section 12.3; EMV Contactless Book B, section 3.3.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from etui.counterparts.pos.kernel.candidates import Candidate, candidates
from etui.counterparts.pos.kernel.responses import data_of, has_applications
from etui.counterparts.pos.kernel.settings import Accepted
from etui.counterparts.pos.kernel.states import State
from etui.standards.emv import (
    PPSE,
    PSE,
    Application,
    PaymentDirectory,
    ProximityDirectory,
    ReadRecord,
    read_directory_record,
)
from etui.standards.iso7816 import Command, Response, Selection, StatusWord

MAX_DIRECTORY_RECORDS: Final = 16
Next: TypeAlias = tuple[State, Command] | None
"""The state that follows, and the command that is sent in it; none where no application is left."""


class Selecting:
    """The selection of an application that is ``accepted``; each method raises ``EmvError`` for what is malformed."""

    def __init__(self, accepted: tuple[Accepted, ...]) -> None:
        self._accepted = accepted
        self._applications: list[Application] = []
        self._directory = ReadRecord(1, 1)
        self._left: list[Candidate] = []
        self.chosen: Candidate | None = None

    def begin(self) -> tuple[State, Command]:
        """Asks for the directory of contactless readers."""
        return State.PROXIMITY_DIRECTORY, Selection(PPSE).command()

    def proximity(self, response: Response) -> Next:
        """What follows on that directory; where there is none, on the one for contacts."""
        if not response.success:
            return State.PAYMENT_DIRECTORY, Selection(PSE).command()
        if not has_applications(response.data):
            return None
        return self._choose(ProximityDirectory.decode(response.data).applications)

    def payment(self, response: Response) -> Next:
        """What follows on the other directory, which is a file of records."""
        if not response.success:
            return None
        self._directory = ReadRecord(PaymentDirectory.decode(response.data).sfi, 1)
        return State.DIRECTORY_RECORD, self._directory.command()

    def record(self, response: Response) -> Next:
        """What follows on one of its records."""
        if response.status == StatusWord.RECORD_NOT_FOUND:
            return self._choose(tuple(self._applications))
        self._applications += read_directory_record(data_of(response))
        if self._directory.record == MAX_DIRECTORY_RECORDS:
            return self._choose(tuple(self._applications))
        self._directory = ReadRecord(self._directory.sfi, self._directory.record + 1)
        return State.DIRECTORY_RECORD, self._directory.command()

    def next(self) -> Next:
        """Selects the next candidate."""
        if not self._left:
            return None
        self.chosen = self._left.pop(0)
        return State.SELECTION, Selection(self.chosen.identifier).command()

    def _choose(self, applications: tuple[Application, ...]) -> Next:
        self._left = list(candidates(applications, self._accepted))
        return self.next()
