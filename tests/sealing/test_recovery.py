"""A recovery key survives paper and typing, and a typo is told with its group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.sealing.recovery import (
    RECOVERY_KEY_BYTES,
    RecoveryTypoError,
    new_recovery_key,
    recovery_key,
    recovery_text,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEYS = st.binary(min_size=RECOVERY_KEY_BYTES, max_size=RECOVERY_KEY_BYTES)
GROUP = st.integers(0, 7)
PLACE = st.integers(0, 4)


def _printed(key: bytes) -> list[list[str]]:
    return [list(group) for group in recovery_text(Secret(key)).reveal_text().split("-")]


def _typed(groups: list[list[str]], between: str = "-") -> Secret:
    return Secret.from_text(between.join("".join(group) for group in groups))


def _wrong_groups(text: Secret) -> tuple[int, ...]:
    with pytest.raises(RecoveryTypoError) as caught:
        recovery_key(text)
    for group in caught.value.groups:
        assert str(group) in str(caught.value)
    return caught.value.groups


@given(KEYS)
def test_a_printed_key_is_read_back(key: bytes) -> None:
    assert recovery_key(recovery_text(Secret(key))).reveal() == key


def test_a_key_is_printed_in_eight_groups_of_five() -> None:
    """Computed by hand from the description: the check of group g over zeros is g."""
    zeros = "00001-00002-00003-00004-00005-00006-00007-00008"
    assert recovery_text(Secret(bytes(20))).reveal_text() == zeros
    # 1 in the last data place of group 8: check = 8 + x⁴ = 8 xor 16 = 24 = R
    assert recovery_text(Secret(bytes(19) + b"\x01")).reveal_text() == zeros[:-5] + "0001R"


@given(KEYS, st.sampled_from(["-", " ", "", "\n", " \u2013 ", "--"]))
def test_case_separators_and_look_alikes_do_not_matter(key: bytes, between: str) -> None:
    text = _typed(_printed(key), between).reveal_text().lower()
    for written in (text, text.replace("0", "o").replace("1", "l"), text.replace("1", "I")):
        assert recovery_key(Secret.from_text(f" {written} ")).reveal() == key


@given(KEYS, GROUP, PLACE, st.sampled_from(ALPHABET + "U?é"))
def test_one_wrong_character_is_told_with_its_group(key: bytes, group: int, place: int, wrong: str) -> None:
    groups = _printed(key)
    if groups[group][place] != wrong:
        groups[group][place] = wrong
        assert _wrong_groups(_typed(groups)) == (group + 1,)
        assert _wrong_groups(_typed(groups, "")) == (group + 1,)


@given(KEYS, GROUP, PLACE, PLACE)
def test_two_characters_that_changed_places_are_told(key: bytes, group: int, one: int, other: int) -> None:
    groups = _printed(key)
    row = groups[group]
    if row[one] != row[other]:
        row[one], row[other] = row[other], row[one]
        assert _wrong_groups(_typed(groups)) == (group + 1,)


@given(KEYS, GROUP, GROUP)
def test_two_groups_that_changed_places_are_told(key: bytes, one: int, other: int) -> None:
    groups = _printed(key)
    groups[one], groups[other] = groups[other], groups[one]
    if one != other:
        assert _wrong_groups(_typed(groups)) == tuple(sorted((one + 1, other + 1)))


@given(KEYS, GROUP, PLACE)
def test_a_lost_or_doubled_character_is_told_with_its_group(key: bytes, group: int, place: int) -> None:
    groups = _printed(key)
    lost = groups[group].pop(place)
    assert _wrong_groups(_typed(groups)) == (group + 1,)
    groups[group][place:place] = [lost, lost]
    assert _wrong_groups(_typed(groups)) == (group + 1,)


def test_a_missing_group_is_told() -> None:
    groups = _printed(bytes(20))
    assert _wrong_groups(_typed(groups[:7])) == (8,)
    assert _wrong_groups(_typed(groups[1:])) == (1,)
    assert _wrong_groups(_typed([*groups, list("00009")])) == (8,)


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda value: value.decode("latin-1")))
def test_arbitrary_text_is_no_recovery_key_and_is_not_shown(text: str) -> None:
    with pytest.raises(RecoveryTypoError) as caught:
        recovery_key(Secret.from_text(text.encode("utf-8", "replace").decode()))
    assert caught.value.groups


def test_bytes_that_are_no_text_are_no_recovery_key() -> None:
    with pytest.raises(RecoveryTypoError, match="not text") as caught:
        recovery_key(Secret(b"\xff"))
    assert caught.value.groups == tuple(range(1, 9))


def test_a_key_of_another_length_is_not_printed() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        recovery_text(Secret(bytes(16)))


def test_fresh_keys_differ() -> None:
    assert len({new_recovery_key().reveal() for _ in range(100)}) == 100
