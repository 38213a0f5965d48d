from __future__ import annotations

import pytest

from etui.standards.spans import span


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "second"), (90, "90 seconds"), (60, "minute"), (7200, "2 hours"), (86_400, "day"), (30 * 86_400, "30 days")],
)
def test_a_span_is_told_in_the_largest_unit_that_divides_it(seconds: int, told: str) -> None:
    assert span(seconds) == told
