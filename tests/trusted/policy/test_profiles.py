import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.trusted.policy.questions import (
    ADD,
    CHANGE,
    CLIENT,
    INTERFACES,
    ITEM,
    LOOK,
    NOW,
    PAY,
    PROVIDER,
    REMOVE,
    SHOP,
    SHOW,
    TEXTS,
    WHOLE,
    decide,
    engine,
    grant,
    grants,
    question,
    questions,
)

from etui.trusted.policy import (
    ASKED,
    Assurance,
    Decision,
    Grant,
    GrantTable,
    Outcome,
    PolicyEngine,
    Principal,
    PrincipalType,
    ProfileRule,
    Question,
    Resource,
    compile_profile,
)
from etui.trusted.policy.question import NUMBERS

NONE, CONSENT, PIN = Assurance.NONE, Assurance.CONSENT, Assurance.PIN
FORBID = "forbid (principal, action, resource) when { %s };"


def client(name: str = CLIENT.id, strength: int = 2) -> Principal:
    return Principal(type=PrincipalType.CLIENT, id=name, strength=strength)


# one demand at a time


@pytest.mark.parametrize(("least", "granted"), [(0, Assurance.NONE), (1, Assurance.CONSENT), (2, Assurance.PIN)])
def test_least_assurance_asks_for_what_a_grant_would_allow(least: int, granted: Assurance) -> None:
    decision = decide(question(), grant(), profile=[ProfileRule(methods=(SHOW,), least_assurance=least)])
    assert (decision.outcome is Outcome.ALLOW, decision.assurance) == (least == 0, granted)


def test_a_finger_does_where_a_rule_says_so_and_nowhere_else() -> None:
    takes = [ProfileRule(methods=(SHOW,), least_assurance=2, or_finger=True)]
    asked = decide(question(), grant(), profile=takes)
    assert (asked.outcome, asked.assurance) == (Outcome.ASK, Assurance.FINGERPRINT)
    for profile, outcomes in (
        (takes, (Outcome.DENY, Outcome.ALLOW, Outcome.ALLOW)),
        ([ProfileRule(methods=(SHOW,), least_assurance=2)], (Outcome.DENY, Outcome.DENY, Outcome.ALLOW)),
    ):
        rules = engine(profile=profile)
        assert tuple(rules.confirm(question(), given, NOW).outcome for given in ASKED) == outcomes


def test_to_a_policy_that_does_not_speak_of_fingers_a_finger_is_a_yes() -> None:
    rules = engine(operator=FORBID % "context.assurance < 2")
    assert rules.confirm(question(), Assurance.FINGERPRINT, NOW).outcome is Outcome.DENY
    assert rules.confirm(question(), Assurance.PIN, NOW).outcome is Outcome.ALLOW
    knows = engine(operator=FORBID % "context.assurance < 2 && !context.fingerprint")
    assert knows.confirm(question(), Assurance.FINGERPRINT, NOW).outcome is Outcome.ALLOW
    assert knows.confirm(question(), Assurance.CONSENT, NOW).outcome is Outcome.DENY


def test_a_rule_that_demands_nothing_changes_no_decision() -> None:
    nothing = [ProfileRule(methods=(SHOW,))]
    for grants_given in ((), (grant(),)):
        assert decide(question(), *grants_given, profile=nothing) == decide(question(), *grants_given)


def test_assurance_that_nobody_can_give_denies() -> None:
    assert decide(question(), profile=[ProfileRule(methods=(SHOW,), least_assurance=3)]).outcome is Outcome.DENY


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("least", [1, 2, 3])
def test_least_strength_is_the_weakest_that_may(strength: int, least: int) -> None:
    asked = question(principal=client(strength=strength))
    decision = decide(asked, profile=[ProfileRule(methods=(SHOW,), least_strength=least)])
    assert decision.outcome is (Outcome.ASK if strength >= least else Outcome.DENY)


