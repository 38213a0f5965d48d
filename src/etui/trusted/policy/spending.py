"""What grants with limits have been used for: reserved before the call, settled or released after it.

A reservation counts at once, so two payments under way together do not fit under one limit. Time is passed in and
only moves forward (``clock.py``); a period that has begun stays, should the clock have lost what it had seen, so that
setting it back opens none anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.standards.money import decimal_amount, full_amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.trusted.policy.grants import Grant, Limit


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one grant has been used for: times in all, and the amount in the period that began at ``period``.

    ``period``: seconds since 1970; 0 where the limit is for the grant's whole life.
    """

    grant: str
    uses: int = 0
    period: int = 0
    amount_minor: int = 0


class LimitReached(Exception):
    """A grant does not cover one more use, or not this amount."""

    code = "spent"


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """One use that was taken out of a grant and is not settled yet."""

    grant: str
    period: int
    amount_minor: int


class Spending:
    """The counters of all grants that have a limit or a number of uses."""

    def __init__(self, rows: Iterable[Spent] = ()) -> None:
        self._rows = {row.grant: row for row in rows}

    def of(self, grant: Grant) -> Spent:
        """What a grant has been used for so far."""
        return self._rows.get(grant.id) or Spent(grant=grant.id)

    def left_minor(self, grant: Grant, now: float) -> int | None:
        """What is left of a grant's limit in the period that it is; None where it has no limit."""
        if grant.limit is None:
            return None
        _, amount = _in_period(grant, grant.limit, self.of(grant), now)
        return _left(grant.limit, amount)

    def reserve(self, grant: Grant, *, amount_minor: int, currency: str, now: float) -> Reservation:
        """Takes one use, and an amount where the grant has a limit; the row that ``of`` gives is to be kept.

        Raises ``LimitReached`` with nothing taken.
        """
        row = self.of(grant)
        if grant.uses and row.uses >= grant.uses:
            msg = f"its {grant.uses} uses are used up"
            raise LimitReached(msg)
        period = 0
        amount = row.amount_minor
        if (limit := grant.limit) is not None:
            period, amount = _in_period(grant, limit, row, now)
            if currency != limit.currency:
                msg = f"it is for {limit.currency}, not for {currency or 'a request without a currency'}"
                raise LimitReached(msg)
            if amount_minor < 0:
                msg = "an amount below nothing"
                raise LimitReached(msg)
            if amount_minor > limit.each_minor:
                msg = f"at most {full_amount(limit.each_minor, currency)} each"
                raise LimitReached(msg)
            if amount + amount_minor > limit.total_minor:
                left = decimal_amount(_left(limit, amount), currency)
                msg = f"{left} of {full_amount(limit.total_minor, currency)} are left"
                raise LimitReached(msg)
            amount += amount_minor
        self._rows[grant.id] = Spent(grant=grant.id, uses=row.uses + 1, period=period, amount_minor=amount)
        return Reservation(grant=grant.id, period=period, amount_minor=amount_minor if grant.limit else 0)

    def release(self, reservation: Reservation) -> Spent | None:
        """Gives a reservation back, as after a call that failed before it had an effect; the row to be kept."""
        row = self._rows.get(reservation.grant)
        if row is None:
            return None
        same = row.period == reservation.period
        amount = max(0, row.amount_minor - reservation.amount_minor) if same else row.amount_minor
        row = Spent(grant=row.grant, uses=max(0, row.uses - 1), period=row.period, amount_minor=amount)
        self._rows[row.grant] = row
        return row

    def forget(self, grant_id: str) -> None:
        """Drops the counters of a grant that is gone."""
        self._rows.pop(grant_id, None)


def _left(limit: Limit, amount_minor: int) -> int:
    """What is left of a limit, which may have been lowered to less than was used."""
    return max(0, limit.total_minor - amount_minor)


def _in_period(grant: Grant, limit: Limit, row: Spent, now: float) -> tuple[int, int]:
    """When the period began that it is now, and the amount that was used in it: the first began with the grant."""
    begun = grant.since + int((now - grant.since) // limit.period_s) * limit.period_s if limit.period_s else 0
    period = max(begun, row.period)
    return period, row.amount_minor if period == row.period else 0
