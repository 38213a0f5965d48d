from collections import Counter

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.trusted.policy.questions import PAY, grant

from etui.trusted.policy import ForwardClock, Grant, Limit, LimitReached, Reservation, Spending, Spent

DAY = 86_400
NOON = 20_000.5 * DAY


def euros(*, each: int = 100, total: int = 150, period_s: int = 0) -> Limit:
    return Limit(currency="EUR", each_minor=each, total_minor=total, period_s=period_s)


def paying(limit: Limit | None = None, *, uses: int = 0, name: str = "g-1") -> Grant:
    return grant(name, actions=(PAY,), uses=uses, limit=limit)


def pay(spending: Spending, held: Grant, amount: int, now: float = NOON) -> Reservation:
    return spending.reserve(held, amount_minor=amount, currency="EUR", now=now)


def refused(spending: Spending, held: Grant, amount: int, *, now: float = NOON, currency: str = "EUR") -> str:
    """Why one more is refused; nothing may have been taken."""
    before = spending.of(held)
    with pytest.raises(LimitReached) as caught:
        spending.reserve(held, amount_minor=amount, currency=currency, now=now)
    assert spending.of(held) == before
    return str(caught.value)


# amounts


def test_amount_within_both_limits_is_taken() -> None:
    spending, held = Spending(), paying(euros())
    assert pay(spending, held, 100) == Reservation(grant="g-1", period=0, amount_minor=100)
    assert pay(spending, held, 50).amount_minor == 50
    assert spending.of(held) == Spent(grant="g-1", uses=2, amount_minor=150)


def test_amount_above_that_for_each_is_refused() -> None:
    assert refused(Spending(), paying(euros()), 101) == "at most 1.00 EUR each"


def test_amount_above_what_is_left_is_refused() -> None:
    spending, held = Spending(), paying(euros())
    pay(spending, held, 100)
    assert refused(spending, held, 51) == "0.50 of 1.50 EUR are left"
    pay(spending, held, 50)
    assert refused(spending, held, 1) == "0.00 of 1.50 EUR are left"


def test_two_payments_under_way_at_once_do_not_fit_under_one_limit() -> None:
    spending, held = Spending(), paying(euros())
    pay(spending, held, 100)  # neither settled nor released yet
    assert refused(spending, held, 100)


def test_a_limit_that_is_lowered_to_less_than_was_used_leaves_nothing() -> None:
    spending = Spending()
    pay(spending, paying(euros(total=150)), 100)
    lower = paying(euros(total=60, each=60))
    assert spending.left_minor(lower, NOON) == 0
    assert refused(spending, lower, 1) == "0.00 of 0.60 EUR are left"


def test_nothing_is_an_amount_and_less_than_nothing_is_none() -> None:
    spending, held = Spending(), paying(euros())
    pay(spending, held, 100)
    pay(spending, held, 0)
    assert refused(spending, held, -1) == "an amount below nothing"
    assert refused(spending, held, -100)
    assert spending.of(held).amount_minor == 100


@pytest.mark.parametrize("currency", ["USD", "eur", "", "EUR "])
def test_another_currency_is_refused(currency: str) -> None:
    reason = refused(Spending(), paying(euros()), 1, currency=currency)
    assert reason == f"it is for EUR, not for {currency or 'a request without a currency'}"


def test_grants_do_not_share_a_limit() -> None:
    spending = Spending()
    first, second = paying(euros()), paying(euros(), name="g-2")
    pay(spending, first, 100)
    pay(spending, second, 100)
    assert [spending.of(held).amount_minor for held in (first, second)] == [100, 100]


# uses


def test_uses_are_counted_down_to_none() -> None:
    spending, held = Spending(), paying(uses=2)
    for _ in range(2):
        assert pay(spending, held, 0).amount_minor == 0
    assert refused(spending, held, 0) == "its 2 uses are used up"


def test_uses_do_not_come_back_with_a_period() -> None:
    spending, held = Spending(), paying(euros(period_s=DAY), uses=2)
    pay(spending, held, 100)
    pay(spending, held, 100, NOON + DAY)
    assert refused(spending, held, 1, now=NOON + 2 * DAY) == "its 2 uses are used up"


def test_refused_amount_takes_no_use() -> None:
    spending, held = Spending(), paying(euros(), uses=1)
    refused(spending, held, 101)
    assert pay(spending, held, 100).amount_minor == 100


# giving back


def test_release_gives_back_amount_and_use() -> None:
    spending, held = Spending(), paying(euros(), uses=1)
    reservation = pay(spending, held, 100)
    assert spending.release(reservation) == Spent(grant="g-1")
    assert pay(spending, held, 100) == reservation


def test_release_of_an_earlier_period_gives_nothing_to_this_one() -> None:
    spending, held = Spending(), paying(euros(period_s=DAY))
    yesterday = pay(spending, held, 100)
    pay(spending, held, 100, NOON + DAY)
    row = spending.release(yesterday)
    assert row is not None
    assert (row.uses, row.amount_minor) == (1, 100)
    assert refused(spending, held, 51, now=NOON + DAY)


def test_forgotten_grant_has_nothing_to_give_back() -> None:
    spending, held = Spending(), paying(euros())
    reservation = pay(spending, held, 100)
    spending.forget(held.id)
    assert spending.release(reservation) is None
    assert spending.of(held) == Spent(grant="g-1")
    spending.forget(held.id)


# periods


