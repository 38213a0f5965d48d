"""What is told to the acquirer until it has answered: what was taken without a line, completed, or is to be reversed.

An advice keeps its numbers however often it is told, so that it counts once. A code by which the acquirer says that it
cannot now means later; any other one but approval is for people.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from etui.counterparts.lines import Line, LineError, Numbers
from etui.counterparts.pos.kernel import Terminal
from etui.counterparts.pos.messages import advice, reversal
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.store import Store, is_approved
from etui.standards.iso8583 import ResponseCode

_LATER: Final = frozenset({ResponseCode.ISSUER_INOPERATIVE.value, ResponseCode.SYSTEM_MALFUNCTION.value})
_LOG: Final = logging.getLogger("etui.pos")


class Settlement:
    """Tells the acquirer of ``terminal`` over ``line`` what ``store`` has to tell."""

    def __init__(self, store: Store, line: Line, terminal: Terminal) -> None:
        self._store = store
        self._line = line
        self._terminal = terminal
        self._numbers = Numbers()
        self._lock = asyncio.Lock()

    async def once(self) -> int:
        """Tells each of them once; how many are left. Raises ``BooksError``."""
        async with self._lock:
            left = 0
            for payment in await asyncio.to_thread(self._store.to_tell):
                try:
                    left += not await self._tell(payment)
                except LineError as error:
                    _LOG.info("payment %d has to be told later: %s", payment.number, error.code)
                    left += 1
            return left

    async def _tell(self, payment: Payment) -> bool:
        payment = await asyncio.to_thread(self._store.count_try, payment)
        undoes = payment.state == State.REVERSING
        if undoes:
            message = reversal(payment, self._terminal, *self._numbers.next())
            said = await self._line.ask_now(message)
        else:
            said = await self._line.ask_now(advice(payment, self._terminal))
        if said.response_code in _LATER:
            return False
        state = State.REFUSED
        if is_approved(said.response_code):
            state = State.REVERSED if undoes else State.SETTLED
        else:
            _LOG.error("payment %d is refused with %s: this is for people", payment.number, said.response_code)
        await asyncio.to_thread(self._store.settle, payment, state, said.approval)
        return True
