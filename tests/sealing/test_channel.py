"""A sealed value opens for the end it was sealed to, for its field, and for nobody between."""

from __future__ import annotations

from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import ChannelKey, SealedValueError

FIELD: Final = "secret/1.read.value"
ALICE: Final = ChannelKey()
BOB: Final = ChannelKey()
FIELDS = st.text(st.characters(codec="utf-8"), max_size=40)
LOW_ORDER: Final = [
    # https://cr.yp.to/ecdh.html#validate
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@given(st.binary(max_size=4096), FIELDS)
def test_each_end_opens_what_the_other_sealed(plaintext: bytes, field: str) -> None:
    there = ALICE.seal_to(BOB.public, plaintext, field)
    assert BOB.open(there, field) == BOB.open(there, field, sender=ALICE.public) == plaintext
    back = BOB.seal_to(ALICE.public, plaintext, field)
    assert ALICE.open(back, field) == plaintext


@given(FIELDS, FIELDS)
def test_a_value_sealed_for_one_field_opens_for_no_other(field: str, other: str) -> None:
    sealed = ALICE.seal_to(BOB.public, b"x", field)
    if field != other:
        with pytest.raises(SealedValueError):
            BOB.open(sealed, other)


@given(st.binary(max_size=64), st.data())
def test_a_value_with_any_bit_flipped_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(ALICE.seal_to(BOB.public, plaintext, FIELD))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealedValueError):
        BOB.open(bytes(sealed), FIELD, sender=ALICE.public)


@given(st.binary(max_size=64), st.data())
def test_a_value_cut_short_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    sealed = ALICE.seal_to(BOB.public, plaintext, FIELD)
    with pytest.raises(SealedValueError):
        BOB.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], FIELD)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_nothing_else_is_raised(sealed: bytes) -> None:
    with pytest.raises(SealedValueError):
        BOB.open(sealed, FIELD)
    with pytest.raises(SealedValueError):
        BOB.open(b"\x01" + sealed.ljust(61, b"\x02"), FIELD)


def test_a_value_sent_back_to_its_sender_does_not_open() -> None:
    sealed = ALICE.seal_to(BOB.public, b"x", FIELD)
    with pytest.raises(SealedValueError):
        ALICE.open(sealed, FIELD)
    relabelled = sealed[:1] + BOB.public + sealed[33:]
    with pytest.raises(SealedValueError):
        ALICE.open(relabelled, FIELD)


def test_a_third_end_neither_opens_a_value_nor_passes_for_its_sender() -> None:
    mallory = ChannelKey()
    with pytest.raises(SealedValueError):
        mallory.open(ALICE.seal_to(BOB.public, b"x", FIELD), FIELD)
    forged = mallory.seal_to(BOB.public, b"x", FIELD)
    assert BOB.open(forged, FIELD) == b"x"
    with pytest.raises(SealedValueError, match="another end"):
        BOB.open(forged, FIELD, sender=ALICE.public)


@pytest.mark.parametrize("public", LOW_ORDER, ids=lambda public: public.hex()[:8])
def test_a_key_of_low_order_is_refused(public: bytes) -> None:
    with pytest.raises(SealedValueError, match="low order"):
        ALICE.seal_to(public, b"x", FIELD)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SealedValueError, match="32 bytes"):
        ALICE.seal_to(bytes(length), b"x", FIELD)


def test_no_nonce_is_used_twice_in_a_channel() -> None:
    channel = ALICE.channel(BOB.public)
    assert len({channel.seal(b"", FIELD)[33:45] for _ in range(1000)}) == 1000


def test_values_still_open_after_more_ends_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etui.sealing.channel._MAX_PEERS", 4)
    end = ChannelKey()
    sealed = ALICE.seal_to(end.public, b"x", FIELD)
    for _ in range(10):
        other = ChannelKey()
        assert end.open(other.seal_to(end.public, b"y", FIELD), FIELD) == b"y"
    assert end.open(sealed, FIELD) == b"x"
    assert len(end._channels) <= 4


def test_another_implementation_of_the_format_is_understood() -> None:
    """The format as its description says it, in primitives alone."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(BOB.public))
    salt = b"".join(sorted([public, BOB.public]))
    key = HKDF(SHA256(), 32, salt=salt, info=b"etui/sealed-value/1 " + public).derive(shared)
    nonce = bytes(range(12))
    sealed = b"\x01" + public + nonce + AESGCM(key).encrypt(nonce, b"hello", FIELD.encode())
    assert BOB.open(sealed, FIELD, sender=public) == b"hello"


def test_a_channel_key_shows_its_public_half_alone() -> None:
    assert repr(ALICE) == f"ChannelKey({ALICE.public.hex()[:8]}…)"