@pytest.mark.parametrize("period_s", [1, 60, DAY, 7 * DAY])
def test_period_begins_anew_with_its_first_second(period_s: int) -> None:
    spending, held = Spending(), paying(euros(each=150, period_s=period_s))
    begins = int(NOON // period_s + 1) * period_s
    pay(spending, held, 150, begins - 0.001)
    assert refused(spending, held, 1, now=begins - 0.001)
    assert (spending.left_minor(held, begins - 0.001), spending.left_minor(held, begins)) == (0, 150)
    pay(spending, held, 150, begins)
    assert spending.of(held) == Spent(grant="g-1", uses=2, period=begins, amount_minor=150)
    assert refused(spending, held, 1, now=begins + period_s - 0.001)


def test_limit_without_a_period_is_for_the_whole_life() -> None:
    spending, held = Spending(), paying(euros())
    pay(spending, held, 100)
    assert refused(spending, held, 51, now=NOON + 1e9)


@pytest.mark.attack(38)
def test_clock_that_is_set_back_opens_no_period() -> None:
    clock, spending, held = ForwardClock(), Spending(), paying(euros(period_s=DAY))
    pay(spending, held, 100, clock.see(NOON))
    assert refused(spending, held, 51, now=clock.see(NOON - DAY))
    assert refused(spending, held, 51, now=clock.see(NOON))


def test_clock_that_lost_what_it_had_seen_opens_no_period() -> None:
    # The highest time is kept each minute; what was spent within it is kept at once.
    midnight = 20_000.0 * DAY
    clock = ForwardClock(midnight - 30)
    spending, held = Spending(), paying(euros(period_s=DAY))
    pay(spending, held, 100, clock.see(midnight + 10))
    after_a_crash = ForwardClock(midnight - 30)
    for _ in range(2):
        assert refused(spending, held, 51, now=after_a_crash.see(midnight - 20))
        assert refused(spending, held, 51, now=after_a_crash.see(midnight + 20))


@pytest.mark.parametrize(("before", "after"), [(DAY, 3600), (3600, DAY), (0, DAY), (DAY, 0)])
def test_other_period_for_a_grant_forgives_nothing_that_was_spent_in_it(before: int, after: int) -> None:
    spending = Spending()
    pay(spending, paying(euros(period_s=before)), 100)
    changed = paying(euros(period_s=after))
    end = (int(NOON // (after or DAY)) + 1) * (after or DAY)
    if (before, after) in {(3600, DAY), (DAY, 0)}:
        assert refused(spending, changed, 51)
        assert refused(spending, changed, 51, now=end - 1)
    assert pay(spending, changed, 50).amount_minor == 50


def test_counters_are_the_same_after_they_were_kept_and_read() -> None:
    spending, held = Spending(), paying(euros(period_s=DAY), uses=5)
    pay(spending, held, 100)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(spending.of(held)), type=Spent)
    again = Spending([kept])
    assert again.of(held) == spending.of(held)
    assert refused(again, held, 51)


# whatever happens, in whatever order


class Payments(RuleBasedStateMachine):
    """Payments that are reserved, settled, released and read again while the clock goes as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.spending = Spending()
        self.clock = ForwardClock()
        self.now = NOON
        self.held = paying()
        self.under_way: list[Reservation] = []
        self.settled: list[Reservation] = []
        self.latest = 0

    @initialize(
        limit=st.none()
        | st.builds(
            Limit,
            currency=st.just("EUR"),
            each_minor=st.integers(0, 120),
            total_minor=st.integers(0, 200),
            period_s=st.sampled_from([0, 10, 60]),
        ),
        uses=st.sampled_from([0, 0, 3, 8]),
    )
    def begin(self, limit: Limit | None, uses: int) -> None:
        self.held = paying(limit, uses=uses)

    @rule(amount=st.integers(-5, 130))
    def reserve(self, amount: int) -> None:
        try:
            reservation = pay(self.spending, self.held, amount, self.now)
        except LimitReached:
            return
        assert reservation.period >= self.latest
        self.latest = reservation.period
        self.under_way.append(reservation)

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0))
    def settle(self, which: int) -> None:
        self.settled.append(self.under_way.pop(which % len(self.under_way)))

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0))
    def release(self, which: int) -> None:
        self.spending.release(self.under_way.pop(which % len(self.under_way)))

    @rule(moved=st.floats(-100, 100))
    def time_passes(self, moved: float) -> None:
        self.now = self.clock.see(self.now + moved)

    @rule(lost=st.floats(0, 60))
    def end_and_begin_again(self, lost: float) -> None:
        self.spending = Spending([self.spending.of(self.held)])
        self.clock = ForwardClock(self.clock.highest - lost)
        self.now = self.clock.highest

    @invariant()
    def never_more_than_the_limit(self) -> None:
        taken = self.settled + self.under_way
        assert not self.held.uses or len(taken) <= self.held.uses
        if (limit := self.held.limit) is None:
            return
        assert all(0 <= reservation.amount_minor <= limit.each_minor for reservation in taken)
        in_periods = Counter[int]()
        for reservation in taken:
            in_periods[reservation.period] += reservation.amount_minor
        assert all(amount <= limit.total_minor for amount in in_periods.values())

    @invariant()
    def what_is_left_can_be_spent(self) -> None:
        limit = self.held.limit
        if limit is None or self.held.uses:
            return
        row = self.spending.of(self.held)
        spent = sum(r.amount_minor for r in self.settled + self.under_way if r.period == row.period)
        assert row.amount_minor == spent


TestPayments = Payments.TestCase
