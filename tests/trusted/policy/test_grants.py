import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    CHANGE,
    CLIENT,
    EXTENSION,
    ITEM,
    KEEP,
    LOOK,
    NOW,
    PAY,
    PROVIDER,
    SHOP,
    SHOW,
    WHOLE,
    decide,
    engine,
    grant,
    grants,
    question,
    questions,
    reached,
)

from etui.interfaces import Value
from etui.trusted.policy import (
    Assurance,
    Grant,
    GrantTable,
    Limit,
    Outcome,
    Question,
    Resource,
    Scope,
    ScopeType,
)

EUROS = Limit(currency="EUR", each_minor=100, total_minor=150)
PAID: dict[str, Value] = {"amount": 100, "currency": "EUR"}


# what a grant allows


@pytest.mark.parametrize(
    ("scope", "reaches"),
    [
        (Scope(ScopeType.ITEM, PROVIDER, "i-1"), {"item"}),
        (Scope(ScopeType.GROUP, PROVIDER, "work"), {"item", "in the group"}),
        (Scope(ScopeType.GROUP, PROVIDER, ""), {"in no group"}),
        (Scope(ScopeType.KIND, PROVIDER, "login"), {"item", "in no group"}),
        (Scope(ScopeType.EXTENSION, PROVIDER), {"item", "in the group", "in no group", "whole"}),
        (Scope(ScopeType.EXTENSION, "ext:etui/etui.other"), {"another's"}),
        (Scope(ScopeType.ITEM, "ext:etui/etui.other", "i-1"), {"another's"}),
    ],
    ids=lambda value: f"{value.type.value} {value.id!r}" if isinstance(value, Scope) else "",
)
def test_scope_reaches(scope: Scope, reaches: set[str]) -> None:
    resources = {
        "item": ITEM,
        "in the group": Resource(extension=PROVIDER, item="i-2", kind="pin", group="work"),
        "in no group": Resource(extension=PROVIDER, item="i-3", kind="login"),
        "whole": WHOLE,
        "another's": Resource(extension="ext:etui/etui.other", item="i-1", kind="card", group="x"),
    }
    allowed = {
        name
        for name, resource in resources.items()
        if decide(question(resource=resource), grant(scope=scope)).outcome is Outcome.ALLOW
    }
    assert allowed == reaches


def test_grant_names_methods_or_an_interface() -> None:
    for actions, allowed in [((SHOW,), [SHOW]), ((SHOW, PAY), [SHOW, PAY]), ((SHOP.id,), [SHOW, PAY, CHANGE])]:
        held = grant(actions=actions)
        outcomes = {method: decide(question(method), held).outcome for method in (SHOW, PAY, CHANGE)}
        assert [method for method, outcome in outcomes.items() if outcome is Outcome.ALLOW] == allowed


@pytest.mark.parametrize("name", ["app:/usr/bin/shop2", "app:/usr/bin", "session", "group:session", ""])
def test_grant_of_one_client_is_none_of_another(name: str) -> None:
    other = msgspec.structs.replace(CLIENT, id=name)
    assert decide(question(principal=other), grant()).outcome is Outcome.ASK


def test_grant_to_a_group_is_for_its_members() -> None:
    held = grant(client="group:session")
    outsider = msgspec.structs.replace(CLIENT, groups=("process:1:2:3",))
    assert decide(question(), held).grants == ("g-1",)
    assert decide(question(principal=outsider), held).outcome is Outcome.ASK


def test_client_that_cannot_be_told_from_its_neighbours_has_no_grants_of_its_own() -> None:
    anyone = msgspec.structs.replace(CLIENT, tellable=False)
    assert decide(question(principal=anyone), grant()).outcome is Outcome.ASK
    assert decide(question(principal=anyone), grant(client="group:session")).outcome is Outcome.ALLOW


@pytest.mark.parametrize(("now", "outcome"), [(99.9, Outcome.ALLOW), (100.0, Outcome.ASK), (1e10, Outcome.ASK)])
def test_grant_ends(now: float, outcome: Outcome) -> None:
    assert decide(question(), grant(until=100), now=now).outcome is outcome


