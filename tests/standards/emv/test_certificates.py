"""Keys, signatures that carry what they sign, and certificates made and verified here."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.emv.keys import EXPIRES, PAN, STATIC_DATA, TODAY, authority, card, issuer

from etui.standards import emv
from etui.standards.emv.recovery import recover, sha_1, sign

SERIAL = b"\1\2\3"


def issuer_certificate() -> emv.SignedKey:
    return emv.certify_issuer(authority(), emv.CertifiedKey(PAN[:6], EXPIRES, SERIAL, issuer().public))


def card_certificate(key: emv.PublicKey | None = None) -> emv.SignedKey:
    subject = emv.CertifiedKey(PAN, EXPIRES, SERIAL, key or card().public)
    return emv.certify_card(issuer(), subject, STATIC_DATA)


def test_the_chain_that_was_made_is_verified() -> None:
    of_issuer = emv.issuer_key(authority().public, issuer_certificate(), PAN, TODAY)
    assert of_issuer == emv.CertifiedKey(PAN[:6], EXPIRES, SERIAL, issuer().public)
    of_card = emv.card_key(of_issuer.key, card_certificate(), PAN, STATIC_DATA, TODAY)
    assert of_card == emv.CertifiedKey(PAN, EXPIRES, SERIAL, card().public)


@pytest.mark.parametrize("bits", [1_024, 1_072, 1_152, 1_408])
def test_a_key_with_and_without_a_remainder_is_certified(bits: int) -> None:
    key = emv.PrivateKey.generate(bits).public
    signed = card_certificate(key)
    assert len(signed.remainder) == max(0, bits // 8 - (1_408 // 8 - 42))
    assert emv.card_key(issuer().public, signed, PAN, STATIC_DATA, TODAY).key == key


@given(st.data())
def test_a_certificate_that_is_altered_anywhere_is_refused(data: st.DataObject) -> None:
    signed = card_certificate()
    field = data.draw(st.sampled_from(["certificate", "remainder", "exponent"]))
    value = bytearray(getattr(signed, field))
    kind = data.draw(st.sampled_from(["flip", "cut", "add"]))
    if kind == "flip" and value:
        value[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "cut" and value:
        value = value[:-1]
    else:
        value += data.draw(st.binary(min_size=1, max_size=3))
    altered = msgspec.structs.replace(signed, **{field: bytes(value)})
    with pytest.raises((emv.AuthenticationError, emv.UnsupportedError)):
        emv.card_key(issuer().public, altered, PAN, STATIC_DATA, TODAY)


def test_a_certificate_is_refused_for_another_pan_other_data_and_another_signer() -> None:
    signed, key = card_certificate(), issuer().public
    for pan in (PAN[:-1], PAN[:-1] + "2", PAN + "0", ""):
        with pytest.raises(emv.AuthenticationError):
            emv.card_key(key, signed, pan, STATIC_DATA, TODAY)
    for static_data in (b"", STATIC_DATA[:-1], STATIC_DATA + b"\0"):
        with pytest.raises(emv.AuthenticationError):
            emv.card_key(key, signed, PAN, static_data, TODAY)
    with pytest.raises(emv.AuthenticationError):
        emv.card_key(emv.PrivateKey.generate(1_408).public, signed, PAN, STATIC_DATA, TODAY)
    with pytest.raises(emv.AuthenticationError):
        emv.card_key(card().public, signed, PAN, STATIC_DATA, TODAY)
    with pytest.raises(emv.AuthenticationError):
        emv.issuer_key(authority().public, issuer_certificate(), "5413430089020011", TODAY)


def test_a_certificate_of_an_issuer_is_none_of_a_card() -> None:
    as_card = emv.certify_card(authority(), emv.CertifiedKey(PAN, EXPIRES, SERIAL, issuer().public), b"")
    with pytest.raises(emv.AuthenticationError):
        emv.issuer_key(authority().public, as_card, PAN, TODAY)
    with pytest.raises(emv.AuthenticationError):
        emv.card_key(authority().public, issuer_certificate(), PAN, b"", TODAY)


def test_a_certificate_is_good_to_the_end_of_its_last_month() -> None:
    signed, key = card_certificate(), issuer().public
    assert emv.card_key(key, signed, PAN, STATIC_DATA, dt.date(2028, 2, 29)).expires == EXPIRES
    for day in (dt.date(2028, 3, 1), dt.date(2029, 1, 1)):
        with pytest.raises(emv.AuthenticationError):
            emv.card_key(key, signed, PAN, STATIC_DATA, day)


def test_what_cannot_be_certified_is_refused() -> None:
    subject = emv.CertifiedKey(PAN[:6], EXPIRES, SERIAL, issuer().public)
    for change, error in (
        ({"subject": "54"}, emv.MalformedError),
        ({"subject": PAN}, emv.MalformedError),
        ({"subject": "5413a3"}, emv.MalformedError),
        ({"serial": b"\1"}, emv.MalformedError),
        ({"expires": dt.date(2050, 1, 1)}, emv.MalformedError),
    ):
        with pytest.raises(error):
            emv.certify_issuer(authority(), msgspec.structs.replace(subject, **change))
    with pytest.raises(emv.UnsupportedError):
        emv.certify_card(issuer(), msgspec.structs.replace(subject, subject=PAN, key=authority().public), b"")


def body(**change: bytes) -> bytes:
    """The body of a card's certificate, with some of its fields otherwise."""
    fields = {
        "form": b"\4",
        "pan": bytes.fromhex(PAN + "FFFF"),
        "expires": b"\x02\x28",
        "serial": SERIAL,
        "hash": b"\1",
        "algorithm": b"\1",
        "lengths": b"\x90\1",
    } | change
    return b"".join(fields.values()) + card().public.modulus_bytes()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"form": b"\2"}, emv.AuthenticationError),
        ({"pan": bytes(10)}, emv.AuthenticationError),
        ({"pan": bytes.fromhex("5413330089020F11FFFF")}, emv.AuthenticationError),
        ({"expires": b"\x13\x28"}, emv.AuthenticationError),
        ({"expires": b"\x00\x28"}, emv.AuthenticationError),
        ({"expires": b"\xff\xff"}, emv.AuthenticationError),
        ({"hash": b"\2"}, emv.UnsupportedError),
        ({"algorithm": b"\2"}, emv.UnsupportedError),
        ({"lengths": b"\x8f\1"}, emv.AuthenticationError),
        ({"lengths": b"\xff\1"}, emv.AuthenticationError),
        ({"lengths": b"\0\1"}, emv.AuthenticationError),
        ({"lengths": b"\x90\3"}, emv.AuthenticationError),
    ],
)
def test_a_certificate_that_its_signer_made_wrong_is_refused(
    change: dict[str, bytes], error: type[emv.EmvError]
) -> None:
    place = issuer().public.size - 22

    def signed(made: bytes) -> emv.SignedKey:
        remainder = made[place:]
        return emv.SignedKey(sign(issuer(), made[:place], remainder + b"\3" + STATIC_DATA), remainder, b"\3")

    assert emv.card_key(issuer().public, signed(body()), PAN, STATIC_DATA, TODAY).key == card().public
    with pytest.raises(error):
        emv.card_key(issuer().public, signed(body(**change)), PAN, STATIC_DATA, TODAY)


