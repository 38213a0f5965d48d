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
    "Acquaintance",
    "Advise",
    "AdviseResult",
    "Agreed",
    "AgreedResult",
    "Dealt",
    "Known",
    "Met",
    "MetResult",
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


class Dealt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody with whom the user has dealt, as an Extension that provides `relationship/1` says."""

    host: Annotated[str, Meta(max_length=253)]
    since: int
    by: Annotated[str, Meta(max_length=1000)]
    """The name of the Extension that says so."""


class Acquaintance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody whom an adviser knows by the user's yes."""

    name: Annotated[str, Meta(max_length=253)]
    """A host."""
    since: int
    """When the first yes was."""


class AdviseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``adviser/1.advise``."""

    METHOD: ClassVar[str] = "adviser/1.advise"

    advice: Annotated[list[Annotated[str, Meta(max_length=600)]], Meta(max_length=3)] | None = None
    """Sentences for the user, which stand in the question."""
    stop: Annotated[str, Meta(max_length=1000)] | None = None
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
    dealt: Annotated[list[Dealt], Meta(max_length=2000)] | None = None
    """The longest known first.

    It is the word of Extensions that the user installed: whoever resembles one of these is to be stopped,
    and one of these is no less a look-alike for it of somebody who is known otherwise, or longer.
    """


class AgreedResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``adviser/1.agreed``."""

    METHOD: ClassVar[str] = "adviser/1.agreed"


class Agreed(Request[AgreedResult], frozen=True, kw_only=True, omit_defaults=True):
    """The user said yes.

    Told once the user said yes to a question that was to be advised on. Nobody waits for it.
    """

    METHOD: ClassVar[str] = "adviser/1.agreed"
    RESULT: ClassVar[type[Result]] = AgreedResult

    action: Annotated[str, Meta(max_length=200)]
    parties: Annotated[list[Party], Meta(max_length=64)]
    unheard: bool | None = None
    """Whether this adviser gave no answer to that question in time: the user said yes without its word.

    Then the following come, too, as in `advise`.
    """
    known: Annotated[list[Known], Meta(max_length=2000)] | None = None
    dealt: Annotated[list[Dealt], Meta(max_length=2000)] | None = None


class MetResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``adviser/1.met``."""

    METHOD: ClassVar[str] = "adviser/1.met"

    met: Annotated[list[Acquaintance], Meta(max_length=4000)]


class Met(Request[MetResult], frozen=True, kw_only=True, omit_defaults=True):
    """Whom it knows by the user's yes.

    Asked where the user wants to see it. An adviser that remembers nobody answers with nobody.
    """

    METHOD: ClassVar[str] = "adviser/1.met"
    RESULT: ClassVar[type[Result]] = MetResult
