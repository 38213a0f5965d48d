"""What an issuer gives a card for terminals is looked at before the card is kept."""

from __future__ import annotations

import msgspec
import pytest
from tests.extensions.issuer_card.chips import PAN, PROFILE, TODAY, chip, enrolled, scheme
from tests.standards.emv.keys import authority, card, issuer

from etui.counterparts.issuer.errors import KeyRefusedError
from etui.extensions.issuer_card.errors import IssuerUnusableError
from etui.extensions.issuer_card.personal import check_chip
from etui.standards.provisioning import Activated, Chip, ChipKey, PaymentKey


def activated(given: Chip | None, *, token: str = PAN) -> Activated:
    key = PaymentKey(1, bytes(16))
    return Activated(card=token, sequence="01", expiry="3512", profile=PROFILE, keys=(key,), chip=given)


def test_what_is_certified_for_this_key_is_kept() -> None:
    assert check_chip(activated(chip()), card().public, TODAY) == chip()


def test_an_issuer_without_such_cards_gives_none() -> None:
    assert check_chip(activated(None), card().public, TODAY) is None


def test_a_certificate_for_another_key_is_refused() -> None:
    with pytest.raises(IssuerUnusableError, match="another key"):
        check_chip(activated(chip()), issuer().public, TODAY)


def test_records_of_another_card_are_refused() -> None:
    with pytest.raises(IssuerUnusableError, match="another card"):
        check_chip(activated(chip(), token="4222220000000027"), card().public, TODAY)


@pytest.mark.parametrize("at", range(4))
def test_a_record_that_was_altered_is_refused(at: int) -> None:
    records = list(chip().records)
    data = bytearray(records[at].data)
    data[-1] ^= 1
    records[at] = msgspec.structs.replace(records[at], data=bytes(data))
    with pytest.raises(IssuerUnusableError):
        check_chip(activated(msgspec.structs.replace(chip(), records=tuple(records))), card().public, TODAY)


def test_another_authority_is_refused() -> None:
    other = msgspec.structs.replace(
        chip().authority, key=ChipKey(issuer().public.modulus_bytes(), issuer().public.exponent)
    )
    with pytest.raises(IssuerUnusableError):
        check_chip(activated(msgspec.structs.replace(chip(), authority=other)), card().public, TODAY)


@pytest.mark.parametrize("bits", [1_016, 1_984])
def test_the_issuer_certifies_no_key_that_is_too_short_or_longer_than_its_own(bits: int) -> None:
    modulus = authority().public.modulus_bytes()[-bits // 8 :]
    with pytest.raises(KeyRefusedError):
        scheme().chip(enrolled(), ChipKey(bytes((modulus[0] | 0x80, *modulus[1:])), 3))
