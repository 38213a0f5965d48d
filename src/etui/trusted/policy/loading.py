"""Loads the policies of manufacturer, operator and accessibility profiles as one set that fits the schema.

Rules of this module:

1. A policy's id says its layer, its file and its name; an error names the file, and the policy in it.
2. What does not parse, has a slot, bears an id twice or reads what the schema does not have is refused.
3. Cedar's parser recurses as deep as a text nests, until the process dies of it: what nests deeper than anybody writes
   is refused before it is parsed.
4. A decision knows the groups of its own action alone, so a policy that asks for those of another is refused.
5. A profile may speak of an interface whose document left with another package. Nobody can call that one, so its rule
   waits until it comes back, and the wallet opens.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cedarpy

from etui.trusted.policy.question import PolicyError
from etui.trusted.policy.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from etui.interfaces import CompiledInterface

MANUFACTURER: Final = Path(__file__).with_name("manufacturer.cedar")
MAX_TEXT_BYTES: Final = 64 << 10
MAX_BRACKETS: Final = 100
_GRANT_TEMPLATE: Final = '@id("user/grant")\npermit (principal in ?principal, action, resource in ?resource);\n'
_CONTEXT: Final = {"Var": "context"}
_BRACKET: Final = re.compile(r"[(\[{]|[)\]}]")


class Loaded(NamedTuple):
    """The policies of all layers but the user's, and the template of a grant; what the former depend on.

    The template reads nothing of a request but who asks for what. ``timed``: whether any policy reads the time.
    ``names_items``: whether any names an item. ``groups``: the groups of Clients that any names. ``ids``: those of the
    former, which no grant may have.
    """

    policies: cedarpy.PolicySet
    grant: cedarpy.PolicySet
    ids: frozenset[str]
    timed: bool
    names_items: bool
    groups: frozenset[str]


def load(interfaces: Iterable[CompiledInterface], operator: Mapping[str, str], profiles: Mapping[str, Any]) -> Loaded:
    """One set of all layers; ``operator``: Cedar text by file name, ``profiles``: Cedar's JSON form by id.

    Raises ``PolicyError``.
    """
    known = list(interfaces)
    static = _parsed("manufacturer.cedar", MANUFACTURER.read_text(encoding="utf-8"), prefix="")
    layers = [(file, _parsed(file, text, prefix=f"operator/{file}/")) for file, text in operator.items()]
    layers.append(("an accessibility profile", _callable(profiles, [interface.id for interface in known])))
    for file, policies in layers:
        for policy_id, policy in policies.items():
            if policy_id in static:
                raise PolicyError(f"{file}: the id {policy_id!r} stands twice; give each policy its own")
            if _asks_of_another_action(policy):
                raise PolicyError(f"{policy_id}: before `in` stands an action other than the request's; write `action`")
            static[policy_id] = policy
    _check(static, schema_of(known))
    loaded = cedarpy.PolicySet.from_json_str(_document(static))
    grant = cedarpy.PolicySet.from_str(_GRANT_TEMPLATE)
    all_of_them = list(static.values())
    return Loaded(
        loaded,
        grant,
        frozenset(static),
        timed=_depends_on_time(all_of_them),
        names_items=_names(all_of_them, "Item"),
        groups=frozenset(_named(all_of_them, "Clients")),
    )


def must_only_forbid(operator: Mapping[str, str]) -> None:
    """Raises ``PolicyError`` that names a policy of these files which permits something.

    Files that any program of the user can write may narrow what the user decides, and give nothing away.
    """
    for file, text in operator.items():
        for name, policy in _parsed(file, text, prefix="").items():
            if policy["effect"] != "forbid":
                raise PolicyError(
                    f"{file}: the policy {name!r} permits something; in a profile a policy may only forbid, and rights"
                    f" are given with `etui grant`"
                )


def _parsed(file: str, text: str, *, prefix: str) -> dict[str, Any]:
    """The policies of one text by id: ``prefix``, and the policy's annotation or else its number in the file."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise PolicyError(f"{file}: it has more than {MAX_TEXT_BYTES >> 10} KiB; split it into several files")
    if _brackets(text) > MAX_BRACKETS:
        raise PolicyError(f"{file}: brackets stand more than {MAX_BRACKETS} deep in each other; write it flatter")
    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise PolicyError(f"{file}: {_broken(text)} is no Cedar policy: {error}") from None
    except RecursionError:
        raise PolicyError(f"{file}: a condition nests too deep; write it as several policies") from None
    for template in document["templates"].values():
        name = template.get("annotations", {}).get("id")
        which = f"the policy {name!r}" if name else "a policy"
        raise PolicyError(f"{file}: {which} has a slot (?principal, ?resource); name whom it means")
    named: dict[str, Any] = {}
    for number, policy in enumerate(document["staticPolicies"].values(), 1):
        name = policy.get("annotations", {}).get("id") or f"{number}"
        if prefix + name in named:
            raise PolicyError(f"{file}: the id {name!r} stands twice; give each policy its own")
        named[prefix + name] = policy
    return named


