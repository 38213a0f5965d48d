"""Key slots open with what made them, in their profile; their file carries what is newer and refuses the rest."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest
from argon2.low_level import Type, core, ffi, hash_secret_raw
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.sealing.recovery import RecoveryTypoError, new_recovery_key, recovery_text
from etui.sealing.slots import (
    RECOMMENDED,
    Argon2Parameters,
    NewerSlot,
    NewerSlotFileError,
    PassphraseSlot,
    RecoverySlot,
    SlotFile,
    SlotFileError,
    WrongKeyError,
    decode_slot_file,
)

MASTER: Final = Secret(bytes(range(32)))
PROFILE: Final = "profile-1"
PHRASE: Final = Secret.from_text("Sch\u00f6ne Gr\u00fc\u00dfe aus Etui")
RECOVERY: Final = recovery_text(new_recovery_key())
PUBLISHED: Final = (
    b'{"format":1,"profile":"profile-1","slots":[{"argon2id":{"lanes":4,"memory_kib":65536,"time'
    b'_cost":3},"id":"a5abcf9c73d2dcf3","kind":"passphrase","salt":"4KarG5nx2iIaxFexWFxW3A==","w'
    b'rapped":"AazZBUMJ0sbp9igStCN1KERDEA0j3W8XEf3zFJaqVOPnLrV2/EefIa9+M7LggUegv4jq7JRvikNxrrCTK'
    b'Q=="},{"id":"4cd21df3f3fda671","kind":"recovery","wrapped":"AQTFKY1MMndzOvfMtsRtwTJDpWRZE5'
    b'BuoVWtBHTY3DeP2cVdaQ3VG79DvfjriQ2L7hPbeZsRJdFjijAe5A=="}]}'
    b"\n"
)
PUBLISHED_RECOVERY: Final = Secret(b"B9VPJ-XBZRE-278GW-06ZR6-4M25X-35N1X-1GA5F-ENPJ3")


@pytest.fixture(scope="module")
def passphrase_slot() -> PassphraseSlot:
    return PassphraseSlot.wrap(MASTER, PHRASE, PROFILE)


def test_argon2id_is_that_of_rfc_9106() -> None:
    """RFC 9106, section 5.3."""
    password, salt, secret, data = b"\x01" * 32, b"\x02" * 16, b"\x03" * 8, b"\x04" * 12
    out = ffi.new("uint8_t[]", 32)
    buffers = [ffi.new("uint8_t[]", value) for value in (password, salt, secret, data)]
    context = ffi.new(
        "argon2_context *",
        {
            "out": out,
            "outlen": 32,
            "version": 0x13,
            "pwd": buffers[0],
            "pwdlen": 32,
            "salt": buffers[1],
            "saltlen": 16,
            "secret": buffers[2],
            "secretlen": 8,
            "ad": buffers[3],
            "adlen": 12,
            "t_cost": 3,
            "m_cost": 32,
            "lanes": 4,
            "threads": 4,
            "allocate_cbk": ffi.NULL,
            "free_cbk": ffi.NULL,
            "flags": 0,
        },
    )
    assert core(context, Type.ID.value) == 0
    assert bytes(ffi.buffer(out)).hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_two_implementations_of_argon2id_agree_at_the_parameters_of_a_slot() -> None:
    ours = hash_secret_raw(
        b"password", b"s" * 16, RECOMMENDED.time_cost, RECOMMENDED.memory_kib, RECOMMENDED.lanes, 32, Type.ID
    )
    theirs = Argon2id(salt=b"s" * 16, length=32, iterations=3, lanes=4, memory_cost=64 * 1024)
    assert ours == theirs.derive(b"password")


def test_a_file_of_the_published_format_opens() -> None:
    """Written once by the first version of the format; it opens as long as there are wallets of that format."""
    file = decode_slot_file(PUBLISHED)
    assert file.profile == PROFILE
    assert file.passphrases[0].unwrap(PHRASE, PROFILE) == MASTER
    assert file.recoveries[0].unwrap(PUBLISHED_RECOVERY, PROFILE) == MASTER
    assert file.encode() == PUBLISHED


def test_a_passphrase_slot_opens_with_its_passphrase_however_it_is_typed(passphrase_slot: PassphraseSlot) -> None:
    decomposed = Secret.from_text("Scho\u0308ne Gru\u0308\u00dfe aus\u00a0Etui")
    assert passphrase_slot.unwrap(decomposed, PROFILE) == MASTER
    assert passphrase_slot.argon2id == Argon2Parameters(time_cost=3, memory_kib=65536, lanes=4)


def test_a_passphrase_slot_opens_with_nothing_else(passphrase_slot: PassphraseSlot) -> None:
    changed = msgspec.structs.replace
    for slot, phrase, profile in (
        (passphrase_slot, Secret.from_text("sch\u00f6ne Gr\u00fc\u00dfe aus Etui"), PROFILE),
        (passphrase_slot, PHRASE, "profile-2"),
        (changed(passphrase_slot, id="0" * 16), PHRASE, PROFILE),
        (changed(passphrase_slot, salt=bytes(16)), PHRASE, PROFILE),
        (changed(passphrase_slot, argon2id=Argon2Parameters(time_cost=4, memory_kib=65536, lanes=4)), PHRASE, PROFILE),
        (changed(passphrase_slot, wrapped=passphrase_slot.wrapped[:-1] + b"\0"), PHRASE, PROFILE),
    ):
        with pytest.raises(WrongKeyError):
            slot.unwrap(phrase, profile)


def test_a_recovery_slot_opens_with_its_key_and_with_nothing_else() -> None:
    slot = RecoverySlot.wrap(MASTER, RECOVERY, PROFILE)
    assert slot.unwrap(RECOVERY, PROFILE) == MASTER
    for other, text, profile in (
        (slot, recovery_text(new_recovery_key()), PROFILE),
        (slot, RECOVERY, "profile-2"),
        (msgspec.structs.replace(slot, id="0" * 16), RECOVERY, PROFILE),
    ):
        with pytest.raises(WrongKeyError):
            other.unwrap(text, profile)
    with pytest.raises(RecoveryTypoError):
        slot.unwrap(Secret(b"typo"), PROFILE)


def test_a_wrapped_key_does_not_open_as_a_slot_of_another_kind(passphrase_slot: PassphraseSlot) -> None:
    with pytest.raises(WrongKeyError):
        RecoverySlot(passphrase_slot.id, passphrase_slot.wrapped).unwrap(RECOVERY, PROFILE)


def test_two_slots_of_one_key_share_nothing() -> None:
    one, other = (RecoverySlot.wrap(MASTER, RECOVERY, PROFILE) for _ in range(2))
    assert one.id != other.id
    assert one.wrapped[1:13] != other.wrapped[1:13]


def test_replacing_leaves_one_slot_of_the_kind_and_every_other_one(passphrase_slot: PassphraseSlot) -> None:
    recovery = RecoverySlot.wrap(MASTER, RECOVERY, PROFILE)
    newer = NewerSlot("tpm2", "1" * 16, b'{"kind":"tpm2","id":"1111111111111111","pcrs":[7]}')
    file = SlotFile(PROFILE, (recovery, newer, passphrase_slot))
    new = RecoverySlot.wrap(MASTER, RECOVERY, PROFILE)
    assert file.replacing(new).slots == (new, newer, passphrase_slot)


# --- the file --------------------------------------------------------------------------------

IDS = st.text("0123456789abcdef", min_size=16, max_size=16)
WRAPPED = st.binary(min_size=61, max_size=61)
PARAMETERS = st.builds(
    Argon2Parameters,
    time_cost=st.integers(3, 64),
    memory_kib=st.integers(64 * 1024, 4 * 1024 * 1024),
    lanes=st.integers(1, 16),
)
KNOWN = st.builds(
    PassphraseSlot, id=IDS, argon2id=PARAMETERS, salt=st.binary(min_size=16, max_size=16), wrapped=WRAPPED
) | st.builds(RecoverySlot, id=IDS, wrapped=WRAPPED)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def _newer_slots(draw: st.DrawFn) -> NewerSlot:
    kind = draw(st.sampled_from(["tpm2", "card", "share", "passphrase2"]))
    slot_id = draw(IDS)
    text = msgspec.json.encode({"kind": kind, "more": draw(JSON), "id": slot_id})
    return NewerSlot(kind, slot_id, text)


FILES = st.builds(
    SlotFile,
    profile=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    slots=st.lists(KNOWN | _newer_slots(), min_size=1, max_size=16, unique_by=lambda slot: slot.id).map(tuple),
)


@given(FILES)
def test_a_file_is_read_as_it_was_written(file: SlotFile) -> None:
    assert decode_slot_file(file.encode()) == file


@given(FILES, st.data())
def test_a_torn_file_is_refused(file: SlotFile, data: st.DataObject) -> None:
    text = file.encode()
    with pytest.raises(SlotFileError):
        decode_slot_file(text[: data.draw(st.integers(0, len(text) - 2))])


@given(FILES, st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else_is_raised(file: SlotFile, data: st.DataObject) -> None:
    text = bytearray(file.encode())
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        file = decode_slot_file(bytes(text))
    except SlotFileError:
        return
    assert decode_slot_file(file.encode()) == file


@given(st.binary(max_size=200) | JSON.map(msgspec.json.encode))
def test_arbitrary_content_is_refused(text: bytes) -> None:
    with pytest.raises(SlotFileError):
        decode_slot_file(text)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"format":1,"profile":"p","slots":[' + b"[" * 100_000])
def test_deep_nesting_is_refused(text: bytes) -> None:
    with pytest.raises(SlotFileError):
        decode_slot_file(text)


def test_a_slot_of_a_newer_kind_is_kept_to_the_byte_and_says_what_it_is() -> None:
    newer = b'{ "kind":"tpm2","id":"aaaaaaaaaaaaaaaa", "sealed":"AAAA","pcrs":[7, 11], "x":1.50 }'
    text = b'{"format":1,"profile":"p","slots":[' + newer + b"]}\n"
    file = decode_slot_file(text)
    assert str(file.slots[0]) == "slot of a newer kind (tpm2)"
    assert file.encode() == text
    assert not file.passphrases
    assert not file.recoveries


def test_a_file_of_a_newer_format_is_refused_as_newer_whatever_else_it_holds() -> None:
    with pytest.raises(NewerSlotFileError, match="format 2"):
        decode_slot_file(b'{"format":2,"profile":{"new":true},"slots":"elsewhere"}')


@pytest.mark.parametrize("form", [b"0", b"-1", b'"1"', b"1.5", b"null", b"true"])
def test_a_format_that_never_was_is_refused_as_damaged(form: bytes) -> None:
    with pytest.raises(SlotFileError) as caught:
        decode_slot_file(b'{"format":' + form + b',"profile":"p","slots":[]}')
    assert not isinstance(caught.value, NewerSlotFileError)


@pytest.mark.attack(41)
@pytest.mark.parametrize(
    ("member", "value"), [("time_cost", 2), ("memory_kib", 65535), ("lanes", 0), ("memory_kib", 2**31)]
)
def test_parameters_below_the_floor_or_beyond_reason_are_refused(
    member: str, value: int, passphrase_slot: PassphraseSlot
) -> None:
    weak = msgspec.structs.replace(RECOMMENDED, **{member: value})
    slot = msgspec.structs.replace(passphrase_slot, argon2id=weak)
    with pytest.raises(SlotFileError, match=member):
        decode_slot_file(SlotFile(PROFILE, (slot,)).encode())


def test_two_slots_with_one_id_are_refused() -> None:
    slot = RecoverySlot.wrap(MASTER, RECOVERY, PROFILE)
    with pytest.raises(SlotFileError, match="same id"):
        decode_slot_file(SlotFile(PROFILE, (slot, slot)).encode())


def test_unknown_members_of_a_known_slot_are_refused() -> None:
    slot = RecoverySlot.wrap(MASTER, RECOVERY, PROFILE)
    text = SlotFile(PROFILE, (slot,)).encode().replace(b'"kind"', b'"extra":1,"kind"')
    with pytest.raises(SlotFileError, match="extra"):
        decode_slot_file(text)
