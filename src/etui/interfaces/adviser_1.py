"""Adviser: the typed Python of ``adviser/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "adviser/1"

__all__ = [
    "INTERFACE",
    "Advise",
    "AdviseResult",
    "Agreed",
    "AgreedResult",
    "Known",
    "Party",
]


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom a question is about."""

    role: Literal["asker", "named", "extension"]
    """`asker`: who began the request.

    `named`: a field of the request names it, as the other side. `extension`: it is to be installed.
    """
    principal: Annotated[str, Meta(max_length=2000)] | None = None
    """As policy knows it.

    Absent for who is only named.
    """
    name: Annotated[str, Meta(max_length=1000)]
    """Its name for people; for who is named, what the request says."""
    hosts: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=64)]
    """Hosts and origins that are its own: of a page its origin, of an Extension its publisher's domain, of who
    is named the name itself.
    """
    logo: Annotated[bytes, Meta(max_length=65536)] | None = None
    """A PNG, of an Extension that is to be installed."""


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody with whom the user has a relationship that the Router knows."""

    by: Literal["extension", "right"]
    """`extension`: it is installed.

    `right`: the user gave it a right that lasts.
    """
    principal: Annotated[str, Meta(max_length=2000)]
    name: Annotated[str, Meta(max_length=1000)]
    hosts: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=128)]
    """As of a party, and with an Extension the hosts that its manifest names."""
    since: int
    """When it was installed, or the first of its rights was given."""
    logo: Annotated[bytes, Meta(max_length=65536)] | None = None
    """A PNG, where a party of the question has one."""


class AdviseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``adviser/1.advise``."""

    METHOD: ClassVar[str] = "adviser/1.advise"

    advice: Annotated[list[Annotated[str, Meta(max_length=400)]], Meta(max_length=3)] | None = None
    """Sentences for the user, which stand in the question."""
    stop: Annotated[str, Meta(max_length=600)] | None = None
    """Why the request is not to be put to the user, in sentences for people.

    The user is told, and it is on record; who asked is told only that it was stopped.
    """


class Advise(Request[AdviseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Advise on a question.

    Asked before each question, and of nothing that a right or an earlier decision allows. It changes and
    discloses nothing. The Router waits 300 ms for it, and 3 s for the first answer of a process or where a
    party has a logo.
    """

    METHOD: ClassVar[str] = "adviser/1.advise"
    RESULT: ClassVar[type[Result]] = AdviseResult

    action: Annotated[str, Meta(max_length=200)]
    """The method that was called."""
    parties: Annotated[list[Party], Meta(max_length=64)]
    """Whom the question is about, who asks first."""
    known: Annotated[list[Known], Meta(max_length=2000)]
    """The longest known first."""


class AgreedResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``adviser/1.agreed``."""

    METHOD: ClassVar[str] = "adviser/1.agreed"


class Agreed(Request[AgreedResult], frozen=True, kw_only=True, omit_defaults=True):
    """The user said yes.

    Told once the user said yes to a question that was advised on. Nobody waits for it.
    """

    METHOD: ClassVar[str] = "adviser/1.agreed"
    RESULT: ClassVar[type[Result]] = AgreedResult

    action: Annotated[str, Meta(max_length=200)]
    parties: Annotated[list[Party], Meta(max_length=64)]
