"""Decides: Cedar over four layers, evaluated for what the user would have to do, and remembered while it holds.

Rules of this module:

1. Nothing is permitted unless a policy permits it; a ``forbid`` of any layer wins.
2. Cedar passes over a policy that fails to evaluate, a ``forbid`` too: so any error in a decision is a deny.
3. Policies are validated against the schema when they are loaded; numbers are range-checked before they are asked.
4. *Ask* is evaluated: what is denied without the user and allowed with consent, or with the passphrase, is put to the
   user.
5. A decision is kept under everything that went into it, until the earliest moment at which time could change it.
   What was not allowed is dropped when a grant comes, all when one goes or policies or registrations change. What
   counts uses or money is never kept, nor what holds long texts, with which a Client could fill the memory.
6. A group of Clients that neither a policy nor a grant names, such as one process, changes nothing: what was decided
   about a program holds for it when it is started again.
7. Where no policy names an item, two items of one kind and group under grants that differ in their ids alone are the
   same to policy: what was decided about one holds for the other, by the other's grants.
8. The candidates among the grants are put to Cedar beside the other layers, not among them, and only where no
   ``forbid`` applies: they do nothing but permit, and so it comes to the same. A set of fifty policies is not copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cedarpy
import msgspec

from etui.trusted.policy.grants import Grant, Origin, ScopeType, scopes_of
from etui.trusted.policy.loading import load
from etui.trusted.policy.question import (
    ASKED,
    MAX_INTEGER,
    NUMBERS,
    Assurance,
    Decision,
    Outcome,
    PrincipalType,
    Question,
)
from etui.trusted.policy.schema import action_entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from etui.interfaces import CompiledInterface
    from etui.trusted.policy.grants import GrantTable

_MAX_CACHED: Final = 20_000
_MAX_ALIKE: Final = 4_096
_MAX_KEPT_TEXT: Final = 1_024
_ANY_ITEM: Final = "\N{REPLACEMENT CHARACTER}"
_FOREVER: Final = float("inf")
_UNKNOWN_ACTION: Final = cedarpy.Entities.from_json_str("[]")
_WOULD_BE: Final = "would-be"


class _Alike(NamedTuple):
    """A decision, and the ids of the grants that it was made with, in their order."""

    decision: Decision
    grants: list[str]

    def renamed(self, grants: list[str]) -> Decision:
        """The same decision by other grants, which take the places of these."""
        if grants == self.grants:
            return self.decision
        names = dict(zip(self.grants, grants, strict=True))
        return msgspec.structs.replace(
            self.decision,
            policies=tuple(sorted(names.get(name, name) for name in self.decision.policies)),
            grants=tuple(sorted(names[name] for name in self.decision.grants)),
        )


class PolicyEngine:
    """The policies in force and the decisions that were made by them.

    ``operator``: Cedar text by file name. ``profiles``: policies in Cedar's JSON form by id, from ``compile_profile``.
    Raises ``PolicyError`` where a policy does not parse or does not fit the schema.
    """

    def __init__(
        self,
        interfaces: Iterable[CompiledInterface],
        *,
        operator: Mapping[str, str] | None = None,
        profiles: Mapping[str, Any] | None = None,
    ) -> None:
        known = list(interfaces)
        self._policies, self._grant, self._ids, self._timed, self._names_items, self._groups = load(
            known, operator or {}, profiles or {}
        )
        self._actions = {
            action: cedarpy.Entities.from_json_str(text) for action, text in action_entities(known).items()
        }
        self._kept: dict[tuple[object, ...], Decision] = {}
        self._not_allowed: set[tuple[object, ...]] = set()
        self._alike: dict[tuple[object, ...], _Alike] = {}
        self.drops = 0
        """How often decisions were forgotten, for whoever keeps something that rests on one."""

    def decide(self, question: Question, grants: GrantTable, now: float) -> Decision:
        """Allow, ask with the weakest assurance that would allow it, or deny; ``now`` in seconds since 1970."""
        groups = tuple(g for g in question.principal.groups if g in self._groups or grants.reaches(g))
        key = _key(question, groups, question.resource.item)
        kept = self._kept.get(key)
        if kept is not None and now < kept.until:
            return kept
        decision = self._decide_alike(question, groups, grants.candidates(question, now), now)
        if decision.until and _texts(question) <= _MAX_KEPT_TEXT:
            if len(self._kept) >= _MAX_CACHED:
                self.drop()
            self._kept[key] = decision
            if decision.outcome is not Outcome.ALLOW:
                self._not_allowed.add(key)
        return decision

    def confirm(self, question: Question, assurance: Assurance, now: float) -> Decision:
        """The decision once the user did what was asked; never kept, since consent is for one request."""
        return _unfit(question) or self._evaluate(question, [], max(assurance, _given(question)), now)

    def grantable(self, question: Question, now: float) -> bool:
        """Whether a grant would allow it without a question; not so where a policy asks for the user each time."""
        grant = Grant(
            id=_WOULD_BE,
            client=question.principal.id,
            actions=(question.action.id,),
            scope=scopes_of(question)[0],
            origin=Origin.ASKED,
            since=int(now),
        )
        return self._evaluate(question, [grant], _given(question), now).outcome is Outcome.ALLOW

    def drop(self) -> None:
        """Forgets the decisions, as when grants went, or registrations or the lock state changed."""
        self._kept.clear()
        self._not_allowed.clear()
        self._alike.clear()
        self.drops += 1

    def granted(self) -> None:
        """Forgets what was not allowed: a grant that came changes nothing else, since grants only permit."""
        for key in self._not_allowed:
            self._kept.pop(key, None)
        self._not_allowed.clear()

    def _decide_alike(self, question: Question, groups: tuple[str, ...], grants: list[Grant], now: float) -> Decision:
        """The decision, by that about another item that is the same to policy where there is one."""
        item = question.resource.item
        if self._names_items or not item or not _is_text(item) or any(grant.counts for grant in grants):
            return self._decide(question, grants, now)
        ids = [grant.id for grant in grants]
        key = (_key(question, groups, _ANY_ITEM), *(_without_item(grant) for grant in grants))
        alike = self._alike.get(key)
        if alike is not None and now < alike.decision.until:
            return alike.renamed(ids)
        decision = self._decide(question, grants, now)
        if decision.until and _texts(question) <= _MAX_KEPT_TEXT:
            if len(self._alike) >= _MAX_ALIKE:
                self._alike.clear()
            self._alike[key] = _Alike(decision, ids)
        return decision

    def _decide(self, question: Question, grants: list[Grant], now: float) -> Decision:
        if unfit := _unfit(question):
            return unfit
        given = _given(question)
        decision = self._evaluate(question, grants, given, now)
        if decision.outcome is Outcome.ALLOW:
            counted = any(grant.counts for grant in grants if grant.id in decision.grants)
            named = [grant for grant in grants if grant.id in decision.policies]
            return msgspec.structs.replace(decision, until=0.0 if counted else self._until(now, named))
        if decision.reason:
            return decision
        for assurance in (step for step in ASKED if step > given):
            confirmed = self._evaluate(question, [], assurance, now)
            if confirmed.outcome is Outcome.ALLOW:
                until = 0.0 if any(grant.counts for grant in grants) else self._until(now, [])
                return Decision(outcome=Outcome.ASK, policies=confirmed.policies, assurance=assurance, until=until)
        return msgspec.structs.replace(decision, until=self._until(now, []))

    def _until(self, now: float, grants: list[Grant]) -> float:
        """When time could change a decision: a grant's end, or the next second where an operator's policy asks."""
        ends = [float(grant.until) for grant in grants if grant.until]
        if self._timed:
            ends.append(float(int(now) + 1))
        return min(ends, default=_FOREVER)

    def _evaluate(self, question: Question, grants: list[Grant], assurance: Assurance, now: float) -> Decision:
        granted: tuple[str, ...] = ()
        try:
            request = {
                "principal": {"type": question.principal.type.value, "id": question.principal.id},
                "action": {"type": "Action", "id": question.action.id},
                "resource": _resource_uid(question),
                "context": msgspec.json.encode(_context(question, assurance, now)).decode(),
            }
            action = self._actions.get(question.action.id, _UNKNOWN_ACTION)
            entities = action.with_added_json_str(_entities(question))
            result = cedarpy.is_authorized(request, self._policies, entities)
            errors, reasons = result.diagnostics.errors, tuple(result.diagnostics.reasons)
            is_forbidden = bool(reasons) and not result.allowed
            if not self._ids.isdisjoint(grant.id for grant in grants):
                return _deny("manufacturer/error", "a right has the name of a policy, so that one stands for the other")
            if grants and not is_forbidden:
                linked = self._grant.with_linked_batch([_link(question, grant) for grant in grants])
                by_grants = cedarpy.is_authorized({**request, "context": "{}"}, linked, entities)
                errors, granted = [*errors, *by_grants.diagnostics.errors], tuple(by_grants.diagnostics.reasons)
        except ValueError as error:  # a name that is no Unicode text, as a path of other bytes
            return _deny("manufacturer/error", f"it cannot be put to policy: {str(error)[:200]}")
        if errors:
            return _deny("manufacturer/error", f"a policy failed: {str(errors[0])[:200]}")
        reasons = tuple(sorted((*reasons, *granted)))
        if not (result.allowed or granted):
            return Decision(outcome=Outcome.DENY, policies=reasons or ("nothing permits it",), assurance=assurance)
        used = _needed(reasons, grants)
        return Decision(outcome=Outcome.ALLOW, policies=reasons, assurance=assurance, grants=used)


def _given(question: Question) -> Assurance:
    """What the user did for the call that this one is made under, as far as it was done for this one too."""
    return question.given if question.derived and question.covered else Assurance.NONE


def _needed(reasons: tuple[str, ...], grants: list[Grant]) -> tuple[str, ...]:
    """The grants of which one has to be there: none where a policy permits it anyway, and none that counts in vain."""
    permitting = [grant for grant in grants if grant.id in reasons]
    if len(permitting) < len(reasons):
        return ()
    lasting = [grant for grant in permitting if not grant.counts]
    return tuple(sorted(grant.id for grant in lasting or permitting))


def _is_text(item: str) -> bool:
    """Whether it can be put to policy: JSON knows names that Unicode does not."""
    return item.isascii() or not any("\ud800" <= character <= "\udfff" for character in item)


def _without_item(grant: Grant) -> tuple[object, ...]:
    """All of a grant that a decision depends on but its id, and the item where it is one item's."""
    scope = grant.scope
    reach = "" if scope.type is ScopeType.ITEM else scope.id
    return grant.client, grant.actions, scope.type, scope.extension, reach, grant.until, grant.where


