"""Grants: decisions of the user that last, as indexed rows.

A grant says: this Client may call this method (or these, or any of an interface) on this scope, until a date, so many
times, up to an amount. Looking up the candidates of a request costs the same among ten grants and ten thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etui.trusted.policy.question import Question


_GROUP: Final = "group:"


class ScopeType(Enum):
    """What a grant reaches, from one item to all of an Extension's."""

    ITEM = "item"
    GROUP = "group"
    KIND = "kind"
    EXTENSION = "extension"


class Scope(msgspec.Struct, frozen=True, order=True):
    """One item, one group's items, one kind's, or all of an Extension (by its principal)."""

    type: ScopeType
    extension: str
    id: str = ""


class Origin(Enum):
    """How a grant came about."""

    STORED = "stored"
    """The Client stored the item itself."""
    ASKED = "asked"
    """The user said yes and chose to have it remembered."""
    GIVEN = "given"
    """The user gave it in settings."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most this much: an amount for each call and one for each period, in minor units of one currency.

    ``period_s``: seconds from the grant's beginning on, then anew; 0 for its whole life.
    """

    currency: str
    each_minor: int
    total_minor: int
    period_s: int = 0


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One grant. ``client``: a principal's id or ``group:NAME``. ``actions``: methods, or an interface for all.

    ``until``: seconds since 1970, 0 for no end. ``uses``: how often, 0 for any number. ``where``: a field that policy
    sees and the value that it has to have, as one relying party.
    """

    id: str
    client: str
    actions: tuple[str, ...]
    scope: Scope
    origin: Origin
    since: int
    until: int = 0
    uses: int = 0
    limit: Limit | None = None
    where: tuple[str, str] | None = None
    label: str = ""
    what: str = ""

    @property
    def group(self) -> str | None:
        """Whose it is, where it is a group's and not one Client's."""
        return self.client.removeprefix(_GROUP) if self.client.startswith(_GROUP) else None

    @property
    def counts(self) -> bool:
        """Whether it is used up by being used."""
        return bool(self.uses) or self.limit is not None


class GrantTable:
    """All grants, found by Client and scope."""

    def __init__(self, grants: Iterable[Grant] = ()) -> None:
        self._by_id: dict[str, Grant] = {}
        self._by_place: defaultdict[tuple[str, Scope], dict[str, Grant]] = defaultdict(dict)
        self._of_groups: Counter[str] = Counter()
        for grant in grants:
            self.add(grant)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Grant]:
        return iter(list(self._by_id.values()))

    def get(self, grant_id: str) -> Grant | None:
        """The grant with this id."""
        return self._by_id.get(grant_id)

    def add(self, grant: Grant) -> None:
        """Adds a grant, or replaces the one with its id."""
        self.remove(grant.id)
        self._by_id[grant.id] = grant
        self._by_place[grant.client, grant.scope][grant.id] = grant
        if grant.group is not None:
            self._of_groups[grant.group] += 1

    def remove(self, grant_id: str) -> Grant | None:
        """Takes a grant away; None where there is none with this id."""
        grant = self._by_id.pop(grant_id, None)
        if grant is not None:
            place = self._by_place[grant.client, grant.scope]
            del place[grant_id]
            if not place:
                del self._by_place[grant.client, grant.scope]
            if grant.group is not None:
                self._of_groups[grant.group] -= 1
                if not self._of_groups[grant.group]:
                    del self._of_groups[grant.group]
        return grant

    def reaches(self, group: str) -> bool:
        """Whether any grant is a group's."""
        return group in self._of_groups

    def at(self, client: str, scope: Scope) -> list[Grant]:
        """A Client's grants on exactly this scope."""
        return list(self._by_place.get((client, scope), {}).values())

    def candidates(self, question: Question, now: float) -> list[Grant]:
        """The grants that may allow this question at ``now``: right Client, method and scope, not run out.

        A Client that cannot be told from its neighbours has no grants of its own, only those of its groups. A grant up
        to an amount is none for a request that says no amount.
        """
        found: list[Grant] = []
        principal = question.principal
        own = [principal.id] if principal.tellable else []
        for client in dict.fromkeys([*own, *(_GROUP + group for group in principal.groups)]):
            for scope in scopes_of(question):
                place = self._by_place.get((client, scope))
                if place:
                    found += [grant for grant in place.values() if _covers(grant, question, now)]
        return found


def scopes_of(question: Question) -> list[Scope]:
    """Every scope that reaches what a question asks for, the narrowest first."""
    resource = question.resource
    scopes = [Scope(ScopeType.EXTENSION, resource.extension)]
    if resource.kind:
        scopes.insert(0, Scope(ScopeType.KIND, resource.extension, resource.kind))
    if resource.item:
        scopes.insert(0, Scope(ScopeType.GROUP, resource.extension, resource.group))
        scopes.insert(0, Scope(ScopeType.ITEM, resource.extension, resource.item))
    return scopes


def _covers(grant: Grant, question: Question, now: float) -> bool:
    action = question.action
    if grant.limit is not None and type(question.fields.get("amount")) is not int:
        return False
    if grant.where is not None and question.fields.get(grant.where[0], "") != grant.where[1]:
        return False
    if action.id not in grant.actions and action.interface not in grant.actions:
        return False
    return not grant.until or now < grant.until
