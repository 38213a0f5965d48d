from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from etui.counterparts.issuer.counters import REMEMBERED, WINDOW, goes_up, is_unused, with_used

MOST = 65_535


@given(st.lists(st.integers(0, 3000), max_size=60))
def test_no_counter_is_ever_used_twice_and_none_is_refused_that_is_near_and_new(counters: list[int]) -> None:
    high, used = -1, 0
    taken: set[int] = set()
    for atc in counters:
        near = high - REMEMBERED < atc <= high + WINDOW
        unused = is_unused(high, used, MOST, atc)
        assert unused == (near and atc not in taken)
        if unused:
            high, used = with_used(high, used, atc)
            taken.add(atc)
        assert 0 <= used < 1 << 63


@given(st.integers(-1, MOST), st.integers(0, MOST), st.integers(0, MOST))
def test_request_has_a_counter_above_all_and_within_window_and_keys(high: int, issued: int, atc: int) -> None:
    assert goes_up(high, issued, atc) == (high < atc <= high + WINDOW and atc <= issued)


def test_counter_that_was_passed_over_can_come_later_once() -> None:
    high, used = with_used(*with_used(-1, 0, 1), 3)
    assert is_unused(high, used, MOST, 2)
    high, used = with_used(high, used, 2)
    assert (high, is_unused(high, used, MOST, 2)) == (3, False)


def test_counter_without_a_key_is_none() -> None:
    assert not goes_up(4, 5, 6)
    assert not is_unused(4, 1, 5, 6)


def test_counter_that_is_out_of_memory_counts_as_used() -> None:
    high, used = with_used(-1, 0, 100)
    assert not is_unused(high, used, MOST, 100 - REMEMBERED)
    assert is_unused(high, used, MOST, 101 - REMEMBERED)
