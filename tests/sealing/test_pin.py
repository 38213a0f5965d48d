"""What may be a PIN."""

from __future__ import annotations

import pytest

from etui.sealing import Secret
from etui.sealing.pin import PinTextError, prepared_new_pin, prepared_pin


@pytest.mark.parametrize("digits", ["2743", "1111", "1234", "123456789012"])
def test_four_to_twelve_digits_may_be_typed(digits: str) -> None:
    assert prepared_pin(Secret.from_text(digits)).reveal_text() == digits


@pytest.mark.parametrize("text", ["", "123", "1234567890123", "12a4", " 1234", "1234\n", "١٢٣٤", "-123", "12.4"])
def test_nothing_else_is_a_pin(text: str) -> None:
    with pytest.raises(PinTextError) as caught:
        prepared_pin(Secret.from_text(text))
    assert not text.strip() or text.strip() not in str(caught.value)


def test_bytes_that_are_no_text_are_no_pin() -> None:
    with pytest.raises(PinTextError, match="digits only"):
        prepared_pin(Secret(b"\xff\xfe12"))


@pytest.mark.parametrize("digits", ["0000", "777777", "1234", "456789", "9876", "3210"])
def test_what_is_tried_first_is_not_chosen(digits: str) -> None:
    with pytest.raises(PinTextError, match="tried first"):
        prepared_new_pin(Secret.from_text(digits))


@pytest.mark.parametrize("digits", ["2743", "1235", "1122", "1357", "8901", "90123"])
def test_others_may_be_chosen(digits: str) -> None:
    assert prepared_new_pin(Secret.from_text(digits)).reveal_text() == digits