@pytest.mark.parametrize("exponent", [b"\5", b"\0\3", b"", b"\1\0\1"])
def test_a_certificate_for_a_key_with_another_exponent_is_refused(exponent: bytes) -> None:
    place = issuer().public.size - 22
    made = body(lengths=bytes((0x90, len(exponent))))
    remainder = made[place:]
    signed = emv.SignedKey(sign(issuer(), made[:place], remainder + exponent + STATIC_DATA), remainder, exponent)
    if exponent == b"\1\0\1":
        assert emv.card_key(issuer().public, signed, PAN, STATIC_DATA, TODAY).key.exponent == 65_537
    else:
        with pytest.raises(emv.UnsupportedError):
            emv.card_key(issuer().public, signed, PAN, STATIC_DATA, TODAY)


def test_a_certificate_for_a_key_that_is_longer_than_its_signers_is_refused() -> None:
    place, longer = issuer().public.size - 22, authority().public
    made = body(lengths=bytes((longer.size, 1)))[:-144] + longer.modulus_bytes()
    remainder = made[place:]
    signed = emv.SignedKey(sign(issuer(), made[:place], remainder + b"\3" + STATIC_DATA), remainder, b"\3")
    with pytest.raises(emv.AuthenticationError):
        emv.card_key(issuer().public, signed, PAN, STATIC_DATA, TODAY)


@pytest.mark.parametrize(("subject", "good"), [("541F", True), ("54133300", True), ("54FF", False), ("FFFF", False)])
def test_an_issuer_is_three_to_eight_digits_of_the_pan(subject: str, good: bool) -> None:  # noqa: FBT001  # expected
    made = b"\2" + bytes.fromhex(subject.ljust(8, "F")) + b"\x02\x28" + SERIAL + b"\1\1\xb0\3"
    made += issuer().public.modulus_bytes()
    signed = emv.SignedKey(sign(authority(), made, b"\1\0\1"), b"", b"\1\0\1")
    if good:
        assert emv.issuer_key(authority().public, signed, PAN, TODAY).key == issuer().public
    else:
        with pytest.raises(emv.AuthenticationError):
            emv.issuer_key(authority().public, signed, PAN, TODAY)


