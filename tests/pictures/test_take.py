"""The pictures of the gallery: the script makes every one that the page names, and none that it does not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest
from pictures.samples import samples
from pictures.stage import SETTINGS, names_of
from pictures.terminals import PATIENCE_S, Terminal
from PySide6.QtGui import QImage

from etui.trusted.dialog.requests import Request

ROOT = Path(__file__).parents[2]
PACKAGES = {"Xvfb": "xvfb", "xdotool": "xdotool", "tmux": "tmux"}
LARGEST_BYTES = 60_000
LEAST_COLOURS = 16


def named() -> set[str]:
    """The pictures that the gallery shows."""
    page = (ROOT / "docs" / "gallery.md").read_text("utf-8")
    return set(re.findall(r"\(pictures/([^)]+)\)", page))


def test_every_picture_of_the_gallery_is_there_and_is_one_that_the_script_makes() -> None:
    windows = {f"dialog/{name}.png" for setting in SETTINGS for name in names_of(setting)}
    texts = {f"terminal/{sample.name}.txt" for sample in samples(lambda _text, _field: b"")}
    assert windows | texts == named()
    for name in named():
        assert (ROOT / "docs" / "pictures" / name).exists(), name


def test_each_face_that_the_dialog_has_is_in_the_gallery() -> None:
    taken = {type(sample.request) for sample in samples(lambda _text, _field: b"")}
    assert taken == set(get_args(Request))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("only", ["consent-p", pytest.param("", marks=pytest.mark.long)], ids=["some", "all"])
def test_the_pictures_of_the_gallery_are_made_from_the_running_dialog(tmp_path: Path, only: str) -> None:
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    command = [sys.executable, "-m", "pictures.take", "--into", str(tmp_path), "--only", only]
    subprocess.run(command, cwd=ROOT, check=True)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert made == {name for name in named() if Path(name).name.startswith(only)}
    for path in tmp_path.rglob("*.png"):
        picture = QImage(str(path))
        assert path.stat().st_size < LARGEST_BYTES, path.name
        assert picture.colorCount() >= LEAST_COLOURS, path.name  # a face, and not an empty window
    for path in tmp_path.rglob("*.txt"):
        assert "Terminal: programs of the same user can read and type here." in path.read_text("utf-8"), path.name


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
