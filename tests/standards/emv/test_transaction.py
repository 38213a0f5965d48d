"""One transaction from the selection of an application to the issuer's answer, by bytes alone, as three sides see it.

The card here has records and keys and no rules; cards and terminals are elsewhere.
"""

from __future__ import annotations

import pytest
from tests.standards.emv.keys import EXPIRES, PAN, TODAY, authority, card, issuer

from etui.standards import emv
from etui.standards.emv import Tag
from etui.standards.iso7816 import Command, Response, Selection

AID = bytes.fromhex("F04554554901")
ISSUER_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
MASTER_KEY = emv.card_master_key_a(ISSUER_KEY, PAN)
ATC = 7
AIP = emv.Aip.CDA_SUPPORTED | emv.Aip.ON_DEVICE_VERIFICATION_SUPPORTED | emv.Aip.ISSUER_AUTHENTICATION_SUPPORTED
FILES = (emv.RecordRange(1, 1, 1, 1), emv.RecordRange(2, 1, 3))
CDOL1 = tuple(emv.Entry(tag, emv.ELEMENTS[tag].max_bytes) for tag in emv.TERMINAL_TAGS)
PDOL = (emv.Entry(Tag.TERMINAL_TRANSACTION_QUALIFIERS, 4),)
TERMINAL: dict[int, bytes] = {
    Tag.TERMINAL_TRANSACTION_QUALIFIERS: bytes.fromhex("36C04000"),
    Tag.AMOUNT_AUTHORISED: emv.write_numeric(12_34, 6),
    Tag.AMOUNT_OTHER: emv.write_numeric(0, 6),
    Tag.TERMINAL_COUNTRY_CODE: emv.write_numeric(528, 2),
    Tag.TVR: emv.Tvr(0).encode(),
    Tag.TRANSACTION_CURRENCY_CODE: emv.write_numeric(978, 2),
    Tag.TRANSACTION_DATE: emv.write_date(TODAY),
    Tag.TRANSACTION_TYPE: emv.write_numeric(emv.TransactionType.PURCHASE, 1),
    Tag.UNPREDICTABLE_NUMBER: bytes.fromhex("DEADBEEF"),
}
STATIC = (
    emv.primitive(Tag.PAN, emv.write_compressed(PAN)),
    emv.primitive(Tag.APPLICATION_EXPIRATION_DATE, emv.write_date(EXPIRES)),
    emv.primitive(Tag.CDOL1, emv.write_list(CDOL1)),
    emv.primitive(Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST, bytes((Tag.AIP,))),
)
PERSONAL = emv.IssuerApplicationData(
    1, emv.CardVerificationResults(emv.CryptogramType.ARQC, None, emv.Checks.VERIFIED_ON_DEVICE)
)


def records() -> dict[tuple[int, int], bytes]:
    first = emv.write_record(STATIC)
    static_data = emv.static_data(FILES, {(1, 1): first}, bytes((Tag.AIP,)), AIP.encode())
    of_issuer = emv.certify_issuer(authority(), emv.CertifiedKey(PAN[:6], EXPIRES, b"\0\0\1", issuer().public))
    of_card = emv.certify_card(issuer(), emv.CertifiedKey(PAN, EXPIRES, b"\0\0\2", card().public), static_data)
    return {
        (1, 1): first,
        (2, 1): emv.write_record(
            (
                emv.primitive(Tag.CA_PUBLIC_KEY_INDEX, b"\1"),
                emv.primitive(Tag.ISSUER_PUBLIC_KEY_EXPONENT, of_issuer.exponent),
                emv.primitive(Tag.ICC_PUBLIC_KEY_REMAINDER, of_card.remainder),
                emv.primitive(Tag.ICC_PUBLIC_KEY_EXPONENT, of_card.exponent),
            )
        ),
        (2, 2): emv.write_record((emv.primitive(Tag.ISSUER_PUBLIC_KEY_CERTIFICATE, of_issuer.certificate),)),
        (2, 3): emv.write_record((emv.primitive(Tag.ICC_PUBLIC_KEY_CERTIFICATE, of_card.certificate),)),
    }


class Card:
    """Answers the commands of one transaction."""

    def __init__(self) -> None:
        self._records = records()
        self._told: list[bytes] = []

    def transmit(self, apdu: bytes) -> bytes:
        try:
            data = self._answer(emv.read_request(Command.decode(apdu)))
        except emv.CommandError as error:
            return Response(status=error.status).encode()
        return Response(data).encode()

    def _answer(self, request: emv.Request) -> bytes:
        match request:
            case Selection(name=emv.PPSE):
                return emv.ProximityDirectory((emv.Application(AID, "Demo", 1),)).encode()
            case Selection():
                return emv.ApplicationInformation(AID, "Demo", pdol=PDOL).encode()
            case emv.GetProcessingOptions():
                self._told = [request.data]
                return emv.ProcessingOptions(AIP, FILES).format_2()
            case emv.ReadRecord():
                return self._records[request.sfi, request.record]
            case emv.GenerateAc():
                self._told.append(request.data)
                values = emv.list_values(CDOL1, request.data)
                application_data = PERSONAL.encode()
                data = emv.cryptogram_data(values, AIP.encode(), ATC, application_data)
                cryptogram = emv.session_key(MASTER_KEY, ATC).cryptogram(data)
                answer = emv.CryptogramAnswer(request.type << 6, ATC, cryptogram, application_data)
                number = values[Tag.UNPREDICTABLE_NUMBER]
                return emv.sign_cryptogram(card(), answer, bytes(8), number, self._told).format_2()
            case _:
                raise NotImplementedError