@pytest.mark.parametrize(("least", "grantable"), [(0, True), (1, False), (2, False)])
def test_no_grant_helps_where_a_profile_asks_for_the_user_each_time(least: int, *, grantable: bool) -> None:
    rule = ProfileRule(methods=(SHOW,), least_assurance=least)
    engine = PolicyEngine(INTERFACES, profiles=compile_profile(PROVIDER, (rule,)))
    assert engine.grantable(question(), NOW) is grantable
    held = engine.decide(question(), GrantTable([grant()]), NOW)
    assert (held.outcome is Outcome.ALLOW) is grantable


PATTERNS = [
    ("app:/usr/bin/shop", "app:/usr/bin/shop", True),
    ("app:/usr/bin/shop", "app:/usr/bin/shop2", False),
    ("app:/usr/bin/shop", "App:/usr/bin/shop", False),
    ("app:/usr/bin/*", "app:/usr/bin/shop", True),
    ("app:/usr/bin/*", "app:/usr/bin/", True),
    ("app:/usr/bin/*", "app:/usr/local/bin/shop", False),
    ("*", "app:/a\nb", True),
    ("*", "", True),
    ("", "", True),
    ("", "a", False),
    ("web:*.example", "web:shop.example", False),
    ("web:*.example", "web:*.example", True),
    ("web:*.example", "web:*.example.org", False),
    ("web:**", "web:*shop", True),
    ("web:**", "web:shop", False),
    ("app:/a\nb*", "app:/a\nbc", True),
    ('app:" || true || "', "app:/other", False),
    ('app:" || true || "', 'app:" || true || "', True),
    ("app:\\*", "app:\\x", True),
    ("app:\\u{41}", "app:A", False),
    ("app:\\u{41}", "app:\\u{41}", True),
    ("app:\0*", "app:\0\u202e", True),
    ("app:*\n", "app:x\n", False),
]


@pytest.mark.parametrize(("pattern", "name", "meant"), PATTERNS)
def test_pattern_is_its_letters_and_a_star_at_its_end(pattern: str, name: str, meant: bool) -> None:  # noqa: FBT001
    asked = question(principal=client(name))
    others = (Outcome.DENY, Outcome.ASK)
    only = decide(asked, profile=[ProfileRule(methods=(SHOW,), only=(pattern,))])
    never = decide(asked, profile=[ProfileRule(methods=(SHOW,), never=(pattern,))])
    assert (only.outcome, never.outcome) == (others[::-1] if meant else others)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"amount": 100, "currency": "EUR"}, Outcome.ASK),
        ({"amount": 101, "currency": "EUR"}, Outcome.DENY),
        ({"amount": 50, "currency": "USD"}, Outcome.ASK),
        ({"amount": 51, "currency": "USD"}, Outcome.DENY),
        ({"amount": 1, "currency": "JPY"}, Outcome.DENY),
        ({"amount": 1, "currency": "eur"}, Outcome.DENY),
        ({"amount": 1}, Outcome.DENY),
        ({"currency": "EUR"}, Outcome.DENY),
        ({}, Outcome.DENY),
    ],
)
def test_limit_holds_for_each_currency_that_is_named(fields: dict[str, int | str], outcome: Outcome) -> None:
    rule = ProfileRule(methods=(PAY,), limits=(("EUR", 100), ("USD", 50)))
    assert decide(question(PAY, fields=fields), profile=[rule]).outcome is outcome


def test_limit_on_a_kind_forbids_what_has_no_amount() -> None:
    rule = ProfileRule(kinds=("login",), limits=(("EUR", 100),))
    assert decide(question(SHOW), profile=[rule]).outcome is Outcome.DENY


# what a rule applies to