def _key(question: Question, groups: tuple[str, ...], item: str) -> tuple[object, ...]:
    """What a decision depends on; ``groups``: those of the Client's that a policy or a grant names."""
    principal, resource = question.principal, question.resource
    return (
        principal.type,
        principal.id,
        principal.strength,
        groups,
        principal.tellable,
        principal.uses,
        principal.hosts,
        question.action.id,
        question.action.interface,
        question.action.own,
        resource.extension,
        item,
        resource.kind,
        resource.group,
        question.chain,
        question.derived,
        question.covered,
        question.given,
        # with their types, since true is 1 to Python and not to Cedar
        tuple((name, type(value), value) for name, value in question.fields.items()) if question.fields else None,
    )


def _texts(question: Question) -> int:
    """How many characters of a question a Client may choose: what is long is decided anew rather than kept."""
    return len(question.resource.item) + sum(len(v) for v in question.fields.values() if isinstance(v, str))


def _context(question: Question, assurance: Assurance, now: float) -> dict[str, Any]:
    return {
        **question.fields,
        "assurance": NUMBERS[assurance],
        "fingerprint": assurance is Assurance.FINGERPRINT,
        "strength": question.principal.strength,
        "time": int(now),
        "client": question.principal.id,
        "interface": question.action.interface,
        "own": question.action.own,
        "derived": question.derived,
        "covered": question.covered,
        "chain": list(question.chain),
    }


