"""What a decision gives: an answer, and what changes in the books with it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from etui.counterparts.issuer.records import Authorisation, Card, Posting

_SECONDS_A_DAY: Final = 86_400


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When something is decided, and the approval code that it would get.

    ``day`` and ``made_s``: since 1970, UTC. ``month``: YYMM, as cards expire. ``approval``: 6 letters and digits.
    """

    day: int
    made_s: int
    month: str
    approval: str


def moment(now_s: float, approval: str) -> Moment:
    """The moment that is so many seconds after 1970 began."""
    at = int(now_s)
    month = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%y%m")
    return Moment(day=at // _SECONDS_A_DAY, made_s=at, month=month, approval=approval)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and the rows that change with it; None where one stays as it is.

    ``card``: the card as it is now. ``new``: a transaction that was not known. ``changed``: one that was. ``posting``:
    of money, whose number is ``card.postings``.
    """

    response_code: str
    approval: str = ""
    card: Card | None = None
    new: Authorisation | None = None
    changed: Authorisation | None = None
    posting: Posting | None = None
