"""The token bucket: so many requests at once, so many in the long run."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import Limits, RateLimiter

STEPS = st.lists(st.integers(0, 3000), max_size=60)
"""Milliseconds between one request and the next."""


@given(st.integers(1, 20), st.integers(1, 50), STEPS)
def test_no_span_of_time_admits_more_than_the_burst_and_the_rate(burst: int, rate: int, steps: list[int]) -> None:
    limiter = RateLimiter(Limits(burst=burst, rate_per_s=float(rate)), 100.0)
    now = 0
    admitted: list[int] = []
    for step in steps:
        now += step
        if limiter.admits(100.0 + now / 1000):
            admitted.append(now)
    for first, start in enumerate(admitted):
        for last, end in enumerate(admitted[first:], first):
            assert last - first + 1 <= burst + Fraction(rate * (end - start), 1000) + Fraction(1, 1000)


@given(st.integers(1, 20), st.integers(1, 50), STEPS)
def test_who_keeps_to_the_rate_is_always_admitted(burst: int, rate: int, steps: list[int]) -> None:
    limiter = RateLimiter(Limits(burst=burst, rate_per_s=float(rate)), 0.0)
    now = 0.0
    for step in steps:
        now += 1.001 / rate + step / 1000
        assert limiter.admits(now)


def test_a_burst_is_admitted_at_once_and_what_follows_is_not() -> None:
    limiter = RateLimiter(Limits(burst=3, rate_per_s=1.0), 5.0)
    assert [limiter.admits(5.0) for _ in range(5)] == [True, True, True, False, False]
    assert limiter.admits(6.0)
    assert not limiter.admits(6.9)
    assert limiter.admits(7.0)


def test_idle_time_saves_up_no_more_than_a_burst() -> None:
    limiter = RateLimiter(Limits(burst=2, rate_per_s=10.0), 0.0)
    assert [limiter.admits(1e9) for _ in range(3)] == [True, True, False]


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    limiter = RateLimiter(Limits(burst=2, rate_per_s=1.0), 100.0)
    assert [limiter.admits(0.0) for _ in range(3)] == [True, True, False]