def _resource_uid(question: Question) -> dict[str, str]:
    resource = question.resource
    if resource.item:
        return {"type": "Item", "id": resource.key}
    return {"type": "Extension", "id": resource.extension}


def _entities(question: Question) -> str:
    principal, resource = question.principal, question.resource
    extension = {"type": "Extension", "id": resource.extension}
    entities: list[dict[str, Any]] = []
    attributes: dict[str, Any] = {}
    if principal.type is PrincipalType.EXTENSION:
        attributes = {"uses": list(principal.uses), "hosts": list(principal.hosts)}
    entities.append(
        {
            "uid": {"type": principal.type.value, "id": principal.id},
            "attrs": attributes,
            "parents": [{"type": "Clients", "id": group} for group in principal.groups],
        }
    )
    if not (principal.type is PrincipalType.EXTENSION and principal.id == resource.extension):
        entities.append({"uid": extension, "attrs": {"uses": [], "hosts": []}, "parents": []})
    if resource.item:
        # What it is in is all said of itself, so that its kind and its group need no entities of their own.
        kind = {"type": "Kind", "id": f"{resource.extension}#{resource.kind}"}
        group = {"type": "Group", "id": f"{resource.extension}#{resource.group}"}
        entities.append({"uid": _resource_uid(question), "attrs": {}, "parents": [kind, group, extension]})
    return msgspec.json.encode(entities).decode()


def _link(question: Question, grant: Grant) -> dict[str, Any]:
    """The grant as a link of the template: its Client or set of Clients, and what it reaches of this question."""
    principal = {"type": question.principal.type.value, "id": grant.client}
    if grant.group is not None:
        principal = {"type": "Clients", "id": grant.group}
    extension = grant.scope.extension
    match grant.scope.type.value:
        case "item":
            resource = {"type": "Item", "id": f"{extension}#{grant.scope.id}"}
        case "group":
            resource = {"type": "Group", "id": f"{extension}#{grant.scope.id}"}
        case "kind":
            resource = {"type": "Kind", "id": f"{extension}#{grant.scope.id}"}
        case _:
            resource = {"type": "Extension", "id": extension}
    return {
        "template_id": "user/grant",
        "new_id": grant.id,
        "values": {"?principal": principal, "?resource": resource},
    }


def _unfit(question: Question) -> Decision | None:
    """A deny where a question cannot be decided as it is: numbers out of range, an item that is not known yet."""
    for name, value in question.fields.items():
        if type(value) is int and not 0 <= value <= MAX_INTEGER:
            return _deny("manufacturer/range", f"{name} is a number that is not between 0 and 2^53-1")
    if question.resource.item and not question.resource.kind:
        return _deny("manufacturer/unknown-item", "what kind of item it is, and in which group, is not known yet")
    return None


def _deny(policy: str, reason: str) -> Decision:
    return Decision(outcome=Outcome.DENY, policies=(policy,), reason=reason)
