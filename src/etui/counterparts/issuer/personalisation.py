"""What the issuer gives a card's application for terminals: its records, and certificates for its key and for them.

    file 1, record 1   the card's number, expiry, country and currency, what a terminal is to tell (CDOL1, CDOL2), how
                       its holder is verified: all of it authenticated, and the AIP with it
    file 2, record 1   which key of the scheme's authority, and what of the keys had no place in the certificates
    file 2, record 2   the issuer's key, certified by the authority
    file 2, record 3   the card's key and file 1, certified by the issuer

The holder is verified on the device, which the cryptogram tells the issuer: a terminal has nothing to ask.

Source: EMV Book 2, sections 5, 6 and 8.1.1; Book 3, sections 5.4, 7, 10.3 and 10.5, annex C.
"""

from __future__ import annotations

import calendar
import datetime as dt
import secrets
from typing import Final

import msgspec

from etui.counterparts.issuer.errors import KeyRefusedError
from etui.counterparts.issuer.records import Card
from etui.standards import emv
from etui.standards.emv import Tag
from etui.standards.emv.certificates import SERIAL_BYTES
from etui.standards.provisioning import Authority, Chip, ChipKey, Record

LEAST_BITS: Final = 1_024
"""Of a card's key; the most is what the issuer's own key has."""
_CENTURY: Final = 2_000
_AIP: Final = (
    emv.Aip.CDA_SUPPORTED
    | emv.Aip.CARDHOLDER_VERIFICATION_SUPPORTED
    | emv.Aip.ON_DEVICE_VERIFICATION_SUPPORTED
    | emv.Aip.ISSUER_AUTHENTICATION_SUPPORTED
    | emv.Aip.TERMINAL_RISK_MANAGEMENT
    | emv.Aip.EMV_MODE_SUPPORTED
)
_USAGE: Final = (
    emv.Auc.DOMESTIC_GOODS
    | emv.Auc.INTERNATIONAL_GOODS
    | emv.Auc.DOMESTIC_SERVICES
    | emv.Auc.INTERNATIONAL_SERVICES
    | emv.Auc.OTHER_THAN_ATMS
)
_FILES: Final = (emv.RecordRange(1, 1, 1, 1), emv.RecordRange(2, 1, 3))
_TOLD: Final = tuple(emv.Entry(tag, emv.ELEMENTS[tag].max_bytes) for tag in emv.TERMINAL_TAGS)
_RESPONSE_CODE_BYTES: Final = 2
_AUTHENTICATION_BYTES: Final = 10
"""By method 1 (Book 2, section 8.2.1): the cryptogram of the response, and the response code."""
_CDOL2: Final = (
    emv.Entry(Tag.AUTHORISATION_RESPONSE_CODE, _RESPONSE_CODE_BYTES),
    emv.Entry(Tag.ISSUER_AUTHENTICATION_DATA, _AUTHENTICATION_BYTES),
    *_TOLD,
)
_NOBODY_ASKS: Final = emv.CvmList((emv.CvmRule(emv.CvmMethod.NO_CVM, emv.CvmCondition.ALWAYS),))
_VERSION: Final = bytes((0x00, 0x01))
_SERVICE: Final = "201"
"""Of track 2: international, by chip, no restriction (ISO/IEC 7813)."""
_SCHEME: Final = bytes((Tag.AIP,))


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer is in its scheme.

    ``authority``: the scheme's key; ``certificate``: of ``issuer``, the issuer's own key, by that authority. ``name``:
    the application's identifier, 5 to 16 bytes. ``label``: 1 to 16 characters. ``country``, ``currency``: 3 digits.
    ``exponent``: how many digits of the currency are behind the point.
    """

    authority: emv.AuthorityKey
    issuer: emv.PrivateKey
    certificate: emv.SignedKey
    name: bytes
    label: str
    country: str
    currency: str
    exponent: int = 2

    def chip(self, card: Card, key: ChipKey) -> Chip:
        """What the application of a card has, for the key that its device made; raises ``KeyRefusedError``."""
        expires = dt.date(_CENTURY + int(card.expiry[:2]), int(card.expiry[2:]), 1)
        main = emv.write_record(self._main(card, expires))
        static = emv.static_data(_FILES, {(1, 1): main}, _SCHEME, _AIP.encode())
        try:
            public = emv.PublicKey(int.from_bytes(key.modulus, "big"), key.exponent)
            if public.bits < LEAST_BITS:
                raise KeyRefusedError(f"a card's key has at least {LEAST_BITS} bits, not {public.bits}")
            subject = emv.CertifiedKey(card.card, expires, secrets.token_bytes(SERIAL_BYTES), public)
            signed = emv.certify_card(self.issuer, subject, static)
        except emv.EmvError as error:
            raise KeyRefusedError(str(error)) from None
        return Chip(
            name=self.name,
            label=self.label,
            aip=_AIP.encode(),
            files=emv.write_file_locator(_FILES),
            records=(
                Record(1, 1, main),
                Record(2, 1, emv.write_record(self._beside(signed))),
                Record(2, 2, _record(Tag.ISSUER_PUBLIC_KEY_CERTIFICATE, self.certificate.certificate)),
                Record(2, 3, _record(Tag.ICC_PUBLIC_KEY_CERTIFICATE, signed.certificate)),
            ),
            authority=Authority(
                self.authority.rid,
                self.authority.index,
                ChipKey(self.authority.key.modulus_bytes(), self.authority.key.exponent),
            ),
        )

    def _main(self, card: Card, expires: dt.date) -> list[emv.DataObject]:
        last = expires.replace(day=calendar.monthrange(expires.year, expires.month)[1])
        track = f"{card.card}d{card.expiry}{_SERVICE}".encode()
        values: dict[int, bytes] = {
            Tag.TRACK_2_EQUIVALENT_DATA: bytes.fromhex((track + b"f" * (len(track) % 2)).decode()),
            Tag.PAN: emv.write_compressed(card.card),
            Tag.PAN_SEQUENCE_NUMBER: emv.write_numeric(card.sequence, 1),
            Tag.APPLICATION_EXPIRATION_DATE: emv.write_date(last),
            Tag.APPLICATION_USAGE_CONTROL: _USAGE.encode(),
            Tag.APPLICATION_VERSION_NUMBER: _VERSION,
            Tag.ISSUER_COUNTRY_CODE: emv.write_numeric(int(self.country), 2),
            Tag.APPLICATION_CURRENCY_CODE: emv.write_numeric(int(self.currency), 2),
            Tag.APPLICATION_CURRENCY_EXPONENT: emv.write_numeric(self.exponent, 1),
            Tag.CDOL1: emv.write_list(_TOLD),
            Tag.CDOL2: emv.write_list(_CDOL2),
            Tag.CVM_LIST: _NOBODY_ASKS.encode(),
            Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST: _SCHEME,
        }
        return [emv.primitive(tag, value) for tag, value in values.items()]

    def _beside(self, card: emv.SignedKey) -> list[emv.DataObject]:
        values: dict[int, bytes] = {
            Tag.CA_PUBLIC_KEY_INDEX: bytes((self.authority.index,)),
            Tag.ISSUER_PUBLIC_KEY_REMAINDER: self.certificate.remainder,
            Tag.ISSUER_PUBLIC_KEY_EXPONENT: self.certificate.exponent,
            Tag.ICC_PUBLIC_KEY_REMAINDER: card.remainder,
            Tag.ICC_PUBLIC_KEY_EXPONENT: card.exponent,
        }
        return [emv.primitive(tag, value) for tag, value in values.items() if value]


def _record(tag: Tag, value: bytes) -> bytes:
    return emv.write_record((emv.primitive(tag, value),))
