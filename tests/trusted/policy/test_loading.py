import subprocess
import sys

import msgspec
import pytest
from tests.trusted.policy.questions import (
    CLIENT,
    INTERFACES,
    LOOK,
    NOW,
    PAY,
    PROVIDER,
    SHOP,
    SHOW,
    decide,
    engine,
    grant,
    question,
)

from etui.interfaces import CompiledInterface, Document, supplied
from etui.trusted.policy import (
    Assurance,
    GrantTable,
    Outcome,
    PolicyEngine,
    PolicyError,
    ProfileRule,
    compile_profile,
)

PERMIT_ALL = "permit (principal, action, resource);"


def condition(text: str, effect: str = "forbid") -> str:
    return f"{effect} (principal, action, resource) when {{ {text} }};"


# names


def test_policy_is_named_by_its_file_and_its_annotation() -> None:
    assert decide(question(), operator='@id("desk") ' + PERMIT_ALL).policies == ("operator/site.cedar/desk",)


def test_policy_without_a_name_is_named_by_its_place_in_the_file() -> None:
    text = "\n".join([condition("false")] * 11 + ["@id " + PERMIT_ALL])
    assert decide(question(), operator=text).policies == ("operator/site.cedar/12",)


def test_name_of_an_operators_policy_is_never_one_of_another_layer() -> None:
    allowed = decide(question(), grant("user/grant"), operator='@id("manufacturer/consent") ' + PERMIT_ALL)
    assert allowed.policies == ("operator/site.cedar/manufacturer/consent", "user/grant")


def test_file_without_a_name_takes_nothing_from_the_manufacturers_layer() -> None:
    assert decide(question(), operator={"": "// nothing"}).policies == ("manufacturer/consent",)
    assert decide(question("org.example.core/1.tick"), operator={"": PERMIT_ALL}).outcome is Outcome.DENY


def test_two_files_may_each_have_a_policy_of_the_same_name() -> None:
    files = {"a.cedar": '@id("x") ' + PERMIT_ALL, "b.cedar": '@id("x") ' + PERMIT_ALL}
    assert decide(question(), operator=files).policies == ("operator/a.cedar/x", "operator/b.cedar/x")


@pytest.mark.parametrize("text", ["", "  \n", "// only a remark"])
def test_file_without_policies_is_welcome(text: str) -> None:
    assert decide(question(), operator=text).policies == ("manufacturer/consent",)


# what is refused, and how the refusal names it

