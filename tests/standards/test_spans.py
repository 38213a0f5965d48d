from __future__ import annotations

import pytest

from etui.standards.spans import seconds_of, span


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "second"), (90, "90 seconds"), (60, "minute"), (7200, "2 hours"), (86_400, "day"), (30 * 86_400, "30 days")],
)
def test_a_span_is_told_in_the_largest_unit_that_divides_it(seconds: int, told: str) -> None:
    assert span(seconds) == told


@pytest.mark.parametrize(
    ("text", "seconds"), [("90 seconds", 90), ("1 minute", 60), (" 2 Hours ", 7200), ("1day", 86_400), ("0 days", 0)]
)
def test_a_span_is_read_as_it_is_told(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "minutes", "-1 minute", "1.5 hours", "3 months", "1 minute 3 seconds"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no span of time: write it as"):
        seconds_of(text)