@pytest.mark.parametrize(
    ("fields", "assurance"),
    [
        ({"amount": 100, "currency": "EUR"}, Assurance.NONE),
        ({"amount": 101, "currency": "EUR"}, Assurance.PIN),
        ({"amount": 51, "currency": "USD"}, Assurance.PIN),
        ({"amount": 1, "currency": "JPY"}, Assurance.PIN),
        ({"amount": 1}, Assurance.PIN),
        ({"currency": "JPY"}, Assurance.NONE),
        ({}, Assurance.NONE),
    ],
)
def test_rule_above_an_amount_is_for_more_than_that_alone(fields: dict[str, int | str], assurance: Assurance) -> None:
    rule = ProfileRule(kinds=("login",), above=(("EUR", 100), ("USD", 50)), least_assurance=2)
    decision = decide(question(PAY, fields=fields), grant(actions=(PAY,)), profile=[rule])
    assert decision.assurance is assurance
    assert decision.outcome is (Outcome.ASK if assurance else Outcome.ALLOW)


def test_rule_names_a_method_or_all_of_an_interface() -> None:
    one, whole = ProfileRule(methods=(SHOW,), least_assurance=2), ProfileRule(methods=(SHOP.id,), least_assurance=2)
    outcomes = [
        [decide(question(method), profile=[rule]).assurance for method in (SHOW, PAY, LOOK)] for rule in (one, whole)
    ]
    assert outcomes == [[PIN, CONSENT, NONE], [PIN, PIN, PIN]]


def test_rule_for_a_kind_leaves_others_and_the_extension_itself() -> None:
    rule = ProfileRule(kinds=("pin", "card"), least_assurance=2)
    card = Resource(extension=PROVIDER, item="i-2", kind="card")
    assert [decide(question(resource=r), profile=[rule]).assurance for r in (ITEM, card, WHOLE)] == [
        CONSENT,
        PIN,
        CONSENT,
    ]


def test_rule_for_a_kind_of_one_extension_is_none_for_another() -> None:
    rule = ProfileRule(kinds=("login",), least_assurance=2)
    other = Resource(extension="ext:etui/etui.other", item="i-1", kind="login")
    assert decide(question(resource=other), profile=[rule]).assurance == 1


def test_every_rule_that_applies_has_to_be_met() -> None:
    rules = [ProfileRule(methods=(SHOW,), only=("app:*",)), ProfileRule(methods=(SHOW,), least_assurance=2)]
    assert decide(question(), grant(), profile=rules).assurance is Assurance.PIN
    assert decide(question(principal=client("web:a")), profile=rules).outcome is Outcome.DENY


def test_refusal_names_the_rule() -> None:
    rules = [ProfileRule(methods=(PAY,)), ProfileRule(kinds=("pin", "login"), never=("*",))]
    assert decide(question(), profile=rules).policies == (f"profile/{PROVIDER}/2.login",)


def test_what_the_user_did_for_a_call_counts_for_those_that_it_covers() -> None:
    rule = ProfileRule(methods=(SHOW,), least_assurance=1)
    asked = question(derived=True, covered=True, given=Assurance.CONSENT)
    assert decide(asked, profile=[rule]).outcome is Outcome.ALLOW
    strict = ProfileRule(methods=(SHOW,), least_assurance=2)
    assert decide(asked, profile=[strict]).assurance is Assurance.PIN


@pytest.mark.parametrize("method", [ADD, CHANGE, REMOVE])
def test_rule_holds_for_methods_of_every_effect(method: str) -> None:
    assert decide(question(method), profile=[ProfileRule(methods=(SHOP.id,), never=("*",))]).outcome is Outcome.DENY


def test_largest_rule_that_a_manifest_may_hold_is_in_force() -> None:
    clients = tuple(f"app:/usr/bin/{number}" for number in range(64))
    currencies = tuple((f"A{first}{second}", 100) for first in "ABCD" for second in "WXYZ")
    rule = ProfileRule(methods=(PAY,), only=clients, never=tuple(f"{c}x" for c in clients), limits=currencies)
    decisions = [
        decide(question(PAY, client(name), fields={"amount": 1, "currency": currency}), profile=[rule]).outcome
        for name, currency in [(clients[-1], "ADZ"), (clients[0], "AAW"), (clients[0], "EUR"), ("app:/a", "AAW")]
    ]
    assert decisions == [Outcome.ASK, Outcome.ASK, Outcome.DENY, Outcome.DENY]


