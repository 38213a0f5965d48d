"""What was turned away, counted: the first of each reason at once, what follows in few words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sdk.refusals import MAX_SAID, Reason, Refusals

DAY = 86_400
REASONS: tuple[Reason, ...] = ("host", "site", "session", "link")


def test_the_first_of_each_reason_is_told_at_once_and_the_last_says_who_it_was() -> None:
    refusals = Refusals()
    refusals.note("site", "http://one.example", 100.0)
    refusals.note("link", "", 100.0)
    assert [(r.reason, r.count, r.said) for r in refusals.due(100.0)] == [
        ("site", 1, "http://one.example"),
        ("link", 1, None),
    ]
    refusals.note("site", "x" * 1000, 101.0)
    refusals.note("site", "y" * 1000, 102.0)
    assert refusals.due(159.0) == []
    assert refusals.next_due() == 160.0
    (report,) = refusals.due(160.0)
    assert (report.count, report.said) == (2, "y" * MAX_SAID)
    assert refusals.next_due() is None


@pytest.mark.attack(199)
def test_a_day_of_hammering_is_told_in_few_words_and_to_the_last_one() -> None:
    refusals = Refusals()
    told = []
    for second in range(DAY):
        refusals.note("site", "", second)
        told += refusals.due(second)
    assert len(told) < 40
    assert sum(report.count for report in told) + sum(r.count for r in refusals.due(2 * DAY)) == DAY


def test_after_an_hour_of_rest_the_next_one_is_a_first_one() -> None:
    refusals = Refusals()
    for now in (0.0, 61.0, 7000.0):
        refusals.note("host", "", now)
        assert len(refusals.due(now)) == 1, now


@given(
    st.lists(
        st.tuples(st.sampled_from(REASONS), st.floats(0, 500), st.booleans()),
        max_size=60,
    )
)
def test_whatever_comes_and_fails_nothing_is_lost_or_told_twice(steps: list[tuple[Reason, float, bool]]) -> None:
    refusals = Refusals()
    now, told = 0.0, 0
    for reason, later_s, fails in steps:
        now += later_s
        refusals.note(reason, "", now)
        for report in refusals.due(now):
            if fails:
                refusals.back(report)
            else:
                told += report.count
    due = refusals.next_due()
    assert (due is None) == (told == len(steps))
    assert told + sum(report.count for report in refusals.due(now + DAY)) == len(steps)
