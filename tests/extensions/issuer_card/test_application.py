"""The card's application, with a terminal that verifies it and an issuer that checks its cryptograms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extensions.issuer_card.chips import AID, MASTER_KEY, PAN, TODAY, Presented
from tests.extensions.issuer_card.terminal import Paid, Refused, Terminal
from tests.standards.emv.keys import authority

from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.extensions.issuer_card.application import PDOL, State
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, decide_first, decide_offline
from etui.standards import emv
from etui.standards.emv import Checks, CryptogramType, Tag
from etui.standards.iso7816 import Command, Response, Selection, StatusWord

ISSUER = MasterKey(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
NOT_NOW = StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED


@pytest.fixture
def card() -> Presented:
    return Presented()


@pytest.fixture
def terminal(card: Presented) -> Terminal:
    return Terminal(card.transmit, authority().public, TODAY)


def is_of_the_card(paid: Paid) -> bool:
    """Whether the issuer, by pyemv alone, finds the cryptogram right."""
    chip = read_chip(paid.field_55())
    return ISSUER.session(paid.pan, paid.sequence, chip.atc).cryptogram(chip.signed) == chip.cryptogram


def results_in(answer: emv.CryptogramAnswer) -> emv.CardVerificationResults:
    return emv.IssuerApplicationData.decode(answer.application_data).results


# one payment


def test_a_payment_is_verified_by_the_terminal_and_its_cryptogram_by_the_issuer(
    card: Presented, terminal: Terminal
) -> None:
    card.purse.says(20_00)
    paid = terminal.pay(AID, 12_34)
    assert paid.kind is CryptogramType.ARQC
    assert paid.pan == PAN
    assert paid.verified.dynamic_number
    assert is_of_the_card(paid)
    checks = results_in(paid.verified.answer).checks
    assert checks == Checks.CDA_PERFORMED | Checks.CONSENTED_ON_DEVICE


@pytest.mark.attack(139)
def test_an_amount_that_was_changed_on_the_way_is_found_by_terminal_and_issuer(
    card: Presented, terminal: Terminal
) -> None:
    card.purse.says(20_00)
    paid = terminal.pay(AID, 12_34)
    told = terminal.told | {Tag.AMOUNT_AUTHORISED: emv.write_numeric(2_34, 6)}
    lower = (terminal.heard[0], terminal.heard[1].replace(emv.write_numeric(12_34, 6), emv.write_numeric(2_34, 6)))
    with pytest.raises(emv.AuthenticationError):
        emv.verify_cryptogram(terminal.card, terminal.data, told[Tag.UNPREDICTABLE_NUMBER], lower)
    assert not is_of_the_card(Paid(paid.verified, paid.aip, paid.pan, paid.sequence, told))


def test_a_pin_that_was_typed_for_it_stands_in_the_cryptogram(card: Presented, terminal: Terminal) -> None:
    card.purse.says(20_00, "pin")
    paid = terminal.pay(AID, 12_34)
    assert Checks.VERIFIED_ON_DEVICE in results_in(paid.verified.answer).checks
    assert is_of_the_card(paid)


def test_a_terminal_by_contact_is_asked_for_nothing_beforehand(card: Presented) -> None:
    by_contact = Presented(contactless=False)
    by_contact.purse.says(20_00)
    terminal = Terminal(by_contact.transmit, authority().public, TODAY)
    assert is_of_the_card(terminal.pay(AID, 12_34))
    assert terminal.heard[0] == b""
    information = emv.ApplicationInformation.decode(card.application.select(contactless=True)[:-2])
    assert information.pdol == PDOL


# the holder's yes


@pytest.mark.attack(138)
def test_a_card_that_nobody_said_yes_for_makes_no_cryptogram(card: Presented, terminal: Terminal) -> None:
    with pytest.raises(Refused) as refused:
        terminal.pay(AID, 1)
    assert refused.value.status == NOT_NOW
    assert card.purse.counter() == 0


@pytest.mark.attack(138)
def test_one_yes_is_for_one_payment(card: Presented, terminal: Terminal) -> None:
    card.purse.says(20_00)
    terminal.pay(AID, 1)
    with pytest.raises(Refused):
        terminal.pay(AID, 1)
    assert card.purse.counter() == 1


@pytest.mark.attack(138)
@pytest.mark.parametrize(("amount", "currency"), [(20_01, 978), (1, 840), (999_999_999_999, 978)])
def test_beyond_the_limit_the_terminal_is_to_ask_again_and_nothing_is_used_up(
    card: Presented, terminal: Terminal, amount: int, currency: int
) -> None:
    card.purse.says(20_00)
    with pytest.raises(Refused) as refused:
        terminal.pay(AID, amount, currency=currency)
    assert refused.value.status == NOT_NOW
    assert [one.amount_minor for one in card.purse.refused] == [amount]
    assert card.purse.refused[0].merchant == "Kiosk am Tor"
    assert is_of_the_card(terminal.pay(AID, 20_00))


def test_a_card_whose_keys_are_used_up_says_so_and_goes_on_answering(card: Presented, terminal: Terminal) -> None:
    card.purse.keys = 0
    card.purse.says(20_00)
    with pytest.raises(Refused) as refused:
        terminal.pay(AID, 1)
    assert refused.value.status == NOT_NOW
    assert card.status(Selection(AID).command()) == StatusWord.SUCCESS


# approved by the card


def test_the_card_approves_by_itself_within_its_issuers_limits(card: Presented, terminal: Terminal) -> None:
    card.purse.says(100_00)
    paid = terminal.pay(AID, 25_00, CryptogramType.TC)
    assert paid.kind is CryptogramType.TC
    assert is_of_the_card(paid)
    told = emv.IssuerApplicationData.decode(paid.verified.answer.application_data)
    assert (told.offline_count, told.offline_minor) == (1, 25_00)


@pytest.mark.attack(140)
@pytest.mark.parametrize(
    ("amounts", "exceeded"),
    [
        ([25_01], Checks(0)),
        ([1, 1, 1, 1], Checks.UPPER_OFFLINE_COUNT_EXCEEDED),
        ([25_00, 25_00, 10_01], Checks.UPPER_OFFLINE_AMOUNT_EXCEEDED),
    ],
)
def test_beyond_its_offline_limits_the_card_goes_online_and_says_why(
    card: Presented, terminal: Terminal, amounts: list[int], exceeded: Checks
) -> None:
    answers: list[emv.CryptogramAnswer] = []
    for amount in amounts:
        card.purse.says(100_00)
        answers.append(terminal.pay(AID, amount, CryptogramType.TC).verified.answer)
    assert [one.type for one in answers] == [CryptogramType.TC] * (len(amounts) - 1) + [CryptogramType.ARQC]
    checks = results_in(answers[-1]).checks
    assert checks & (Checks.UPPER_OFFLINE_COUNT_EXCEEDED | Checks.UPPER_OFFLINE_AMOUNT_EXCEEDED) == exceeded


def test_a_card_without_offline_limits_approves_nothing_by_itself() -> None:
    asked = Asked(1, "978", "Kiosk", emv.TransactionType.PURCHASE)
    assert decide_first(CryptogramType.TC, asked, Spent(), None, signed=True) == Decision(CryptogramType.ARQC)
    code = emv.ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED
    assert decide_offline(CryptogramType.TC, asked, Spent(), None, code).type is CryptogramType.AAC


def test_the_card_approves_nothing_by_itself_that_is_not_signed(card: Presented, terminal: Terminal) -> None:
    card.purse.says(100_00)
    terminal.pay(AID, 1)
    card.purse.says(100_00)
    card.application.select(contactless=True)
    card.transmit(emv.GetProcessingOptions(terminal.heard[0]).command().encode())
    answered = card.transmit(emv.GenerateAc(CryptogramType.TC, terminal.heard[1]).command().encode())
    assert emv.CryptogramAnswer.decode(Response.decode(answered).data).type is CryptogramType.ARQC


@pytest.mark.parametrize("kind", [emv.TransactionType.CASH, emv.TransactionType.REFUND])
def test_what_is_no_purchase_is_declined(card: Presented, terminal: Terminal, kind: int) -> None:
    card.purse.says(100_00)
    assert terminal.pay(AID, 1, CryptogramType.TC, kind=kind).kind is CryptogramType.AAC


# the issuer's answer


def test_the_issuers_answer_approves_and_sets_the_offline_counters_back(card: Presented, terminal: Terminal) -> None:
    card.purse.says(100_00)
    terminal.pay(AID, 20_00, CryptogramType.TC)
    card.purse.says(100_00)
    paid = terminal.pay(AID, 30_00)
    proof = emv.session_key(MASTER_KEY, 2).issuer_authentication_1(paid.verified.cryptogram, b"00")
    answer = terminal.finish(CryptogramType.TC, b"00", proof)
    assert answer.type is CryptogramType.TC
    assert results_in(answer).second is CryptogramType.TC
    assert card.purse.spent().count == 0


@pytest.mark.parametrize(("said", "code"), [(b"05", b"05"), (b"05", b"00"), (b"00", b"05")])
def test_what_the_issuer_declined_is_declined_whatever_the_terminal_says(
    card: Presented, terminal: Terminal, said: bytes, code: bytes
) -> None:
    card.purse.says(100_00)
    paid = terminal.pay(AID, 30_00)
    proof = emv.session_key(MASTER_KEY, 1).issuer_authentication_1(paid.verified.cryptogram, said)
    assert terminal.finish(CryptogramType.TC, code, proof).type is CryptogramType.AAC


@pytest.mark.attack(139)
def test_an_answer_that_is_not_the_issuers_declines(card: Presented, terminal: Terminal) -> None:
    card.purse.says(100_00)
    terminal.pay(AID, 20_00, CryptogramType.TC)
    card.purse.says(100_00)
    terminal.pay(AID, 30_00)
    answer = terminal.finish(CryptogramType.TC, b"00", b"12345678" + b"00")
    assert answer.type is CryptogramType.AAC
    assert Checks.ISSUER_AUTHENTICATION_FAILED in results_in(answer).checks
    assert card.purse.spent().count == 1


@pytest.mark.parametrize(("amount", "kind"), [(25_00, CryptogramType.TC), (25_01, CryptogramType.AAC)])
def test_without_a_line_the_offline_limits_decide(
    card: Presented, terminal: Terminal, amount: int, kind: CryptogramType
) -> None:
    card.purse.says(100_00)
    terminal.pay(AID, amount)
    answer = terminal.finish(CryptogramType.TC, emv.ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED)
    assert answer.type is kind
    assert card.purse.spent().count == (kind is CryptogramType.TC)


@pytest.mark.attack(139)
def test_another_amount_than_before_is_declined_the_second_time(card: Presented, terminal: Terminal) -> None:
    card.purse.says(100_00)
    terminal.pay(AID, 1_00)
    terminal.told[Tag.AMOUNT_AUTHORISED] = emv.write_numeric(25_00, 6)
    code = emv.ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED
    assert terminal.finish(CryptogramType.TC, code).type is CryptogramType.AAC


# whatever else comes


@pytest.mark.attack(139)
def test_every_command_out_of_order_has_its_status_word_and_the_next_payment_works(
    card: Presented, terminal: Terminal
) -> None:
    options = emv.GetProcessingOptions(bytes(emv.data_bytes(PDOL))).command()
    asks = emv.GenerateAc(CryptogramType.ARQC, bytes(29)).command()
    assert card.status(options) == NOT_NOW
    assert card.status(emv.ReadRecord(1, 1).command()) == NOT_NOW
    card.application.select(contactless=True)
    assert card.status(asks) == NOT_NOW
    assert card.status(emv.ReadRecord(1, 1).command()) == NOT_NOW
    assert card.status(options) == StatusWord.SUCCESS
    assert card.status(options) == NOT_NOW
    assert card.status(emv.ReadRecord(1, 2).command()) == StatusWord.RECORD_NOT_FOUND
    assert card.status(emv.ReadRecord(3, 1).command()) == StatusWord.FILE_OR_APPLICATION_NOT_FOUND
    assert card.status(emv.GenerateAc(CryptogramType.ARQC, bytes(28)).command()) == StatusWord.WRONG_LENGTH
    assert card.status(emv.GetData(Tag.ATC).command()) == StatusWord.SUCCESS
    assert card.status(emv.GetData(Tag.PIN_TRY_COUNTER).command()) == StatusWord.REFERENCED_DATA_NOT_FOUND
    card.purse.says(1_00)
    assert is_of_the_card(terminal.pay(AID, 1_00))
    assert card.status(emv.ReadRecord(1, 1).command()) == StatusWord.SUCCESS
    second = emv.GenerateAc(CryptogramType.ARQC, terminal.heard[1]).command()
    assert card.status(second) == StatusWord.INCORRECT_PARAMETERS
    assert card.application.state is State.ONLINE


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("00", StatusWord.WRONG_LENGTH),
        ("00B2010C05AA", StatusWord.WRONG_LENGTH),
        ("FFB2010C00", StatusWord.CLASS_NOT_SUPPORTED),
        ("80B2010C00", StatusWord.CLASS_NOT_SUPPORTED),
        ("0020008000", StatusWord.INSTRUCTION_NOT_SUPPORTED),
        ("00B2010000", StatusWord.INCORRECT_PARAMETERS),
        ("80A8000003830199", StatusWord.WRONG_LENGTH),
        ("80A80000028301", StatusWord.INCORRECT_DATA),
        ("80AEFF001D", StatusWord.INCORRECT_PARAMETERS),
        ("10B2010C00", StatusWord.COMMAND_CHAINING_NOT_SUPPORTED),
        ("0088000004DEADBEEF00", StatusWord.INSTRUCTION_NOT_SUPPORTED),
    ],
)
def test_a_command_that_is_none_has_its_status_word(card: Presented, apdu: str, status: int) -> None:
    card.application.select(contactless=True)
    assert card.status(apdu) == status
    assert card.application.state is State.SELECTED


def test_an_amount_of_other_than_digits_is_refused_with_nothing_used_up(card: Presented) -> None:
    card.purse.says(100_00)
    card.application.select(contactless=True)
    card.transmit(emv.GetProcessingOptions(bytes(emv.data_bytes(PDOL))).command().encode())
    assert card.status(emv.GenerateAc(CryptogramType.ARQC, b"\xff" * 29).command()) == StatusWord.INCORRECT_DATA
    assert card.purse.counter() == 0


_COMMANDS = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda head, data: bytes.fromhex(head) + bytes((len(data),)) + data + b"\0",
        st.sampled_from(
            ["80A80000", "80AE8000", "80AE9000", "80AE5000", "80AE4000", "00B2010C", "80CA9F36", "00880000"]
        ),
        st.binary(max_size=255),
    ),
    st.sampled_from([(1, 1), (2, 1), (2, 3), (9, 9)]).map(lambda at: emv.ReadRecord(*at).command().encode()),
    st.just(emv.GetProcessingOptions(bytes(emv.data_bytes(PDOL))).command().encode()),
    st.binary(min_size=29, max_size=29).map(
        lambda data: emv.GenerateAc(CryptogramType.TC, data, cda=True).command().encode()
    ),
    st.just(Selection(AID).command().encode()),
)


@pytest.mark.attack(139)
@given(st.lists(_COMMANDS, max_size=12))
def test_whatever_comes_has_an_answer_uses_up_one_yes_at_most_and_leaves_the_card_usable(commands: list[bytes]) -> None:
    card = Presented()
    card.purse.says(50_00)
    for apdu in commands:
        answered = Response.decode(card.transmit(apdu))
        assert answered.success or not answered.data
    assert card.purse.counter() <= 1
    card.purse.says(1_00)
    assert is_of_the_card(Terminal(card.transmit, authority().public, TODAY).pay(AID, 1_00))


def test_a_command_is_bytes_and_not_what_it_says_of_its_length() -> None:
    card = Presented()
    assert card.status(Command(0x00, 0xB2, 1, 0x0C, ne=65_536, extended=True)) == NOT_NOW