def _brackets(text: str) -> int:
    """How deep brackets stand in each other; those in comments and texts count, which only makes it more."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _broken(text: str) -> str:
    """Which policy of a text does not parse: the first that stands after those that do."""
    parsed = end = 0
    for semicolon in re.finditer(";", text):
        try:
            document = json.loads(cedarpy.policies_to_json_str(text[end : semicolon.end()]))
        except (ValueError, RecursionError):
            continue
        parsed += len(document["staticPolicies"]) + len(document["templates"])
        end = semicolon.end()
    begins = len(text) - len(text[end:].lstrip())
    return f"policy {parsed + 1} (line {text.count(chr(10), 0, begins) + 1})"


def _callable(profiles: Mapping[str, Any], known: list[str]) -> dict[str, Any]:
    """The policies of profiles without the actions of interfaces that are not registered, which nobody can call."""
    within = tuple(f"{interface}." for interface in known)
    kept: dict[str, Any] = {}
    for policy_id, policy in profiles.items():
        action = policy["action"]
        if action["op"] == "All":
            kept[policy_id] = policy
            continue
        named = [e for e in action["entities"] if e["id"] in known or e["id"].startswith(within)]
        if named:
            kept[policy_id] = {**policy, "action": {**action, "entities": named}}
    return kept


def _check(static: Mapping[str, Any], schema: dict[str, Any]) -> None:
    """Raises ``PolicyError`` that names the policy which does not parse or does not fit the schema."""
    try:
        text = cedarpy.policies_from_json_str(_document(static))
    except (ValueError, RecursionError):
        unfit = next(policy_id for policy_id, policy in static.items() if not _is_sound(policy))
        raise PolicyError(f"{unfit}: it nests too deep, or holds a number or text that no policy can hold") from None
    checked = cedarpy.validate_policies(text, json.dumps(schema))
    if not checked.validation_passed:
        first = checked.errors[0]
        name = checked.id_annotations_by_policy_id.get(first.policy_id, first.policy_id)
        problem = first.error.removeprefix(f"for policy `{first.policy_id}`, ")
        raise PolicyError(f"{name} does not fit the schema: {problem}")


def _is_sound(policy: Mapping[str, Any]) -> bool:
    try:
        cedarpy.policies_from_json_str(_document({"": policy}))
    except (ValueError, RecursionError):
        return False
    return True


def _document(static: Mapping[str, Any]) -> str:
    """The policies as Cedar's JSON form has them, each annotated with its id, by which an error names it."""
    named = {
        policy_id: {**policy, "annotations": {**policy.get("annotations", {}), "id": policy_id}}
        for policy_id, policy in static.items()
    }
    return json.dumps({"staticPolicies": named, "templates": {}, "templateLinks": []})


def _asks_of_another_action(node: object) -> bool:
    """Whether a policy, or a part of one, asks to which groups an action belongs that it names itself."""
    if isinstance(node, list):
        return any(_asks_of_another_action(part) for part in node)
    if not isinstance(node, dict):
        return False
    for asked in (node.get("in"), node.get("is")):  # `is` may go on with `in`
        if isinstance(asked, dict) and _names(asked.get("left"), "Action"):
            return True
    return any(_asks_of_another_action(part) for part in node.values())


def _names(node: object, kind: str) -> bool:
    """Whether a policy, or a part of one, names an entity of this type, in its head or its conditions."""
    return any(True for _ in _named(node, kind))


def _named(node: object, kind: str) -> Iterator[str]:
    """The ids of the entities of this type that a policy, or a part of one, names."""
    if isinstance(node, list):
        parts: Iterable[object] = node
    elif isinstance(node, dict):
        parts = node.values()
        if node.get("type") == kind and "id" in node:
            yield node["id"]
    else:
        return
    for part in parts:
        yield from _named(part, kind)


def _depends_on_time(node: object) -> bool:
    """Whether a policy, or a part of one, reads the time: by name, or by taking the context as a whole."""
    if isinstance(node, list):
        return any(_depends_on_time(part) for part in node)
    if not isinstance(node, dict):
        return False
    if node == _CONTEXT:
        return True
    read = node.get(".") or node.get("has")
    if isinstance(read, dict) and read.get("left") == _CONTEXT:
        return bool(read.get("attr") == "time")
    return any(_depends_on_time(part) for part in node.values())
