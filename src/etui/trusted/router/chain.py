"""What a call inherits from the one it is made under, and what it may not change on the way.

An Extension that serves a call may make others under it. Its material fields (an amount, an item, a host, …) must
equal those that were consented to, whether they stood in the request or were settled by ``prepare``; a call whose
material fields all stand there, equal, is *covered*: the consent to the first is the consent to it. What is not covered
needs rights of its own, or a question of its own: so does what was settled under a lasting right that is not for it.
Consent to an amount is consent to spend it once: under one call a method that has one is covered once. Once it was,
what was reserved for that consent stays spent, whatever the provider of the call above says became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces import Seen
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.references import Place
    from etui.trusted.router.registry import Method

_AMOUNT: Final = "amount"
_PLACE: Final = b"\0"
"""No JSON value begins so."""


def material_of(seen: Seen, places: Mapping[str, Place]) -> dict[str, bytes]:
    """What is material in a request: an item by its place, since each end names it by another reference."""
    return {name: _at(places[name]) if name in places else _canonical(value) for name, value in seen.material.items()}


def altered(parent: ActiveCall, material: Mapping[str, bytes]) -> str:
    """The first field that is not what was consented to; empty where none is."""
    for name, value in material.items():
        consented = parent.material.get(name)
        if consented is not None and consented != value:
            return name
    return ""


def is_covered(parent: ActiveCall, method: Method, seen: Seen, material: Mapping[str, bytes]) -> bool:
    """Whether the consent to the parent is the consent to this call, whose fields are not altered.

    What policy sees of it has to be material too: nothing is decided by a value that nobody consented to.
    """
    if not parent.consented or not material or is_spent(parent, method, seen.policy):
        return False
    visible = {method.compiled.marked[mark] for mark in seen.policy} | {name for name, _ in seen.references}
    return visible <= material.keys() <= parent.material.keys() - parent.unseen


def is_spent(parent: ActiveCall, method: Method, fields: Mapping[str, object]) -> bool:
    """Whether this method was called for an amount under the parent already. ``fields``: what policy sees of it."""
    return _AMOUNT in fields and method.action.id in parent.spent


def spend(parent: ActiveCall, method: Method, fields: Mapping[str, object]) -> bool:
    """Notes that this method is called under the parent, where that is for an amount; whether it could be yet."""
    if is_spent(parent, method, fields):
        return False
    if _AMOUNT in fields:
        parent.spent.add(method.action.id)
    return True


def has_effect(call: ActiveCall, fields: Mapping[str, object]) -> None:
    """Notes with its parent that a covered call is made, where that is for an amount."""
    if call.under is not None and _AMOUNT in fields:
        call.under.effective.add(call.id)


def had_none(call: ActiveCall) -> None:
    """Takes that back, where the call certainly came to nothing, and what was called under it too."""
    if call.under is not None and not call.effective:
        call.under.effective.discard(call.id)


def _at(place: Place) -> bytes:
    return b"\0".join((b"", place.installation.encode(), place.item.encode()))


def _canonical(value: bytes) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(value))
