"""Malformed input in process: every surface answers every frame by an error or the end, keeps nothing, and goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import uvloop
from tests.fuzz.surface import run
from tests.fuzz.surfaces import SURFACES
from tests.long_run import LongRun

PARTS = 10
LONGER = 5
"""A part of the long run has so many times what is fed every day: 1,000,000 frames in all, and as many
for an SSH agent."""


@pytest.mark.attack(48)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS + 1))])
@pytest.mark.parametrize("surface", SURFACES)
def test_malformed_frames_are_answered_or_end_the_connection_and_leave_nothing_behind(  # noqa: PLR0913, PLR0917  # fixtures
    short_dir: Path,
    chance: random.Random,
    long_run: LongRun,
    capfd: pytest.CaptureFixture[str],
    surface: str,
    part: int,
) -> None:
    make, every_day = SURFACES[surface]
    frames = every_day * (LONGER if part else 1)
    ran = uvloop.run(run(make(), short_dir, chance, frames))
    assert ran.tally["frames"] == frames
    assert ran.faults == []
    said = capfd.readouterr().err
    assert "Error" not in said.replace("ProtocolError", "")
    assert "Traceback" not in said
    assert ran.after.is_at_rest(ran.before), (ran.before, ran.after)
    assert ran.grown(lambda held: held.blocks) < 2000 + frames // 20
    assert ran.grown(lambda held: held.resident_kib) < 8 << 10
    long_run.record("Malformed frames, in process", frames, frames)
