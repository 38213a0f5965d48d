"""What a measurement gives: records with value, aim and spread, and the rounds by which they come about."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

from bench.placement import Placed, placement


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. ``value`` is compared with ``want``; percentiles are of our own times, in ``unit``.

    ``peer`` names what was measured beside it, ``peer_value`` is its median in the same unit; both are null where the
    figure is absolute. ``note``: what has to be known of how it came about, for people.
    ``placement``: the processes that ran as it was taken, and on which CPUs.
    """

    id: str
    value: float
    want: float
    unit: str
    p50: float
    p95: float
    p99: float
    runs: int
    peer: str | None = None
    peer_value: float | None = None
    rounds: tuple[float, ...] = ()
    at_least: bool = False
    note: str = ""
    placement: tuple[Placed, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the value is as wanted."""
        return self.value >= self.want if self.at_least else self.value <= self.want


def timed(work: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of ``count`` calls, by the caller's monotonic clock."""
    times: list[float] = []
    clock = time.perf_counter
    for _ in range(count):
        began = clock()
        work()
        times.append(clock() - began)
    return times


def percentile(times: Sequence[float], share: float) -> float:
    """The value below which this share of the times lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ratio_of(  # noqa: PLR0913  # a comparison has these parts
    figure: str,
    want: float,
    ours: Callable[[], object],
    peers: Callable[[], object],
    *,
    peer: str,
    rounds: int = 12,
    count: int = 200,
    scale: float = 1e3,
    unit: str = "ms",
) -> Figure:
    """Our time divided by the peer's: the median of the rounds' ratios, rounds alternating A B B A."""
    ratios: list[float] = []
    own: list[float] = []
    other: list[float] = []
    timed(ours, _warming(count))
    timed(peers, _warming(count))
    for number in range(rounds):
        first, second = (ours, peers) if number % 2 == 0 else (peers, ours)
        one, two = timed(first, count), timed(second, count)
        mine, theirs = (one, two) if number % 2 == 0 else (two, one)
        ratios.append(statistics.median(mine) / statistics.median(theirs))
        own += mine
        other += theirs
    return median_of(figure, want, ratios, times=own, scale=scale, unit=unit, peer=peer, peer_times=other)


def ratio_of_rounds(
    figure: str, want: float, rounds: Sequence[tuple[Sequence[float], Sequence[float]]], *, peer: str
) -> Figure:
    """As ``ratio_of``, of what was measured already: our seconds and the peer's of each round."""
    ratios = [statistics.median(own) / statistics.median(other) for own, other in rounds]
    own, other = ([one for times in side for one in times] for side in zip(*rounds, strict=True))
    return median_of(figure, want, ratios, times=own, scale=1e3, unit="ms", peer=peer, peer_times=other)


def calls_of(rounds: int, count: int) -> int:
    """How often ``ratio_of`` calls each side."""
    return _warming(count) + rounds * count


def _warming(count: int) -> int:
    return count // 4 + 1


def absolute(  # noqa: PLR0913  # as ratio_of
    figure: str,
    want: float,
    times: Sequence[float],
    *,
    rounds: Sequence[float] = (),
    scale: float = 1.0,
    unit: str = "s",
) -> Figure:
    """A figure without a peer: the median of the times, or of what each round came to where ``rounds`` says so."""
    values = [value * scale for value in rounds or times]
    return median_of(figure, want, values, times=times, scale=scale, unit=unit)


def median_of(  # noqa: PLR0913  # as ratio_of
    figure: str,
    want: float,
    values: Sequence[float],
    *,
    times: Sequence[float],
    scale: float = 1.0,
    unit: str = "s",
    peer: str | None = None,
    peer_times: Sequence[float] = (),
    note: str = "",
) -> Figure:
    """The median of ``values``, of which there is one for each round; ``times`` are our own, in seconds."""
    return Figure(
        id=figure,
        value=round(statistics.median(values), 4),
        want=want,
        unit=unit,
        p50=round(percentile(times, 0.5) * scale, 4),
        p95=round(percentile(times, 0.95) * scale, 4),
        p99=round(percentile(times, 0.99) * scale, 4),
        runs=len(times),
        peer=peer,
        peer_value=round(percentile(peer_times, 0.5) * scale, 4) if peer else None,
        rounds=tuple(round(value, 3) for value in values),
        note=note,
        placement=placement(),
    )


def rate(figure: str, want: float, measure: Callable[[], float], *, rounds: int = 12) -> Figure:
    """A figure that should be high: the median of what ``measure`` returns, in calls a second."""
    measure()
    values = [round(measure()) for _ in range(rounds)]
    return Figure(
        id=figure,
        value=float(round(statistics.median(values))),
        want=want,
        unit="calls/s",
        p50=percentile(values, 0.5),
        p95=percentile(values, 0.05),
        p99=percentile(values, 0.01),
        runs=rounds,
        rounds=tuple(values),
        at_least=True,
        placement=placement(),
    )
