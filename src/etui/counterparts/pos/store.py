"""The terminal's books: payments are written down before they are told to anybody, and changed in order.

1. A change says from which states it leads where; where the payment is elsewhere, nothing is changed.
2. What is over keeps the last four digits of the card's number, and none of the data that were for its issuer.
3. One process writes the payments of a terminal. When it starts, what it finds under way was cut off: a question to the
   issuer is undone, and of what was held, what was used is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from pyemv import tlv
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from etui.counterparts.books import ConflictError, bring_up, reading, run
from etui.counterparts.lines import Numbers
from etui.counterparts.pos.errors import PaymentStateError
from etui.counterparts.pos.kernel import Presented, Terminal
from etui.counterparts.pos.records import OVER, TO_TELL, Key, Payment, State
from etui.counterparts.pos.tables import PAYMENTS, ROOM, STEPS
from etui.standards.iso8583 import ResponseCode
from etui.standards.payments import tap_digest

_SHOWN_DIGITS: Final = 4
_MOST: Final = 100
_ATC, _NUMBER = "9F36", "9F37"
AUTHORISATION, FINANCIAL, ADVICE = "0100", "0200", "0220"


class Store:
    """The payments of ``terminal`` in the books of ``engine``. ``now_s``: seconds since 1970."""

    def __init__(self, engine: Engine, terminal: Terminal, *, now_s: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._terminal = terminal
        self._now_s = now_s
        self._numbers = Numbers(now_s)
        bring_up(engine, ROOM, STEPS)

    def ask(self, presented: Presented, amount_minor: int, mti: str, purpose: str) -> Payment:
        """Writes down a payment of which the issuer is going to be asked."""
        return self._new(presented, amount_minor, mti, purpose, State.ASKED)

    def take(self, presented: Presented, amount_minor: int, purpose: str) -> Payment:
        """Writes down a payment that the card approved by itself."""
        return self._new(presented, amount_minor, ADVICE, purpose, State.TAKEN)

    def take_unasked(self, payment: Payment, presented: Presented) -> Payment:
        """The same where a question had been written down that never left."""
        return self._move(
            payment.key,
            {State.ASKED},
            State.TAKEN,
            mti=ADVICE,
            final_minor=payment.amount_minor,
            icc=presented.icc.hex(),
            cryptogram=presented.cryptogram.hex().upper(),
            response_code=presented.response_code,
        )

    def conclude(self, payment: Payment, state: State, *, response_code: str = "", approval: str = "") -> Payment:
        """Says what became of a question to the issuer: APPROVED, HELD, DECLINED or REVERSING."""
        final_minor = payment.amount_minor if state is State.APPROVED else 0
        return self._move(
            payment.key,
            {State.ASKED},
            state,
            response_code=response_code,
            approval=approval,
            final_minor=final_minor,
        )

    def note_use(self, payment: Payment, used_minor: int) -> Payment:
        """Notes how much of what is held was used so far; raises ``PaymentStateError`` where it is more, or less."""
        if not payment.final_minor <= used_minor <= payment.amount_minor:
            raise PaymentStateError(f"{used_minor} is not between what was used before and what is held")
        return self._move(payment.key, {State.HELD}, State.HELD, final_minor=used_minor)

    def complete(self, payment: Payment) -> Payment:
        """Takes what was used of what is held, or gives all of it back."""
        transmitted, stan = self._numbers.next()
        return run(self._engine, lambda connection: self._complete(connection, payment.key, transmitted, stan))

    def recover(self) -> list[Payment]:
        """What of an earlier process was cut off, as it goes on now."""
        found = self._in_states({State.ASKED, State.HELD})
        asked = [self._move(one.key, {State.ASKED}, State.REVERSING) for one in found if one.state == State.ASKED]
        return asked + [self.complete(one) for one in found if one.state == State.HELD]

    def to_tell(self) -> list[Payment]:
        """What the acquirer is to be told, the oldest first, 100 at most."""
        return self._in_states(TO_TELL)

    def count_try(self, payment: Payment) -> Payment:
        """Notes that a payment is about to be told."""
        return self._move(payment.key, {State(payment.state)}, State(payment.state), tries=payment.tries + 1)

    def settle(self, payment: Payment, state: State, approval: str = "") -> Payment:
        """Says what the acquirer answered: SETTLED, REVERSED or REFUSED."""
        return self._move(payment.key, TO_TELL, state, approval=payment.approval or approval)

    def find(self, key: Key) -> Payment:
        """The payment of this key; raises ``PaymentStateError`` where there is none."""
        with reading(self._engine) as connection:
            return _there(connection, key)

    def payments(self) -> list[Payment]:
        """All payments of the terminal, in order."""
        return self._in_states(State, most=None)

    def _new(self, presented: Presented, amount_minor: int, mti: str, purpose: str, state: State) -> Payment:
        transmitted, stan = self._numbers.next()
        made = Payment(
            merchant=self._terminal.merchant,
            terminal=self._terminal.terminal,
            number=0,
            state=state.value,
            mti=mti,
            transmitted=transmitted,
            stan=stan,
            rrn="",
            pan=presented.pan,
            expiry=presented.expiry,
            card_sequence=presented.sequence,
            amount_minor=amount_minor,
            final_minor=amount_minor if state is State.TAKEN else 0,
            currency=self._terminal.currency,
            icc=presented.icc.hex(),
            response_code=presented.response_code,
            approval="",
            identifier=presented.identifier.hex().upper(),
            label=presented.label,
            cryptogram=presented.cryptogram.hex().upper(),
            verification=presented.verification.value,
            purpose=purpose,
            advice_transmitted="",
            advice_stan="",
            tries=0,
            made_s=int(self._now_s()),
            tap=_tap(presented, amount_minor, self._terminal.currency).hex(),
        )
        return run(self._engine, lambda connection: _insert(connection, made))

    def _move(self, key: Key, before: Collection[State], state: State, **values: Any) -> Payment:  # noqa: ANN401  # columns
        return run(self._engine, lambda connection: _moved(connection, key, before, state, values))

    def _complete(self, connection: Connection, key: Key, transmitted: str, stan: str) -> Payment:
        known = _there(connection, key)
        if not known.final_minor:
            return _moved(connection, key, {State.HELD}, State.REVERSING, {})
        numbers = {"advice_transmitted": transmitted, "advice_stan": stan}
        return _moved(connection, key, {State.HELD}, State.COMPLETING, numbers)

    def _in_states(self, states: Iterable[State], most: int | None = _MOST) -> list[Payment]:
        columns = PAYMENTS.c
        statement = (
            select(PAYMENTS)
            .where(columns.merchant == self._terminal.merchant, columns.terminal == self._terminal.terminal)
            .where(columns.state.in_([state.value for state in states]))
            .order_by(columns.number)
            .limit(most)
        )
        with reading(self._engine) as connection:
            return [Payment(*row) for row in connection.execute(statement)]


def _insert(connection: Connection, made: Payment) -> Payment:
    columns = PAYMENTS.c
    own = (columns.merchant == made.merchant, columns.terminal == made.terminal)
    same = (columns.transmitted == made.transmitted, columns.stan == made.stan)
    if (row := connection.execute(select(PAYMENTS).where(*own, *same)).first()) is not None:
        return Payment(*row)  # the commit had come through
    number = (connection.execute(select(func.max(columns.number)).where(*own)).scalar() or 0) + 1
    values = {name: getattr(made, name) for name in Payment.__struct_fields__}
    values |= {"number": number, "rrn": f"{number:012d}"}
    try:
        connection.execute(insert(PAYMENTS).values(values))
    except IntegrityError:
        raise ConflictError("another one has taken this number") from None
    return Payment(**values)


def _moved(
    connection: Connection, key: Key, before: Collection[State], state: State, values: dict[str, Any]
) -> Payment:
    known = _there(connection, key)
    if State(known.state) not in before:
        if known.state == state:  # the commit had come through
            return known
        raise PaymentStateError(f"payment {key.number} is {known.state}, and cannot become {state.value}")
    if state in OVER:
        values = values | {"pan": known.pan[-_SHOWN_DIGITS:], "icc": "", "expiry": "", "card_sequence": ""}
    where = [getattr(PAYMENTS.c, name) == getattr(key, name) for name in Key.__struct_fields__]
    connection.execute(update(PAYMENTS).where(*where).values(**values, state=state.value))
    return _there(connection, key)


def _there(connection: Connection, key: Key) -> Payment:
    where = [getattr(PAYMENTS.c, name) == getattr(key, name) for name in Key.__struct_fields__]
    row = connection.execute(select(PAYMENTS).where(*where)).first()
    if row is None:
        raise PaymentStateError(f"there is no payment {key.number}")
    return Payment(*row)


def _tap(presented: Presented, amount_minor: int, currency: str) -> bytes:
    """What names a payment for card and terminal alike, by the card and the data that its cryptogram is over."""
    told = tlv.decode(presented.icc)
    counter = int.from_bytes(told[_ATC], "big")
    return tap_digest(presented.pan[-_SHOWN_DIGITS:], counter, told[_NUMBER], amount_minor, currency)


def is_approved(response_code: str) -> bool:
    """Whether an issuer's code says yes."""
    return response_code == ResponseCode.APPROVED
