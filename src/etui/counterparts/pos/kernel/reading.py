"""What a card's application has: its processing options, the records that they name, and the key that it proves.

Source: EMV Book 3, sections 10.1 (initiation) and 10.2 (reading).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from etui.counterparts.pos.kernel import authentication
from etui.counterparts.pos.kernel.card_data import CardData
from etui.counterparts.pos.kernel.responses import data_of
from etui.counterparts.pos.kernel.settings import Terminal
from etui.standards.emv import MalformedError, ProcessingOptions, PublicKey, ReadRecord, read_record, values_by_tag
from etui.standards.iso7816 import Command, Response

MAX_RECORDS: Final = 64


class Reading:
    """The records of an application; ``options``: its answer to GET PROCESSING OPTIONS.

    Raises ``MalformedError`` for more than 64 records.
    """

    def __init__(self, options: ProcessingOptions) -> None:
        self.options = options
        self._unread = [
            ReadRecord(files.sfi, number) for files in options.files for number in range(files.first, files.last + 1)
        ]
        if len(self._unread) > MAX_RECORDS:
            raise MalformedError(f"a card has {MAX_RECORDS} records at most, not {len(self._unread)}")
        self._records: dict[tuple[int, int], bytes] = {}

    def next(self) -> Command | None:
        """What reads the next record; none where all are read."""
        return self._unread[0].command() if self._unread else None

    def take(self, response: Response) -> None:
        """Takes the answer to it; raises ``MalformedError``."""
        read = self._unread.pop(0)
        self._records[read.sfi, read.record] = data_of(response)

    def values(self) -> dict[int, bytes]:
        """The values of all records by tag; raises ``MalformedError``, also where a tag is there twice."""
        return values_by_tag(one for record in self._records.values() for one in read_record(record))

    def key(self, terminal: Terminal, identifier: bytes, card: CardData, today: dt.date) -> PublicKey:
        """The card's key, where it is certified; raises ``EmvError``."""
        return authentication.certified_key(terminal, identifier, card, self.options, self._records, today)
