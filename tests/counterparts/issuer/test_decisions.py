"""What becomes of a message, decision by decision, without a book: the checks in order, and what each leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from bench.acquirer import KEYS, Presented, pan, payment, profile

from etui.counterparts.issuer import CardStatus, MasterKey
from etui.counterparts.issuer.asking import Asked, examine
from etui.counterparts.issuer.cards import new_card
from etui.counterparts.issuer.counters import WINDOW
from etui.counterparts.issuer.decisions import decide
from etui.counterparts.issuer.outcomes import Outcome, moment
from etui.counterparts.issuer.records import Authorisation, Card, State
from etui.standards.emv import CryptogramType
from etui.standards.iso8583 import (
    AuthorisationAdvice,
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    OriginalData,
    ReversalRequest,
    TransactionRequest,
    original_data,
)

NOW_S = 1_795_700_000
NOW = moment(NOW_S, "ABC123")
CARD = new_card(profile(1))


def card(**members: Any) -> Card:  # noqa: ANN401  # columns of any type
    return msgspec.structs.replace(CARD, **members)


def asked(request: TransactionRequest) -> Asked:
    return examine(request, KEYS)


def pay(stan: int = 1, *, of: Presented | None = None, **members: object) -> FinancialRequest:
    return payment(of or Presented(pan=pan(1), atc=stan), stan, **members)


def as_type(kind: type[Any], request: FinancialRequest, **members: object) -> Any:  # noqa: ANN401  # of any request
    usual = {
        name: getattr(request, name) for name in FinancialRequest.__struct_fields__ if name in kind.__struct_fields__
    }
    return kind(**usual | members)


def reversal_of(request: TransactionRequest, **members: object) -> ReversalRequest:
    usual = {name: getattr(request, name) for name in ReversalRequest.__struct_fields__ if hasattr(request, name)}
    named: dict[str, Any] = {"stan": "900001", "original": original_data(request), "repeat": False}
    return ReversalRequest(**usual | named | members)


def decided(of: Card, request: TransactionRequest, known: Authorisation | None = None) -> Outcome:
    one = asked(request)
    if one.original is not None:
        return decide(of, None, known, one, NOW)
    return decide(of, known, None, one, NOW)


def after(outcome: Outcome) -> tuple[Card, Authorisation]:
    assert outcome.card is not None
    assert outcome.new is not None
    return outcome.card, outcome.new


def test_payment_is_approved_posted_and_counted() -> None:
    paid, row = after(outcome := decided(CARD, pay()))
    assert (outcome.response_code, outcome.approval) == ("00", "ABC123")
    assert (paid.balance_minor, paid.held_minor, paid.day_minor, paid.day_count) == (998_750, 0, 1250, 1)
    assert (paid.atc_high, row.state, row.posted_minor) == (1, State.POSTED, 1250)
    assert outcome.posting is not None
    assert (outcome.posting.debit, outcome.posting.credit, outcome.posting.number) == ("card", "acquirer:123456", 2)


def test_authorisation_holds_and_posts_nothing() -> None:
    holding, row = after(outcome := decided(CARD, as_type(AuthorisationRequest, pay())))
    assert outcome.posting is None
    assert (holding.balance_minor, holding.held_minor, holding.day_minor) == (1_000_000, 1250, 1250)
    assert (row.state, row.held_minor) == (State.HELD, 1250)


REFUSED = [
    ("deleted", {"status": "deleted"}, {}, {}, "14", False),
    ("suspended", {"status": "suspended"}, {}, {}, "62", False),
    ("expired", {"expiry": "2610"}, {}, {"expiry": "2610"}, "54", False),
    ("another expiry", {}, {}, {"expiry": "3011"}, "54", False),
    ("no chip data", {}, {}, {"icc": b""}, "82", False),
    ("chip data that are none", {}, {}, {"icc": b"\x9f"}, "82", False),
    ("a key of another issuer", {}, {"keys": MasterKey(bytes(range(16)))}, {}, "82", False),
    ("another sequence number", {}, {"sequence": 2}, {}, "82", False),
    ("a card that approved itself", {}, {"kind": CryptogramType.TC}, {}, "82", False),
    ("a card that declined", {}, {"kind": CryptogramType.AAC}, {}, "82", False),
    ("the counter again", {"atc_high": 1}, {}, {}, "83", False),
    ("a lower counter", {"atc_high": 2}, {}, {}, "83", False),
    ("a counter beyond the window", {}, {"atc": WINDOW}, {}, "83", False),
    ("a counter without a key", {"atc_issued": 0}, {}, {}, "83", False),
    ("cash", {}, {}, {"processing_code": "010000"}, "57", True),
    ("another kind of transaction", {}, {}, {"processing_code": "300000"}, "12", True),
    ("another kind of transaction on the chip", {}, {"transaction_type": "20"}, {}, "12", True),
    ("another amount than the chip's", {}, {}, {"amount_minor": 1249}, "13", True),
    ("no amount", {}, {"amount_minor": 0}, {}, "13", True),
    ("another currency than the chip's", {}, {}, {"currency": "840"}, "12", True),
    ("another currency than the card's", {}, {"currency": "840"}, {}, "12", True),
    ("more than the balance", {"balance_minor": 1249}, {}, {}, "51", True),
    ("more than what is not held", {"balance_minor": 2000, "held_minor": 751}, {}, {}, "51", True),
    ("more than a transaction may be", {"transaction_limit_minor": 1249}, {}, {}, "61", True),
    ("more than a day's sum", {"day": NOW.day, "day_minor": 998_751}, {}, {}, "61", True),
    ("more often than a day's number", {"day": NOW.day, "day_count": 1_000_000}, {}, {}, "65", True),
]  # fmt: skip


@pytest.mark.attack(124)
@pytest.mark.attack(125)
@pytest.mark.parametrize(("what", "of", "chip", "members", "code", "counts"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(  # noqa: PLR0913  # a row of the table
    what: str, of: dict[str, Any], chip: dict[str, Any], members: dict[str, Any], code: str, *, counts: bool
) -> None:
    before = card(**of)
    presented = msgspec.structs.replace(Presented(pan=pan(1), atc=1), **chip)
    outcome = decided(before, payment(presented, 1, **members))
    now, row = after(outcome)
    assert (outcome.response_code, outcome.approval, outcome.posting) == (code, "", None), what
    assert (row.state, row.held_minor, row.posted_minor) == (State.DECLINED, 0, 0)
    expected = before if not counts else msgspec.structs.replace(before, atc_high=1, atc_used=now.atc_used)
    assert now == expected


def test_checks_are_made_in_their_order() -> None:
    """Each fault is added before the earlier ones: the answer is always that of the first check."""
    wrong: dict[str, Any] = {}
    request = pay()
    for member, value, code in (
        ("day_limit_count", 0, "65"),
        ("transaction_limit_minor", 1, "61"),
        ("balance_minor", 0, "51"),
        ("currency", "840", "12"),
        ("atc_high", 9, "83"),
        ("sequence", 3, "82"),
        ("expiry", "2501", "54"),
        ("status", CardStatus.SUSPENDED, "62"),
    ):
        wrong[member] = value
        assert decided(card(**wrong), request).response_code == code, member


def test_card_that_nobody_knows_is_declined_and_not_written_down() -> None:
    outcome = decide(None, None, None, asked(pay()), NOW)
    assert (outcome.response_code, outcome.new) == ("14", None)


@pytest.mark.attack(126)
def test_same_request_gets_the_same_answer_and_moves_nothing() -> None:
    _, row = after(first := decided(CARD, pay()))
    for again in (pay(), pay(repeat=True)):
        outcome = decided(CARD, again, row)
        assert outcome == Outcome(response_code=first.response_code, approval=first.approval)


@pytest.mark.attack(126)
@pytest.mark.parametrize(
    "members",
    [{"rrn": "X"}, {"terminal": "OTHER"}, {"merchant": "OTHER"}, {"processing_code": "200000"}, {"icc": b"\x9f"}],
)
def test_other_request_under_the_same_name_is_refused(members: dict[str, Any]) -> None:
    _, row = after(decided(CARD, pay()))
    assert decided(CARD, pay(**members), row) == Outcome(response_code="94")
    assert decided(CARD, as_type(AuthorisationRequest, pay()), row) == Outcome(response_code="94")


def test_day_begins_anew_and_a_clock_that_went_back_does_not_begin_one() -> None:
    tired = card(day=NOW.day - 1, day_minor=1_000_000, day_count=1_000_000)
    paid, _ = after(decided(tired, pay()))
    assert (paid.day, paid.day_minor, paid.day_count) == (NOW.day, 1250, 1)
    ahead = card(day=NOW.day + 1, day_minor=1_000_000)
    assert decided(ahead, pay()).response_code == "61"


def test_reversal_gives_back_what_was_posted_or_held_once() -> None:
    for request in (pay(), as_type(AuthorisationRequest, pay())):
        paid, row = after(decided(CARD, request))
        outcome = decided(paid, reversal_of(request), row)
        assert outcome.response_code == "00"
        assert outcome.card is not None
        assert outcome.changed is not None
        assert (outcome.card.balance_minor, outcome.card.held_minor, outcome.card.day_minor) == (1_000_000, 0, 0)
        assert outcome.changed.state == State.REVERSED
        again = decided(outcome.card, reversal_of(request, stan="900002"), outcome.changed)
        assert again == Outcome(response_code=outcome.response_code, approval=outcome.approval)
        assert decided(outcome.card, request, outcome.changed).response_code == "68"


@pytest.mark.attack(127)
def test_reversal_of_what_never_arrived_declines_it_when_it_does() -> None:
    outcome = decided(CARD, reversal_of(pay()))
    assert (outcome.response_code, outcome.card) == ("00", None)
    assert outcome.new is not None
    assert outcome.new.state == State.AWAITED
    assert outcome.new.key == asked(pay()).key
    late = decided(CARD, pay(), outcome.new)
    assert (late.response_code, late.posting, late.new) == ("68", None, None)
    assert late.card is not None
    assert (late.card.balance_minor, late.card.atc_high) == (1_000_000, 1)
    assert decided(CARD, reversal_of(pay(), stan="900002"), outcome.new) == Outcome(response_code="00")


@pytest.mark.attack(127)
@pytest.mark.parametrize(
    "members",
    [{"rrn": "X"}, {"terminal": "OTHER"}, {"merchant": "OTHER"}, {"amount_minor": 1}, {"currency": "840"}],
)
def test_reversal_that_tells_something_else_reverses_nothing(members: dict[str, Any]) -> None:
    paid, row = after(decided(CARD, pay()))
    assert decided(paid, reversal_of(pay(), **members), row) == Outcome(response_code="25")


@pytest.mark.attack(127)
def test_acquirer_does_not_reverse_or_complete_what_is_another_ones() -> None:
    held = as_type(AuthorisationRequest, pay())
    holding, row = after(decided(CARD, held))
    assert decided(holding, reversal_of(held, acquirer="999"), row) == Outcome(response_code="12")
    completion = as_type(FinancialAdvice, pay(2), original=original_data(held), acquirer="999")
    assert decided(holding, completion, row).response_code == "25"


def test_reversal_of_a_reversal_is_no_transaction() -> None:
    named = OriginalData(mti="0400", stan="000001", transmitted="1126185000", acquirer="123456")
    assert decided(CARD, reversal_of(pay(), original=named)) == Outcome(response_code="12")


def completion_of(request: TransactionRequest, amount_minor: int, stan: str = "700001") -> FinancialAdvice:
    plain = pay(stan=1, amount_minor=amount_minor)
    made: FinancialAdvice = as_type(FinancialAdvice, plain, original=original_data(request), icc=b"")
    return msgspec.structs.replace(made, stan=stan)


def test_completion_posts_what_was_filled_and_gives_the_rest_back() -> None:
    preauthorised = as_type(AuthorisationRequest, pay(of=Presented(pan=pan(1), amount_minor=10_000)))
    holding, row = after(decided(CARD, preauthorised))
    outcome = decided(holding, completion_of(preauthorised, 4_321), row)
    now, new = after(outcome)
    assert (outcome.response_code, outcome.approval) == ("00", "ABC123")
    assert (now.balance_minor, now.held_minor, now.day_minor, now.day_count) == (995_679, 0, 4_321, 1)
    assert (new.state, new.posted_minor) == (State.POSTED, 4_321)
    assert outcome.changed is not None
    assert (outcome.changed.state, outcome.changed.held_minor) == (State.COMPLETED, 0)
    again = decided(now, completion_of(preauthorised, 4_321, "700002"), outcome.changed)
    assert (again.response_code, again.posting) == ("12", None)
    assert decided(now, reversal_of(preauthorised), outcome.changed) == Outcome(response_code="12")


@pytest.mark.attack(128)
@pytest.mark.parametrize(("amount_minor", "code"), [(1251, "13"), (0, "13"), (10**12 - 1, "13")])
def test_completion_of_more_than_was_held_posts_nothing(amount_minor: int, code: str) -> None:
    held = as_type(AuthorisationRequest, pay())
    holding, row = after(decided(CARD, held))
    outcome = decided(holding, completion_of(held, amount_minor), row)
    assert (outcome.response_code, outcome.posting, outcome.changed, outcome.card) == (code, None, None, holding)


@pytest.mark.attack(128)
def test_completion_of_nothing_or_of_another_shop_posts_nothing() -> None:
    held = as_type(AuthorisationRequest, pay())
    holding, row = after(decided(CARD, held))
    assert decided(holding, completion_of(held, 1000)).response_code == "25"
    other = msgspec.structs.replace(completion_of(held, 1000), merchant="OTHER")
    assert decided(holding, other, row).response_code == "12"


def test_reversal_of_a_completion_posts_it_back() -> None:
    held = as_type(AuthorisationRequest, pay())
    holding, row = after(decided(CARD, held))
    completion = completion_of(held, 1000)
    done, new = after(decided(holding, completion, row))
    outcome = decided(done, reversal_of(completion), new)
    assert outcome.card is not None
    assert (outcome.response_code, outcome.card.balance_minor, outcome.card.held_minor) == ("00", 1_000_000, 0)


@pytest.mark.parametrize("kind", [CryptogramType.TC, CryptogramType.ARQC])
def test_advice_that_the_card_proves_is_posted_beyond_every_limit(kind: CryptogramType) -> None:
    poor = card(balance_minor=0, transaction_limit_minor=0, day_limit_count=0, status="suspended", expiry="2501")
    advice = as_type(FinancialAdvice, pay(of=Presented(pan=pan(1), kind=kind)), response_code="Y1", approval="OFF123")
    now, row = after(outcome := decided(poor, advice))
    assert (outcome.response_code, outcome.approval, now.balance_minor) == ("00", "OFF123", -1250)
    assert row.state == State.POSTED


def test_advice_of_an_authorisation_is_held() -> None:
    now, row = after(decided(CARD, as_type(AuthorisationAdvice, pay(), response_code="00")))
    assert (now.held_minor, row.state) == (1250, State.HELD)


@pytest.mark.attack(128)
@pytest.mark.parametrize(
    ("chip", "members", "code"),
    [
        ({}, {"icc": b""}, "82"),
        ({"kind": CryptogramType.AAC}, {}, "82"),
        ({"keys": MasterKey(bytes(range(16)))}, {}, "82"),
        ({}, {"amount_minor": 999_999}, "13"),
        ({}, {"currency": "840"}, "12"),
    ],
)
def test_advice_that_the_card_does_not_prove_posts_nothing(
    chip: dict[str, Any], members: dict[str, Any], code: str
) -> None:
    presented = msgspec.structs.replace(Presented(pan=pan(1), kind=CryptogramType.TC), **chip)
    outcome = decided(CARD, as_type(FinancialAdvice, payment(presented, 1), response_code="Y1", **members))
    assert (outcome.response_code, outcome.posting) == (code, None)


@pytest.mark.attack(125)
def test_advice_has_a_counter_that_was_passed_over_and_not_one_that_was_used() -> None:
    paid, _ = after(decided(CARD, pay(5)))
    late, _ = after(decided(paid, as_type(FinancialAdvice, pay(3), response_code="Y1")))
    assert (late.balance_minor, late.atc_high) == (997_500, 5)
    for atc in (3, 5):
        again = as_type(FinancialAdvice, pay(of=Presented(pan=pan(1), atc=atc)), stan="000077")
        assert decided(late, again).response_code == "83"


def test_advice_that_it_was_declined_is_written_down_and_moves_nothing() -> None:
    outcome = decided(CARD, as_type(FinancialAdvice, pay(), response_code="Z1"))
    assert (outcome.response_code, outcome.card, outcome.posting) == ("00", CARD, None)


def test_refund_comes_from_the_acquirer_and_can_be_reversed() -> None:
    refund = pay(processing_code="200000", icc=b"")
    richer, row = after(outcome := decided(CARD, refund))
    assert outcome.posting is not None
    assert (richer.balance_minor, outcome.posting.debit, row.posted_minor) == (1_001_250, "acquirer:123456", -1250)
    back = decided(richer, reversal_of(refund), row)
    assert back.card is not None
    assert back.posting is not None
    assert (back.card.balance_minor, back.posting.debit) == (1_000_000, "card")


@pytest.mark.parametrize(
    ("of", "members", "code"),
    [({"status": "deleted"}, {}, "14"), ({}, {"currency": "840"}, "12"), ({}, {"amount_minor": 0}, "13")],
)
def test_refund_that_is_none_moves_nothing(of: dict[str, Any], members: dict[str, Any], code: str) -> None:
    outcome = decided(card(**of), pay(processing_code="200000", **members))
    assert (outcome.response_code, outcome.posting) == (code, None)
