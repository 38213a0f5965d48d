"""A point of sale: it says what it wants, waits for a card, takes it through the kernel, and keeps what became of it.

1. A payment is written down before its issuer is asked, and again before anybody is told that it is approved: whatever
   ends in between, nobody pays for what the terminal does not know, and it settles what it knows once.
2. A question that may have left and was not answered is declined and undone. One that never left may be approved by the
   card below the floor limit.
3. What a card approved counts when the terminal has its answer: who takes it away before is asked to tap again, and
   what the issuer had said is undone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec

from etui.counterparts.lines import Line, LineError, NotSentError
from etui.counterparts.pos.errors import CardLostError
from etui.counterparts.pos.kernel import AskIssuer, Kernel, Outcome, Presented, Purchase, Send, Step, Terminal, Verdict
from etui.counterparts.pos.kernel.settings import NUMBER_BYTES, check_amount
from etui.counterparts.pos.messages import question
from etui.counterparts.pos.reader import Reader, Transmit, exchange
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.store import AUTHORISATION, FINANCIAL, Store, is_approved
from etui.standards.money import full_amount

TAP_S: Final = 60.0
_MOST_TAPS: Final = 100
_Answer = TypeVar("_Answer")


class Display(Protocol):
    """What the terminal shows to who pays."""

    def say(self, text: str) -> None:
        """Shows a line."""

    def agrees(self, question: str) -> bool:
        """Whether who pays says yes to a question."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of a card. ``holds``: the amount is held, and what is used of it taken later."""

    amount_minor: int
    purpose: str
    holds: bool = False

    def __post_init__(self) -> None:
        """Raises ``SettingsError``."""
        check_amount(self.amount_minor)


class PointOfSale:
    """A terminal over its reader, its line and its books.

    ``letters``: its currency as people read it, ``EUR``. ``tap_s``: for how long a card is waited for. ``now``: the
    time, with its zone.
    """

    def __init__(  # noqa: PLR0913  # what it stands between
        self,
        terminal: Terminal,
        letters: str,
        *,
        reader: Reader,
        line: Line,
        store: Store,
        display: Display,
        tap_s: float = TAP_S,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
    ) -> None:
        self.terminal = terminal
        self.letters = letters
        self.display = display
        self.store = store
        self.now = now
        self._reader = reader
        self._line = line
        self._tap_s = tap_s
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="reader")

    async def pay(self, amount_minor: int, purpose: str) -> Payment | None:
        """A payment that was approved; None where there is none.

        Raises ``SettingsError`` for what is no amount, and asks nobody to tap then; ``ReaderError``, ``BooksError``.
        """
        return await self._take(Wanted(amount_minor=amount_minor, purpose=purpose))

    async def hold(self, amount_minor: int, purpose: str) -> Payment | None:
        """The same for an amount that is held, of which ``use`` and ``complete`` say how much is taken."""
        return await self._take(Wanted(amount_minor=amount_minor, purpose=purpose, holds=True))

    async def use(self, payment: Payment, used_minor: int) -> Payment:
        """Notes what was used of a held amount so far; raises ``PaymentStateError``."""
        return await asyncio.to_thread(self.store.note_use, payment, used_minor)

    async def complete(self, payment: Payment) -> Payment:
        """Takes what was used, or gives the amount back where nothing was; raises ``PaymentStateError``."""
        return await asyncio.to_thread(self.store.complete, payment)

    def amount(self, amount_minor: int) -> str:
        """An amount as people read it."""
        return full_amount(amount_minor, self.letters)

    def close(self) -> None:
        """Lets go of the reader."""
        self._reading.shutdown()

    async def _take(self, wanted: Wanted) -> Payment | None:
        self.display.say(f"{self.amount(wanted.amount_minor)}: tap your card or phone")
        said = ""
        until = asyncio.get_running_loop().time() + self._tap_s
        for _ in range(_MOST_TAPS):
            left_s = until - asyncio.get_running_loop().time()
            if left_s <= 0:
                break
            outcome, payment = await self._next_card(wanted, left_s)
            if outcome is None:
                break
            if outcome.words != said:
                self.display.say(outcome.words)
                said = outcome.words
            if outcome.verdict in {Verdict.APPROVED, Verdict.DECLINED}:
                return payment if outcome.verdict is Verdict.APPROVED else None
        self.display.say("cancelled")
        return None

    async def _next_card(self, wanted: Wanted, timeout_s: float) -> tuple[Outcome | None, Payment | None]:
        """What came of the next card's tap; nothing where none came in time."""
        presence = self._reader.card(timeout_s)
        transmit = await self._read(presence.__enter__)
        try:
            return (None, None) if transmit is None else await self._tap(transmit, wanted)
        finally:
            await self._read(partial(presence.__exit__, None, None, None))

    async def _tap(self, transmit: Transmit, wanted: Wanted) -> tuple[Outcome, Payment | None]:
        """What came of one tap, and the payment as it is written down then."""
        purchase = Purchase(
            amount_minor=wanted.amount_minor,
            at=self.now(),
            number=secrets.token_bytes(NUMBER_BYTES),
            asks_issuer=wanted.holds,
        )
        kernel = Kernel(self.terminal, purchase)
        payment: Payment | None = None
        said: tuple[str, str] = ("", "")
        step: Step = kernel.begin()
        while not isinstance(step, Outcome):
            match step:
                case Send(command):
                    try:
                        step = kernel.received(await self._read(partial(exchange, transmit, command)))
                    except CardLostError:
                        step = kernel.lost()
                case AskIssuer(presented):
                    payment, said, step = await self._ask(kernel, presented, wanted)
        return step, await asyncio.to_thread(self._conclude, step, payment, said, wanted)

    async def _ask(self, kernel: Kernel, presented: Presented, wanted: Wanted) -> tuple[Payment, tuple[str, str], Step]:
        """The payment as it was written down, what the issuer said (code and approval), and what follows."""
        mti = AUTHORISATION if wanted.holds else FINANCIAL
        payment = await asyncio.to_thread(self.store.ask, presented, wanted.amount_minor, mti, wanted.purpose)
        try:
            answer = await self._line.ask_now(question(payment, self.terminal))
        except NotSentError:
            return payment, ("", ""), kernel.not_asked()
        except LineError:
            return payment, ("", ""), kernel.unanswered()
        step = kernel.answered(answer.response_code, answer.icc)
        return payment, (answer.response_code, answer.approval), step

    def _conclude(
        self, outcome: Outcome, payment: Payment | None, said: tuple[str, str], wanted: Wanted
    ) -> Payment | None:
        code, approval = said
        approved = outcome.verdict is Verdict.APPROVED
        if payment is None:
            if not approved or outcome.presented is None:
                return None
            return self.store.take(outcome.presented, wanted.amount_minor, wanted.purpose)
        if approved and not outcome.online and outcome.presented is not None:
            return self.store.take_unasked(payment, outcome.presented)
        if outcome.undo or (is_approved(code) and not approved):
            return self.store.conclude(payment, State.REVERSING, response_code=code, approval=approval)
        state = (State.HELD if wanted.holds else State.APPROVED) if approved else State.DECLINED
        return self.store.conclude(payment, state, response_code=code, approval=approval)

    async def _read(self, work: Callable[[], _Answer]) -> _Answer:
        """What ``work`` returns, done by the one thread that reads cards."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, work)
