"""Decisions that are kept: the same as a fresh engine's, whatever was asked before, until they say."""

import math
from typing import Any

import cedarpy
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    CLIENT,
    DOOR,
    EXTENSION,
    FETCH,
    KEEP,
    LOOK,
    MINE,
    NOW,
    PAY,
    SHOW,
    TEXTS,
    WHOLE,
    engine,
    grant,
    grants,
    question,
    questions,
)

from etui.trusted.policy import (
    Assurance,
    Decision,
    Grant,
    GrantTable,
    Limit,
    Outcome,
    PolicyEngine,
    Principal,
    PrincipalType,
    ProfileRule,
    Question,
    Resource,
)
from etui.trusted.policy import engine as engine_module

NOTHING = GrantTable()
TIMED = "forbid (principal, action, resource) when { context.time >= 1750000003 };"


class Evaluations:
    """How often Cedar was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        really = cedarpy.is_authorized

        def counted(*args: Any) -> cedarpy.AuthzResult:  # noqa: ANN401  # passed on as they are
            self.count += 1
            return really(*args)

        monkeypatch.setattr(cedarpy, "is_authorized", counted)

    def of(self, rules: PolicyEngine, asked: Question, held: GrantTable = NOTHING, now: float = NOW) -> int:
        before = self.count
        rules.decide(asked, held, now)
        return self.count - before


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> Evaluations:
    return Evaluations(monkeypatch)


# what is kept


@pytest.mark.parametrize(
    "asked",
    [question(LOOK), question(SHOW), question(KEEP, CLIENT, WHOLE), question(PAY, fields={"payee": "Shop"})],
    ids=["allow", "ask", "deny", "fields"],
)
def test_decision_is_evaluated_once(evaluations: Evaluations, asked: Question) -> None:
    rules = engine()
    assert evaluations.of(rules, asked) > 0
    assert evaluations.of(rules, msgspec.structs.replace(asked)) == 0
    assert evaluations.of(rules, asked, now=NOW + 1e9) == 0


def test_decision_by_a_lasting_grant_is_evaluated_once(evaluations: Evaluations) -> None:
    rules, held = engine(), GrantTable([grant()])
    assert [evaluations.of(rules, question(), held) for _ in range(3)] == [1, 0, 0]


def test_dropping_forgets_every_decision(evaluations: Evaluations) -> None:
    rules = engine()
    rules.decide(question(LOOK), NOTHING, NOW)
    rules.drop()
    assert evaluations.of(rules, question(LOOK)) == 1


def test_grant_that_came_or_went_counts_once_decisions_are_dropped() -> None:
    rules, held = engine(), GrantTable()
    outcomes = [rules.decide(question(), held, NOW).outcome]
    held.add(grant())
    rules.drop()
    outcomes.append(rules.decide(question(), held, NOW).outcome)
    held.remove("g-1")
    rules.drop()
    outcomes.append(rules.decide(question(), held, NOW).outcome)
    assert outcomes == [Outcome.ASK, Outcome.ALLOW, Outcome.ASK]


# what is never kept


@pytest.mark.parametrize(
    "held",
    [grant(actions=(PAY,), uses=3), grant(actions=(PAY,), limit=Limit(currency="EUR", each_minor=9, total_minor=9))],
    ids=["uses", "money"],
)
@pytest.mark.parametrize("least", [0, 1], ids=["allowed by it", "asked in spite of it"])
def test_what_counts_uses_or_money_is_never_kept(evaluations: Evaluations, held: Grant, least: int) -> None:
    rules = engine(profile=[ProfileRule(methods=(PAY,), least_assurance=least)])
    asked = question(PAY, fields={"amount": 5, "currency": "EUR"})
    table = GrantTable([held])
    decision = rules.decide(asked, table, NOW)
    assert decision.outcome is (Outcome.ASK if least else Outcome.ALLOW)
    assert decision.until == 0
    assert evaluations.of(rules, asked, table) > 0


@pytest.mark.parametrize(
    "asked",
    [
        question(PAY, fields={"amount": -1}),
        question(resource=Resource(extension="ext:a/b", item="i-1")),
        question(principal=Principal(type=PrincipalType.CLIENT, id="app:/\ud800", strength=1)),
    ],
    ids=["out of range", "unknown item", "no text"],
)
def test_what_could_not_be_decided_is_not_kept(asked: Question) -> None:
    rules = engine()
    assert rules.decide(asked, NOTHING, NOW).until == 0
    assert not rules._kept


@pytest.mark.parametrize("length", [1_024, 1_025, 65_536])
def test_long_texts_fill_no_memory(length: int) -> None:
    rules = engine()
    rules.decide(question(PAY, resource=WHOLE, fields={"payee": "x" * length}), NOTHING, NOW)
    value = Resource(extension="ext:a/b", item="x" * length, kind="host")
    rules.decide(question(FETCH, EXTENSION, value), NOTHING, NOW)
    assert len(rules._kept) == (2 if length <= 1_024 else 0)


def test_number_of_kept_decisions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_MAX_CACHED", 10)
    rules = engine()
    for number in range(35):
        rules.decide(question(PAY, fields={"due": number}), NOTHING, NOW)
        assert len(rules._kept) <= 10
    assert rules.decide(question(PAY, fields={"due": 3}), NOTHING, NOW).outcome is Outcome.ASK


# until when


def test_decision_by_a_grant_is_kept_until_it_ends() -> None:
    rules, held = engine(), GrantTable([grant(until=int(NOW) + 9)])
    allowed = rules.decide(question(), held, NOW)
    assert (allowed.outcome, allowed.until) == (Outcome.ALLOW, int(NOW) + 9)
    assert rules.decide(question(), held, math.nextafter(allowed.until, 0)) is allowed
    assert rules.decide(question(), held, allowed.until).outcome is Outcome.ASK


def test_earliest_end_of_several_grants_counts() -> None:
    held = GrantTable([grant("g-1", until=int(NOW) + 9), grant("g-2"), grant("g-3", until=int(NOW) + 5)])
    assert engine().decide(question(), held, NOW).until == int(NOW) + 5


@pytest.mark.parametrize(
    ("condition", "until"),
    [
        ("context.time > 3", int(NOW) + 1),
        ('context["time"] > 3', int(NOW) + 1),
        ("context has time", int(NOW) + 1),
        ("(if context.own then context else context).time > 3", int(NOW) + 1),
        ("[context.time].contains(3)", int(NOW) + 1),
        ("context.own || !(context.derived && context.time > 3)", int(NOW) + 1),
        ("context.strength > 3", math.inf),
        ('context.client == "time"', math.inf),
        ('{"time": 3}.time > 3', math.inf),
        ("context has due && context.due > 3", math.inf),
    ],
)
def test_decision_is_kept_for_a_second_where_a_policy_reads_the_time(condition: str, until: float) -> None:
    rules = engine(operator=f"permit (principal, action, resource) when {{ {condition} }};")
    assert rules.decide(question(LOOK), NOTHING, NOW).until == until


@pytest.mark.parametrize("word", ["when", "unless"])
def test_time_of_the_second_condition_counts_too(word: str) -> None:
    rules = engine(operator=f"forbid (principal, action, resource) when {{ false }} {word} {{ context.time > 3 }};")
    assert rules.decide(question(LOOK), NOTHING, NOW).until == int(NOW) + 1


def test_policy_that_begins_at_a_time_begins_then() -> None:
    rules = engine(operator=TIMED)
    outcomes = [rules.decide(question(LOOK), NOTHING, now).outcome for now in (1750000002.9, 1750000003.0)]
    assert outcomes == [Outcome.ALLOW, Outcome.DENY]


@settings(max_examples=200)
@given(
    asked=questions(),
    table=st.lists(grants(), max_size=4),
    timed=st.booleans(),
    later=st.floats(0, 6) | st.sampled_from([0.5, 1.0, 2.5, 5.0, 1e9]),
)
def test_kept_decision_is_the_one_that_would_be_made(
    asked: Question, table: list[Grant], *, timed: bool, later: float
) -> None:
    rules = KEEPING[timed]
    rules.drop()
    held = GrantTable(table)
    first = rules.decide(asked, held, NOW)
    again = rules.decide(asked, held, NOW + later)
    rules.drop()
    fresh = rules.decide(asked, held, NOW + later)
    assert without_until(again) == without_until(fresh)
    if NOW + later < first.until:
        assert without_until(first) == without_until(fresh)


def without_until(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, until=0.0)


KEEPING = {True: engine(operator=TIMED), False: engine()}


# whose


def parts_of(asked: Question) -> list[Question]:
    """The same question with any one of its parts another."""
    principal, resource, action = asked.principal, asked.resource, asked.action
    replaced = msgspec.structs.replace
    others = [
        *(replaced(principal, type=kind) for kind in PrincipalType),
        *(replaced(principal, id=name) for name in (CLIENT.id, DOOR.id, EXTENSION.id)),
        *(replaced(principal, strength=strength) for strength in (1, 2, 3)),
        *(replaced(principal, groups=groups) for groups in ((), ("session",))),
        *(replaced(principal, uses=uses) for uses in ((), EXTENSION.uses)),
        *(replaced(principal, hosts=hosts) for hosts in ((), EXTENSION.hosts)),
        *(replaced(principal, tellable=tellable) for tellable in (True, False)),
    ]
    places = [
        replaced(resource, extension=EXTENSION.id),
        *(replaced(resource, item=item) for item in ("i-1", "i-2")),
        *(replaced(resource, kind=kind) for kind in ("login", "pin")),
        *(replaced(resource, group=group) for group in ("work", "")),
        WHOLE,
    ]
    fields = [
        {},
        {**asked.fields, "amount": 1},
        {**asked.fields, "amount": 101},
        {**asked.fields, "amount": True},
        {**asked.fields, "currency": "USD"},
        {**asked.fields, "express": True},
        {**asked.fields, "express": 1},
        {**asked.fields, "host": "bank.example"},
    ]
    return [
        *(replaced(asked, principal=other) for other in others),
        *(replaced(asked, resource=place) for place in places),
        *(replaced(asked, action=replaced(action, own=own)) for own in (True, False)),
        *(replaced(asked, action=replaced(action, interface=name)) for name in ("wallet/1", "org.example.shop/1")),
        *(question(method, principal, resource, fields=asked.fields) for method in (LOOK, SHOW, PAY, MINE, FETCH)),
        *(replaced(asked, fields=other) for other in fields),
        *(replaced(asked, chain=chain) for chain in ((), ("app:/first",))),
        *(replaced(asked, derived=derived) for derived in (True, False)),
        *(replaced(asked, covered=covered) for covered in (True, False)),
        *(replaced(asked, given=assurance) for assurance in Assurance),
    ]


READS_EVERYTHING = """
@id("strength") forbid (principal, action, resource) when { context.strength < 2 };
@id("client") forbid (principal, action, resource) when { context.client == "door:browser" && context.assurance < 2 };
@id("chain") forbid (principal, action, resource) when { context.chain.contains("app:/first") };
@id("own") forbid (principal, action, resource) when { context.own && principal is Client };
@id("interface") forbid (principal, action, resource) when { context.interface == "wallet/1" };
@id("group") forbid (
    principal in Clients::"session",
    action == Action::"org.example.shop/1.show",
    resource in Group::"ext:etui/etui.secrets#work"
) when { context.assurance < 2 };
@id("kind") forbid (principal, action, resource in Kind::"ext:etui/etui.secrets#pin") when { context.assurance < 2 };
@id("express") forbid (principal, action, resource) when { context has express && context.express == true };
@id("amount") forbid (principal, action, resource) when { context has amount && context.amount > 100 };
@id("currency") forbid (principal, action, resource) when { context has currency && context.currency == "USD" };
@id("item") forbid (principal, action, resource == Item::"ext:etui/etui.secrets#i-2") when { context.assurance < 2 };
"""
KNOWING = engine(operator=READS_EVERYTHING)
FRESH = engine(operator=READS_EVERYTHING)


@settings(max_examples=40)
@given(asked=questions())
@example(asked=question(PAY))
@example(asked=question(SHOW))
@example(asked=question(MINE, EXTENSION, WHOLE))
@example(asked=question(FETCH, EXTENSION, WHOLE, fields={"host": "bank.example"}))
def test_decision_of_one_question_is_never_given_for_another(asked: Question) -> None:
    held = GrantTable([grant(actions=("org.example.shop/1",)), grant("g-2", client="group:session")])
    KNOWING.drop()
    KNOWING.decide(asked, held, NOW)
    for other in parts_of(asked):
        FRESH.drop()
        assert KNOWING.decide(other, held, NOW) == FRESH.decide(other, held, NOW)


@given(name=TEXTS, value=TEXTS)
def test_texts_of_two_fields_are_not_taken_for_each_other(name: str, value: str) -> None:
    rules = KNOWING
    rules.drop()
    first = question(PAY, fields={"currency": name, "payee": value})
    second = question(PAY, fields={"currency": value, "payee": name})
    rules.decide(first, NOTHING, NOW)
    swapped = rules.decide(second, NOTHING, NOW)
    FRESH.drop()
    assert swapped == FRESH.decide(second, NOTHING, NOW)