def test_grant_opens_nothing_that_is_forbidden() -> None:
    undeclared = msgspec.structs.replace(EXTENSION, uses=())
    wide = grant(client=EXTENSION.id, actions=(SHOP.id,), scope=Scope(ScopeType.EXTENSION, PROVIDER))
    assert decide(question(principal=undeclared), wide).outcome is Outcome.DENY
    assert decide(question(principal=EXTENSION), wide).outcome is Outcome.ALLOW


# which grant is needed


def test_grant_is_not_needed_for_what_is_allowed_anyway() -> None:
    held = grant(actions=(SHOP.id,), uses=1)
    for asked in (question(LOOK), question(derived=True, covered=True)):
        decision = decide(asked, held)
        assert (decision.outcome, decision.grants) == (Outcome.ALLOW, ())
        assert "g-1" in decision.policies
        assert decision.until == float("inf")


def test_grant_that_is_used_up_by_use_is_not_needed_beside_a_lasting_one() -> None:
    decision = decide(question(), grant("g-1", uses=1), grant("g-2"), grant("g-3", until=int(NOW) + 9))
    assert (decision.grants, decision.policies) == (("g-2", "g-3"), ("g-1", "g-2", "g-3"))
    assert decision.until == int(NOW) + 9


def test_each_of_several_grants_that_are_used_up_by_use_would_do() -> None:
    decision = decide(question(), grant("g-2", uses=1), grant("g-1", uses=3))
    assert (decision.outcome, decision.grants, decision.until) == (Outcome.ALLOW, ("g-1", "g-2"), 0)


# amounts


def test_grant_up_to_an_amount_is_none_for_a_request_that_says_no_amount() -> None:
    held = grant(actions=(PAY,), limit=EUROS)
    assert decide(question(PAY, fields=PAID), held).grants == ("g-1",)
    unsaid: list[dict[str, Value]] = [{}, {"currency": "EUR"}, {"payee": "Shop"}]
    for fields in unsaid:
        assert decide(question(PAY, fields=fields), held).outcome is Outcome.ASK
    assert decide(question(PAY, fields={"amount": True, "currency": "EUR"}), held).outcome is Outcome.ASK


def test_grant_up_to_an_amount_for_a_whole_interface_opens_no_method_without_one() -> None:
    held = grant(actions=(SHOP.id,), limit=EUROS)
    assert decide(question(PAY, fields=PAID), held).outcome is Outcome.ALLOW
    assert decide(question(SHOW), held).outcome is Outcome.ASK


# all together


@settings(max_examples=200)
@example(
    asked=question(principal=msgspec.structs.replace(CLIENT, id="group:session", groups=("session", "session"))),
    table=[grant(client="group:session")],
)
@given(asked=questions(), table=st.lists(grants(), max_size=6, unique_by=lambda held: held.id))
def test_grants_allow_exactly_what_they_say(asked: Question, table: list[Grant]) -> None:
    ENGINE.drop()
    without = ENGINE.decide(asked, GrantTable(), NOW)
    ENGINE.drop()
    decision = ENGINE.decide(asked, GrantTable(table), NOW)
    groups = {f"group:{group}" for group in asked.principal.groups}
    impostor = asked.principal.id.startswith("group:") and asked.principal.id not in groups
    of = [held for held in table if reached(held, asked, NOW) and not (impostor and held.client == asked.principal.id)]
    names_text = all("\ud800" not in held.client for held in table if reached(held, asked, NOW))
    forbidden = without.outcome is Outcome.DENY and without.policies != ("nothing permits it",)
    if not of or forbidden or not names_text:
        assert decision.outcome is (without.outcome if names_text else Outcome.DENY)
    else:
        assert decision.outcome is Outcome.ALLOW
        assert {held.id for held in of} <= {*decision.policies}
        needed = [held for held in of if not held.counts] or of
        assert decision.grants == (() if without.outcome is Outcome.ALLOW else tuple(sorted(h.id for h in needed)))


ENGINE = engine()


def test_grants_of_an_extension_are_found_like_a_clients() -> None:
    held = grant(client=EXTENSION.id, actions=(SHOW,))
    assert decide(question(principal=EXTENSION), held).assurance is Assurance.NONE
    assert decide(question(KEEP, EXTENSION, WHOLE), held).grants == ()
