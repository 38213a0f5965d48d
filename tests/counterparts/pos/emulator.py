"""A contactless card as a script: a good one by default, and each thing that a card can do wrong as a setting.

It stands for a card, which cannot be had here; its keys, certificates and cryptograms are real ones, of an authority
and an issuer of the tests, and its issuer's host knows its master key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache

import msgspec
from bench.acquirer import MASTER, pan
from tests.standards.emv.keys import authority, card, issuer

from etui.counterparts.pos.errors import CardLostError
from etui.standards import emv
from etui.standards.emv import CryptogramType, Tag
from etui.standards.iso7816 import Command, Response, Selection, StatusWord

AID = bytes.fromhex("F04554554901")
OTHER_AID = bytes.fromhex("F04554554902")
RID = AID[:5]
EXPIRES = dt.date(2030, 12, 31)
CDOL1 = (
    *(emv.Entry(tag, emv.ELEMENTS[tag].max_bytes) for tag in emv.TERMINAL_TAGS),
    emv.Entry(Tag.CVM_RESULTS, 3),
)
CDOL2 = (emv.Entry(Tag.AUTHORISATION_RESPONSE_CODE, 2), emv.Entry(Tag.ISSUER_AUTHENTICATION_DATA, 10), *CDOL1)
PDOL = (emv.Entry(Tag.TERMINAL_TRANSACTION_QUALIFIERS, 4), emv.Entry(Tag.MERCHANT_IDENTIFIER, 15))
FILES = (emv.RecordRange(1, 1, 1, 1), emv.RecordRange(2, 1, 3))
CDA = emv.Aip.CDA_SUPPORTED | emv.Aip.ON_DEVICE_VERIFICATION_SUPPORTED


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a card is. ``offline_minor``: up to here it approves without its issuer, in its own currency."""

    number: int = 0
    atc: int = 1
    aip: emv.Aip = CDA
    expires: dt.date = EXPIRES
    currency: int = 978
    offline_minor: int = 0
    names: tuple[bytes, ...] = (AID,)
    pse: bool = False
    refuses: int = 0
    """So many transactions are refused with 6985; then the other application comes first."""
    refuses_at: type = emv.GenerateAc
    vanishes_at: int = -1
    """At the command of this number, from 0, after it was carried out."""
    wrong_key: bool = False
    other_answer: bool = False
    """Answers GENERATE AC with what it answered to another amount."""
    other_amount: bool = False
    """Makes its cryptogram over another amount, and signs it."""
    more_than_asked: bool = False
    unsigned: bool = False
    version: int = 1
    answers_as: bytes = b""
    """The name that SELECT answers with, in place of the one that was selected."""
    declines_second: bool = False
    alters: Callable[[int, bytes], bytes] | None = None
    """What becomes of the answer to the command of a number."""


