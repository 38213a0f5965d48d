"""The journal of payments: one request is paid once, also where two ask for that at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.extensions.issuer_card.memory import MemoryStore

from etui.extensions.cards.errors import ConflictError
from etui.extensions.cards.journal import Journal, Payment, State

PAYMENT = Payment(
    id="0" * 32,
    payee="shop.etui.test",
    merchant="Demo Shop",
    amount=1250,
    currency="EUR",
    order="order-1#0000000000000000",
    request=bytes(32),
    lines=(),
    card="Demo Bank …0019",
    paid_at=1_790_000_000,
)


class SlowStore(MemoryStore):
    """A store that answers what was read once another one reads too, or nobody else is going to."""

    def __init__(self) -> None:
        super().__init__()
        self._readers = threading.Barrier(2)

    def get(self, space: str, name: str) -> bytes | None:
        found = super().get(space, name)
        try:
            self._readers.wait(0.2)
        except threading.BrokenBarrierError:
            return found
        return found


@pytest.mark.attack(163)
def test_of_two_payments_of_one_request_at_once_one_is_begun() -> None:
    journal = Journal(SlowStore())  # type: ignore[arg-type]  # the methods of a store that are used

    def begun(_: int) -> str:
        try:
            journal.begin(PAYMENT)
        except ConflictError as error:
            return error.message
        return "begun"

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(begun, range(2)))
    assert said == ["begun", "this request is being answered: 12.50 EUR to shop.etui.test"]
    with pytest.raises(ConflictError, match="was answered before"):
        journal.begin(PAYMENT)


def test_what_was_declined_may_be_begun_again() -> None:
    journal = Journal(MemoryStore())  # type: ignore[arg-type]  # as above
    for _ in range(2):
        journal.begin(PAYMENT)
        journal.end(PAYMENT, State.DECLINED)
