"""Decisions that are kept: the same as a fresh engine's, whatever was asked before, until they say."""

import math
from typing import Any

import cedarpy
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    CLIENT,
    EXTENSION,
    FETCH,
    KEEP,
    LOOK,
    NOW,
    PAY,
    SHOW,
    WHOLE,
    engine,
    grant,
    grants,
    question,
    questions,
)

from etui.trusted.policy import (
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
    assert [evaluations.of(rules, question(), held) for _ in range(3)] == [2, 0, 0], "its layers and the grants"


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


# groups that nothing names


def started_as(process: int) -> Question:
    groups = (f"process:{process}", "session")
    return question(principal=msgspec.structs.replace(CLIENT, groups=groups))


def test_a_program_that_is_started_again_is_decided_by_what_was_kept(evaluations: Evaluations) -> None:
    rules, held = engine(), GrantTable([grant(), grant("g-2", client="group:session")])
    assert evaluations.of(rules, started_as(1), held) > 0
    assert evaluations.of(rules, started_as(2), held) == 0


@pytest.mark.parametrize(
    ("operator", "held", "outcomes"),
    [
        ("", [grant(client="group:process:2")], [Outcome.ASK, Outcome.ALLOW]),
        (
            'forbid (principal in Clients::"process:2", action, resource);',
            [grant()],
            [Outcome.ALLOW, Outcome.DENY],
        ),
        (
            'forbid (principal, action, resource) when { principal in [Clients::"process:2"] };',
            [grant()],
            [Outcome.ALLOW, Outcome.DENY],
        ),
    ],
    ids=["a grant", "a policy's head", "its condition"],
)
def test_a_group_that_something_names_counts(operator: str, held: list[Grant], outcomes: list[Outcome]) -> None:
    rules, table = engine(operator=operator), GrantTable(held)
    assert [rules.decide(started_as(process), table, NOW).outcome for process in (1, 2)] == outcomes


def test_a_group_counts_from_its_first_grant_to_its_last() -> None:
    rules, held = engine(), GrantTable()
    outcomes = [rules.decide(started_as(2), held, NOW).outcome]
    for name in ("g-1", "g-2"):
        held.add(grant(name, client="group:process:2"))
        rules.granted()
        outcomes.append(rules.decide(started_as(2), held, NOW).outcome)
    for name in ("g-1", "g-2"):
        held.remove(name)
        rules.drop()
        outcomes.append(rules.decide(started_as(2), held, NOW).outcome)
    assert outcomes == [Outcome.ASK, Outcome.ALLOW, Outcome.ALLOW, Outcome.ALLOW, Outcome.ASK]


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


# items that are alike


def item(name: str, kind: str = "login") -> Question:
    asked = question()
    return msgspec.structs.replace(asked, resource=msgspec.structs.replace(asked.resource, item=name, kind=kind))


def on(name: str, grant_id: str, until: int = 0) -> Grant:
    one = grant(grant_id)
    return msgspec.structs.replace(one, scope=msgspec.structs.replace(one.scope, id=name), until=until)


def test_an_item_that_is_the_same_to_policy_is_decided_by_its_own_grants(evaluations: Evaluations) -> None:
    rules, held = engine(), GrantTable([on("a", "g-a"), on("b", "g-b")])
    assert evaluations.of(rules, item("a"), held) > 0
    assert evaluations.of(rules, item("b"), held) == 0
    decision = rules.decide(item("b"), held, NOW)
    assert (decision.grants, "g-b" in decision.policies, "g-a" in decision.policies) == (("g-b",), True, False)


@pytest.mark.parametrize(
    ("operator", "other", "held"),
    [
        ("", item("b", "note"), [on("a", "g-a"), on("b", "g-b")]),
        ("", item("b"), [on("a", "g-a")]),
        ("", item("b"), [on("a", "g-a"), on("b", "g-b"), on("b", "g-c")]),
        ("", item("b"), [on("a", "g-a"), on("b", "g-b", until=int(NOW) + 9)]),
        ('forbid (principal, action, resource == Item::"x");', item("b"), [on("a", "g-a"), on("b", "g-b")]),
        (
            'forbid (principal, action, resource) when { resource == Item::"x" };',
            item("b"),
            [on("a", "g-a"), on("b", "g-b")],
        ),
    ],
    ids=["kind", "no grant", "another grant", "its end", "named in a head", "named in a condition"],
)
def test_an_item_that_policy_may_tell_apart_is_decided_by_itself(
    evaluations: Evaluations, operator: str, other: Question, held: list[Grant]
) -> None:
    rules, table = engine(operator=operator), GrantTable(held)
    rules.decide(item("a"), table, NOW)
    assert evaluations.of(rules, other, table) > 0


@settings(max_examples=200)
@given(asked=questions(), table=st.lists(grants(), max_size=6), other=st.sampled_from(["i-1", "i-2", "work", "é", ""]))
def test_a_decision_about_an_item_is_the_one_that_would_be_made(
    asked: Question, table: list[Grant], other: str
) -> None:
    rules, held = KEEPING[False], GrantTable(table)
    rules.drop()
    rules.decide(asked, held, NOW)
    second = msgspec.structs.replace(asked, resource=msgspec.structs.replace(asked.resource, item=other))
    decision = rules.decide(second, held, NOW)
    rules.drop()
    assert decision == rules.decide(second, held, NOW)
