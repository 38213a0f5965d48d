from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.policy import ForwardClock

NOON = 20_000.5 * 86_400


@given(times=st.lists(st.floats(0, 1e12), min_size=1))
def test_clock_gives_the_highest_time_it_has_seen(times: list[float]) -> None:
    clock = ForwardClock()
    seen = [clock.see(now) for now in times]
    assert seen == [max(times[: count + 1]) for count in range(len(times))]
    assert clock.highest == max(times)
    assert ForwardClock(clock.highest).see(0.0) == max(times)


def test_time_that_is_none_moves_no_clock() -> None:
    clock = ForwardClock(NOON)
    assert clock.see(float("nan")) == NOON
    assert clock.see(-1.0) == NOON
