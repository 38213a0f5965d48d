"""What a user may answer to a right that is proposed: all of it or less, and never more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.policy import Limit
from etui.trusted.router.proposing import Proposal

DAY_S = 86_400
NOW = 1_800_000_000


def proposal(each: int, total: int, period_s: int, until: int) -> Proposal:
    limit = Limit(currency="EUR", each_minor=each, total_minor=total, period_s=period_s)
    return Proposal(action="org.example.parking/1.pay", limit=limit, until=until)


@given(
    each=st.integers(1, 10**12),
    more=st.integers(0, 10**12),
    period_s=st.integers(DAY_S, 366 * DAY_S),
    until=st.just(0) | st.integers(NOW + 1, NOW + 10**9),
    asked_s=st.integers(0, 10**6),
)
def test_no_answer_gives_more_than_was_proposed(each: int, more: int, period_s: int, until: int, asked_s: int) -> None:
    whole = proposal(each, each + more, period_s, until)
    for choice in whole.choices:
        right = whole.chosen(choice.id, NOW + asked_s)
        assert right is not None
        assert right.action == whole.action
        assert (right.limit.currency, right.limit.period_s) == ("EUR", period_s)
        assert 0 < right.limit.each_minor <= right.limit.total_minor <= whole.limit.total_minor
        assert right.limit.each_minor <= whole.limit.each_minor
        one_period = NOW + asked_s + period_s
        assert right.until == (until if choice.id != "once" else min(until or one_period, one_period))


def test_what_is_not_offered_gives_nothing() -> None:
    least = proposal(1, 1, DAY_S, 0)
    assert [choice.id for choice in least.choices] == ["proposed", "once"], "there is no half of one cent"
    for answer in ("half", "always", "monthly", "running", ""):
        assert least.chosen(answer, NOW) is None


def test_the_answers_say_in_words_what_they_give() -> None:
    labels = [choice.label for choice in proposal(200, 501, 30 * DAY_S, 0).choices]
    assert labels == [
        "Up to 5.01 EUR every 30 days, until I take it back",
        "Up to 2.50 EUR every 30 days, until I take it back",
        "Up to 5.01 EUR in the next 30 days alone",
    ]
    assert proposal(1, 1, DAY_S, NOW).choices[0].label.startswith("Up to 0.01 EUR every day, until 20")
