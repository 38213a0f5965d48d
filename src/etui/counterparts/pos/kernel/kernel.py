"""The terminal side of one EMV transaction, from the directory of a card's applications to its last cryptogram.

It does no input and no output: it says what is to be sent to the card or asked of its issuer, and is told what came.

1. Whatever a card answers, the transaction goes on or ends with an outcome; nothing that a card sends is raised.
2. It is approved by a cryptogram that says so (TC), and by none that came with a wrong signature, or that is more than
   was asked for. Where the issuer said yes and the card then does not, what the issuer said is to be undone.
3. A card that answers 6985 or 6986 wants its holder first: look at the phone, then tap again, from the beginning.
4. A transaction whose question may have reached the issuer is approved with its answer, or not at all.
5. A card gives 64 records at most, and a directory 16.

Source: EMV Book 1, section 12; Book 3, sections 6.5 and 10; Book 2, section 6.6; ``states`` has the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, TypeVar

import msgspec

from etui.counterparts.pos.errors import KernelError
from etui.counterparts.pos.kernel import actions, authentication, findings
from etui.counterparts.pos.kernel.authentication import FAILED, Method
from etui.counterparts.pos.kernel.candidates import Candidate
from etui.counterparts.pos.kernel.card_data import CardData, read_card
from etui.counterparts.pos.kernel.judging import judged
from etui.counterparts.pos.kernel.outcomes import AskIssuer, Outcome, Presented, Send, Step, Verdict, Verification
from etui.counterparts.pos.kernel.reading import Reading
from etui.counterparts.pos.kernel.responses import (
    authentication_data,
    data_of,
    dynamic_signature,
)
from etui.counterparts.pos.kernel.selecting import Next, Selecting
from etui.counterparts.pos.kernel.settings import Purchase, Terminal
from etui.counterparts.pos.kernel.states import NEXT, State
from etui.counterparts.pos.kernel.terminal_data import issuer_data, terminal_values
from etui.standards.emv import (
    ApplicationInformation,
    AuthenticationError,
    CryptogramAnswer,
    CryptogramType,
    DataObjectList,
    EmvError,
    GenerateAc,
    GetProcessingOptions,
    InternalAuthenticate,
    MalformedError,
    ProcessingOptions,
    PublicKey,
    ResponseCode,
    Tag,
    Tsi,
    Tvr,
    list_data,
    verify_dynamic,
)
from etui.standards.iso7816 import Command, Iso7816Error, Response, StatusWord

_WAIT_FOR_HOLDER: Final = frozenset({StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED, StatusWord.NO_CURRENT_FILE})
_ISSUER_APPROVED: Final = "00"
_MAY_WAIT: Final = frozenset(
    {State.PROXIMITY_DIRECTORY, State.SELECTION, State.OPTIONS, State.RECORD, State.FIRST_CRYPTOGRAM}
)
_Value = TypeVar("_Value")


class Kernel:
    """One transaction of ``purchase`` at ``terminal``: ``begin``, and then what each step asks for."""

    def __init__(self, terminal: Terminal, purchase: Purchase) -> None:
        self._terminal = terminal
        self._purchase = purchase
        self._state = State.NEW
        self._selecting = Selecting(terminal.applications)
        self._values: dict[int, bytes] = {}
        self._tvr = Tvr(0)
        self._tsi = Tsi(0)
        self._told: list[bytes] = []
        self._challenge = b""
        self._reading: Reading | None = None
        self._card: CardData | None = None
        self._key: PublicKey | None = None
        self._method = Method.NONE
        self._verification = Verification.NONE
        self._asked = CryptogramType.AAC
        self._presented: Presented | None = None
        self._response_code = ""
        self._issuer_approves = False
        self._asked_issuer = False

    @property
    def state(self) -> State:
        """Where the transaction stands."""
        return self._state

    def begin(self) -> Step:
        """The first command, once the card is there; raises ``KernelError``."""
        self._expect(State.NEW)
        return self._send(*self._selecting.begin())

    def received(self, response: Response) -> Step:
        """What follows on the card's whole response to the last command; raises ``KernelError``."""
        take = self._TAKES.get(self._state)
        if take is None:
            raise KernelError(f"no response of a card is awaited in {self._state.name}")
        try:
            if response.status in _WAIT_FOR_HOLDER and self._state in _MAY_WAIT:
                return self._over(Verdict.TRY_AGAIN, "look at your phone, then tap again")
            return take(self, response)
        except (EmvError, Iso7816Error) as error:
            return self._failed(f"the card answers wrongly: {error}")

    def answered(self, response_code: str, data: bytes) -> Step:
        """What follows on the issuer's answer: its code (2 characters) and data for the card (field 55).

        Raises ``KernelError``.
        """
        self._expect(State.ONLINE)
        self._asked_issuer = True
        self._issuer_approves = response_code == _ISSUER_APPROVED
        self._values[Tag.AUTHORISATION_RESPONSE_CODE] = response_code.encode("ascii", "replace")[:2].ljust(2, b"0")
        if proof := authentication_data(data):
            self._values[Tag.ISSUER_AUTHENTICATION_DATA] = proof
        return self._second(CryptogramType.TC if self._issuer_approves else CryptogramType.AAC)

    def not_asked(self) -> Step:
        """What follows where the question never left the terminal: the card may be taken without the issuer.

        Raises ``KernelError``.
        """
        self._expect(State.ONLINE)
        asked = actions.offline_request(self._tvr, self._card_now(), self._chosen_now().accepted)
        approves = asked is CryptogramType.TC
        code = ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED if approves else ResponseCode.UNABLE_TO_GO_ONLINE_DECLINED
        self._response_code = code.decode("ascii") if approves else ""
        self._values[Tag.AUTHORISATION_RESPONSE_CODE] = bytes(code)
        return self._second(asked)

    def unanswered(self) -> Step:
        """What follows where the issuer may have been asked and nobody knows what it said: it is declined.

        Raises ``KernelError``.
        """
        self._expect(State.ONLINE)
        self._asked_issuer = True
        self._issuer_approves = True  # for all that is known: it has to be undone
        self._values[Tag.AUTHORISATION_RESPONSE_CODE] = bytes(ResponseCode.UNABLE_TO_GO_ONLINE_DECLINED)
        return self._second(CryptogramType.AAC)

    def lost(self) -> Outcome:
        """How the transaction ends now that the card is gone; raises ``KernelError`` where it had ended."""
        if self._state is State.OVER:
            raise KernelError("the transaction was over already")
        return self._failed("the card went away: tap again, and hold it until it is done")

    # Which application.

    def _proximity_directory(self, response: Response) -> Step:
        return self._select(self._selecting.proximity(response))

    def _payment_directory(self, response: Response) -> Step:
        return self._select(self._selecting.payment(response))

    def _directory_record(self, response: Response) -> Step:
        return self._select(self._selecting.record(response))

    def _select(self, following: Next) -> Step:
        if following is None:
            return self._over(Verdict.ENDED, "there is no card here that is taken")
        return self._send(*following)

    # What the card is.

    def _selected(self, response: Response) -> Step:
        if not response.success:
            return self._select(self._selecting.next())
        chosen = self._chosen_now()
        information = ApplicationInformation.decode(response.data)
        if not information.name.startswith(chosen.identifier):
            raise MalformedError("another application answers than was selected")
        self._values = terminal_values(self._terminal, chosen.accepted, information.name, self._purchase)
        self._values[Tag.TVR], self._values[Tag.TSI] = self._tvr.encode(), self._tsi.encode()
        self._selecting.chosen = Candidate(information.name, information.label or chosen.label, chosen.accepted)
        data = list_data(information.pdol, self._values)
        self._told = [data] if data else []
        return self._send(State.OPTIONS, GetProcessingOptions(data).command())

    def _processing_options(self, response: Response) -> Step:
        if not response.success:
            return self._select(self._selecting.next())
        self._reading = Reading(ProcessingOptions.decode(response.data))
        return self._read_on(self._reading)

    def _record(self, response: Response) -> Step:
        reading = self._reading_now()
        reading.take(response)
        return self._read_on(reading)

    def _read_on(self, reading: Reading) -> Step:
        following = reading.next()
        return self._examine() if following is None else self._send(State.RECORD, following)

    def _examine(self) -> Step:
        reading = self._reading_now()
        values = reading.values()
        self._card = card = read_card(values)
        self._values = values | self._values
        self._method = authentication.method(reading.options.aip)
        if self._method is Method.NONE:
            self._tvr |= Tvr.OFFLINE_DATA_AUTHENTICATION_NOT_PERFORMED
        else:
            self._tsi |= Tsi.OFFLINE_DATA_AUTHENTICATION_PERFORMED
            self._find_key(card, reading)
        if self._method is Method.DDA and self._key is not None:
            data = list_data(card.ddol or authentication.DEFAULT_DDOL, self._values)
            self._challenge = data
            return self._send(State.DYNAMIC_SIGNATURE, InternalAuthenticate(data).command())
        return self._first()

    def _find_key(self, card: CardData, reading: Reading) -> None:
        today = self._purchase.at.date()
        try:
            self._key = reading.key(self._terminal, self._chosen_now().identifier, card, today)
        except EmvError:
            self._tvr |= FAILED[self._method] | authentication.missing(card)

    def _dynamic_signature(self, response: Response) -> Step:
        try:
            signature = dynamic_signature(data_of(response))
            self._values[Tag.ICC_DYNAMIC_NUMBER] = verify_dynamic(self._key_now(), signature, self._challenge)
        except EmvError:
            self._tvr |= Tvr.DDA_FAILED
        return self._first()

    # What it decides.

    def _first(self) -> Step:
        card, aip, chosen = self._card_now(), self._reading_now().options.aip, self._chosen_now()
        accepted, terminal, purchase = chosen.accepted, self._terminal, self._purchase
        self._tvr |= findings.restrictions(card, accepted, terminal, purchase)
        self._verification, results, found = findings.verification(card, aip, accepted, terminal, purchase)
        self._tvr |= found | findings.risks(accepted, purchase)
        self._tsi |= Tsi.CARDHOLDER_VERIFICATION_PERFORMED | Tsi.TERMINAL_RISK_MANAGEMENT_PERFORMED
        self._values[Tag.CVM_RESULTS] = results.encode()
        self._asked = actions.first_request(self._tvr, card, accepted)
        return self._generate(State.FIRST_CRYPTOGRAM, card.cdol1)

    def _generate(self, state: State, asks_for: DataObjectList) -> Step:
        self._values[Tag.TVR], self._values[Tag.TSI] = self._tvr.encode(), self._tsi.encode()
        data = list_data(asks_for, self._values)
        self._told.append(data)
        return self._send(state, GenerateAc(self._asked, data, cda=self._wants_signature()).command())

    def _wants_signature(self) -> bool:
        return self._method is Method.CDA and self._key is not None and self._asked is not CryptogramType.AAC

    def _cryptogram(self, response: Response) -> CryptogramType:
        """What the card decides; raises ``AuthenticationError`` where a signature should be there and is not right."""
        signer = self._key if self._wants_signature() else None
        answer, cryptogram = judged(data_of(response), self._asked, signer, self._purchase.number, self._told)
        self._presented = self._present(answer, cryptogram)
        return answer.type

    def _first_cryptogram(self, response: Response) -> Step:
        try:
            decided = self._cryptogram(response)
        except AuthenticationError:
            return self._wrong_signature(response)
        match decided:
            case CryptogramType.AAC:
                return self._over(Verdict.DECLINED, "the card declines")
            case CryptogramType.TC:
                self._response_code = ResponseCode.OFFLINE_APPROVED.decode("ascii")
                return self._approved()
            case CryptogramType.ARQC:
                self._go(State.ONLINE)
                return AskIssuer(self._presented_now())

    def _wrong_signature(self, response: Response) -> Step:
        """A card that signs wrongly is declined; one that wants its issuer asked is told so (Book 2, section 6.6)."""
        self._tvr |= Tvr.CDA_FAILED
        self._key = None
        if CryptogramAnswer.decode(response.data).type is not CryptogramType.ARQC:
            return self._over(Verdict.DECLINED, "the card's signature is wrong")
        self._values[Tag.AUTHORISATION_RESPONSE_CODE] = bytes(ResponseCode.OFFLINE_DECLINED)
        return self._second(CryptogramType.AAC)

    def _second(self, asked: CryptogramType) -> Step:
        self._asked = asked
        return self._generate(State.SECOND_CRYPTOGRAM, self._card_now().cdol2)

    def _second_cryptogram(self, response: Response) -> Step:
        if self._asked is CryptogramType.AAC:
            return self._refused()
        try:
            decided = self._cryptogram(response)
        except AuthenticationError:
            self._tvr |= Tvr.CDA_FAILED
            return self._over(Verdict.DECLINED, "the card's signature is wrong")
        if decided is CryptogramType.TC:
            return self._approved()
        return self._over(Verdict.DECLINED, "the card declines")

    def _refused(self) -> Outcome:
        if Tvr.CDA_FAILED in self._tvr:
            return self._over(Verdict.DECLINED, "the card's signature is wrong")
        if self._asked_issuer and not self._issuer_approves:
            return self._over(Verdict.DECLINED, "the card's issuer declines")
        return self._over(Verdict.DECLINED, "the card's issuer cannot be reached")

    # How it ends.

    def _approved(self) -> Outcome:
        words = "approved" if self._asked_issuer else "approved without a line"
        return self._over(Verdict.APPROVED, words, undo=False)

    def _failed(self, words: str) -> Outcome:
        verdict = Verdict.DECLINED if self._presented is not None else Verdict.ENDED
        return self._over(verdict, words)

    def _over(self, verdict: Verdict, words: str, *, undo: bool = True) -> Outcome:
        self._go(State.OVER)
        presented = self._presented if verdict is Verdict.APPROVED else None
        if presented is not None:
            presented = msgspec.structs.replace(presented, response_code=self._response_code)
        return Outcome(
            verdict=verdict,
            words=words,
            online=self._asked_issuer,
            undo=undo and self._issuer_approves,
            presented=presented,
            findings=self._tvr,
        )

    def _present(self, answer: CryptogramAnswer, cryptogram: bytes) -> Presented:
        card, chosen = self._card_now(), self._chosen_now()
        aip = self._reading_now().options.aip.encode()
        return Presented(
            pan=card.pan,
            expiry=f"{card.expires:%y%m}",
            sequence=card.sequence,
            identifier=chosen.identifier,
            label=chosen.label,
            icc=issuer_data(self._values, chosen.identifier, aip, answer, cryptogram),
            cryptogram=cryptogram,
            verification=self._verification,
        )

    # What has to be there by now.

    def _send(self, state: State, command: Command) -> Send:
        self._go(state)
        return Send(command)

    def _go(self, state: State) -> None:
        if state not in NEXT[self._state]:
            raise KernelError(f"{state.name} does not follow {self._state.name}")
        self._state = state

    def _expect(self, state: State) -> None:
        if self._state is not state:
            raise KernelError(f"the transaction is in {self._state.name}, and not in {state.name}")

    def _chosen_now(self) -> Candidate:
        return _there(self._selecting.chosen)

    def _reading_now(self) -> Reading:
        return _there(self._reading)

    def _card_now(self) -> CardData:
        return _there(self._card)

    def _key_now(self) -> PublicKey:
        return _there(self._key)

    def _presented_now(self) -> Presented:
        return _there(self._presented)

    _TAKES: ClassVar[Mapping[State, Callable[[Kernel, Response], Step]]] = {
        State.PROXIMITY_DIRECTORY: _proximity_directory,
        State.PAYMENT_DIRECTORY: _payment_directory,
        State.DIRECTORY_RECORD: _directory_record,
        State.SELECTION: _selected,
        State.OPTIONS: _processing_options,
        State.RECORD: _record,
        State.DYNAMIC_SIGNATURE: _dynamic_signature,
        State.FIRST_CRYPTOGRAM: _first_cryptogram,
        State.SECOND_CRYPTOGRAM: _second_cryptogram,
    }


def _there(value: _Value | None) -> _Value:
    if value is None:
        raise KernelError("the transaction has not come so far")
    return value
