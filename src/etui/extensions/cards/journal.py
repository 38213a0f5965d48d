"""What was paid, and what was to be: a record of each payment, sealed, written before the card is asked.

::

    pending ─► approved
            ├► declined
            └► not sent

A payment is pending until somebody says what became of it, whatever ends in between; who paid it can ask where it was
sent. Its id is that of its request, so that one request is paid once, also where it is to be paid twice at once.
"""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.cards.errors import ConflictError, UnknownPaymentError
from etui.sdk import Item
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from etui.sdk import Store

_SPACE: Final = "payments"
_KIND: Final = "payment"


class State(Enum):
    """What became of a payment."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    NOT_SENT = "not_sent"


class Line(msgspec.Struct, frozen=True):
    """One line of an order; ``amount`` in minor units."""

    label: str
    amount: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment it is found by. ``order``: which request it answers. ``paid_at``: seconds, UTC.

    ``signer``: the SHA-256 of the key that signed the request (32 bytes).
    """

    id: str
    payee: str
    amount: int
    currency: str
    order: str
    paid_at: int
    state: State = State.PENDING
    signer: bytes = b""

    def entry(self) -> Item:
        """What is public of it."""
        label = f"{full_amount(self.amount, self.currency)} to {self.payee}"
        public = {"payee": self.payee, "state": self.state.value}
        return Item(item=self.id, kind=_KIND, label=label, attributes=public, created=self.paid_at)


class Payment(Listed, frozen=True, kw_only=True):
    """The whole of it. ``request``: the SHA-256 of that (32 bytes).

    ``decision``: the id of the audit's record.
    ``route``: the operator's route by which it goes, as its user saw it, and ``route_decision`` the record of that.
    ``sent_to``: where its Client can ask what became of it, an address; empty where it did not say.
    """

    merchant: str
    request: bytes
    lines: tuple[Line, ...]
    card: str
    network: str = ""
    receipt: str = ""
    decision: str = ""
    route: str = ""
    route_decision: str = ""
    sent_to: str = ""


_listed: Final = msgspec.json.Decoder(Listed)


class Journal:
    """All payments. Any method may raise the error with which the storage answered; any thread may call it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._beginning: set[str] = set()
        self._changing = threading.Lock()
        self._listing = threading.Lock()
        self._listed: dict[str, Listed] | None = None

    def payments(self) -> list[Listed]:
        """Every payment, the latest first."""
        return sorted(self._all(), key=lambda payment: payment.paid_at, reverse=True)

    def paid_to(self, payee: str) -> list[Listed]:
        """The payments to this payee that were approved, in no order."""
        return [one for one in self._all() if one.payee == payee and one.state is State.APPROVED]

    def _all(self) -> list[Listed]:
        """Every payment; the storage is asked for them once."""
        with self._listing:
            if self._listed is None:
                found = (_listed.decode(kept) for _, kept in self._store.names(_SPACE))
                self._listed = {one.id: one for one in found}
            return list(self._listed.values())

    def payment(self, name: str) -> Payment:
        """The payment with this id; raises ``UnknownPaymentError``."""
        if (found := self.look_up(name)) is None:
            raise UnknownPaymentError
        return found

    def look_up(self, name: str) -> Payment | None:
        """The payment with this id, if there is one."""
        kept = self._store.get(_SPACE, name)
        return None if kept is None else msgspec.json.decode(kept, type=Payment)

    def begin(self, payment: Payment) -> None:
        """Writes down that a payment is about to be made; raises ``ConflictError`` where its request was paid."""
        with self._changing:
            if payment.id in self._beginning:
                raise ConflictError(f"this request is being answered: {payment.entry().label}")
            self._beginning.add(payment.id)
        try:
            earlier = self.look_up(payment.id)
            if earlier is not None and earlier.state is not State.DECLINED:
                label, state = earlier.entry().label, earlier.state.value
                raise ConflictError(f"this request was answered before: {label} is {state}")
            self._keep(payment)
        finally:
            self._beginning.discard(payment.id)

    def paid(self, payment: Payment, network: str) -> None:
        """Writes down by which scheme it went."""
        self._keep(msgspec.structs.replace(payment, network=network))

    def routed(self, payment: Payment, decision: str) -> Payment:
        """Writes down the record by which it goes by its route."""
        now = msgspec.structs.replace(payment, route_decision=decision)
        self._keep(now)
        return now

    def end(self, payment: Payment, state: State, receipt: str = "") -> Payment:
        """Writes down what became of a payment; raises ``ConflictError`` where something else was said before."""
        if payment.state not in {State.PENDING, state}:
            raise ConflictError(f"it was said before that this payment was {payment.state.value}")
        ended = msgspec.structs.replace(payment, state=state, receipt=receipt or payment.receipt)
        self._keep(ended)
        return ended

    def _keep(self, payment: Payment) -> None:
        kept = msgspec.json.encode(payment)
        self._store.put({(_SPACE, payment.id): kept})
        with self._listing:
            if self._listed is not None:
                self._listed[payment.id] = _listed.decode(kept)
