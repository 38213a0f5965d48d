"""The pictures of the sites: the script makes what the page shows of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pictures.browse import THEMES, WIDTHS
from pictures.sites import SITES

ROOT = Path(__file__).parents[2]
LARGEST_BYTES = 80_000
NAMES = {f"{name}-{width}-{theme}.png" for name in SITES for width in WIDTHS for theme in THEMES}


@pytest.mark.long
def test_the_script_takes_each_site_at_each_width_in_both_themes(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("needs package chromium")
    subprocess.run([sys.executable, "-m", "pictures.sites", "--into", str(tmp_path)], cwd=ROOT, check=True)
    made = {path.name: path.stat().st_size for path in (tmp_path / "sites").iterdir()}
    assert made.keys() == NAMES
    assert max(made.values()) < LARGEST_BYTES


def test_every_picture_is_there_and_shown() -> None:
    page = (ROOT / "docs" / "sites.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(pictures/sites/([^)]+)\)", page))
    there = {path.name for path in (ROOT / "docs" / "pictures" / "sites").iterdir()}
    assert there == shown == NAMES
