"""The card's application for terminals: commands in, answers out. It knows no reader, store, clock or holder.

::

             SELECT            GET PROCESSING OPTIONS           GENERATE AC
    (any) ──────────► SELECTED ──────────────────────► STARTED ─────────────► ENDED   (TC, AAC)
                                                          │      GENERATE AC
                                                          └───────────────► ONLINE   (ARQC)
                                                                              │  GENERATE AC
                                                                              └─────────────► ENDED

1. Every command has an answer, if only a status word; one that is out of order, of a wrong length or class changes
   nothing, and the application lives on.
2. The key of a transaction, and with it the counter, is taken for good before its cryptogram leaves; where that fails
   nothing leaves. A transaction that was never asked for a cryptogram uses nothing up.
3. A cryptogram is over what the terminal told, and where it wants so, signed together with all of that (CDA).

Source: EMV Book 3, sections 6.3.4 (status words), 6.5 and 10; Book 1, section 11.3.4; Contactless Book C-2, annex A.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Protocol

import msgspec

from etui.extensions.issuer_card.errors import UnpaidError
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, Yes, decide_first, decide_offline, is_permitted
from etui.standards import emv
from etui.standards.emv import Checks, CryptogramType, Tag
from etui.standards.iso7816 import Command, Iso7816Error, Response, StatusWord
from etui.standards.provisioning import Chip, PaymentKey, Profile

PDOL: Final = (
    emv.Entry(Tag.TERMINAL_TRANSACTION_QUALIFIERS, 4),
    emv.Entry(Tag.TERMINAL_COUNTRY_CODE, 2),
    emv.Entry(Tag.ACQUIRER_IDENTIFIER, 6),
    emv.Entry(Tag.MERCHANT_CATEGORY_CODE, 2),
    emv.Entry(Tag.MERCHANT_IDENTIFIER, 15),
    emv.Entry(Tag.MERCHANT_NAME_AND_LOCATION, 40),
)
"""What a contactless terminal is asked to tell with GET PROCESSING OPTIONS; one that reads by contact, nothing."""
APPROVED: Final = b"00"
"""The issuer's response code for a payment that it approves (ISO 8583)."""
_KEY_INDEX: Final = 1
_TYPE_SHIFT: Final = 6
_NUMBER_BYTES: Final = 8
_ATC_BYTES: Final = 2
_NO_ANSWER: Final = bytes(10)
_NOT_NOW: Final = StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED


class State(Enum):
    """How far a transaction is."""

    IDLE = "idle"
    SELECTED = "selected"
    STARTED = "started"
    ONLINE = "online"
    ENDED = "ended"


_BEGUN: Final = frozenset((State.STARTED, State.ONLINE, State.ENDED))
_ALLOWED: Final = {
    emv.GetProcessingOptions: frozenset((State.SELECTED,)),
    emv.ReadRecord: _BEGUN,
    emv.GenerateAc: frozenset((State.STARTED, State.ONLINE)),
    emv.GetData: _BEGUN | {State.SELECTED},
}


class Purse(Protocol):
    """What the card keeps, and its holder's yes."""

    def yes(self) -> Yes | None:
        """What the holder said yes to; None while there is nothing."""

    def counter(self) -> int:
        """Of the last transaction."""

    def spent(self) -> Spent:
        """What was approved offline."""

    def take(self, asked: Asked, decision: Decision) -> PaymentKey:
        """The key of this transaction, with the counter, the yes and an offline approval used up for good.

        Raises ``UnpaidError`` with nothing used up, also where the yes is no longer the one that was last told.
        """

    def end(self, decision: Decision, asked: Asked, *, reached: bool) -> None:
        """Notes for good how a transaction ended that had gone online. ``reached``: whether its issuer answered."""

    def refuse(self, asked: Asked) -> None:
        """Hears what was asked for without a yes to it."""


class _Online(msgspec.Struct, frozen=True):
    """A transaction that waits for its issuer's answer: its key, its cryptogram, what was asked and told so far."""

    key: emv.SessionKey
    cryptogram: bytes
    asked: Asked
    told: tuple[bytes, ...]


