"""What outside suites and programs say of the wallet is what is expected of them, test by test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from judges.expected import EXPECTED, counted

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", EXPECTED)
def test_a_judge_says_what_is_expected(name: str) -> None:
    if name == "secret-tool" and shutil.which(name) is None:
        pytest.skip("needs package libsecret-tools")
    ran = subprocess.run(
        [sys.executable, "-m", "judges", name], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == str(EXPECTED[name])


def test_whatever_is_neither_passed_nor_skipped_has_failed() -> None:
    verdict = counted(["ok", "skipped for a reason", "FAIL", "ERROR", "ok"])
    assert str(verdict) == "2 passed, 2 failed, 1 skipped"
    assert verdict.skipped == {"for a reason": 1}
