import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    CLIENT,
    EXTENSION,
    ITEM,
    LOOK,
    NOW,
    PAY,
    PROVIDER,
    SHOW,
    TEXTS,
    decide,
    engine,
    grant,
    question,
    questions,
)

from etui.interfaces import Value
from etui.trusted.policy import (
    Assurance,
    GrantTable,
    Outcome,
    Principal,
    PrincipalType,
    ProfileRule,
    Question,
    Resource,
    Scope,
    ScopeType,
)

ENGINE = engine()
MOST = (1 << 53) - 1
OUT_OF_RANGE = [-1, MOST + 1, 1 << 63, -(1 << 63), 1 << 64, pytest.param(1 << 20_000, id="a number of 6,000 digits")]


def client(name: str) -> Principal:
    return Principal(type=PrincipalType.CLIENT, id=name, strength=2)


def can_be_written(*texts: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for text in texts for character in text)


# numbers


@pytest.mark.parametrize("amount", [0, 1, MOST])
def test_number_within_range_is_decided(amount: int) -> None:
    assert decide(question(PAY, fields={"amount": amount})).outcome is Outcome.ASK


@pytest.mark.parametrize("amount", OUT_OF_RANGE)
@pytest.mark.parametrize("name", ["amount", "due"])
def test_number_out_of_range_is_denied(name: str, amount: int) -> None:
    decision = decide(question(PAY, fields={name: amount}), grant(actions=(PAY,)))
    assert (decision.outcome, decision.policies) == (Outcome.DENY, ("manufacturer/range",))
    assert decision.reason == f"{name} is a number that is not between 0 and 2^53-1"
    assert decision.until == 0


@pytest.mark.parametrize("amount", OUT_OF_RANGE)
def test_consent_makes_no_number_of_what_is_out_of_range(amount: int) -> None:
    asked = question(PAY, fields={"amount": amount})
    assert ENGINE.confirm(asked, Assurance.PIN, NOW).policies == ("manufacturer/range",)


@pytest.mark.parametrize("value", [True, False])
def test_truth_is_no_number(value: bool) -> None:  # noqa: FBT001  # the value is what is tested
    decision = decide(
        question(PAY, fields={"express": value}),
        operator="forbid (principal, action, resource) when { context has express && context.express };",
    )
    assert decision.outcome is (Outcome.DENY if value else Outcome.ASK)


@settings(max_examples=50)
@given(amount=st.integers(0, MOST), limit=st.integers(0, MOST))
def test_number_reaches_policy_as_it_is(amount: int, limit: int) -> None:
    rule = ProfileRule(methods=(PAY,), limits=(("EUR", limit),))
    decision = decide(question(PAY, fields={"amount": amount, "currency": "EUR"}), profile=[rule])
    assert decision.outcome is (Outcome.ASK if amount <= limit else Outcome.DENY)


# texts


@pytest.mark.attack(17)
@given(payee=TEXTS)
def test_text_of_a_field_is_a_value_and_no_policy(payee: str) -> None:
    asked = question(PAY, fields={"payee": payee})
    decision = ENGINE.decide(asked, GrantTable(), NOW)
    if can_be_written(payee):
        assert (decision.outcome, decision.policies) == (Outcome.ASK, ("manufacturer/consent",))
    else:
        assert (decision.outcome, decision.until) == (Outcome.DENY, 0)


@given(name=st.sampled_from(["assurance", "strength", "time", "client", "interface", "own", "derived", "covered"]))
def test_field_takes_the_place_of_nothing_that_the_router_knows(name: str) -> None:
    values: dict[str, Value] = {"assurance": 2, "strength": 3, "time": 0, "own": True, "derived": True, "covered": True}
    told = decide(question(fields={name: values.get(name, EXTENSION.id)}))
    assert (told.outcome, told.policies) == (Outcome.ASK, ("manufacturer/consent",))


@given(name=TEXTS)
def test_principal_is_its_whole_name_and_nobody_elses(name: str) -> None:
    asked = question(principal=client(name))
    own = ENGINE.decide(asked, GrantTable([grant(client=name)]), NOW)
    ENGINE.drop()
    names = {name + "x", name[:-1], name[1:], name.swapcase(), "*"} - {name}
    others = ENGINE.decide(asked, GrantTable(grant(f"g-{other}", client=other) for other in names), NOW)
    ENGINE.drop()
    if can_be_written(name):
        assert (own.outcome, own.grants) == (Outcome.ALLOW, ("g-1",))
        assert others.outcome is Outcome.ASK
    else:
        assert own.outcome is others.outcome is Outcome.DENY


@pytest.mark.attack(17)
@pytest.mark.parametrize(
    "name",
    ['app:/usr/bin/"; permit', "app:/\u202eexe", "app:/a\nb", "app:/\x00", "app:" + "x" * 296, "app:/\u0101", "a\\"],
)
def test_strange_name_of_a_principal_is_found_by_policies(name: str) -> None:
    rule = ProfileRule(methods=(SHOW,), never=(name,))
    assert decide(question(principal=client(name)), profile=[rule]).outcome is Outcome.DENY
    assert decide(question(principal=client("app:/other")), profile=[rule]).outcome is Outcome.ASK


