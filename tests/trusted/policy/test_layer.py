"""The manufacturer's layer as a whole, against what it says in words."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    EFFECTS_OF_VALUE,
    NOW,
    engine,
    questions,
)

from etui.interfaces import Effect
from etui.trusted.policy import (
    Assurance,
    GrantTable,
    Outcome,
    PrincipalType,
    Question,
)

ENGINE = engine()
NOTHING = GrantTable()


def fit(asked: Question) -> bool:
    """Whether it can be decided at all: numbers within range, an item that is known, nothing that is no text."""
    numbers = [value for value in asked.fields.values() if type(value) is int]
    if not all(0 <= number < 1 << 53 for number in numbers) or (asked.resource.item and not asked.resource.kind):
        return False
    try:
        msgspec.json.encode(asked)
    except UnicodeEncodeError:
        return False
    return True


def permitted(asked: Question, assurance: Assurance) -> bool:
    """What the manufacturer's layer says, in Python."""
    principal, action = asked.principal, asked.action
    extension = principal.type is PrincipalType.EXTENSION
    declared = extension and action.interface in principal.uses
    anyone = action.callers in {"anyone", "doors"}
    host = asked.fields.get("host")
    if action.callers == "router" or (extension and not declared):
        return False
    if action.callers == "doors" and principal.type is not PrincipalType.DOOR:
        return False
    if action.callers == "extensions" and not extension and not asked.derived:
        return False
    return (
        (anyone and (action.effect in {Effect.NONE, Effect.ADD} or assurance >= Assurance.CONSENT))
        or (declared and action.own and (host is None or host in principal.hosts or assurance >= Assurance.CONSENT))
        or (action.callers == "extensions" and asked.derived and not action.own)
        or (asked.derived and asked.covered)
    )


@settings(max_examples=300)
@given(asked=questions())
def test_layer_permits_what_it_says_and_nothing_else(asked: Question) -> None:
    ENGINE.drop()
    decision = ENGINE.decide(asked, NOTHING, NOW)
    given_for_it = asked.given if asked.derived and asked.covered else Assurance.NONE
    enough = [a for a in Assurance if a >= given_for_it and fit(asked) and permitted(asked, a)]
    if not enough:
        assert decision.outcome is Outcome.DENY
    elif enough[0] == given_for_it:
        assert decision.outcome is Outcome.ALLOW
    else:
        assert (decision.outcome, decision.assurance) == (Outcome.ASK, enough[0])


@given(asked=questions())
def test_nobody_gets_anything_of_value_unasked(asked: Question) -> None:
    # But an Extension for itself what its user saw at install, and what follows from a call that was consented to.
    own = asked.principal.type is PrincipalType.EXTENSION and asked.action.own
    served = asked.derived and asked.action.callers == "extensions"
    if asked.action.effect not in EFFECTS_OF_VALUE or own or served or (asked.derived and asked.covered):
        return
    ENGINE.drop()
    assert ENGINE.decide(asked, NOTHING, NOW).outcome is not Outcome.ALLOW


@given(asked=questions(), assurance=st.sampled_from(Assurance))
def test_more_assurance_never_permits_less(asked: Question, assurance: Assurance) -> None:
    outcomes = [ENGINE.confirm(asked, step, NOW).outcome is Outcome.ALLOW for step in Assurance]
    assert outcomes == sorted(outcomes)
    assert ENGINE.confirm(asked, assurance, NOW).until == 0
