"""What a provider settles beforehand of a request, and what a lasting right says of it.

What the request leaves open and ``prepare`` settles is the request's from then on: policy decides by it, grants count
it, the question shows it, and the digest and all that is called under it are bound to it. Rules:

1. Only a field of the very method can be settled, which its document marks as material: such a field has a title, so
   that it is shown. It is open: the request does not have it, or has null.
2. Its value is one of the field's type; beside a text that the user reads, every text in it is seen as it is
   (``reading.py``). An item is named by the provider's own reference, and shown by its name.
3. Items of its own a provider may name by their ids, for the field that policy decides about: one is settled, and
   among several the user chooses with the yes, which is decided, put on record and remembered for that one alone.
4. Whoever breaks a rule prepared nothing usable: the request ends as ``unavailable``, and is on record.
5. A question that the user said yes to covers all that stood in it. A grant alone covers what was settled only where it
   is for that very value: the item or value that it holds for, the amount and currency that it counts. For all else
   that the provider wants to do with it there is a question of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import fits
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.policy import ScopeType
from etui.trusted.router import reading, wording
from etui.trusted.router.references import Place, is_well_formed
from etui.trusted.router.requests import Settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.trusted.policy import Grant
    from etui.trusted.router.naming import Naming
    from etui.trusted.router.requests import Cleared, Request
    from etui.trusted.router.router import Router
    from etui.trusted.router.wallet import Opened

MAX_CHOICES: Final = 50
_NOT_DECIDED: Final = "is not what policy decides about"


class Settling:
    """Takes what providers settle into their requests."""

    def __init__(self, router: Router, naming: Naming) -> None:
        self._router = router
        self._naming = naming

    async def settle(self, request: Request, said: Mapping[str, msgspec.Raw]) -> None:
        """Puts what the provider of a request settled into it; raises ``ProtocolError`` where it may not be."""
        decoded = ((name, msgspec.json.decode(value)) for name, value in said.items())
        values = {name: value for name, value in decoded if value is not None}
        if not values:
            return
        for name, value in values.items():
            if wrong := _wrong(request, name, value):
                raise self._unusable(request, f"it settled “{name[:120]}”, which {wrong}")
        places = {name: self._place(request, str(values[name])) for name in _references(request, values)}
        named = {name: await self._named(request, place) for name, place in places.items()}
        names = {name: label for name, (label, _) in named.items()}
        keepers = {name: keeper for name, (_, keeper) in named.items()}
        self._naming.settle(request, Settled(values=values, places=places, names=names, keepers=keepers))
        if request.method.compiled.read:
            try:
                reading.check(request.method.compiled, request.seen)
            except ProtocolError as error:
                raise self._unusable(request, error.message) from None

    async def offer(self, request: Request, said: Mapping[str, list[str]]) -> None:
        """Settles the one item of its own that the provider offers, or has the user choose among several later.

        Raises ``ProtocolError`` where it may not be.
        """
        for name, ids in said.items():
            wrong = _closed(request, name) if name == request.method.item_field else _NOT_DECIDED
            if wrong:
                raise self._unusable(request, f"it offered items for “{name[:120]}”, which {wrong}")
            items = tuple(dict.fromkeys(ids))
            if not 0 < len(items) <= MAX_CHOICES:
                raise self._unusable(request, f"it offered {len(items)} items, and may offer 1 to {MAX_CHOICES}")
            if unknown := [item for item in items if item not in request.provider.items]:
                await self._router.providers.locate(request.provider, unknown)
            if not all(item in request.provider.items for item in items):
                raise self._unusable(request, "it offered an item that is not there any more")
            if len(items) == 1:
                await self.choose(request, items[0])
            else:
                request.choices = items

    async def choose(self, request: Request, item: str) -> None:
        """Settles an item of the provider's own for the field that policy decides about."""
        opened, provider = self._router.unlocked(), request.provider
        place = Place(provider.installation, item)
        reference = opened.references.make(provider.principal, opened.clients.epoch(provider.principal), place)
        request.choices = ()
        await self.settle(request, {request.method.item_field: msgspec.Raw(msgspec.json.encode(reference))})

    def _place(self, request: Request, reference: str) -> Place:
        if is_well_formed(reference):
            try:
                return self._router.unlocked().place(request.provider.principal, reference)
            except ProtocolError:
                pass
        raise self._unusable(request, "it settled an item by a reference that is not its own")

    async def _named(self, request: Request, place: Place) -> tuple[str, str]:
        """What an item of another Extension is called, and of what kind and whose it is."""
        keeper = self._router.registry.by_installation(place.installation)
        if keeper is not None and place.item not in keeper.items:
            await self._router.providers.ensure_running(keeper)
            await self._router.providers.locate(keeper, [place.item])
        entry = keeper.items.get(place.item) if keeper is not None else None
        if keeper is None or entry is None:
            raise self._unusable(request, "it settled an item that is not there any more")
        kind = wording.kind_title(keeper, entry)
        return wording.name_of(entry, kind), f"{kind}, kept by {keeper.name}"

    def _unusable(self, request: Request, reason: str) -> ProtocolError:
        name = request.provider.name
        why = self._router.record_refusal(request.caller, request.method, f"{name} prepared nothing usable: {reason}")
        return ProtocolError(ErrorCode.UNAVAILABLE, f"{name} prepared nothing usable: {reason}", why=why)


