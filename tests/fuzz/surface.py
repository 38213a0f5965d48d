"""What a surface is to whoever feeds it, and how a run is measured: frames, answers, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
PATIENCE_S: Final = 60.0


class Unanswered(AssertionError):
    """A frame had neither an answer nor an end."""


class Surface(Protocol):
    """One place where bytes of others come in, with the real decoder and the real state behind it."""

    async def begin(self, folder: Path) -> None:
        """Makes it ready, in an empty folder."""

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        """Feeds so many frames, counts what became of each, and raises ``AssertionError`` where it is not as promised.

        What it leaves outstanding in between counts as a leak.
        """

    async def settled(self) -> None:
        """Returns once what is under way has ended."""

    def outstanding(self) -> dict[str, int]:
        """What the surface keeps of others, by name: the same before and after."""

    async def end(self) -> None:
        """Ends it."""


class Footprint(msgspec.Struct, frozen=True):
    """What this process holds. ``blocks``: of Python's own memory."""

    descriptors: int
    tasks: int
    blocks: int
    resident_kib: int
    outstanding: dict[str, int]

    def is_at_rest(self, before: Footprint) -> bool:
        """Whether the same is outstanding as before, and nothing more is open or under way."""
        return (
            self.outstanding == before.outstanding
            and self.descriptors <= before.descriptors
            and self.tasks <= before.tasks
        )


def footprint(surface: Surface) -> Footprint:
    """What is held now, after everything that nobody refers to was let go."""
    gc.collect()
    gc.collect()
    return Footprint(
        descriptors=descriptors(os.getpid()),
        tasks=len(asyncio.all_tasks()),
        blocks=sys.getallocatedblocks(),
        resident_kib=resident_kib(os.getpid()),
        outstanding=surface.outstanding(),
    )


def resident_kib(pid: int) -> int:
    """The resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE // 1024


def descriptors(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


class Ran(msgspec.Struct, frozen=True):
    """One run. ``faults``: what the event loop caught that nobody else did."""

    tally: Counter[str]
    before: Footprint
    middle: Footprint
    after: Footprint
    faults: list[str]

    def grown(self, of: Callable[[Footprint], int]) -> int:
        """By how much it grew in that half of the run in which it grew less: what leaks grows in both."""
        return min(of(self.middle) - of(self.before), of(self.after) - of(self.middle))


_CHUNK: Final = 500
_LOOKS: Final = 200
_LOOK_S: Final = 0.05


async def run(surface: Surface, folder: Path, chance: random.Random, frames: int) -> Ran:
    """Feeds a surface so many frames, the first part of them to warm it up before it is measured."""
    faults: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(_shown(context)))
    tally: Counter[str] = Counter()
    await surface.begin(folder)
    try:
        warm_up = max(1, frames // 4)
        await _feed(surface, chance, tally, warm_up)
        await surface.settled()
        before = footprint(surface)
        half = (frames - warm_up) // 2
        await _feed(surface, chance, tally, half)
        await surface.settled()
        middle = footprint(surface)
        await _feed(surface, chance, tally, frames - warm_up - half)
        await surface.settled()
        after = await _at_rest(surface, before)
    finally:
        await surface.end()
    return Ran(tally, before, middle, after, faults)


async def _at_rest(surface: Surface, before: Footprint) -> Footprint:
    """The footprint once what was let go is closed too, and what came last is answered, which is a little later."""
    after = footprint(surface)
    for _ in range(_LOOKS):
        if after.is_at_rest(before):
            break
        await asyncio.sleep(_LOOK_S)
        after = footprint(surface)
    return after


async def _feed(surface: Surface, chance: random.Random, tally: Counter[str], frames: int) -> None:
    while frames > 0:
        some = min(_CHUNK, frames)
        await surface.feed(chance, tally, some)
        tally["frames"] += some
        frames -= some


def _shown(context: dict[str, Any]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}"
