"""Coverage: the typed Python of ``coverage/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar, Final

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "coverage/1"

__all__ = [
    "INTERFACE",
    "Look",
    "LookResult",
]


class LookResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``coverage/1.look``."""

    METHOD: ClassVar[str] = "coverage/1.look"

    covered: bool
    """Whether there is a route to the internet over an interface that is up and has its carrier.

    That somebody answers at its other end is not said.
    """


class Look(Request[LookResult], frozen=True, kw_only=True, omit_defaults=True):
    """See whether there is a network.

    Asked anew each time.
    """

    METHOD: ClassVar[str] = "coverage/1.look"
    RESULT: ClassVar[type[Result]] = LookResult