class _Refused(Exception):  # an answer, and no fault
    """A command is answered with a status word alone."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Application:
    """One card's application. ``key``: its own, of which ``chip`` has the certificate. ``random``: that many bytes.

    ``takes``: whether a payment at a terminal that says this (by the PDOL) is for this application; where it is not,
    GET PROCESSING OPTIONS is answered with 6985, and nothing has begun.
    """

    def __init__(  # noqa: PLR0913  # what it is made of
        self,
        chip: Chip,
        key: emv.PrivateKey,
        profile: Profile,
        purse: Purse,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
        takes: Callable[[Mapping[int, bytes]], bool] = lambda _: True,
    ) -> None:
        self._chip = chip
        self._key = key
        self._profile = profile
        self._purse = purse
        self._random = random
        self._takes = takes
        self._records = {(one.sfi, one.number): one.data for one in chip.records}
        known = emv.values_by_tag([one for data in self._records.values() for one in emv.read_record(data)])
        self._cdol1 = emv.read_list(known[Tag.CDOL1])
        self._cdol2 = emv.read_list(known[Tag.CDOL2])
        self._files = emv.read_file_locator(chip.files)
        self._pdol: emv.DataObjectList = ()
        self._told: dict[int, bytes] = {}
        self._pdol_data = b""
        self._online: _Online | None = None
        self.state = State.IDLE

    @property
    def label(self) -> str:
        """What a terminal shows of it."""
        return self._chip.label

    @property
    def priority(self) -> int:
        """1 is the highest."""
        return self._chip.priority

    def select(self, *, contactless: bool) -> bytes:
        """Begins anew; the answer to SELECT. ``contactless``: whether it was found in the directory for that (PPSE)."""
        self._pdol = PDOL if contactless else ()
        self._told, self._pdol_data, self._online = {}, b"", None
        self.state = State.SELECTED
        information = emv.ApplicationInformation(
            self._chip.name, self._chip.label, self._chip.priority, pdol=self._pdol, languages=("en",)
        )
        return Response(information.encode()).encode()

    def reset(self) -> None:
        """Forgets the transaction: the terminal is gone, or has selected another application."""
        self._told, self._pdol_data, self._online = {}, b"", None
        self.state = State.IDLE

    def answer(self, apdu: bytes) -> bytes:
        """The response to a command, whatever it is; but for SELECT, which is for whoever knows of all applications."""
        try:
            return Response(self._answer(emv.read_request(Command.decode(apdu)))).encode()
        except (Iso7816Error, emv.CommandError, _Refused) as error:
            return Response(status=error.status).encode()
        except emv.EmvError:
            return Response(status=StatusWord.INCORRECT_DATA).encode()

    def _answer(self, request: emv.Request) -> bytes:
        if self.state not in _ALLOWED.get(type(request), frozenset(State)):
            raise _Refused(_NOT_NOW)
        match request:
            case emv.GetProcessingOptions():
                return self._begin(request.data)
            case emv.ReadRecord():
                return self._record(request)
            case emv.GenerateAc():
                return self._first(request) if self._online is None else self._second(request, self._online)
            case emv.GetData():
                return self._data(request.tag)
            case _:
                raise _Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _begin(self, data: bytes) -> bytes:
        told = _values(self._pdol, data)
        if not self._takes(told):
            raise _Refused(_NOT_NOW)
        self._told, self._pdol_data = told, data
        self.state = State.STARTED
        return emv.ProcessingOptions(emv.Aip.decode(self._chip.aip), self._files).format_2()

    def _record(self, request: emv.ReadRecord) -> bytes:
        record = self._records.get((request.sfi, request.record))
        if record is not None:
            return record
        is_file = any(sfi == request.sfi for sfi, _ in self._records)
        raise _Refused(StatusWord.RECORD_NOT_FOUND if is_file else StatusWord.FILE_OR_APPLICATION_NOT_FOUND)

    def _data(self, tag: int) -> bytes:
        if tag == Tag.ATC:
            return emv.primitive(tag, self._purse.counter().to_bytes(_ATC_BYTES, "big")).encode()
        raise _Refused(StatusWord.REFERENCED_DATA_NOT_FOUND)

    # cryptograms

    def _first(self, request: emv.GenerateAc) -> bytes:
        told = {**self._told, **_checked(_values(self._cdol1, request.data))}
        asked = Asked.read(told)
        yes = self._purse.yes()
        if yes is None or not is_permitted(asked, yes, self._profile.currency_number):
            self._purse.refuse(asked)
            raise _Refused(_NOT_NOW)
        decision = decide_first(request.type, asked, self._purse.spent(), self._profile.offline, signed=request.cda)
        decision = msgspec.structs.replace(decision, checks=decision.checks | yes.checks)
        try:
            taken = self._purse.take(asked, decision)
        except UnpaidError as error:
            raise _Refused(_NOT_NOW) from error
        key = emv.SessionKey(taken.counter, taken.key)
        heard = (self._pdol_data, request.data)
        results = emv.CardVerificationResults(decision.type, checks=decision.checks)
        answer, cryptogram = self._cryptogram(key, results, told, heard, signed=request.cda)
        is_online = decision.type is CryptogramType.ARQC
        self._online = _Online(key, cryptogram, asked, heard) if is_online else None
        self.state = State.ONLINE if is_online else State.ENDED
        return answer

    def _second(self, request: emv.GenerateAc, before: _Online) -> bytes:
        if request.type is CryptogramType.ARQC:
            raise _Refused(StatusWord.INCORRECT_PARAMETERS)
        told = {**self._told, **_checked(_values(self._cdol2, request.data))}
        code, proof = told[Tag.AUTHORISATION_RESPONSE_CODE], told[Tag.ISSUER_AUTHENTICATION_DATA]
        reached = proof != _NO_ANSWER[: len(proof)]
        asked = before.asked
        if not _same(Asked.read(told), asked):
            decision = Decision(CryptogramType.AAC)
        elif reached:
            decision = _decide_online(request.type, before, proof, code)
        else:
            decision = decide_offline(request.type, asked, self._purse.spent(), self._profile.offline, code)
        verified = reached and not decision.checks & Checks.ISSUER_AUTHENTICATION_FAILED
        self._purse.end(decision, asked, reached=verified)
        self._online, self.state = None, State.ENDED
        results = emv.CardVerificationResults(CryptogramType.ARQC, decision.type, decision.checks)
        heard = (*before.told, request.data)
        return self._cryptogram(before.key, results, told, heard, signed=request.cda)[0]

    def _cryptogram(
        self,
        key: emv.SessionKey,
        results: emv.CardVerificationResults,
        told: dict[int, bytes],
        heard: tuple[bytes, ...],
        *,
        signed: bool,
    ) -> tuple[bytes, bytes]:
        """The answer, and the cryptogram in it."""
        kind = results.first if results.second is None else results.second
        signed = signed and kind is not CryptogramType.AAC
        if signed:
            results = msgspec.structs.replace(results, checks=results.checks | Checks.CDA_PERFORMED)
        spent = self._purse.spent()
        application_data = emv.IssuerApplicationData(_KEY_INDEX, results, spent.count, spent.minor).encode()
        cryptogram = key.cryptogram(emv.cryptogram_data(told, self._chip.aip, key.atc, application_data))
        answer = emv.CryptogramAnswer(kind << _TYPE_SHIFT, key.atc, cryptogram, application_data)
        if signed:
            number = self._random(_NUMBER_BYTES)
            answer = emv.sign_cryptogram(self._key, answer, number, told[Tag.UNPREDICTABLE_NUMBER], heard)
        return answer.format_2(), cryptogram


def _decide_online(wanted: CryptogramType, before: _Online, proof: bytes, code: bytes) -> Decision:
    """The second answer where there is one of the issuer's: its own word counts, and not what the terminal says."""
    try:
        said = before.key.verify_issuer_1(before.cryptogram, proof)
    except emv.AuthenticationError:
        return Decision(CryptogramType.AAC, Checks.ISSUER_AUTHENTICATION_FAILED)
    approved = said == code == APPROVED and wanted is CryptogramType.TC
    return Decision(CryptogramType.TC if approved else CryptogramType.AAC)


def _same(one: Asked, other: Asked) -> bool:
    """Whether the second time the same is asked as the first."""
    return (one.amount_minor, one.currency_number, one.kind) == (other.amount_minor, other.currency_number, other.kind)


def _values(entries: emv.DataObjectList, data: bytes) -> dict[int, bytes]:
    try:
        return emv.list_values(entries, data)
    except emv.MalformedError:
        raise _Refused(StatusWord.WRONG_LENGTH) from None


def _checked(values: dict[int, bytes]) -> dict[int, bytes]:
    """The same, where what a cryptogram is over has the digits of its element; raises ``emv.MalformedError``."""
    for tag in emv.TERMINAL_TAGS:
        emv.check(tag, values[tag])
    return values
