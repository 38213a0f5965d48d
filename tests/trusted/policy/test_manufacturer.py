"""Each permit and forbid of ``manufacturer.cedar``, both ways."""

import msgspec
import pytest
from tests.trusted.policy.questions import (
    ADD,
    CHANGE,
    CLIENT,
    CORE_KEEP,
    DOOR,
    EXTENSION,
    FETCH,
    HAND,
    HEAR,
    ITEM,
    KEEP,
    LOOK,
    METHODS,
    MINE,
    NOW,
    PAY,
    PEEK,
    REMOVE,
    SEND,
    SHOP,
    SHOW,
    TICK,
    USE,
    WHOLE,
    decide,
    engine,
    question,
)

from etui.interfaces import supplied
from etui.trusted.policy import (
    Assurance,
    Decision,
    GrantTable,
    Outcome,
    PolicyEngine,
    Principal,
    Resource,
)

ANYBODY = pytest.mark.parametrize("principal", [CLIENT, DOOR, EXTENSION], ids=["client", "door", "extension"])
OUTSIDE = pytest.mark.parametrize("principal", [CLIENT, DOOR], ids=["client", "door"])
ENGINE = engine()
NOTHING = GrantTable()


def allowed_by(decision: Decision) -> tuple[str, ...]:
    assert decision.outcome is Outcome.ALLOW
    return decision.policies


def denied_by(decision: Decision) -> tuple[str, ...]:
    assert decision.outcome is Outcome.DENY
    return decision.policies


def without(*interfaces: str) -> Principal:
    """The Extension, whose manifest does not name these interfaces."""
    return msgspec.structs.replace(EXTENSION, uses=tuple(i for i in EXTENSION.uses if i not in interfaces))


# permits


@ANYBODY
def test_what_discloses_and_changes_nothing_is_free(principal: Principal) -> None:
    assert allowed_by(decide(question(LOOK, principal))) == ("manufacturer/harmless",)


@ANYBODY
def test_anybody_may_add_something_of_its_own(principal: Principal) -> None:
    assert allowed_by(decide(question(ADD, principal, WHOLE))) == ("manufacturer/add-own",)


@ANYBODY
@pytest.mark.parametrize("method", [SHOW, PAY, CHANGE, REMOVE])
def test_what_is_of_value_takes_the_user(principal: Principal, method: str) -> None:
    decision = decide(question(method, principal))
    assert (decision.outcome, decision.assurance, decision.policies) == (
        Outcome.ASK,
        Assurance.CONSENT,
        ("manufacturer/consent",),
    )


@ANYBODY
def test_consent_allows_what_anybody_may_call(principal: Principal) -> None:
    assert "manufacturer/consent" in ENGINE.confirm(question(SHOW, principal), Assurance.CONSENT, NOW).policies


@OUTSIDE
@pytest.mark.parametrize("method", [PEEK, USE, KEEP, FETCH, TICK, CORE_KEEP])
def test_consent_allows_nothing_that_is_not_for_anybody(principal: Principal, method: str) -> None:
    for assurance in Assurance:
        assert ENGINE.confirm(question(method, principal), assurance, NOW).outcome is Outcome.DENY


@pytest.mark.parametrize("method", [KEEP, MINE])
def test_extension_may_use_for_itself_what_its_manifest_names(method: str) -> None:
    assert allowed_by(decide(question(method, EXTENSION, WHOLE))) == ("manufacturer/extension-uses",)


@pytest.mark.parametrize("method", [USE, PEEK])
def test_extension_may_not_use_unasked_what_is_not_its_own(method: str) -> None:
    assert denied_by(decide(question(method, EXTENSION, WHOLE))) == ("nothing permits it",)


@OUTSIDE
def test_what_is_a_callers_own_is_no_clients_own(principal: Principal) -> None:
    named = msgspec.structs.replace(principal, uses=(SHOP.id,))
    assert decide(question(MINE, named, WHOLE)).outcome is Outcome.ASK


def test_extension_reaches_the_hosts_of_its_manifest() -> None:
    asked = question(FETCH, EXTENSION, WHOLE, fields={"host": "bank.example"})
    assert allowed_by(decide(asked)) == ("manufacturer/declared-host",)


@pytest.mark.parametrize("host", ["evil.example", "BANK.example", "bank.example.", "a.bank.example", ""])
def test_extension_asks_for_another_host(host: str) -> None:
    decision = decide(question(FETCH, EXTENSION, WHOLE, fields={"host": host}))
    assert (decision.outcome, decision.policies) == (Outcome.ASK, ("manufacturer/host-by-consent",))


@pytest.mark.parametrize("host", ["bank.example", "evil.example"])
def test_extension_that_does_not_name_the_interface_reaches_no_host(host: str) -> None:
    asked = question(FETCH, without("org.example.service/1"), WHOLE, fields={"host": host})
    assert denied_by(decide(asked)) == ("manufacturer/extension-undeclared",)


def test_host_that_is_reached_for_somebody_else_is_not_a_matter_of_consent() -> None:
    asked = question(SEND, EXTENSION, WHOLE, fields={"host": "evil.example"})
    assert ENGINE.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.DENY


@OUTSIDE
def test_nobody_else_reaches_a_host_in_a_call(principal: Principal) -> None:
    named = msgspec.structs.replace(principal, uses=EXTENSION.uses, hosts=("bank.example",))
    asked = question(FETCH, named, WHOLE, fields={"host": "bank.example"}, derived=True)
    assert denied_by(decide(asked)) == ("nothing permits it",)
    assert ENGINE.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.DENY


