from __future__ import annotations

import pytest

from etui.standards.currencies import currency_letters, currency_number


@pytest.mark.parametrize(
    ("letters", "number"),
    [
        ("EUR", "978"),
        ("USD", "840"),
        ("JPY", "392"),
        ("KWD", "414"),
        ("ALL", "008"),
        ("GBP", "826"),
        ("CHF", "756"),
        ("XCG", "532"),
    ],
)
def test_a_currency_has_letters_and_digits(letters: str, number: str) -> None:
    """Source: ISO 4217, list one."""
    assert currency_number(letters) == number
    assert currency_letters(number) == letters


@pytest.mark.parametrize("other", ["", "eur", "XXX", "XAU", "ANG", "ZZZ", "978", "000", "EURO"])
def test_what_is_no_money_in_use_is_none(other: str) -> None:
    with pytest.raises(ValueError, match="known here"):
        currency_number(other)
    if other != "978":
        with pytest.raises(ValueError, match="known here"):
            currency_letters(other)
