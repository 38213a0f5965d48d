"""Whole transactions of the terminal's kernel with good cards, wrong ones, and ones that go away."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from bench.acquirer import pan
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.counterparts.pos.driving import (
    NOW,
    approves,
    away,
    declines,
    purchase,
    run,
    terminal,
)
from tests.counterparts.pos.emulator import AID, OTHER_AID, Emulator
from tests.standards.emv import published

from etui.counterparts.pos import kernel
from etui.counterparts.pos.errors import KernelError
from etui.counterparts.pos.kernel import Verdict, Verification
from etui.counterparts.pos.kernel.states import NEXT
from etui.standards import emv
from etui.standards.emv import Tag, Tvr
from etui.standards.iso7816 import Response, Selection


def _value(outcome: kernel.Outcome, tag: Tag) -> bytes:
    assert outcome.presented is not None
    return emv.values_by_tag(emv.decode_objects(outcome.presented.icc))[tag]


def _generated(card: Emulator) -> list[emv.GenerateAc]:
    requests = [emv.read_request(command) for command in card.commands]
    return [one for one in requests if isinstance(one, emv.GenerateAc)]


def test_a_small_amount_is_approved_by_the_card_alone() -> None:
    card = Emulator(offline_minor=5_000)
    outcome = run(card, purchase(1_250))
    assert (outcome.verdict, outcome.online, outcome.undo) == (Verdict.APPROVED, False, False)
    presented = outcome.presented
    assert presented is not None
    assert (presented.pan, presented.expiry, presented.sequence) == (pan(0), "3012", "001")
    assert (presented.response_code, presented.verification) == ("Y1", Verification.NONE)
    assert outcome.findings == Tvr(0)
    assert _value(outcome, Tag.AMOUNT_AUTHORISED) == emv.write_numeric(1_250, 6)
    assert (card.approved, card.amounts) == ([1], [1_250])


def test_an_amount_at_the_floor_limit_is_approved_by_the_issuer_and_then_by_the_card() -> None:
    card = Emulator(offline_minor=5_000)
    outcome = run(card, purchase(5_000), approves)
    assert (outcome.verdict, outcome.online, outcome.undo) == (Verdict.APPROVED, True, False)
    assert outcome.findings == Tvr.FLOOR_LIMIT_EXCEEDED
    assert [one.type for one in _generated(card)] == [emv.CryptogramType.ARQC, emv.CryptogramType.TC]


def test_what_the_issuer_is_told_proves_itself_with_the_card_s_key() -> None:
    card = Emulator()
    told: list[kernel.Presented] = []

    def issuer(emulator: Emulator, presented: kernel.Presented) -> tuple[str, bytes]:
        told.append(presented)
        return approves(emulator, presented)

    run(card, purchase(), issuer)
    values = emv.values_by_tag(emv.decode_objects(told[0].icc))
    data = emv.cryptogram_data(values, values[Tag.AIP], card.atc, values[Tag.ISSUER_APPLICATION_DATA])
    emv.session_key(card.master, card.atc).verify(data, values[Tag.APPLICATION_CRYPTOGRAM])


def test_what_the_issuer_declines_is_declined() -> None:
    outcome = run(Emulator(), purchase(), declines)
    assert (outcome.verdict, outcome.undo, outcome.presented) == (Verdict.DECLINED, False, None)


def test_without_a_line_a_card_that_wants_its_issuer_is_taken_below_the_floor_limit_and_declined_at_it() -> None:
    below = run(Emulator(), purchase(4_999), away)
    assert (below.verdict, below.online) == (Verdict.APPROVED, False)
    assert below.presented is not None
    assert below.presented.response_code == "Y3"
    at_it = Emulator()
    assert run(at_it, purchase(5_000), away).verdict is Verdict.DECLINED
    assert at_it.approved == []


def test_what_may_be_less_in_the_end_is_asked_of_the_issuer_or_declined() -> None:
    outcome = run(Emulator(offline_minor=5_000), purchase(1_000, asks_issuer=True), approves)
    assert outcome.online
    assert run(Emulator(offline_minor=5_000), purchase(1_000, asks_issuer=True), away).verdict is Verdict.DECLINED


def test_a_question_that_may_have_reached_the_issuer_is_declined_and_undone() -> None:
    one = kernel.Kernel(terminal(), purchase())
    transmit = Emulator().present()
    step = one.begin()
    while isinstance(step, kernel.Send):
        step = one.received(Response.decode(transmit(step.command.encode())))
    assert isinstance(step, kernel.AskIssuer)
    step = one.unanswered()
    assert isinstance(step, kernel.Send)
    step = one.received(Response.decode(transmit(step.command.encode())))
    assert isinstance(step, kernel.Outcome)
    assert (step.verdict, step.undo, step.online) == (Verdict.DECLINED, True, True)


def test_above_the_limit_the_device_verifies_its_holder_and_a_card_that_cannot_is_found_out() -> None:
    on_device = run(Emulator(), purchase(6_000), approves)
    assert on_device.presented is not None
    assert on_device.presented.verification is Verification.ON_DEVICE
    plastic = run(Emulator(aip=emv.Aip.CDA_SUPPORTED), purchase(6_000), approves)
    assert Tvr.CARDHOLDER_VERIFICATION_FAILED in plastic.findings
    assert run(Emulator(aip=emv.Aip.CDA_SUPPORTED), purchase(6_000), away).verdict is Verdict.DECLINED


@pytest.mark.attack(142)
@pytest.mark.parametrize("wrong", ["wrong_key", "other_answer", "unsigned"])
@pytest.mark.parametrize("offline_minor", [0, 5_000])
def test_a_card_whose_signature_is_wrong_is_declined(wrong: str, offline_minor: int) -> None:
    card = Emulator(offline_minor=offline_minor, **{wrong: True})
    outcome = run(card, purchase(), approves)
    assert (outcome.verdict, outcome.online) == (Verdict.DECLINED, False)
    assert outcome.presented is None


@pytest.mark.attack(142)
def test_a_card_whose_certificates_are_of_no_known_authority_is_declined() -> None:
    card = Emulator(offline_minor=5_000)
    outcome = run(card, purchase(), approves, terminal(keys=()))
    assert (outcome.verdict, outcome.findings & Tvr.CDA_FAILED) == (Verdict.DECLINED, Tvr.CDA_FAILED)
    assert [one.type for one in _generated(card)] == [emv.CryptogramType.AAC]


def test_a_card_with_dynamic_authentication_alone_is_authenticated_by_it() -> None:
    aip = emv.Aip.DDA_SUPPORTED | emv.Aip.ON_DEVICE_VERIFICATION_SUPPORTED
    good = run(Emulator(aip=aip, offline_minor=5_000), purchase())
    assert (good.verdict, good.findings) == (Verdict.APPROVED, Tvr(0))
    wrong = run(Emulator(aip=aip, offline_minor=5_000, wrong_key=True), purchase())
    assert (wrong.verdict, wrong.findings & Tvr.DDA_FAILED) == (Verdict.DECLINED, Tvr.DDA_FAILED)


def test_a_card_that_cannot_be_authenticated_is_left_to_its_issuer() -> None:
    card = Emulator(aip=emv.Aip.ON_DEVICE_VERIFICATION_SUPPORTED, offline_minor=5_000)
    assert run(card, purchase(), away).verdict is Verdict.DECLINED
    assert run(card, purchase(), approves).online


def test_an_expired_card_is_left_to_its_issuer_and_declined_without_a_line() -> None:
    outcome = run(Emulator(expires=dt.date(2026, 11, 25), offline_minor=5_000), purchase(), declines)
    assert (outcome.online, Tvr.APPLICATION_EXPIRED in outcome.findings) == (True, True)
    last_day = Emulator(expires=NOW.date(), offline_minor=5_000)
    assert run(last_day, purchase()).verdict is Verdict.APPROVED
    expired = Emulator(expires=dt.date(2026, 11, 25), offline_minor=5_000)
    assert run(expired, purchase(), away).verdict is Verdict.DECLINED


def test_a_card_of_another_version_asks_its_issuer_and_is_taken_without_a_line() -> None:
    assert run(Emulator(version=2, offline_minor=5_000), purchase(), approves).online
    outcome = run(Emulator(version=2, offline_minor=5_000), purchase(), away)
    assert (outcome.verdict, outcome.findings) == (Verdict.APPROVED, Tvr.APPLICATION_VERSIONS_DIFFER)


@pytest.mark.attack(142)
def test_a_card_that_answers_as_another_application_than_was_selected_ends_it() -> None:
    outcome = run(Emulator(answers_as=OTHER_AID, offline_minor=5_000), purchase())
    assert (outcome.verdict, outcome.presented) == (Verdict.ENDED, None)


def test_a_card_of_another_currency_asks_its_issuer() -> None:
    card = Emulator(currency=840, offline_minor=5_000)
    assert run(card, purchase(), declines).online
    assert card.approved == []


def test_a_card_that_answers_more_than_it_was_asked_for_is_not_believed() -> None:
    outcome = run(Emulator(more_than_asked=True), purchase(5_000), approves)
    assert outcome.verdict is not Verdict.APPROVED


def test_a_card_that_does_not_approve_after_its_issuer_did_is_declined_and_undone() -> None:
    outcome = run(Emulator(declines_second=True), purchase(), approves)
    assert (outcome.verdict, outcome.undo) == (Verdict.DECLINED, True)


def test_an_answer_that_is_not_the_issuer_s_is_not_taken_by_the_card_and_undone() -> None:
    def forged(_card: Emulator, _presented: kernel.Presented) -> tuple[str, bytes]:
        return "00", emv.primitive(Tag.ISSUER_AUTHENTICATION_DATA, bytes(8) + b"00").encode()

    outcome = run(Emulator(), purchase(), forged)
    assert (outcome.verdict, outcome.undo) == (Verdict.DECLINED, True)


@pytest.mark.parametrize("step", [Selection, emv.GetProcessingOptions, emv.GenerateAc])
def test_a_card_that_wants_its_holder_first_is_tapped_again_and_may_offer_another_application(step: type) -> None:
    card = Emulator(names=(AID, OTHER_AID), refuses=1, refuses_at=step, offline_minor=5_000)
    first = run(card, purchase())
    assert (first.verdict, first.presented) == (Verdict.TRY_AGAIN, None)
    second = run(card, purchase())
    assert second.presented is not None
    assert (second.verdict, second.presented.identifier) == (Verdict.APPROVED, OTHER_AID)


def test_a_card_s_directory_for_contacts_is_read_where_it_has_no_other() -> None:
    assert run(Emulator(pse=True, offline_minor=5_000), purchase()).verdict is Verdict.APPROVED


@pytest.mark.parametrize("names", [(), (bytes.fromhex("A0000000041010"),)])
def test_a_card_without_an_application_that_is_taken_is_said_to_be_none(names: tuple[bytes, ...]) -> None:
    outcome = run(Emulator(names=names), purchase())
    assert (outcome.verdict, outcome.undo) == (Verdict.ENDED, False)


def test_a_card_that_goes_away_leaves_an_outcome_at_each_step() -> None:
    whole = Emulator()
    run(whole, purchase(), approves)
    last = len(whole.commands) - 1
    for at in range(last + 1):
        outcome = run(Emulator(vanishes_at=at), purchase(), approves)
        assert outcome.verdict in {Verdict.DECLINED, Verdict.ENDED}
        assert outcome.undo == (at == last), "what the issuer approved is undone, and nothing else"


def test_the_records_of_a_published_card_are_authenticated() -> None:
    issuer, card = published.CARD_ISSUER, published.CARD
    records = [
        emv.write_record(emv.decode_objects(published.CARD_RECORD)),
        emv.write_record(
            (
                emv.primitive(Tag.CA_PUBLIC_KEY_INDEX, b"\5"),
                emv.primitive(Tag.ISSUER_PUBLIC_KEY_REMAINDER, issuer.remainder),
                emv.primitive(Tag.ISSUER_PUBLIC_KEY_EXPONENT, issuer.exponent),
                emv.primitive(Tag.ICC_PUBLIC_KEY_EXPONENT, card.exponent),
            )
        ),
        emv.write_record((emv.primitive(Tag.ISSUER_PUBLIC_KEY_CERTIFICATE, issuer.certificate),)),
        emv.write_record((emv.primitive(Tag.ICC_PUBLIC_KEY_CERTIFICATE, card.certificate),)),
    ]
    name = bytes.fromhex("A0000000041010")
    aip = emv.Aip.decode(published.CARD_AIP)
    answers = [
        emv.ProximityDirectory((emv.Application(name, "Published", 1),)).encode(),
        emv.ApplicationInformation(name, "Published").encode(),
        emv.ProcessingOptions(aip, (emv.RecordRange(1, 1, 1, 1), emv.RecordRange(2, 1, 3))).format_2(),
        *records,
    ]
    at = terminal(
        applications=(kernel.Accepted(identifier=name),), keys=(published.MASTERCARD_05,), currency="643", country="643"
    )
    then = dt.datetime(2014, 9, 25, tzinfo=dt.UTC)
    for keys, signed in ((at.keys, True), ((), False)):
        one = kernel.Kernel(msgspec.structs.replace(at, keys=keys), purchase(at=then))
        step = one.begin()
        for answer in answers:
            step = one.received(Response(answer))
        assert isinstance(step, kernel.Send)
        asked = emv.read_request(step.command)
        assert isinstance(asked, emv.GenerateAc)
        assert asked.cda is signed


def test_the_kernel_says_what_it_was_not_asked_for() -> None:
    one = kernel.Kernel(terminal(), purchase())
    with pytest.raises(KernelError):
        one.received(Response())
    with pytest.raises(KernelError):
        one.answered("00", b"")
    with pytest.raises(KernelError):
        one.not_asked()
    with pytest.raises(KernelError):
        one.unanswered()
    one.begin()
    with pytest.raises(KernelError):
        one.begin()
    one.lost()
    with pytest.raises(KernelError):
        one.lost()


def test_every_state_is_reached_from_the_first_one_and_leads_to_the_last() -> None:
    for start in kernel.State:
        reached, found = {start}, {start}
        while found:
            found = {following for one in found for following in NEXT[one]} - reached
            reached |= found
        assert kernel.State.OVER in reached
        assert start is not kernel.State.NEW or reached == set(kernel.State)


_WORDS = st.sampled_from([0x9000, 0x6985, 0x6A82, 0x6A83, 0x6283, 0x6700, 0x6F00])
_ANSWERS = st.one_of(
    st.just(None),
    st.tuples(st.binary(max_size=64), _WORDS),
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
)


@settings(deadline=None, max_examples=150)
@given(at=st.integers(0, 9), answer=_ANSWERS, amount=st.sampled_from([1, 5_000, 999_999_999_999]))
def test_whatever_a_card_answers_the_transaction_ends_with_an_outcome(
    at: int, answer: tuple[bytes | int, int] | None, amount: int
) -> None:
    def altered(number: int, response: bytes) -> bytes:
        if number != at or answer is None:
            return response
        what, second = answer
        if isinstance(what, bytes):
            return what + second.to_bytes(2, "big")
        place = what % len(response)
        return response[:place] + bytes((response[place] ^ (second or 1),)) + response[place + 1 :]

    card = Emulator(offline_minor=2_000, alters=altered)
    outcome = run(card, purchase(amount), approves)
    if outcome.verdict is Verdict.APPROVED:
        assert card.amounts[-1:] == [amount], "what is approved is what the card approved"


@pytest.mark.attack(142)
@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.binary(max_size=200), _WORDS), max_size=12),
    st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=40)), max_size=2),
)
def test_a_card_of_random_answers_never_raises(
    responses: list[tuple[bytes, int]], issuer: list[tuple[str, bytes]]
) -> None:
    one = kernel.Kernel(terminal(), purchase())
    step = one.begin()
    while responses and not isinstance(step, kernel.Outcome):
        if isinstance(step, kernel.AskIssuer):
            step = one.answered(*issuer.pop()) if issuer else one.not_asked()
            continue
        step = one.received(Response(*responses.pop()))
    assert not isinstance(step, kernel.Outcome) or step.verdict is not Verdict.APPROVED