@ANYBODY
@pytest.mark.parametrize("method", [USE, PEEK])
def test_what_serves_extensions_serves_whoever_began_the_call(principal: Principal, method: str) -> None:
    assert allowed_by(decide(question(method, principal, WHOLE, derived=True))) == ("manufacturer/derived",)


@OUTSIDE
def test_what_an_extension_does_for_itself_is_not_done_for_the_one_it_serves(principal: Principal) -> None:
    assert denied_by(decide(question(KEEP, principal, WHOLE, derived=True))) == ("nothing permits it",)


@ANYBODY
def test_being_derived_opens_nothing_that_anybody_may_call(principal: Principal) -> None:
    assert decide(question(SHOW, principal, derived=True)).outcome is Outcome.ASK


@ANYBODY
@pytest.mark.parametrize("method", [SHOW, PAY, CHANGE, REMOVE, USE])
def test_what_was_consented_to_with_a_call_is_allowed_under_it(principal: Principal, method: str) -> None:
    assert "manufacturer/covered" in allowed_by(decide(question(method, principal, derived=True, covered=True)))


@ANYBODY
def test_only_a_call_under_another_is_covered_by_it(principal: Principal) -> None:
    decision = decide(question(SHOW, principal, covered=True, given=Assurance.PIN))
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.CONSENT)


@ANYBODY
def test_what_the_user_did_for_another_call_is_not_done_for_one_that_it_does_not_cover(principal: Principal) -> None:
    decision = decide(question(SHOW, principal, derived=True, given=Assurance.PIN))
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.CONSENT)


def test_extension_may_be_asked_about_by_itself() -> None:
    own = Resource(extension=EXTENSION.id, item="i-1", kind="card")
    assert decide(question(LOOK, EXTENSION, own)).outcome is Outcome.ALLOW
    assert decide(question(KEEP, EXTENSION, Resource(extension=EXTENSION.id))).outcome is Outcome.ALLOW


# forbids


@OUTSIDE
@pytest.mark.parametrize("method", [PEEK, USE, KEEP, FETCH])
def test_what_serves_extensions_is_closed_to_everybody_else(principal: Principal, method: str) -> None:
    assert denied_by(decide(question(method, principal, covered=True))) == ("manufacturer/extensions-only",)


@pytest.mark.parametrize("principal", [CLIENT, EXTENSION], ids=["client", "extension"])
@pytest.mark.parametrize("method", [HEAR, HAND])
def test_what_a_door_brings_from_outside_no_program_says_in_its_place(principal: Principal, method: str) -> None:
    asked = question(method, principal, derived=True, covered=True, given=Assurance.PIN)
    assert denied_by(decide(asked)) == ("manufacturer/doors-only",)


def test_a_door_brings_what_is_from_outside() -> None:
    assert decide(question(HEAR, DOOR)).outcome is Outcome.ALLOW
    assert decide(question(HAND, DOOR)).outcome is Outcome.ASK


@pytest.mark.parametrize("method", sorted(METHODS))
def test_extension_reaches_nothing_that_its_manifest_does_not_name(method: str) -> None:
    asked = question(method, without(*EXTENSION.uses), derived=True, covered=True, given=Assurance.PIN)
    assert "manufacturer/extension-undeclared" in denied_by(decide(asked))


def test_extension_may_ask_the_wallet_itself_without_naming_it() -> None:
    wallet = PolicyEngine(supplied().values())
    asked = question("wallet/1.why", without(*EXTENSION.uses), WHOLE)
    assert wallet.decide(asked, NOTHING, NOW).outcome is not Outcome.DENY


@ANYBODY
@pytest.mark.parametrize("method", [TICK, CORE_KEEP])
def test_what_is_the_routers_is_nobody_elses(principal: Principal, method: str) -> None:
    asked = question(method, principal, derived=True, covered=True, given=Assurance.PIN)
    assert "manufacturer/router-only" in denied_by(decide(asked))
    assert ENGINE.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.DENY


@ANYBODY
def test_no_operator_opens_what_the_manufacturer_forbids(principal: Principal) -> None:
    everything = "permit (principal, action, resource);"
    assert decide(question(SHOW, principal), operator=everything).outcome is Outcome.ALLOW
    assert decide(question(TICK, principal), operator=everything).outcome is Outcome.DENY
    undeclared = without(SHOP.id)
    assert decide(question(SHOW, undeclared), operator=everything).outcome is Outcome.DENY


def test_nobody_calls_an_extension_in_the_routers_place() -> None:
    wallet = PolicyEngine(supplied().values())
    for name in supplied()["extension/1"].methods:
        asked = question(f"extension/1.{name}", EXTENSION, ITEM, derived=True, covered=True, given=Assurance.PIN)
        assert wallet.decide(asked, NOTHING, NOW).outcome is Outcome.DENY


@OUTSIDE
@pytest.mark.attack(272)
def test_no_operator_and_no_mere_yes_has_the_wallet_exported(principal: Principal) -> None:
    wallet = PolicyEngine(supplied().values())
    asked = question("wallet/1.export", principal, Resource(extension="router"))
    decision = wallet.decide(asked, NOTHING, NOW)
    assert (decision.outcome, decision.assurance) == (Outcome.ASK, Assurance.PIN)
    assert "manufacturer/whole-by-passphrase" in denied_by(wallet.confirm(asked, Assurance.CONSENT, NOW))
    assert wallet.confirm(asked, Assurance.PIN, NOW).outcome is Outcome.ALLOW
