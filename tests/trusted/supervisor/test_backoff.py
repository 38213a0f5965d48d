"""How long a process waits that keeps ending; the clock is the test's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.supervisor.backoff import BackOff


def after_failures(count: int) -> BackOff:
    """A process that was started at 100 s and ended at once, that many times."""
    back_off = BackOff()
    for _ in range(count):
        back_off.started(100.0)
        back_off.ended(100.0)
    return back_off


def test_a_first_start_and_a_first_restart_are_at_once() -> None:
    assert BackOff().wait_s(100.0) == 0
    assert after_failures(1).wait_s(100.0) == 0


def test_the_pause_doubles_from_half_a_second_to_half_a_minute() -> None:
    pauses = [after_failures(count).wait_s(100.0) for count in range(2, 11)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert after_failures(5_000).wait_s(100.0) == 30


def test_the_pause_counts_from_the_last_start_and_passes() -> None:
    back_off = after_failures(6)
    assert back_off.wait_s(103.0) == 5
    assert back_off.wait_s(108.0) == 0
    assert back_off.wait_s(1_000.0) == 0


def test_a_stable_run_clears_what_was_before() -> None:
    back_off = after_failures(6)
    back_off.started(200.0)
    back_off.ended(210.5)
    assert back_off.wait_s(210.5) == 0


def test_a_run_of_ten_seconds_is_not_stable_yet() -> None:
    back_off = after_failures(6)
    back_off.started(200.0)
    back_off.ended(210.0)
    assert back_off.wait_s(210.0) == 6


@given(st.lists(st.floats(0, 60), max_size=40))
def test_no_pause_is_longer_than_half_a_minute_or_shorter_than_none(runs: list[float]) -> None:
    back_off, now = BackOff(), 1_000.0
    for run_s in runs:
        wait_s = back_off.wait_s(now)
        assert 0 <= wait_s <= 30
        now += wait_s
        back_off.started(now)
        now += run_s
        back_off.ended(now)
    assert 0 <= back_off.wait_s(now) <= 30
