"""A terminal of a few lines: it finds an application, verifies the card, and asks for a cryptogram over an amount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from etui.standards import emv
from etui.standards.emv import Tag
from etui.standards.iso7816 import Command, Response, Selection, StatusWord

Transmit = Callable[[bytes], bytes]


class Refused(Exception):
    """The card answers with this status word."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Paid(msgspec.Struct, frozen=True):
    """How a transaction was answered: what was verified, and what the issuer is sent with it."""

    verified: emv.VerifiedCryptogram
    aip: bytes
    pan: str
    sequence: int
    told: dict[int, bytes]

    @property
    def kind(self) -> emv.CryptogramType:
        """What the cryptogram says."""
        return self.verified.answer.type

    def field_55(self) -> bytes:
        """What goes to the issuer."""
        answer = self.verified.answer
        objects: dict[int, bytes] = {
            Tag.APPLICATION_CRYPTOGRAM: self.verified.cryptogram,
            Tag.CRYPTOGRAM_INFORMATION_DATA: bytes((answer.information,)),
            Tag.ISSUER_APPLICATION_DATA: answer.application_data,
            Tag.AIP: self.aip,
            Tag.ATC: answer.atc.to_bytes(2, "big"),
            **{tag: self.told[tag] for tag in emv.TERMINAL_TAGS},
        }
        return emv.encode_objects(emv.primitive(tag, value) for tag, value in objects.items())


class Terminal:
    """``authority``: whom it trusts. ``transmit``: sends an APDU to the card. ``sent``: the last command."""

    def __init__(self, transmit: Transmit, authority: emv.PublicKey, today: dt.date) -> None:
        self._transmit = transmit
        self._authority = authority
        self._today = today
        self.heard: list[bytes] = []
        self.sent = Selection(emv.PPSE).command()

    def send(self, command: Command) -> bytes:
        """The answer's data; raises ``Refused``."""
        self.sent = command
        response = Response.decode(self._transmit(command.encode()))
        if response.status != StatusWord.SUCCESS:
            raise Refused(response.status)
        return response.data

    def applications(self) -> tuple[emv.Application, ...]:
        """What the card offers to contactless terminals."""
        return emv.ProximityDirectory.decode(self.send(Selection(emv.PPSE).command())).applications

    def pay(  # noqa: PLR0913  # as a payment has them
        self,
        name: bytes,
        amount_minor: int,
        wanted: emv.CryptogramType = emv.CryptogramType.ARQC,
        *,
        currency: int = 978,
        kind: int = 0,
        merchant: bytes = b"Kiosk am Tor",
        number: bytes = bytes.fromhex("DEADBEEF"),
        acquirer: int = 0,
    ) -> Paid:
        """A payment up to the first cryptogram, which is verified with all that the terminal told."""
        told: dict[int, bytes] = {
            Tag.TERMINAL_TRANSACTION_QUALIFIERS: bytes.fromhex("36C04000"),
            Tag.AMOUNT_AUTHORISED: emv.write_numeric(amount_minor, 6),
            Tag.AMOUNT_OTHER: bytes(6),
            Tag.TERMINAL_COUNTRY_CODE: emv.write_numeric(276, 2),
            Tag.TVR: bytes(5),
            Tag.TRANSACTION_CURRENCY_CODE: emv.write_numeric(currency, 2),
            Tag.TRANSACTION_DATE: emv.write_date(self._today),
            Tag.TRANSACTION_TYPE: emv.write_numeric(kind, 1),
            Tag.UNPREDICTABLE_NUMBER: number,
            Tag.MERCHANT_NAME_AND_LOCATION: merchant,
            Tag.ACQUIRER_IDENTIFIER: emv.write_numeric(acquirer, 6),
            Tag.MERCHANT_CATEGORY_CODE: emv.write_numeric(5_942, 2),
            Tag.MERCHANT_IDENTIFIER: b"SHOP-1".ljust(15),
        }
        information = emv.ApplicationInformation.decode(self.send(Selection(name).command()))
        pdol_data = emv.list_data(information.pdol, told)
        options = emv.ProcessingOptions.decode(self.send(emv.GetProcessingOptions(pdol_data).command()))
        read = {
            (files.sfi, record): self.send(emv.ReadRecord(files.sfi, record).command())
            for files in options.files
            for record in range(files.first, files.last + 1)
        }
        values = emv.values_by_tag([one for record in read.values() for one in emv.read_record(record)])
        pan = emv.read_compressed(values[Tag.PAN])
        self.card = self._card_key(options, read, values, pan)
        cdol1_data = emv.list_data(emv.read_list(values[Tag.CDOL1]), told)
        self.cdol2 = emv.read_list(values[Tag.CDOL2])
        self.told, self.heard = told, [pdol_data, cdol1_data]
        self.data = self.send(emv.GenerateAc(wanted, cdol1_data, cda=True).command())
        verified = self._verified(self.data)
        sequence = emv.read_numeric(values[Tag.PAN_SEQUENCE_NUMBER])
        return Paid(verified, options.aip.encode(), pan, sequence, told)

    def finish(self, wanted: emv.CryptogramType, code: bytes, proof: bytes = b"") -> emv.CryptogramAnswer:
        """The second cryptogram, verified where it is signed. ``code``, ``proof``: elements 8A and 91."""
        told = self.told | {Tag.AUTHORISATION_RESPONSE_CODE: code, Tag.ISSUER_AUTHENTICATION_DATA: proof}
        data = emv.list_data(self.cdol2, told)
        answered = self.send(emv.GenerateAc(wanted, data, cda=True).command())
        self.heard = [*self.heard, data]
        answer = emv.CryptogramAnswer.decode(answered)
        return self._verified(answered).answer if answer.signature else answer

    def _verified(self, data: bytes) -> emv.VerifiedCryptogram:
        answer = emv.CryptogramAnswer.decode(data)
        if not answer.signature:
            return emv.VerifiedCryptogram(answer, answer.cryptogram, b"")
        return emv.verify_cryptogram(self.card, data, self.told[Tag.UNPREDICTABLE_NUMBER], self.heard)

    def _card_key(
        self,
        options: emv.ProcessingOptions,
        read: dict[tuple[int, int], bytes],
        values: dict[int, bytes],
        pan: str,
    ) -> emv.PublicKey:
        def signed(certificate: Tag, remainder: Tag, exponent: Tag) -> emv.SignedKey:
            return emv.SignedKey(values[certificate], values.get(remainder, b""), values[exponent])

        of_issuer = signed(
            Tag.ISSUER_PUBLIC_KEY_CERTIFICATE, Tag.ISSUER_PUBLIC_KEY_REMAINDER, Tag.ISSUER_PUBLIC_KEY_EXPONENT
        )
        of_card = signed(Tag.ICC_PUBLIC_KEY_CERTIFICATE, Tag.ICC_PUBLIC_KEY_REMAINDER, Tag.ICC_PUBLIC_KEY_EXPONENT)
        tag_list = values[Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST]
        static = emv.static_data(options.files, read, tag_list, options.aip.encode())
        issuer = emv.issuer_key(self._authority, of_issuer, pan, self._today)
        return emv.card_key(issuer.key, of_card, pan, static, self._today).key
