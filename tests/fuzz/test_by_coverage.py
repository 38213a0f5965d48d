"""Every target takes its corpus and lines that are no message, and in the long run ten minutes of atheris."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fuzz.mutating import mutated
from tests.fuzz.targets import TARGETS
from tests.long_run import LongRun
from tests.protocol.nasty_lines import NASTY_LINES

ROOT = Path(__file__).parents[2]
SECONDS = 600 // len(TARGETS) + 1


@pytest.mark.attack(48)
@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_and_what_is_made_of_it_raises_nothing(chance: random.Random, target: str) -> None:
    corpus = TARGETS[target].corpus()
    assert corpus
    for text in (*corpus, *(line for _, line, _ in NASTY_LINES)):
        TARGETS[target].take(text)
    for _ in range(100):
        TARGETS[target].take(mutated(chance, chance.choice(corpus)))


@pytest.mark.attack(48)
@pytest.mark.long
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("target", TARGETS)
def test_fuzzing_by_coverage_finds_nothing(
    tmp_path: Path, chance: random.Random, long_run: LongRun, target: str
) -> None:
    command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(SECONDS)]
    ran = subprocess.run(
        [*command, "--seed", str(chance.randrange(1, 2**31))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert not list(tmp_path.glob("found-*"))
    done = re.search(r"Done (\d+) runs", ran.stderr)
    assert done is not None, ran.stderr[-1000:]
    assert int(done[1]) > SECONDS
    long_run.record("Seconds of fuzzing by coverage", SECONDS, SECONDS)
