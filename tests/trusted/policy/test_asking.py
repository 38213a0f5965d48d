"""*Ask* is evaluated: what is put to the user, with which assurance, and what no assurance opens."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    CLIENT,
    DOOR,
    EXTENSION,
    ITEM,
    KEEP,
    LOOK,
    NOW,
    PAY,
    PROVIDER,
    SHOW,
    WHOLE,
    decide,
    engine,
    grant,
    question,
    questions,
)

from etui.trusted.policy import (
    Assurance,
    GrantTable,
    Limit,
    Outcome,
    Principal,
    PrincipalType,
    Question,
    Scope,
    ScopeType,
)

NOTHING = GrantTable()
PERMIT_ALL = "permit (principal, action, resource);\n"


def forbid(condition: str, scope: str = "principal, action, resource") -> str:
    return f'@id("rule") forbid ({scope}) when {{ {condition} }};\n'


# a grant for one value


def test_a_grant_for_one_value_allows_that_one_and_has_the_user_asked_about_others() -> None:
    held = grant(actions=(PAY,), where=("payee", "Shop"))
    rules = engine()
    table = GrantTable([held])
    for payee, outcome in (("Shop", Outcome.ALLOW), ("Bank", Outcome.ASK), ("shop", Outcome.ASK)) * 2:
        fields: dict[str, str | int | bool] = {"amount": 1, "currency": "EUR", "payee": payee}
        assert rules.decide(question(PAY, fields=fields), table, NOW).outcome is outcome
    without = rules.decide(question(PAY, fields={"amount": 1, "currency": "EUR"}), table, NOW)
    assert without.outcome is Outcome.ASK, "a request that does not say for whom"


def test_grants_on_two_items_for_different_values_are_not_taken_for_each_other() -> None:
    other = msgspec.structs.replace(ITEM, item="i-2")
    scope = Scope(ScopeType.ITEM, other.extension, other.item)
    table = GrantTable([grant(actions=(PAY,), where=("payee", "Shop")), grant("g-2", "", (PAY,), scope)])
    table.add(grant("g-2", actions=(PAY,), scope=scope, where=("payee", "Bank")))
    rules = engine()
    fields: dict[str, str | int | bool] = {"amount": 1, "currency": "EUR", "payee": "Shop"}
    assert rules.decide(question(PAY, fields=fields), table, NOW).outcome is Outcome.ALLOW
    assert rules.decide(question(PAY, resource=other, fields=fields), table, NOW).outcome is Outcome.ASK


# the weakest assurance that would do


@pytest.mark.parametrize(("least", "asked_for"), [(0, Assurance.CONSENT), (1, Assurance.CONSENT), (2, Assurance.PIN)])
def test_user_is_asked_for_the_weakest_assurance_that_allows(least: int, asked_for: Assurance) -> None:
    decision = decide(question(), operator=forbid(f"context.assurance < {least}"))
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, asked_for)
    assert decision.policies == ("manufacturer/consent",)


def test_operator_may_want_the_pin_for_what_is_free() -> None:
    assert decide(question(LOOK), operator=forbid("context.assurance < 2")).assurance is Assurance.PIN


def test_operator_may_want_the_pin_for_what_is_granted() -> None:
    decision = decide(question(), grant(), operator=forbid("context.assurance < 2"))
    assert (decision.outcome, decision.assurance, decision.grants) == (Outcome.ASK, Assurance.PIN, ())


def test_forbid_that_nothing_lifts_denies() -> None:
    decision = decide(question(), grant(), operator=forbid("true"))
    assert (decision.outcome, decision.policies) == (Outcome.DENY, ("operator/site.cedar/rule",))
    assert decision.reason == ""


def test_weakest_assurance_that_allows_may_be_the_only_one() -> None:
    decision = decide(question(), operator=forbid("context.assurance != 1"))
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.CONSENT)


def test_what_nothing_permits_is_denied_and_says_so() -> None:
    assert decide(question(KEEP, CLIENT, WHOLE, derived=True)).policies == ("nothing permits it",)


def test_extension_is_asked_for_what_its_user_did_not_see_at_install() -> None:
    decision = decide(question(SHOW, EXTENSION))
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.CONSENT)


# what the user did already


@pytest.mark.parametrize("covering", list(Assurance))
def test_user_is_not_asked_again_for_what_was_done_for_the_call(covering: Assurance) -> None:
    asked = question(derived=True, covered=True, given=covering)
    decision = decide(asked, operator=forbid("context.assurance < 2"))
    if covering is Assurance.PIN:
        assert (decision.outcome, decision.assurance) == (Outcome.ALLOW, Assurance.PIN)
    else:
        assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.PIN)


def test_call_that_a_grant_allowed_covers_others_without_the_user_having_done_anything() -> None:
    asked = question(derived=True, covered=True)
    assert decide(asked).outcome is Outcome.ALLOW
    assert decide(asked, operator=forbid("context.assurance < 1")).assurance is Assurance.CONSENT


# confirm


def test_consent_is_not_the_pin() -> None:
    strict = engine(operator=forbid("context.assurance < 2"))
    assert strict.confirm(question(), Assurance.CONSENT, NOW).outcome is Outcome.DENY
    assert strict.confirm(question(), Assurance.PIN, NOW).outcome is Outcome.ALLOW


def test_consent_to_a_covered_call_takes_nothing_from_the_pin_that_was_given() -> None:
    strict = engine(operator=forbid("context.assurance < 2"))
    asked = question(derived=True, covered=True, given=Assurance.PIN)
    assert strict.confirm(asked, Assurance.CONSENT, NOW).assurance is Assurance.PIN


def test_consent_is_for_one_request() -> None:
    once = engine()
    assert once.decide(question(), NOTHING, NOW).outcome is Outcome.ASK
    confirmed = once.confirm(question(), Assurance.CONSENT, NOW)
    assert (confirmed.outcome, confirmed.assurance, confirmed.until) == (Outcome.ALLOW, Assurance.CONSENT, 0)
    assert once.decide(question(), NOTHING, NOW).outcome is Outcome.ASK


@given(asked=questions())
def test_what_is_asked_for_is_allowed_once_the_user_did_it_and_not_before(asked: Question) -> None:
    rules = ENGINE
    rules.drop()
    decision = rules.decide(asked, NOTHING, NOW)
    if decision.outcome is Outcome.ASK:
        assert rules.confirm(asked, decision.assurance, NOW).outcome is Outcome.ALLOW
        assert rules.confirm(asked, Assurance(decision.assurance - 1), NOW).outcome is Outcome.DENY
    elif decision.outcome is Outcome.DENY:
        assert all(rules.confirm(asked, assurance, NOW).outcome is Outcome.DENY for assurance in Assurance)


ENGINE = engine(
    operator=forbid('context has amount && context.amount > 50 && context.assurance < 2 || context.client like "web:*"')
)


# the operator's layer reads everything


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        ("context.strength < 3", True),
        ("context.strength < 2", False),
        ('context.client == "app:/usr/bin/shop"', True),
        ('context.client like "web:*"', False),
        ('context.interface == "org.example.shop/1"', True),
        ("context.own", False),
        ('context has payee && context.payee == "Shop"', True),
        ('context has payee && context.payee like "*hop*"', True),
        ("context has amount && context.amount > 99", True),
        ("context has amount && context.amount > 100", False),
        ("context has express && context.express", True),
        ("context has due && context.due < context.time", True),
        ('context.chain.contains("app:/first")', True),
        ('context.chain.contains("app:/usr/bin/shop")', False),
        ("context.derived", True),
        ("context.covered", False),
        (f'resource in Extension::"{PROVIDER}"', True),
        (f'resource in Kind::"{PROVIDER}#login"', True),
        (f'resource in Kind::"{PROVIDER}#pin"', False),
        (f'resource in Group::"{PROVIDER}#work"', True),
        (f'resource in Group::"{PROVIDER}#"', False),
        (f'resource == Item::"{PROVIDER}#i-1"', True),
        ('principal == Client::"app:/usr/bin/shop"', True),
        ('principal in Clients::"session"', True),
        ('principal in Clients::"process:1:2:3"', False),
        ("principal is Door", False),
        ('action in Action::"effect:use"', True),
        ('action in Action::"callers:extensions"', False),
        ('action in Action::"org.example.shop/1"', True),
    ],
)
def test_operator_may_decide_by(condition: str, applies: bool) -> None:  # noqa: FBT001
    asked = question(
        PAY,
        fields={"amount": 100, "currency": "EUR", "payee": "Shop", "express": True, "due": 0},
        chain=("app:/first", "ext:a/b"),
        derived=True,
    )
    decision = decide(asked, operator=forbid(condition))
    assert decision.outcome is (Outcome.DENY if applies else Outcome.ASK)


def test_operator_may_permit_what_the_user_would_be_asked_for() -> None:
    permit = 'permit (principal == Client::"app:/usr/bin/shop", action in Action::"org.example.shop/1", resource);'
    assert decide(question(), operator=permit).outcome is Outcome.ALLOW
    assert decide(question(principal=DOOR), operator=permit).outcome is Outcome.ASK


def test_forbid_wins_over_every_permit() -> None:
    decision = decide(question(), grant(), operator=PERMIT_ALL + forbid("true"))
    assert decision.outcome is Outcome.DENY


# what fails to evaluate

FAILING = {
    "overflow": "context.time * 9223372036854775807 > 0",
    "overflow of what was asked": "context has amount && context.amount * 9223372036854775807 > 0",
    "an entity that is not there": 'Extension::"ext:not/there".uses.contains("x")',
}


@pytest.mark.parametrize("effect", ["forbid", "permit"])
@pytest.mark.parametrize("condition", FAILING.values(), ids=FAILING)
def test_policy_that_fails_to_evaluate_denies(condition: str, effect: str) -> None:
    # Cedar passes over it; a forbid that says nothing must not let anything through.
    asked = question(PAY, fields={"amount": 100, "currency": "EUR"})
    rules = engine(operator=f"{effect} (principal, action, resource) when {{ {condition} }};")
    decision = rules.decide(asked, GrantTable([grant(actions=(PAY,))]), NOW)
    assert (decision.outcome, decision.policies, decision.until) == (Outcome.DENY, ("manufacturer/error",), 0)
    assert "operator/site.cedar/1" in decision.reason
    assert rules.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.DENY


def test_policy_that_fails_with_consent_alone_denies_once_it_is_given() -> None:
    condition = 'context.assurance == 1 && Extension::"ext:not/there".uses.contains("x")'
    rules = engine(operator=forbid(condition))
    decision = rules.decide(question(), NOTHING, NOW)
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.PIN)
    assert rules.confirm(question(), Assurance.CONSENT, NOW).outcome is Outcome.DENY


def test_policy_that_fails_for_one_request_fails_no_other() -> None:
    rules = forbid("context has amount && context.amount * 9223372036854775807 > 0")
    assert decide(question(PAY, fields={"amount": 1}), operator=rules).outcome is Outcome.DENY
    assert decide(question(PAY, fields={"amount": 2}), operator=rules).policies == ("manufacturer/error",)
    assert decide(question(PAY), operator=rules).outcome is Outcome.ASK


# who asks


@given(kind=st.sampled_from([PrincipalType.CLIENT, PrincipalType.DOOR]), strength=st.integers(1, 3))
def test_anybody_may_ask_the_user_however_well_known(kind: PrincipalType, strength: int) -> None:
    ENGINE.drop()
    asked = question(principal=Principal(type=kind, id="app:/a", strength=strength))
    assert ENGINE.decide(asked, NOTHING, NOW).outcome is Outcome.ASK


def test_grant_that_may_be_used_up_leaves_what_is_asked_as_it_is() -> None:
    limit = Limit(currency="EUR", each_minor=100, total_minor=100)
    asked = question(PAY, resource=ITEM)
    assert decide(asked, grant(actions=(PAY,), limit=limit)).outcome is Outcome.ASK