@pytest.mark.parametrize("where", ["principal", "group", "chain", "item", "item group", "field"])
def test_text_that_is_none_is_denied_wherever_it_stands(where: str) -> None:
    half = "\ud800"
    principal = client(half) if where == "principal" else client("app:/a")
    if where == "group":
        principal = Principal(type=PrincipalType.CLIENT, id="app:/a", strength=2, groups=(half,))
    resource = ITEM
    if where.startswith("item"):
        item, group = (half, "work") if where == "item" else ("i-1", half)
        resource = Resource(extension=PROVIDER, item=item, kind="login", group=group)
    asked = question(
        PAY,
        principal,
        resource,
        chain=(half,) if where == "chain" else (),
        fields={"payee": half} if where == "field" else {},
    )
    everything = Scope(ScopeType.EXTENSION, PROVIDER)
    granted = [
        grant(client=principal.id, actions=(PAY,), scope=everything),
        grant("g-2", client=f"group:{half}", actions=(PAY,), scope=everything),
    ]
    decision = decide(asked, *granted)
    assert (decision.outcome, decision.policies) == (Outcome.DENY, ("manufacturer/error",))
    assert decision.until == 0
    assert ENGINE.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.DENY


def test_grant_with_the_id_of_a_policy_denies_rather_than_fails() -> None:
    decision = decide(question(), grant("manufacturer/consent"))
    assert (decision.outcome, decision.policies) == (Outcome.DENY, ("manufacturer/error",))


# items


@pytest.mark.parametrize(("item", "group"), [("work#group", "work"), ("#group", ""), ("work", "work")])
def test_item_may_have_any_name_beside_that_of_its_group(item: str, group: str) -> None:
    resource = Resource(extension=PROVIDER, item=item, kind="login", group=group)
    assert decide(question(resource=resource)).outcome is Outcome.ASK


def test_item_named_like_a_group_is_not_in_it() -> None:
    operator = f'forbid (principal, action, resource in Group::"{PROVIDER}#work");'
    for item in ("work", "work#group", "#work"):
        resource = Resource(extension=PROVIDER, item=item, kind="login", group="")
        assert decide(question(resource=resource), operator=operator).outcome is Outcome.ASK
    assert decide(question(resource=ITEM), operator=operator).outcome is Outcome.DENY


@pytest.mark.parametrize("method", [SHOW, LOOK])
def test_item_of_which_nothing_is_known_yet_is_denied(method: str) -> None:
    # A rule for its kind would not be found, and it would pass for one that is in no group.
    unknown = Resource(extension=PROVIDER, item="i-1")
    session = grant(client="group:session", actions=(method,), scope=Scope(ScopeType.GROUP, PROVIDER, ""))
    decision = decide(question(method, resource=unknown), session, grant("g-2", actions=(method,)))
    assert (decision.outcome, decision.policies, decision.until) == (
        Outcome.DENY,
        ("manufacturer/unknown-item",),
        0,
    )
    assert ENGINE.confirm(question(method, resource=unknown), Assurance.PIN, NOW).outcome is Outcome.DENY


def test_rule_for_a_kind_holds_from_the_first_request_on() -> None:
    rule = ProfileRule(kinds=("login",), least_assurance=2)
    known = question()
    unknown = question(resource=Resource(extension=PROVIDER, item=ITEM.item))
    rules_on = engine(profile=[rule])
    grants = GrantTable([grant()])
    assert rules_on.decide(unknown, grants, NOW).outcome is Outcome.DENY
    assert rules_on.decide(known, grants, NOW).assurance is Assurance.PIN


# whatever it is


@given(asked=questions())
def test_every_question_has_a_decision_that_names_its_policies(asked: Question) -> None:
    ENGINE.drop()
    decision = ENGINE.decide(asked, GrantTable(), NOW)
    assert decision.policies
    assert (decision.outcome is Outcome.ASK) <= (decision.assurance > Assurance.NONE)
    assert bool(decision.reason) <= (decision.outcome is Outcome.DENY and decision.until == 0)


@given(name=TEXTS)
def test_group_of_clients_is_not_a_client_of_that_name(name: str) -> None:
    impostor = client(f"group:{CLIENT.groups[0]}")
    session = grant(client="group:session")
    assert ENGINE.decide(question(principal=impostor), GrantTable([session]), NOW).outcome is Outcome.ASK
    ENGINE.drop()
    member = Principal(type=PrincipalType.CLIENT, id=name, strength=1, groups=("session",), tellable=False)
    allowed = ENGINE.decide(question(principal=member), GrantTable([session]), NOW).outcome is Outcome.ALLOW
    ENGINE.drop()
    assert allowed == can_be_written(name)
