"""How long the audit keeps what was asked for: the user's setting, applied at unlock, when it changes, and once a day.

What is erased is the payload of a record, never its place in the chain (``audit/retention.py``); how much was erased,
and by which limit, stands in the audit itself. The limit is measured by the clock as it stands, not by the highest time
seen: a clock that was once far ahead would otherwise erase everything for good.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from etui.trusted.audit import AuditRecord, Kind, erase_before
from etui.trusted.audit import Outcome as Recorded

if TYPE_CHECKING:
    from etui.trusted.router.router import Router

SETTING: Final = "audit_days"
MOST_DAYS: Final = 36_500
_DAY_S: Final = 86_400
_NS: Final = 1_000_000_000


class Retention:
    """Erases old payloads of one wallet's audit. ``days``: how long they are kept, 0 for ever."""

    def __init__(self, router: Router) -> None:
        self.days = 0
        self.erasing = asyncio.Lock()
        """Held while segments are replaced, so that nobody verifies half of an erasure."""
        self._router = router
        self._due_s = 0.0

    def apply_when_due(self, now_s: float) -> None:
        """Erases what has become too old, once a day; ``now_s``: of the event loop."""
        if self.days and self._router.opened is not None and now_s >= self._due_s:
            self._due_s = now_s + _DAY_S
            self._router.later(self.apply())

    async def apply(self) -> None:
        """Erases what is too old now; raises ``AuditUnwritableError``."""
        writer, days = self._router.recorder.writer, self.days
        if writer is None or not days:
            return
        before_ns = time.time_ns() - days * _DAY_S * _NS
        async with self.erasing:
            erased = await asyncio.get_running_loop().run_in_executor(None, erase_before, writer, before_ns)
        if erased is not None:
            reason = f"{erased.records} records were older than {days} days"
            self._router.recorder.event(AuditRecord(kind=Kind.ERASED, outcome=Recorded.DONE, reason=reason), sync=True)
