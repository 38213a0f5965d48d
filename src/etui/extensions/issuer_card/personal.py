"""What the issuer gave a card for terminals, looked at before it is kept: a card that no terminal takes is none.

Source: EMV Book 2, sections 5.3, 6.4 and 10.2; Book 3, section 10.3.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from etui.extensions.issuer_card.errors import IssuerUnusableError
from etui.standards import emv
from etui.standards.emv import Tag

if TYPE_CHECKING:
    from etui.standards.provisioning import Activated, Chip

KEY_BITS: Final = 1_152
"""Of a card's key, which an issuer's of 1,408 bits certifies; it signs in a millisecond or two."""


def check_chip(activated: Activated, key: emv.PublicKey, today: dt.date) -> Chip | None:
    """What a card has for terminals, whole and certified for this key; raises ``IssuerUnusableError`` where it is not.

    None where the issuer has no such cards.
    """
    chip = activated.chip
    if chip is None:
        return None
    try:
        certified = _certified(chip, activated.card, today)
    except emv.EmvError as error:
        raise IssuerUnusableError(f"what it gave the card for terminals is of no use: {error}") from None
    if certified != key:
        raise IssuerUnusableError("it certified another key than this card's")
    return chip


def _certified(chip: Chip, token: str, today: dt.date) -> emv.PublicKey:
    """The key that the chain of certificates ends in."""
    records = {(one.sfi, one.number): one.data for one in chip.records}
    files = emv.read_file_locator(chip.files)
    values = emv.values_by_tag([one for data in records.values() for one in emv.read_record(data)])
    _check_told(values)
    if emv.read_compressed(_value(values, Tag.PAN)) != token:
        raise emv.MalformedError("the records are another card's")
    authority = chip.authority.key
    issuer = emv.issuer_key(
        emv.PublicKey(int.from_bytes(authority.modulus, "big"), authority.exponent),
        emv.SignedKey(
            _value(values, Tag.ISSUER_PUBLIC_KEY_CERTIFICATE),
            values.get(Tag.ISSUER_PUBLIC_KEY_REMAINDER, b""),
            _value(values, Tag.ISSUER_PUBLIC_KEY_EXPONENT),
        ),
        token,
        today,
    )
    signed = emv.SignedKey(
        _value(values, Tag.ICC_PUBLIC_KEY_CERTIFICATE),
        values.get(Tag.ICC_PUBLIC_KEY_REMAINDER, b""),
        _value(values, Tag.ICC_PUBLIC_KEY_EXPONENT),
    )
    static = emv.static_data(files, records, values.get(Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST), chip.aip)
    return emv.card_key(issuer.key, signed, token, static, today).key


def _check_told(values: dict[int, bytes]) -> None:
    """Raises ``emv.EmvError`` where a terminal would not be asked for what a cryptogram is over."""
    first = {entry.tag for entry in emv.read_list(_value(values, Tag.CDOL1))}
    second = {entry.tag for entry in emv.read_list(_value(values, Tag.CDOL2))}
    wanted = set(emv.TERMINAL_TAGS)
    answered = {Tag.AUTHORISATION_RESPONSE_CODE, Tag.ISSUER_AUTHENTICATION_DATA}
    if not (wanted <= first and wanted | answered <= second):
        raise emv.MissingError("a terminal would not be asked for all that a cryptogram is over")


def _value(values: dict[int, bytes], tag: Tag) -> bytes:
    if tag not in values:
        raise emv.MissingError(f"the records have no {tag:X}")
    return values[tag]
