"""The accessibility profile: what an Extension declares of who may ever use its items, and at what assurance.

Rules of the profile:

1. A rule applies to a call of one of its ``methods`` and, with ``kinds``, of an item of one of these kinds; with
   ``above``, to one about more than that alone.
2. Every rule that applies has to be fulfilled. So a rule only narrows; without one, policy and user decide alone.
3. It is a declaration and no program: policy is compiled from it, value by value, never by joining text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MAX_RULES: Final = 64
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_METHOD: Final = re.compile(r"(?P<interface>[a-z0-9_.-]+/[1-9][0-9]{0,3})(?:\.(?P<method>[a-z][a-z0-9_]{0,39}))?")
_CLIENTS: Final = re.compile(r"[a-z][a-z0-9-]{0,19}:[^\x00-\x20*\x7f][^\x00-\x1f*\x7f]*\*?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

_Names = Annotated[tuple[Annotated[str, Meta(max_length=160)], ...], Meta(max_length=64)]
_Clients = Annotated[tuple[Annotated[str, Meta(max_length=1000)], ...], Meta(max_length=64)]


class Assurance(Enum):
    """How surely the user was there, weakest first."""

    NONE = "none"
    CONSENT = "consent"
    FINGERPRINT = "fingerprint"
    """The user agrees, and fprintd recognises a finger, or the PIN is given."""
    PIN = "pin"
    """The user agrees, and gives the PIN or the passphrase."""


class Evidence(Enum):
    """How surely the Client is known, weakest first."""

    CLAIMED = "claimed"
    OBSERVED = "observed"
    VERIFIED = "verified"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The most that one call may be about: ``amount_minor`` in minor units of ``currency`` (ISO 4217)."""

    currency: str
    amount_minor: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One condition on the use of the Extension's items.

    Args:
        methods: as ``secret/1.read``, or ``secret/1`` for all of an interface; empty: every method.
        kinds: kinds of items; empty: every kind. One of the two is given.
        least_assurance: the weakest assurance with which the call may go through.
        least_evidence: the weakest evidence of the Client with which it may.
        only_clients: principals, or prefixes of principals ending in ``*``; others may never. Empty: anybody may.
        never_clients: principals or prefixes that may never.
        limits: one for each currency; a call without an amount, or with one in a currency that is not named, may
            not go through. Empty: no limit.
        above: one for each currency; the rule applies only to a call about more than this, or about an amount in a
            currency that is not named. Empty: whatever the amount, and also where there is none.

    """

    methods: _Names = ()
    kinds: _Names = ()
    least_assurance: Assurance = Assurance.NONE
    least_evidence: Evidence = Evidence.CLAIMED
    only_clients: _Clients = ()
    never_clients: _Clients = ()
    limits: Annotated[tuple[Limit, ...], Meta(max_length=16)] = ()
    above: Annotated[tuple[Limit, ...], Meta(max_length=16)] = ()


class AccessibilityProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rules of an Extension; none where it leaves everything to policy and user."""

    rules: Annotated[tuple[Rule, ...], Meta(max_length=MAX_RULES)] = ()


def profile_problems(profile: AccessibilityProfile, provides: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each key of the profile that breaks a rule of writing, and what to do about it.

    ``provides``: the interfaces that the Extension provides; a rule about others would never apply.
    """
    for position, rule in enumerate(profile.rules):
        at = f"rules[{position}]"
        if not rule.methods and not rule.kinds:
            yield at, "applies to nothing; name `methods`, `kinds` or both"
        yield from _method_problems(at, rule, provides)
        for number, kind in enumerate(rule.kinds):
            if not _KIND.fullmatch(kind):
                yield f"{at}.kinds[{number}]", f"{kind[:80]!r} is no kind of item; write it as its interface does"
        for name, clients in (("only_clients", rule.only_clients), ("never_clients", rule.never_clients)):
            for number, client in enumerate(clients):
                if not _CLIENTS.fullmatch(client):
                    yield (
                        f"{at}.{name}[{number}]",
                        f"{client[:80]!r} is no principal; write `app:/usr/bin/shop`, or a prefix and `*`",
                    )
        yield from _limit_problems(f"{at}.limits", rule.limits)
        yield from _limit_problems(f"{at}.above", rule.above)


def split_method(method: str) -> tuple[str, str | None]:
    """The interface that a rule's ``methods`` entry names, and the method, or None for all of the interface."""
    interface, _, version_and_method = method.rpartition("/")
    version, _, name = version_and_method.partition(".")
    return f"{interface}/{version}", name or None


def _method_problems(at: str, rule: Rule, provides: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for number, method in enumerate(rule.methods):
        found = _METHOD.fullmatch(method)
        if found is None:
            yield (
                f"{at}.methods[{number}]",
                f"{method[:80]!r} is no method; write it as `secret/1.read` or `secret/1`",
            )
        elif found["interface"] not in provides:
            yield (
                f"{at}.methods[{number}]",
                f"{found['interface']} is not provided here; add it to `provides` or drop the method",
            )


def _limit_problems(at: str, limits: tuple[Limit, ...]) -> Iterator[tuple[str, str]]:
    currencies: set[str] = set()
    for number, limit in enumerate(limits):
        where = f"{at}[{number}].currency"
        if not _CURRENCY.fullmatch(limit.currency):
            yield where, f"{limit.currency[:80]!r} is no currency; write its three letters, as `EUR`"
        elif limit.currency in currencies:
            yield where, f"{limit.currency} has a limit already; keep one of the two"
        currencies.add(limit.currency)
