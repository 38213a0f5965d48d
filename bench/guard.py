"""``guard.*``: how many look-alikes the guard stops, and how many honest names, hosts and logos.

The figures are of the half of each set that was not looked at while the rules were made (``likeness/sets.py``). What
came out wrong is printed, each with whom it looks like.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from bench.likeness import sets
from bench.likeness.pictures import altered, drawn
from bench.placement import placement
from etui.extensions.guard.judging import acquainted, judge
from etui.interfaces.adviser_1 import Known, Party

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.extent import Extent

_SINCE: Final = 1_700_000_000
_SHOWN: Final = 100


def measure(extent: Extent) -> list[Figure]:
    """Both figures, over as much of each set as the extent says."""
    guard = _Guard(extent)
    missed = [told for told, party in guard.look_alikes() if not guard.stops(party)]
    stopped = [told for told, party in guard.honest() if guard.stops(party)]
    _print("look-alikes that were not stopped", missed)
    _print("honest ones that were stopped", stopped)
    alike, honest = sum(1 for _ in guard.look_alikes()), sum(1 for _ in guard.honest())
    return [
        _share("guard.catch", 98.0, alike - len(missed), alike, at_least=True),
        _share("guard.false", 0.5, len(stopped), honest, at_least=False),
    ]


class _Guard:
    """What the guard knows, and what comes before it."""

    def __init__(self, extent: Extent) -> None:
        self._most = extent.names
        self._domains = list(islice(sets.relationships(sets.REPORTED), extent.relationships))
        self._logos = _drawn(sets.logos(sets.REPORTED), extent.relationships)
        self._known = [_known(name, logo) for name, logo in self._logos.items()]
        self._hosts = acquainted(self._known, [(domain, _SINCE) for domain in self._domains])
        self._altered = {
            f"{name}, {how}": logo for name, png in self._logos.items() for how, logo in altered(png).items()
        }
        self._honest_logos = _drawn(sets.honest_logos(sets.REPORTED), extent.names)

    def stops(self, party: Party) -> bool:
        """Whether the guard would have it stopped."""
        return judge([party], self._known, self._hosts, lambda _, __: False) is not None

    def look_alikes(self) -> Iterator[tuple[str, Party]]:
        """Every look-alike, with what is told of it."""
        for domain in self._domains:
            for technique, names in sets.look_alikes(domain).items():
                yield from ((f"{name} like {domain} by {technique}", _named(name)) for name in names)
        yield from ((name, _installed(logo)) for name, logo in self._altered.items())

    def honest(self) -> Iterator[tuple[str, Party]]:
        """Everybody honest, likewise."""
        yield from ((host, _named(host)) for host in self._first(sets.honest_hosts(sets.REPORTED)))
        yield from ((name, _asking(name)) for name in self._first(sets.honest_names(sets.REPORTED)))
        yield from ((f"the logo of {name}", _installed(logo)) for name, logo in self._honest_logos.items())

    def _first(self, names: Iterable[str]) -> Iterator[str]:
        return islice(names, self._most)


def _drawn(logos: Mapping[str, str], most: int) -> dict[str, bytes]:
    return {name: drawn(name, svg) for name, svg in islice(logos.items(), most)}


def _known(name: str, logo: bytes) -> Known:
    """An installed Extension with this logo."""
    principal = f"ext:org.{name}/org.{name}.wallet"
    return Known(by="extension", principal=principal, name=name, hosts=[], since=_SINCE, logo=logo)


def _named(host: str) -> Party:
    return Party(role="named", name=host, hosts=[host])


def _asking(name: str) -> Party:
    return Party(role="asker", principal=f"app:/usr/bin/{name}", name=name, hosts=[])


def _installed(logo: bytes) -> Party:
    """An Extension of whose name nobody is reminded."""
    return Party(role="extension", principal="ext:org.zzyzx/org.zzyzx.new", name="Zzyzx Qoph", hosts=[], logo=logo)


def _share(figure: str, want: float, part: int, whole: int, *, at_least: bool) -> Figure:
    value = round(100 * part / whole, 3)
    return Figure(
        id=figure,
        value=value,
        want=want,
        unit="%",
        p50=value,
        p95=value,
        p99=value,
        runs=whole,
        at_least=at_least,
        note=f"{part:,} of {whole:,}",
        placement=placement(),
    )


def _print(what: str, found: list[str]) -> None:
    if found:
        more = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        sys.stderr.write(f"{what} ({len(found)}):\n" + "\n".join(f"  {one}" for one in found[:_SHOWN]) + more + "\n")