def _references(request: Request, values: Mapping[str, object]) -> list[str]:
    return [name for name in values if name in request.method.compiled.references]


def _wrong(request: Request, name: str, value: object) -> str:
    """What is wrong with settling a field so; empty where it may be."""
    compiled = request.method.compiled
    if closed := _closed(request, name):
        return closed
    field = compiled.method.params[name]
    if not fits(field, value, compiled.types):
        return f"is no {field.type.value} as the interface has it"
    return reading.not_seen(compiled, name, value) if compiled.read else ""


def _closed(request: Request, name: str) -> str:
    """Why this field is not left open to its provider; empty where it is."""
    field = request.method.compiled.method.params.get(name)
    if field is None or not field.material:
        return f"is no material field of {request.method.action.id}"
    return "the request itself says" if name in request.seen.material else ""


def unseen(opened: Opened, request: Request, cleared: Cleared) -> frozenset[str]:
    """The settled fields that nobody said yes to.

    That is neither the user, for this request or for the call it is made under, nor the grants that allow it.
    """
    if cleared.consent is not None or not request.settled.values:
        return frozenset()
    left = request.settled.values.keys() - _granted(opened, request, cleared)
    if (parent := request.under) is not None and parent.consented:
        left -= parent.material.keys() - parent.unseen
    return frozenset(left)


def _granted(opened: Opened, request: Request, cleared: Cleared) -> set[str]:
    """The fields for whose very values there is a grant, of each member of the chain that needed one."""
    reserved = {reservation.grant for reservation in cleared.reservations}
    of_members: list[set[str]] = []
    for alternatives in cleared.verdict.alternatives:
        grants = [grant for name in alternatives if (grant := opened.grants.get(name)) is not None]
        of_members.append({field for grant in grants for field in _fields_of(grant, request, grant.id in reserved)})
    return set.intersection(*of_members) if of_members else set()


def _fields_of(grant: Grant, request: Request, is_counted: bool) -> set[str]:  # noqa: FBT001  # a fact of the grant
    """The fields of which a grant is for one value alone; the amount too, where it was taken out of it."""
    method = request.method
    marked = method.compiled.marked
    marks: list[str] = []
    if is_counted and grant.limit is not None:
        marks += ["amount", "currency"]
    if grant.where is not None:
        marks.append(grant.where[0])
    fields = {marked[mark] for mark in marks if mark in marked}
    if grant.scope.type is ScopeType.ITEM:
        names_item = method.item_field in request.items or method.item_field in request.settled.places
        fields.add(method.item_field if names_item else marked[method.compiled.scope])
    return fields