@cache
def _records(number: int, aip: emv.Aip, expires: dt.date, currency: int, version: int) -> dict[tuple[int, int], bytes]:
    static = emv.write_record(
        (
            emv.primitive(Tag.PAN, emv.write_compressed(pan(number))),
            emv.primitive(Tag.PAN_SEQUENCE_NUMBER, emv.write_numeric(1, 1)),
            emv.primitive(Tag.APPLICATION_EXPIRATION_DATE, emv.write_date(expires)),
            emv.primitive(Tag.APPLICATION_VERSION_NUMBER, version.to_bytes(2, "big")),
            emv.primitive(Tag.ISSUER_COUNTRY_CODE, emv.write_numeric(276, 2)),
            emv.primitive(Tag.APPLICATION_CURRENCY_CODE, emv.write_numeric(currency, 2)),
            emv.primitive(Tag.IAC_DENIAL, bytes(5)),
            emv.primitive(Tag.IAC_ONLINE, bytes(5)),
            emv.primitive(Tag.IAC_DEFAULT, bytes(5)),
            emv.primitive(Tag.CDOL1, emv.write_list(CDOL1)),
            emv.primitive(Tag.CDOL2, emv.write_list(CDOL2)),
            emv.primitive(Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST, bytes((Tag.AIP,))),
        )
    )
    data = emv.static_data(FILES, {(1, 1): static}, bytes((Tag.AIP,)), aip.encode())
    until = dt.date(2031, 12, 1)
    of_issuer = emv.certify_issuer(authority(), emv.CertifiedKey(pan(number)[:6], until, b"\0\0\1", issuer().public))
    of_card = emv.certify_card(issuer(), emv.CertifiedKey(pan(number), until, b"\0\0\2", card().public), data)
    return {
        (1, 1): static,
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


def _directory(names: list[bytes]) -> bytes:
    if not names:
        empty = (emv.primitive(Tag.DF_NAME, emv.PPSE), emv.constructed(Tag.FCI_PROPRIETARY_TEMPLATE, ()))
        return emv.constructed(Tag.FCI_TEMPLATE, empty).encode()
    listed = enumerate(names, 1)
    return emv.ProximityDirectory(tuple(emv.Application(one, "Demo", priority) for priority, one in listed)).encode()


class Refusal(Exception):
    """The card answers with this status word."""


class Emulator:
    """A card over many transactions: its counter goes on."""

    def __init__(self, **settings: object) -> None:
        self.settings = msgspec.structs.replace(Settings(), **settings)
        self.atc = self.settings.atc - 1
        self.refuses = self.settings.refuses
        self.master = emv.card_master_key_b(MASTER, pan(self.settings.number), 1)
        self.commands: list[Command] = []
        self.approved: list[int] = []
        """The counters of transactions that the card approved."""
        self.amounts: list[int] = []

    def present(self) -> Callable[[bytes], bytes]:
        """The card comes into the field."""
        return _Session(self).transmit

    def names(self) -> list[bytes]:
        """Its applications, the first one to be tried first."""
        names = list(self.settings.names)
        return names if self.refuses == self.settings.refuses or len(names) == 1 else names[::-1]


class _Session:
    """From when the card comes into the field until it leaves it."""

    def __init__(self, card: Emulator) -> None:
        self._emulator = card
        self._settings = card.settings
        self._told: list[bytes] = []
        self._count = 0
        self._request_cryptogram = b""

    def transmit(self, apdu: bytes) -> bytes:
        command = Command.decode(apdu)
        self._emulator.commands.append(command)
        number, self._count = self._count, self._count + 1
        try:
            answer = Response(self._answer(emv.read_request(command))).encode()
        except emv.CommandError as error:
            answer = Response(status=error.status).encode()
        except emv.EmvError:  # data that are not what the card's lists ask for
            answer = Response(status=StatusWord.INCORRECT_DATA).encode()
        except Refusal as refusal:
            answer = Response(status=refusal.args[0]).encode()
        if number == self._settings.vanishes_at:
            raise CardLostError("the card went away")
        return self._settings.alters(number, answer) if self._settings.alters else answer

    def _answer(self, request: emv.Request) -> bytes:
        settings, emulator = self._settings, self._emulator
        if emulator.refuses and isinstance(request, settings.refuses_at):
            emulator.refuses -= 1
            raise Refusal(StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED)
        match request:
            case Selection():
                return self._selected(request.name)
            case emv.GetProcessingOptions():
                emulator.atc += 1
                self._told = [request.data]
                return emv.ProcessingOptions(settings.aip, FILES).format_2()
            case emv.ReadRecord():
                return self._record(request)
            case emv.InternalAuthenticate():
                key = issuer() if settings.wrong_key else card()
                signature = emv.sign_dynamic(key, bytes(8), request.data)
                return emv.primitive(Tag.RESPONSE_FORMAT_1, signature).encode()
            case emv.GenerateAc():
                return self._cryptogram(request)
            case _:
                raise Refusal(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _selected(self, name: bytes) -> bytes:
        settings, names = self._settings, self._emulator.names()
        if name == (emv.PSE if settings.pse else emv.PPSE):
            return emv.PaymentDirectory(1).encode() if settings.pse else _directory(names)
        if name not in names:
            raise Refusal(StatusWord.FILE_OR_APPLICATION_NOT_FOUND)
        self._told = []
        return emv.ApplicationInformation(settings.answers_as or name, f"Demo {name[-1]}", pdol=PDOL).encode()

    def _record(self, request: emv.ReadRecord) -> bytes:
        settings = self._settings
        if self._told:
            record = _records(settings.number, settings.aip, settings.expires, settings.currency, settings.version)
            if (request.sfi, request.record) not in record:
                raise Refusal(StatusWord.RECORD_NOT_FOUND)
            return record[request.sfi, request.record]
        if request.record > 1:
            raise Refusal(StatusWord.RECORD_NOT_FOUND)
        return emv.write_directory_record([emv.Application(name, "Demo", 1) for name in settings.names])

    def _cryptogram(self, request: emv.GenerateAc) -> bytes:
        settings, emulator = self._settings, self._emulator
        first = len(self._told) == 1
        values = emv.list_values(CDOL1 if first else CDOL2, request.data)
        self._told.append(request.data)
        amount = emv.read_numeric(values[Tag.AMOUNT_AUTHORISED])
        kind = self._first(request.type, values, amount) if first else self._second(request.type, values)
        if settings.more_than_asked and not first:
            kind = CryptogramType.TC
        if settings.other_amount or settings.other_answer:
            values |= {Tag.AMOUNT_AUTHORISED: emv.write_numeric(1, 6)}
        checks = emv.CardVerificationResults(kind if first else CryptogramType.ARQC, None if first else kind)
        application_data = emv.IssuerApplicationData(1, checks).encode()
        data = emv.cryptogram_data(values, settings.aip.encode(), emulator.atc, application_data)
        cryptogram = emv.session_key(self._emulator.master, emulator.atc).cryptogram(data)
        self._request_cryptogram = cryptogram
        if kind is CryptogramType.TC:
            emulator.approved.append(emulator.atc)
            emulator.amounts.append(amount)
        answer = emv.CryptogramAnswer(kind << 6, emulator.atc, cryptogram, application_data)
        if not request.cda or kind is CryptogramType.AAC or settings.unsigned:
            return answer.format_2()
        told = [*self._told[:-1], emv.list_data(CDOL1, values)] if settings.other_answer else self._told
        key = issuer() if settings.wrong_key else card()
        return emv.sign_cryptogram(key, answer, bytes(8), values[Tag.UNPREDICTABLE_NUMBER], told).format_2()

    def _first(self, asked: CryptogramType, values: dict[int, bytes], amount: int) -> CryptogramType:
        own = emv.read_numeric(values[Tag.TRANSACTION_CURRENCY_CODE]) == self._settings.currency
        if self._settings.more_than_asked and asked is not CryptogramType.AAC:
            return CryptogramType.TC
        if asked is CryptogramType.TC and own and amount <= self._settings.offline_minor:
            return CryptogramType.TC
        return CryptogramType.AAC if asked is CryptogramType.AAC else CryptogramType.ARQC

    def _second(self, asked: CryptogramType, values: dict[int, bytes]) -> CryptogramType:
        if self._settings.declines_second or asked is not CryptogramType.TC:
            return CryptogramType.AAC
        if values[Tag.AUTHORISATION_RESPONSE_CODE] == emv.ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED:
            return CryptogramType.TC
        key = emv.session_key(self._emulator.master, self._emulator.atc)
        try:
            key.verify_issuer_1(self._request_cryptogram, values[Tag.ISSUER_AUTHENTICATION_DATA])
        except emv.AuthenticationError:
            return CryptogramType.AAC
        return CryptogramType.TC
