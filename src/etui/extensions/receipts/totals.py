"""What was paid by month, merchant and currency. A month is one of UTC; refunds count against sales.

A receipt for which no scheme vouched is added up apart: anybody could have signed it under any name.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from etui.interfaces.receipt_1 import Total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.extensions.receipts.looking import Looked

_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999."""


def totals_of(receipts: Iterable[Looked]) -> list[Total]:
    """The sums, the latest month first, then by merchant and currency."""
    sums: dict[tuple[str, str, str, bool], list[int]] = {}
    for one in receipts:
        key = (month_of(one.receipt.paid_at), one.entry.payee, one.currency, bool(one.kept.networks))
        sums.setdefault(key, []).append(one.change_minor)
    rows = [
        Total(
            month=month,
            payee=payee,
            currency=currency,
            vouched=vouched,
            count=len(changes),
            sales=sum(change for change in changes if change > 0),
            refunds=sum(change for change in changes if change < 0),
            total=sum(changes),
        )
        for (month, payee, currency, vouched), changes in sums.items()
    ]
    rows.sort(key=lambda row: (row.payee, row.currency, not row.vouched))
    return sorted(rows, key=lambda row: row.month, reverse=True)


def month_of(seconds: int) -> str:
    """The month of a moment, as ``2030-12``."""
    return day_of(seconds)[:7]


def day_of(seconds: int) -> str:
    """The day of a moment, as ``2030-12-24``; one beyond every calendar is the last."""
    return time.strftime("%Y-%m-%d", time.gmtime(min(seconds, _LAST_SECOND)))
