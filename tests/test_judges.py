"""What outside suites and programs say of the wallet is what is expected of them, test by test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from judges.__main__ import NAMES, OF_THE_CARD, SAMPLES
from judges.expected import EXPECTED, OF_SAMPLES, counted
from judges.needs import missing
from judges.steps import told

ROOT = Path(__file__).parent.parent
LONG = {"axe-sites", "asyncssh", "secretstorage-3.4.1", "secretstorage-3.3.3"}
"""One that looks at sixty pages, and those that ask what another one asks."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(
            pytest.param(name, [], id=name, marks=[pytest.mark.long] if name in LONG | SAMPLES.keys() else [])
            for name in NAMES
        ),
        *(pytest.param(name, ["--sample"], id=f"{name}, a sample") for name in SAMPLES),
    ],
)
def test_a_judge_says_what_is_expected(name: str, options: list[str]) -> None:
    if packages := missing(name):
        pytest.skip(f"needs package {packages[0]}")
    if name in OF_THE_CARD and os.geteuid() != 0:
        pytest.skip("namespaces of its own take root")
    ran = subprocess.run(
        [sys.executable, "-m", "judges", *options, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    expected = OF_SAMPLES if options else EXPECTED
    assert ran.stdout.splitlines()[-1] == str(expected[name])


def test_of_every_judge_something_is_expected() -> None:
    assert set(NAMES) == set(EXPECTED)
    assert set(SAMPLES) == set(OF_SAMPLES)


def test_whatever_is_neither_passed_nor_skipped_has_failed() -> None:
    verdict = counted(["ok", "skipped for a reason", "FAIL", "ERROR", "ok"])
    assert str(verdict) == "2 passed, 2 failed, 1 skipped"
    assert verdict.skipped == {"for a reason": 1}


def test_a_step_is_told_on_a_line_of_its_own() -> None:
    assert str(told("store ... ok\nnoise\nlookup ... failed\n")) == "1 passed, 1 failed, 0 skipped"
