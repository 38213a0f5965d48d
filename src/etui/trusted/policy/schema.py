"""The Cedar schema and the action hierarchy, made from the interfaces that are registered.

An action belongs to its interface (``Action::"secret/1"``), its effect (``Action::"effect:disclose"``) and who may call
it (``Action::"callers:anyone"``). An item belongs to its group, its kind within its Extension, and its Extension.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from etui.interfaces import Callers, Effect, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.interfaces import CompiledInterface

_PRINCIPALS: Final = ["Client", "Door", "Extension"]
_RESOURCES: Final = ["Item", "Extension"]
_NUMBERS: Final = {FieldType.INTEGER, FieldType.TIME}


def schema_of(interfaces: Iterable[CompiledInterface]) -> dict[str, Any]:
    """The schema in Cedar's JSON form: principals, resources, and each action with its context."""
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


def parents_of(interface: CompiledInterface, method: str) -> tuple[str, str, str]:
    """The groups of actions that a method belongs to."""
    document = interface.document
    return (interface.id, f"effect:{document.methods[method].effect.value}", f"callers:{document.callers.value}")


def action_entities(interfaces: Iterable[CompiledInterface]) -> str:
    """The action hierarchy as Cedar's JSON entities."""
    entities = [
        {
            "uid": {"type": "Action", "id": method.action},
            "attrs": {},
            "parents": [{"type": "Action", "id": parent} for parent in parents_of(interface, method.name)],
        }
        for interface in interfaces
        for method in interface.methods.values()
    ]
    return json.dumps(entities)


def _context(interface: CompiledInterface, method: str) -> dict[str, Any]:
    text = {"type": "String"}
    number = {"type": "Long"}
    truth = {"type": "Boolean"}
    context: dict[str, Any] = {
        "assurance": number,
        "strength": number,
        "time": number,
        "client": text,
        "interface": text,
        "own": truth,
        "derived": truth,
        "covered": truth,
        "chain": {"type": "Set", "element": text},
    }
    for field in interface.document.methods[method].params.values():
        if field.policy is None or field.type is FieldType.REFERENCE or field.policy in context:
            continue
        kind = number if field.type in _NUMBERS else truth if field.type is FieldType.BOOLEAN else text
        context[field.policy] = {**kind, "required": False}
    return context