REFUSED = {
    "no end": (PERMIT_ALL + "\npermit (", "site.cedar: policy 2 (line 2)"),
    "no Cedar": ("allow everything;", "site.cedar: policy 1 (line 1)"),
    "misspelt scope": (PERMIT_ALL + "\n\n// why\nforbid (principal, acton, resource);\n" + PERMIT_ALL, "policy 2"),
    "half a character": (condition('context.client == "\ud800"'), "site.cedar: policy 1"),
    "unknown action": (
        '@id("typo") forbid (principal, action == Action::"org.example.shop/1.shwo", resource);',
        'operator/site.cedar/typo does not fit the schema: unrecognized action `Action::"org.example.shop/1.shwo"`',
    ),
    "unknown attribute": (
        PERMIT_ALL + condition("context.colour == 3"),
        "operator/site.cedar/2 does not fit the schema: attribute `colour`",
    ),
    "optional and unguarded": (condition("context.amount > 3"), "operator/site.cedar/1 does not fit the schema"),
    "wrong type": (condition('context.time == "noon"'), "operator/site.cedar/1 does not fit the schema"),
    "unknown type of entity": (
        'forbid (principal == User::"me", action, resource);',
        "operator/site.cedar/1 does not fit the schema",
    ),
    "named slot": (
        PERMIT_ALL + '@id("slot") permit (principal == ?principal, action, resource);',
        "site.cedar: the policy 'slot' has a slot",
    ),
    "slot": ("permit (principal, action, resource in ?resource);", "site.cedar: a policy has a slot"),
    "a name twice": ('@id("a") ' + PERMIT_ALL + '@id("a") ' + PERMIT_ALL, "site.cedar: the id 'a' stands twice"),
    "a name that is another's place": (
        '@id("2") ' + PERMIT_ALL + PERMIT_ALL,
        "site.cedar: the id '2' stands twice",
    ),
    "too deep to be checked": (condition(" || ".join(["context.own"] * 90)), "operator/site.cedar/1: it nests too"),
    "too deep to be read": (condition(" || ".join(["context.own"] * 900)), "site.cedar: a condition nests too deep"),
    "another action": (
        condition('Action::"secret/1.read" in Action::"effect:none"'),
        "operator/site.cedar/1: before `in` stands an action other than the request's",
    ),
    "another action, at times": (
        condition('(if context.own then Action::"secret/1.read" else action) in Action::"effect:none"'),
        "operator/site.cedar/1: before `in` stands an action other than the request's",
    ),
    "another action, of its type": (
        condition('Action::"secret/1.read" is Action in Action::"effect:disclose"'),
        "operator/site.cedar/1: before `in` stands an action other than the request's",
    ),
    "brackets": (condition("(" * 101 + "true" + ")" * 101), "site.cedar: brackets stand more than 100 deep"),
    "too long": ("//" + "x" * 65536, "site.cedar: it has more than 64 KiB"),
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_policy_is_refused_by_file_and_policy(text: str, problem: str) -> None:
    with pytest.raises(PolicyError) as caught:
        engine(operator={"good.cedar": PERMIT_ALL, "site.cedar": text})
    assert problem in str(caught.value)


def test_name_that_two_files_make_together_is_refused() -> None:
    files = {"a/b": '@id("c") ' + PERMIT_ALL, "a": '@id("b/c") ' + PERMIT_ALL}
    with pytest.raises(PolicyError, match="a: the id 'operator/a/b/c' stands twice"):
        engine(operator=files)


@pytest.mark.parametrize("opening", ["(", "[", "{a:", "if context.own then true else "])
def test_text_that_nests_without_end_ends_no_process(opening: str) -> None:
    # In a process of its own: without a bound, Cedar's parser runs out of stack and takes the process with it.
    program = (
        "import sys\n"
        "from etui.interfaces import supplied\n"
        "from etui.trusted.policy import PolicyEngine, PolicyError\n"
        "try:\n"
        "    PolicyEngine(supplied().values(), operator={'site.cedar': sys.stdin.read()})\n"
        "except PolicyError as error:\n"
        "    print(error)\n"
    )
    text = condition(opening * 20_000)[: 1 << 16]
    done = subprocess.run([sys.executable, "-c", program], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("site.cedar: ")) == (0, True), done.stderr


# profiles among the layers


def test_profile_that_names_a_method_which_its_interface_does_not_have_is_refused() -> None:
    with pytest.raises(PolicyError, match=f"^profile/{PROVIDER}/1 does not fit the schema: unrecognized action"):
        engine(profile=[ProfileRule(methods=(f"{SHOP.id}.shwo",))])


@pytest.mark.parametrize("method", ["org.example.gone/1", "org.example.gone/1.pay", "org.example.shop/12.pay"])
def test_profile_that_names_an_interface_which_left_does_not_keep_the_wallet_shut(method: str) -> None:
    rules = [ProfileRule(methods=(method, SHOW), least_assurance=2), ProfileRule(methods=(method,), least_assurance=2)]
    assert decide(question(), profile=rules).assurance is Assurance.PIN
    assert decide(question(PAY), profile=rules).assurance == 1


def test_profile_is_in_force_when_the_interface_that_it_names_comes_back() -> None:
    gone = compile_profile(PROVIDER, (ProfileRule(methods=(SHOP.id,), least_assurance=2),))
    without = supplied().values()
    assert PolicyEngine(without, profiles=gone).decide(question(), GrantTable(), NOW).outcome is Outcome.DENY
    assert PolicyEngine(INTERFACES, profiles=gone).decide(question(), GrantTable(), NOW).assurance is Assurance.PIN


@pytest.mark.parametrize(
    "rule",
    [
        ProfileRule(kinds=("login",), only=("\ud800",)),
        ProfileRule(kinds=("login",), limits=(("EUR", 1 << 70),)),
    ],
    ids=["half a character", "a number that Cedar does not have"],
)
def test_profile_that_no_policy_can_hold_is_refused_by_name(rule: ProfileRule) -> None:
    with pytest.raises(PolicyError, match=f"^profile/{PROVIDER}/2.login: "):
        engine(profile=[ProfileRule(kinds=("pin",)), rule])


def test_two_profiles_under_one_id_are_refused() -> None:
    profile = compile_profile(PROVIDER, (ProfileRule(kinds=("pin",)),))
    renamed = {"manufacturer/consent": next(iter(profile.values()))}
    with pytest.raises(PolicyError, match="'manufacturer/consent' stands twice"):
        PolicyEngine(INTERFACES, profiles=renamed)


# the schema


def test_interfaces_that_come_with_the_wallet_fit_the_manufacturers_policies() -> None:
    PolicyEngine(supplied().values())


def test_action_of_an_interface_that_is_not_registered_is_denied() -> None:
    asked = question(LOOK)
    nobody_knows_it = PolicyEngine(supplied().values()).decide(asked, GrantTable([grant(client=CLIENT.id)]), NOW)
    assert nobody_knows_it.outcome is Outcome.DENY


def test_every_policy_can_read_what_every_action_tells() -> None:
    told = ["assurance", "strength", "time"]
    texts = [condition(f"context.{name} > 5 && false") for name in told]
    texts += [condition(f'context.{name} == "x"') for name in ("client", "interface")]
    texts += [condition(f"context.{name} && false") for name in ("own", "derived", "covered")]
    texts += [condition('context.chain.contains("x")')]
    assert decide(question(LOOK), operator="\n".join(texts)).outcome is Outcome.ALLOW


def interface(fields: dict[str, object]) -> CompiledInterface:
    method = {"title": "Pay", "effect": "use", "params": fields}
    document = {"interface": "org.example.new/1", "title": "New", "methods": {"pay": method}}
    # not by read_document, which refuses most of these already: policy does not rely on that
    return CompiledInterface(msgspec.convert(document, Document))


NOT_ITS_OWN_TO_GIVE = {
    "twice": (
        {"a": {"type": "integer", "policy": "price"}, "b": {"type": "integer", "policy": "price"}},
        "b as 'price'",
    ),
    "the wallet's": ({"a": {"type": "boolean", "policy": "covered"}}, "a as 'covered', which stands for something"),
    "an amount in words": ({"a": {"type": "text", "policy": "amount"}}, "a as 'amount', which is a Long everywhere"),
    "a numbered currency": ({"a": {"type": "integer", "policy": "currency"}}, "a as 'currency', which is a String"),
    "a host that is true": ({"a": {"type": "boolean", "policy": "host"}}, "a as 'host', which is a String"),
}


@pytest.mark.parametrize(("fields", "problem"), NOT_ITS_OWN_TO_GIVE.values(), ids=NOT_ITS_OWN_TO_GIVE)
def test_interface_that_gives_a_name_of_policy_another_meaning_is_refused(
    fields: dict[str, object], problem: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        PolicyEngine([*INTERFACES, interface(fields)])
    assert str(caught.value).startswith(f"org.example.new/1.pay: policy cannot see {problem}")


def test_interface_may_show_policy_an_amount_a_currency_and_names_of_its_own() -> None:
    fields: dict[str, object] = {
        "sum": {"type": "integer", "policy": "amount"},
        "in": {"type": "choice", "options": ["EUR"], "policy": "currency"},
        "gate": {"type": "boolean", "policy": "gate"},
        "item": {"type": "reference", "policy": "item"},
    }
    PolicyEngine([*INTERFACES, interface(fields)], operator={"a": condition("context has gate && context.gate")})
