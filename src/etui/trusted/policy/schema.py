"""The Cedar schema and the action hierarchy, made from the interfaces that are registered.

An action belongs to its interface (``Action::"secret/1"``), its effect (``Action::"effect:disclose"``) and who may call
it (``Action::"callers:anyone"``; what is for doors alone belongs to ``callers:doors`` beside that). An item belongs to
its group, its kind within its Extension, and its Extension.

A name under which policy sees a field means the same in every interface, or a rule about it would mean nothing: one
that policy knows itself is no interface's to give, and one method gives each name once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from etui.interfaces import Callers, Effect, FieldType
from etui.trusted.policy.question import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.interfaces import CompiledInterface

_PRINCIPALS: Final = ["Client", "Door", "Extension"]
_RESOURCES: Final = ["Item", "Extension"]
_NUMBERS: Final = {FieldType.INTEGER, FieldType.TIME}
_SHARED: Final = {"amount": "Long", "currency": "String", "host": "String"}
"""Names that policies of other layers and grants with limits rely on."""


def schema_of(interfaces: Iterable[CompiledInterface]) -> dict[str, Any]:
    """The schema in Cedar's JSON form: principals, resources, and each action with its context.

    Raises ``PolicyError`` where an interface marks a field for policy by a name that is not its own to give.
    """
    actions: dict[str, Any] = {}
    for interface in interfaces:
        actions[interface.id] = {}
        for method in interface.methods.values():
            actions[method.action] = {
                "memberOf": [{"id": parent} for parent in parents_of(interface, method.name)],
                "appliesTo": {
                    "principalTypes": _PRINCIPALS,
                    "resourceTypes": _RESOURCES,
                    "context": {"type": "Record", "attributes": _context(interface, method.name)},
                },
            }
    for group in (*(f"effect:{e.value}" for e in Effect), *(f"callers:{c.value}" for c in Callers)):
        actions[group] = {}
    members = {"type": "Set", "element": {"type": "String"}}
    return {
        "": {
            "entityTypes": {
                "Clients": {},
                "Client": {"memberOfTypes": ["Clients"]},
                "Door": {},
                "Extension": {"shape": {"type": "Record", "attributes": {"uses": members, "hosts": members}}},
                "Kind": {"memberOfTypes": ["Extension"]},
                "Group": {},
                "Item": {"memberOfTypes": ["Group", "Kind", "Extension"]},
            },
            "actions": actions,
        }
    }


def parents_of(interface: CompiledInterface, method: str) -> tuple[str, ...]:
    """The groups of actions that a method belongs to."""
    document = interface.document
    callers = document.callers_of(method)
    groups = (callers, Callers.ANYONE) if callers is Callers.DOORS else (callers,)
    effect = f"effect:{document.methods[method].effect.value}"
    return (interface.id, effect, *(f"callers:{group.value}" for group in groups))


def action_entities(interfaces: Iterable[CompiledInterface]) -> dict[str, str]:
    """Each action with the groups that it belongs to, as Cedar's JSON entities."""
    return {
        method.action: json.dumps(
            [
                {
                    "uid": {"type": "Action", "id": method.action},
                    "attrs": {},
                    "parents": [{"type": "Action", "id": parent} for parent in parents_of(interface, method.name)],
                }
            ]
        )
        for interface in interfaces
        for method in interface.methods.values()
    }


def _context(interface: CompiledInterface, method: str) -> dict[str, Any]:
    text = {"type": "String"}
    number = {"type": "Long"}
    truth = {"type": "Boolean"}
    context: dict[str, Any] = {
        "assurance": number,
        "fingerprint": truth,
        "strength": number,
        "time": number,
        "client": text,
        "interface": text,
        "own": truth,
        "derived": truth,
        "covered": truth,
        "chain": {"type": "Set", "element": text},
    }
    for name, field in interface.document.methods[method].params.items():
        mark = field.policy
        if mark is None or field.type is FieldType.REFERENCE:
            continue
        kind = number if field.type in _NUMBERS else truth if field.type is FieldType.BOOLEAN else text
        where = f"{interface.id}.{method}: policy cannot see {name} as {mark!r}"
        if mark in context:
            raise PolicyError(f"{where}, which stands for something else there")
        if kind["type"] != _SHARED.get(mark, kind["type"]):
            raise PolicyError(f"{where}, which is a {_SHARED[mark]} everywhere")
        context[mark] = {**kind, "required": False}
    return context