# properties


def strictness(decision: Decision) -> int:
    if decision.outcome is Outcome.DENY:
        return 3
    return int(decision.assurance) if decision.outcome is Outcome.ASK else 0


def matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def met(rule: ProfileRule, asked: Question, assurance: Assurance) -> bool:
    """Whether a rule of ``PROVIDER`` lets a question through at this assurance: what its documentation says."""
    action, resource, name = asked.action, asked.resource, asked.principal.id
    if resource.extension != PROVIDER:
        return True
    if rule.methods and not {action.id, action.interface} & {*rule.methods}:
        return True
    if rule.kinds and not (resource.item and resource.kind in rule.kinds):
        return True
    amount, currency = asked.fields.get("amount"), asked.fields.get("currency")
    within = type(amount) is int and any(currency == c and amount <= most for c, most in rule.above)
    if rule.above and (amount is None or within):
        return True
    by_finger = rule.or_finger and assurance is Assurance.FINGERPRINT
    return (
        (by_finger or NUMBERS[assurance] >= rule.least_assurance)
        and asked.principal.strength >= rule.least_strength
        and (not rule.only or any(matches(pattern, name) for pattern in rule.only))
        and not any(matches(pattern, name) for pattern in rule.never)
        and (
            not rule.limits or any(type(amount) is int and currency == c and amount <= most for c, most in rule.limits)
        )
    )


def rules() -> st.SearchStrategy[ProfileRule]:
    texts = TEXTS.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))
    patterns = st.sampled_from(["*", "app:*", "app:/usr/bin/*", CLIENT.id, "web:shop.example@p1"]) | texts
    nobody = st.just(())
    names = st.one_of(nobody, nobody, nobody, st.lists(patterns, min_size=1, max_size=5).map(tuple))
    limits = st.lists(st.tuples(st.sampled_from(["EUR", "USD"]), st.integers(0, 200)), max_size=3).map(tuple)
    return st.builds(
        ProfileRule,
        methods=st.lists(st.sampled_from([SHOP.id, SHOW, PAY, LOOK]), unique=True).map(tuple),
        kinds=st.lists(st.sampled_from(["login", "pin"]), unique=True).map(tuple),
        least_assurance=st.integers(0, 3),
        or_finger=st.booleans(),
        least_strength=st.sampled_from([1, 1, 2, 3]),
        only=names,
        never=names,
        limits=st.one_of(nobody, nobody, limits),
        above=st.one_of(nobody, nobody, limits),
    )


BASE = PolicyEngine(INTERFACES)


@settings(max_examples=200)
@given(asked=questions(), profile=st.lists(rules(), max_size=3), table=st.lists(grants(), max_size=4))
@example(asked=question(), profile=[ProfileRule(methods=(SHOW,), least_assurance=1)], table=[grant()])
def test_profile_narrows_by_exactly_what_it_says(
    asked: Question, profile: list[ProfileRule], table: list[Grant]
) -> None:
    held = GrantTable(table)
    BASE.drop()
    without = BASE.decide(asked, held, NOW)
    narrowed = PolicyEngine(INTERFACES, profiles=compile_profile(PROVIDER, tuple(profile))).decide(asked, held, NOW)
    assert strictness(narrowed) >= strictness(without)

    given_for_it = asked.given if asked.derived and asked.covered else Assurance.NONE
    allowed = {given_for_it} if without.outcome is Outcome.ALLOW else set[Assurance]()
    allowed |= {a for a in Assurance if a > given_for_it and BASE.confirm(asked, a, NOW).outcome is Outcome.ALLOW}
    enough = [a for a in sorted(allowed) if all(met(rule, asked, a) for rule in profile)]
    if not enough:
        assert narrowed.outcome is Outcome.DENY
    elif enough[0] == given_for_it:
        assert narrowed.outcome is Outcome.ALLOW
    else:
        assert (narrowed.outcome, narrowed.assurance) == (Outcome.ASK, enough[0])
