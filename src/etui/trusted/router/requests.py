"""The values that travel along the path: a request as it came, on its way, and what is kept of many that are alike."""

from __future__ import annotations

import asyncio

import msgspec

from etui.interfaces import Seen
from etui.protocol import Consent, Message, MessageId
from etui.trusted.audit import RecordTemplate
from etui.trusted.policy import Question, Reservation
from etui.trusted.router.callers import Caller
from etui.trusted.router.calls import ActiveCall
from etui.trusted.router.connection import Connection
from etui.trusted.router.proposing import Proposal
from etui.trusted.router.references import Place
from etui.trusted.router.registry import Method, Provider
from etui.trusted.router.rights import Verdict


class Route(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Where a request goes: what is kept of the first of several that are alike.

    ``items``: for each reference in params, by its field, the provider's own id. ``call``: the member ``call`` as it is
    encoded, without its id. ``material``: of every such request, None where it may differ from one to the next.
    ``granted``: whether a grant allowed it. ``until``: when it must be decided anew. ``age`` and ``drops``: how
    often routes and decisions had been forgotten when it was kept.
    """

    age: int
    drops: int
    provider: Provider
    method: Method
    items: dict[str, str]
    call: bytes
    material: dict[str, bytes] | None
    granted: bool
    until: float
    template: RecordTemplate


class Arrival(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A request as it came, with what was seen of its params."""

    connection: Connection
    caller: Caller
    message: Message
    method: Method
    params: bytes
    seen: Seen


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider settled of a request beforehand, by field.

    ``values``: as JSON decodes them. ``places``, ``names`` and ``keepers``: of those that are items, where they are,
    what they are called in a question, and of what kind and whose they are.
    """

    values: dict[str, object] = {}
    places: dict[str, Place] = {}
    names: dict[str, str] = {}
    keepers: dict[str, str] = {}


class Request(msgspec.Struct, kw_only=True, eq=False):
    """One request on its way.

    ``material``: what is consented to with it, field by field, in a form in which two requests can be compared.
    ``settled``: what of it did not come with it. ``choices``: of which of the provider's own items, by their ids, the
    user chooses the one that policy decides about; empty where there is nothing to choose. ``chain``: who began it and
    who stands between, without its own caller. ``ask``: whether the caller wants the user asked in any case. ``under``:
    the call it is made under. ``proposal``: the lasting right that it proposes, where its method gives one.
    """

    connection: Connection
    id: MessageId
    caller: Caller
    method: Method
    params: bytes
    seen: Seen
    provider: Provider
    question: Question
    items: dict[str, str]
    material: dict[str, bytes]
    chain: tuple[Caller, ...]
    quiet: bool
    ask: bool
    settled: Settled = Settled()
    proposal: Proposal | None = None
    choices: tuple[str, ...] = ()
    under: ActiveCall | None = None
    task: asyncio.Task[None] | None = None


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """What lets a request go on: the verdict, how the user consented, and what was taken out of grants.

    ``why``: the id of its record; empty while it is not on record.
    """

    verdict: Verdict
    consent: Consent | None = None
    reservations: tuple[Reservation, ...] = ()
    why: str = ""
