"""An Extension's accessibility profile, compiled to policies in Cedar's JSON form, never by joining text.

A profile only narrows: each of its rules becomes a ``forbid`` over the Extension's own items. It cannot open an item
below consent, since it holds no ``permit``, and it reaches no other Extension, since each rule names its resource.
"""

from __future__ import annotations

from typing import Any

import msgspec


class ProfileRule(msgspec.Struct, frozen=True, kw_only=True):
    """Who may ever call these methods on the Extension's items.

    ``methods``: actions (``secret/1.read``) or interfaces (``secret/1``); none means all. ``kinds``: kinds of items;
    none means all. ``least_assurance`` 0 to 2, ``least_strength`` 1 to 3. ``only`` and ``never``: principals' ids, a
    trailing ``*`` stands for anything. ``or_finger``: one that fprintd recognised does in place of assurance 2.
    ``limits``: the largest amount in minor units, by currency. ``above``: it is for calls about more than this alone,
    by currency; an amount in a currency that is not named is more.
    """

    methods: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    least_assurance: int = 0
    or_finger: bool = False
    least_strength: int = 1
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    above: tuple[tuple[str, int], ...] = ()


def compile_profile(extension: str, rules: tuple[ProfileRule, ...]) -> dict[str, Any]:
    """The static policies of a profile by their ids, ``profile/EXTENSION/N``, as Cedar's JSON form has them.

    A rule for several kinds becomes one policy for each, ``profile/EXTENSION/N.KIND``.
    """
    policies: dict[str, Any] = {}
    for number, rule in enumerate(rules, 1):
        name = f"profile/{extension}/{number}"
        if not rule.kinds:
            policies[name] = _forbid({"type": "Extension", "id": extension}, rule)
        for kind in rule.kinds:
            policies[f"{name}.{kind}"] = _forbid({"type": "Kind", "id": f"{extension}#{kind}"}, rule)
    return policies


def _forbid(resource: dict[str, str], rule: ProfileRule) -> dict[str, Any]:
    action: dict[str, Any] = {"op": "All"}
    if rule.methods:
        action = {"op": "in", "entities": [{"type": "Action", "id": method} for method in rule.methods]}
    return {
        "effect": "forbid",
        "principal": {"op": "All"},
        "action": action,
        "resource": {"op": "in", "entity": resource},
        "conditions": [
            *([{"kind": "when", "body": _above_all(rule.above)}] if rule.above else []),
            {"kind": "when", "body": {"!": {"arg": _all_met(rule)}}},
        ],
    }


def _all_met(rule: ProfileRule) -> dict[str, Any]:
    """The conjunction of what the rule demands; what the user did for a call counts for those that it covers."""
    demands = [
        _sure_enough(rule),
        {">=": {"left": _context("strength"), "right": {"Value": rule.least_strength}}},
    ]
    if rule.only:
        demands.append(_any_of([_like(pattern) for pattern in rule.only]))
    if rule.never:
        demands.append({"!": {"arg": _any_of([_like(pattern) for pattern in rule.never])}})
    if rule.limits:
        demands.append(_within_one(rule.limits))
    met = demands[0]
    for demand in demands[1:]:
        met = {"&&": {"left": met, "right": demand}}
    return met


def _sure_enough(rule: ProfileRule) -> dict[str, Any]:
    enough = {">=": {"left": _context("assurance"), "right": {"Value": rule.least_assurance}}}
    return {"||": {"left": _context("fingerprint"), "right": enough}} if rule.or_finger else enough


def _context(attribute: str) -> dict[str, Any]:
    return {".": {"left": {"Var": "context"}, "attr": attribute}}


def _within_one(limits: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """The amount is given, in one of the currencies and within its limit."""
    within = [
        {
            "&&": {
                "left": {"==": {"left": _context("currency"), "right": {"Value": currency}}},
                "right": {"<=": {"left": _context("amount"), "right": {"Value": most}}},
            }
        }
        for currency, most in limits
    ]
    return {"&&": {"left": {"&&": {"left": _has("amount"), "right": _has("currency")}}, "right": _any_of(within)}}


def _above_all(limits: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """An amount is given, and not within the one of its currency."""
    return {"&&": {"left": _has("amount"), "right": {"!": {"arg": _within_one(limits)}}}}


def _has(attribute: str) -> dict[str, Any]:
    return {"has": {"left": {"Var": "context"}, "attr": attribute}}


def _any_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """Halved and halved again, since Cedar reads nothing that nests much deeper than a hundred."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    return {"||": {"left": _any_of(conditions[:middle]), "right": _any_of(conditions[middle:])}}


def _like(pattern: str) -> dict[str, Any]:
    body: list[Any] = [{"Literal": character} for character in pattern.removesuffix("*")]
    if pattern.endswith("*"):
        body.append("Wildcard")
    return {"like": {"left": _context("client"), "pattern": body}}
