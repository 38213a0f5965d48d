"""What Shells and doors report that they turned away: their word, put on record as that, and only so much of it.

Programs' names are free, so all of them together have one rate: a program that reports without end takes from others
the place to report, and fills nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from etui.interfaces import shell_1 as shell
from etui.protocol import ErrorCode, Limits, ProtocolError
from etui.trusted.audit import AuditRecord, Kind

if TYPE_CHECKING:
    from etui.trusted.router.own.asking import Asking
    from etui.trusted.router.router import Router

RATE: Final = Limits(rate_per_s=1 / 120, burst=20)
"""How many reports of all programs are put on record."""
_WHAT: Final = {
    "host": "under another name than its own",
    "site": "from another site",
    "session": "without its cookie",
    "user": "from a program of another user",
    "link": "by a link that was used before, too old or never given",
    "extension": "from another browser extension than the wallet's own",
    "program": "from a program in the place of a browser's host, or between both, or of the desktop's portal",
    "unpaired": "for a page of a browser that is not paired",
    "flood": "of a page that had too many waiting",
    "unasked": "of a page that wanted a login without a click of its user's, or in a page of another origin",
}


def turned_away(router: Router, asking: Asking, request: shell.TurnedAway) -> shell.TurnedAwayResult:
    """Answers ``shell/1.turned_away``."""
    if not router.reports.admits(asyncio.get_running_loop().time()):
        text = "enough was reported for now: keep the count, and report it later"
        raise ProtocolError(ErrorCode.TOO_MANY, text)
    requests = "1 request" if request.count == 1 else f"{request.count} requests"
    said = f", the last as {request.said}" if request.said else ""
    router.recorder.event(
        AuditRecord(
            kind=Kind.REPORT,
            subject=asking.caller.subject,
            reason=f"{requests} turned away, {_WHAT[request.reason]}{said}",
        )
    )
    router.record_now()
    return shell.TurnedAwayResult()
