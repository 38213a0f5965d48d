"""Look-alikes: the typed Python of ``likeness/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "likeness/1"

__all__ = [
    "INTERFACE",
    "Distrust",
    "DistrustResult",
    "Find",
    "FindResult",
    "Trust",
    "TrustResult",
]


class TrustResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``likeness/1.trust``."""

    METHOD: ClassVar[str] = "likeness/1.trust"

    exception: Item


class Trust(Request[TrustResult], frozen=True, kw_only=True, omit_defaults=True):
    """Trust a look-alike.

    From then on this name is not stopped for looking like that one; for looking like any other it is.
    `invalid_params` where the two do not look alike.
    """

    METHOD: ClassVar[str] = "likeness/1.trust"
    RESULT: ClassVar[type[Result]] = TrustResult

    name: Annotated[str, Meta(max_length=253)]
    """As it stood in what the user was told: a host, or the name of a program or Extension."""
    like: Annotated[str, Meta(max_length=253)]
    """As it stood there."""


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``likeness/1.find``."""

    METHOD: ClassVar[str] = "likeness/1.find"

    exceptions: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find trusted look-alikes."""

    METHOD: ClassVar[str] = "likeness/1.find"
    RESULT: ClassVar[type[Result]] = FindResult


class DistrustResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``likeness/1.distrust``."""

    METHOD: ClassVar[str] = "likeness/1.distrust"


class Distrust(Request[DistrustResult], frozen=True, kw_only=True, omit_defaults=True):
    """Trust a look-alike no more."""

    METHOD: ClassVar[str] = "likeness/1.distrust"
    RESULT: ClassVar[type[Result]] = DistrustResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("exception",)

    exception: str