@given(st.binary(max_size=122), st.binary(max_size=40))
def test_a_signature_carries_what_was_signed(carried: bytes, beside: bytes) -> None:
    made = b"\5\1" + carried[2:]
    signature = sign(card(), made, beside)
    assert recover(card().public, signature, 5, 1, beside).startswith(made)
    with pytest.raises(emv.AuthenticationError):
        recover(card().public, signature, 5, 1, beside + b"\0")


@given(st.binary(max_size=160))
def test_bytes_are_no_signature_of_a_key_that_did_not_make_them(signature: bytes) -> None:
    with pytest.raises(emv.AuthenticationError):
        recover(card().public, signature, 5, 1, b"")


@pytest.mark.parametrize(("at", "byte"), [(0, 0x6B), (-1, 0xCC), (1, 6)])
def test_a_block_without_its_header_its_trailer_or_its_form_is_no_signature(at: int, byte: int) -> None:
    made = b"\5\1".ljust(card().public.size - 22, b"\xbb")
    block = bytearray(b"\x6a" + made + sha_1(made) + b"\xbc")
    assert recover(card().public, card().sign(bytes(block)), 5, 1, b"")
    block[at] = byte
    with pytest.raises(emv.AuthenticationError):
        recover(card().public, card().sign(bytes(block)), 5, 1, b"")


def test_more_than_a_signature_carries_is_not_signed() -> None:
    with pytest.raises(emv.MalformedError):
        sign(card(), bytes(card().public.size - 21), b"")


@given(st.integers(0, 2**1_100))
def test_a_signature_is_the_one_root_of_its_block_however_it_is_blinded(number: int) -> None:
    key = card()
    block = number.to_bytes(key.public.size, "big")
    first = key.sign(block)
    assert key.public.recover(first) == block
    assert key.sign(block, lambda _: 41) == first == key.sign(block, lambda below: below // 3)


def test_a_signature_with_a_fault_in_it_is_withheld() -> None:
    key = card()
    for field in ("d_p", "d_q", "q_inverse"):
        faulty = msgspec.structs.replace(key, **{field: getattr(key, field) ^ 2})
        with pytest.raises(emv.FaultError):
            faulty.sign(bytes(key.public.size - 1) + b"\7")


def test_a_block_that_is_no_number_below_the_modulus_is_not_signed() -> None:
    key = card()
    for block in (b"\xff" * key.public.size, bytes(key.public.size - 1), bytes(key.public.size + 1)):
        with pytest.raises(emv.MalformedError):
            key.sign(block)


def test_a_number_that_is_not_below_the_modulus_is_no_signature() -> None:
    key = card().public
    for number in (key.modulus, key.modulus + 1):
        with pytest.raises(emv.AuthenticationError):
            key.recover(number.to_bytes(key.size, "big"))


def test_a_private_key_is_kept_and_read_again_and_shows_itself_nowhere() -> None:
    key = card()
    assert emv.PrivateKey.decode(key.encode()) == key
    assert repr(key) == "PrivateKey(1152 bits)"
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(emv.UnsupportedError):
        emv.PrivateKey.decode(elliptic)
    for wrong in (b"", b"\x30\x00", key.encode()[:-1]):
        with pytest.raises(emv.MalformedError):
            emv.PrivateKey.decode(wrong)


def test_a_key_that_emv_has_not_is_refused() -> None:
    odd = 2**1_023 + 1
    for making in (
        lambda: emv.PublicKey(odd, 5),
        lambda: emv.PublicKey(odd + 1, 3),
        lambda: emv.PublicKey(2**1_024 + 1, 3),
        lambda: emv.PublicKey(2**503 + 1, 3),
        lambda: emv.PublicKey(2**1_991 + 1, 3),
        lambda: emv.PublicKey.from_bytes(b"\0" + odd.to_bytes(128, "big"), b"\3"),
        lambda: emv.PublicKey.from_bytes(b"", b"\3"),
        lambda: emv.PrivateKey.generate(512),
        lambda: emv.PrivateKey.generate(1_025),
        lambda: emv.PrivateKey.generate(1_992),
        lambda: emv.PrivateKey.generate(1_024, 17),
        lambda: emv.PrivateKey.from_primes(card().p, card().p, 3),
        lambda: emv.PrivateKey.from_primes(7, 11, 3),
    ):
        with pytest.raises(emv.UnsupportedError):
            making()


def test_an_authoritys_key_has_a_scheme_and_an_index() -> None:
    for rid, index in ((b"1234", 1), (b"12345", 256), (b"12345", -1)):
        with pytest.raises(emv.MalformedError):
            emv.AuthorityKey(rid, index, authority().public)


def test_what_a_certificate_says_shows_no_pan() -> None:
    assert PAN not in repr(emv.card_key(issuer().public, card_certificate(), PAN, STATIC_DATA, TODAY))
