import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.audit import AuditIdError, decision_id, decision_sequence


@given(st.integers(min_value=1, max_value=2**64 - 1))
def test_id_leads_back_to_its_sequence(sequence: int) -> None:
    assert decision_sequence(decision_id(sequence)) == sequence


def test_id_is_short_and_reads_as_in_the_documentation() -> None:
    assert decision_id(7 * 32**3 + 15 * 32**2 + 3 * 32 + 19) == "d-7F3K"


@pytest.mark.parametrize("typed", ["d-7f3k", "D-7F3K", "7F3K", " d-7F-3k "])
def test_id_is_read_as_people_type_it(typed: str) -> None:
    assert decision_id(decision_sequence(typed)) == "d-7F3K"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert decision_sequence("d-1O1l") == decision_sequence("d-1011")


@pytest.mark.parametrize("typed", ["", "d-", "d-U", "d-0", "d-7F3K!", "d-" + "Z" * 13, "d-" + "1" * 14, "d-é"])
def test_other_texts_are_refused(typed: str) -> None:
    with pytest.raises(AuditIdError):
        decision_sequence(typed)


@given(st.text(max_size=20))
def test_any_text_is_a_sequence_or_refused(typed: str) -> None:
    try:
        sequence = decision_sequence(typed)
    except AuditIdError:
        return
    assert 1 <= sequence < 2**64


@pytest.mark.parametrize("sequence", [0, -1, 2**64])
def test_number_that_no_entry_has_gets_no_id(sequence: int) -> None:
    with pytest.raises(AuditIdError):
        decision_id(sequence)