def test_a_transaction_is_authenticated_by_terminal_issuer_and_card() -> None:
    device = Card()

    def send(command: Command) -> bytes:
        response = Response.decode(device.transmit(command.encode()))
        assert response.success
        return response.data

    # The terminal: which application, what it wants to know, what it has.
    directory = emv.ProximityDirectory.decode(send(Selection(emv.PPSE).command()))
    chosen = directory.applications[0].identifier
    information = emv.ApplicationInformation.decode(send(Selection(chosen).command()))
    pdol_data = emv.list_data(information.pdol, TERMINAL)
    options = emv.ProcessingOptions.decode(send(emv.GetProcessingOptions(pdol_data).command()))
    read = {
        (files.sfi, number): send(emv.ReadRecord(files.sfi, number).command())
        for files in options.files
        for number in range(files.first, files.last + 1)
    }
    values = emv.values_by_tag([one for record in read.values() for one in emv.read_record(record)])

    # The terminal: whether these data are the issuer's, and the card the one that it was issued to.
    pan = emv.read_compressed(values[Tag.PAN])
    of_issuer = emv.SignedKey(
        values[Tag.ISSUER_PUBLIC_KEY_CERTIFICATE],
        values.get(Tag.ISSUER_PUBLIC_KEY_REMAINDER, b""),
        values[Tag.ISSUER_PUBLIC_KEY_EXPONENT],
    )
    of_card = emv.SignedKey(
        values[Tag.ICC_PUBLIC_KEY_CERTIFICATE],
        values.get(Tag.ICC_PUBLIC_KEY_REMAINDER, b""),
        values[Tag.ICC_PUBLIC_KEY_EXPONENT],
    )
    tag_list = values[Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST]
    static_data = emv.static_data(options.files, read, tag_list, options.aip.encode())
    issuers = emv.issuer_key(authority().public, of_issuer, pan, TODAY)
    cards = emv.card_key(issuers.key, of_card, pan, static_data, TODAY)
    cdol1_data = emv.list_data(emv.read_list(values[Tag.CDOL1]), TERMINAL)
    answered = send(emv.GenerateAc(emv.CryptogramType.ARQC, cdol1_data, cda=True).command())
    number = TERMINAL[Tag.UNPREDICTABLE_NUMBER]
    verified = emv.verify_cryptogram(cards.key, answered, number, (pdol_data, cdol1_data))
    assert verified.answer.type is emv.CryptogramType.ARQC

    # The issuer: whether the cryptogram is the card's, and what it says to that.
    answer = verified.answer
    data = emv.cryptogram_data(TERMINAL, options.aip.encode(), answer.atc, answer.application_data)
    key = emv.session_key(emv.card_master_key_a(ISSUER_KEY, pan), answer.atc)
    key.verify(data, verified.cryptogram)
    personal = emv.IssuerApplicationData.decode(answer.application_data)
    assert emv.Checks.VERIFIED_ON_DEVICE in personal.results.checks
    update = emv.CardStatusUpdate(emv.Update.APPROVED, emv.Counters.RESET)
    authentication = key.issuer_authentication_2(verified.cryptogram, update.encode())

    # The card: whether that is its issuer's answer to this transaction.
    status, _ = emv.session_key(MASTER_KEY, ATC).verify_issuer_2(verified.cryptogram, authentication)
    assert emv.CardStatusUpdate.decode(status) == update

    # And an amount that the terminal told the card and the issuer differently is found by each of them.
    lower = TERMINAL | {Tag.AMOUNT_AUTHORISED: emv.write_numeric(1_00, 6)}
    with pytest.raises(emv.AuthenticationError):
        emv.verify_cryptogram(cards.key, answered, number, (pdol_data, emv.list_data(CDOL1, lower)))
    with pytest.raises(emv.AuthenticationError):
        key.verify(
            emv.cryptogram_data(lower, options.aip.encode(), answer.atc, answer.application_data), verified.cryptogram
        )


def test_a_command_that_the_card_does_not_take_has_its_status_word() -> None:
    assert Card().transmit(bytes.fromhex("0020008000")) == bytes.fromhex("6D00")
