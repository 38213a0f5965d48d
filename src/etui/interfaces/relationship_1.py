"""Relationships: the typed Python of ``relationship/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "relationship/1"

__all__ = [
    "INTERFACE",
    "Dealt",
    "Tell",
    "TellResult",
]


class Dealt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody with whom the user has dealt."""

    host: Annotated[str, Meta(max_length=253)]
    """A host, which is that one's own by a signature for which somebody vouched: not what a text says of
    itself.
    """
    since: int
    """When what proves it came here, by this device's clock.

    An earlier time than the installation of an Extension counts as that.
    """


class TellResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``relationship/1.tell``."""

    METHOD: ClassVar[str] = "relationship/1.tell"

    dealt: Annotated[list[Dealt], Meta(max_length=500)]


class Tell(Request[TellResult], frozen=True, kw_only=True, omit_defaults=True):
    """With whom the user has dealt.

    Each once, the longest known first. The Router waits 300 ms for it, and 3 s where the process was only
    started; it asks again where what lies there may have changed.
    """

    METHOD: ClassVar[str] = "relationship/1.tell"
    RESULT: ClassVar[type[Result]] = TellResult
