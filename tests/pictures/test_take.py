"""The pictures of the gallery: the script makes every one that the page names, and none that it does not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pictures.terminals import PATIENCE_S, Terminal
from PySide6.QtGui import QImage

ROOT = Path(__file__).parents[2]
PACKAGES = {"Xvfb": "xvfb", "xdotool": "xdotool", "tmux": "tmux"}
LARGEST_BYTES = 60_000
LEAST_COLOURS = 16


@pytest.mark.timeout(900)
def test_every_picture_of_the_gallery_is_made_from_the_running_dialog(tmp_path: Path) -> None:
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    page = (ROOT / "docs" / "gallery.md").read_text("utf-8")
    named = set(re.findall(r"\(pictures/([^)]+)\)", page))
    subprocess.run([sys.executable, "-m", "pictures.take", "--into", str(tmp_path)], cwd=ROOT, check=True)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert made == named
    for path in tmp_path.rglob("*.png"):
        picture = QImage(str(path))
        assert path.stat().st_size < LARGEST_BYTES, path.name
        assert picture.colorCount() >= LEAST_COLOURS, path.name  # a face, and not an empty window
    for path in tmp_path.rglob("*.txt"):
        assert "Terminal: programs of the same user can read and type here." in path.read_text("utf-8"), path.name
    for name in named:
        assert (ROOT / "docs" / "pictures" / name).exists(), name


def test_a_terminal_that_ended_with_what_ran_in_it_is_ended_all_the_same(short_dir: Path) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("needs package tmux")
    terminal = Terminal(short_dir, 20, 5, ["cat"])
    assert terminal.runs()
    subprocess.run(["tmux", "-S", str(short_dir / "tmux"), "kill-session"], check=True)
    until_ended(terminal)
    terminal.end()
    again = Terminal(short_dir, 20, 5, ["cat"])
    again.end()
    until_ended(again)


def until_ended(terminal: Terminal) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while terminal.runs():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_gallery_says_what_the_window_takes_of_a_small_screen() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text("utf-8")
    said = re.findall(r"of which the window takes (\d+)(?: by (\d+))?.*\n\n((?:!.*\n)+)", page)
    assert len(said) == 2
    for width, height, pictures in said:
        for name in re.findall(r"\(([^)]+)\)", pictures):
            picture = QImage(str(ROOT / "docs" / name))
            assert (picture.width(), picture.height()) == (int(width), int(height or picture.height())), name
