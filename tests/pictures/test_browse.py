"""The pictures of the Shell: the script makes what the page shows of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pictures.browse import PAGES, THEMES, WIDTHS

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 80_000


def test_the_script_takes_a_page_at_each_width_in_both_themes(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("needs package chromium")
    command = [sys.executable, "-m", "pictures.browse", "--into", str(tmp_path), "--only", "first"]
    subprocess.run(command, cwd=ROOT, check=True)
    made = {path.name: path.stat().st_size for path in (tmp_path / "shell").iterdir()}
    assert made.keys() == {f"first-{width}-{theme}.png" for width in WIDTHS for theme in THEMES}
    assert max(made.values()) < LARGEST_BYTES


def test_every_picture_is_there_and_shown() -> None:
    page = (ROOT / "docs" / "shell.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(pictures/shell/([^)]+)\)", page))
    there = {path.name for path in (ROOT / "docs" / "pictures" / "shell").iterdir()}
    assert there == {f"{name}-{width}-{theme}.png" for name in PAGES for width in WIDTHS for theme in THEMES}
    assert shown == there
