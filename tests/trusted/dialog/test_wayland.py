"""The window under a real Wayland compositor that gives the front to nobody by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.compositor import NOBODY, Compositor, composing, until
from tests.screens import MEMORY, Picture
from tests.trusted.dialog.hands import LOOKS
from tests.trusted.dialog.questions import CONFIRM
from tests.trusted.dialog.router_side import RouterSide


@contextmanager
def second_of_two(folder: Path, on_activation: str) -> Iterator[Callable[[str], bool]]:
    """Whether the window of a dialog that shows itself beside another one is as a word says, once it is."""
    config = ('no_focus [title=".*"]', f"focus_on_window_activation {on_activation}")
    with (
        composing(folder, *config) as compositor,
        RouterSide("--face", "qt", environ=compositor.environ) as first,
        RouterSide("--face", "qt", environ=compositor.environ) as second,
    ):
        for router in (first, second):
            assert router.greeted().display == "wayland"
            router.show(CONFIRM)
            until(lambda pid=router.process.pid: compositor.window(pid))  # type: ignore[misc]
        assert compositor.window(second.process.pid)["app_id"] == "etui"
        yield lambda word: until(lambda: compositor.window(second.process.pid)[word])


@contextmanager
def browser(profile: Path, environ: dict[str, str]) -> Iterator[int]:
    """Chromium, which fills the screen; its process id."""
    command = ["chromium", "--ozone-platform=wayland", "--start-fullscreen", "--no-first-run", "--disable-gpu"]
    command += [f"--user-data-dir={profile}", *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank"]
    with subprocess.Popen(command, env={**os.environ, **environ}, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def test_it_asks_for_the_front_by_activation_token(short_dir: Path) -> None:
    with second_of_two(short_dir, "focus") as becomes:
        assert becomes("focused")


def test_where_the_front_is_not_given_the_user_is_notified(short_dir: Path) -> None:
    with second_of_two(short_dir, "urgent") as becomes:
        assert becomes("urgent")


def test_over_a_browser_that_fills_the_screen_the_user_is_notified(short_dir: Path, tmp_path: Path) -> None:
    config = ('no_focus [app_id="etui"]', "focus_on_window_activation urgent")
    with (
        composing(short_dir, *config) as compositor,
        browser(tmp_path, compositor.environ) as pid,
        RouterSide("--face", "qt", environ=compositor.environ) as router,
    ):
        until(lambda: compositor.window(pid).get("fullscreen_mode"))
        router.greeted()
        router.show(CONFIRM)
        assert until(lambda: compositor.window(router.process.pid).get("urgent"))
        assert compositor.window(pid)["fullscreen_mode"], "sway shows nothing above what fills the screen"


def picture(compositor: Compositor, file: Path) -> Picture:
    """What the screen shows, by what the compositor offers its clients."""
    if shutil.which("grim") is None:
        pytest.skip("needs package grim")
    subprocess.run(["grim", str(file)], env={**os.environ, **compositor.environ, "XDG_RUNTIME_DIR": "/tmp"}, check=True)
    return Picture(file.read_bytes())


@pytest.mark.attack(274)
@pytest.mark.attack(277)
def test_another_program_takes_a_picture_and_reads_it_from_the_memory_of_a_compositor_that_runs_as_its_user(
    short_dir: Path, tmp_path: Path
) -> None:
    """Outside of what is promised, as the dialog says."""
    with (
        composing(short_dir, "default_border none") as compositor,
        RouterSide("--face", "qt", environ=compositor.environ) as router,
    ):
        hello = router.greeted()
        assert (hello.display, hello.protected) == ("wayland", False)
        assert hello.sentence.startswith("Unprotected display: other programs of this session can see this window")
        assert not picture(compositor, tmp_path / "before.png").mark
        router.dress(LOOKS)
        router.show(CONFIRM)
        assert until(lambda: picture(compositor, tmp_path / "asked.png").mark) == LOOKS.colour
        seen = picture(compositor, tmp_path / "seen.png").line(100)
        look = ["/usr/bin/python3", "-I", "-c", MEMORY, str(compositor.pid)]
        its = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
        for line, is_there in ((seen, True), (seen[::-1], False)):
            ran = subprocess.run([*its, *look, line.hex()], capture_output=True, text=True, check=True)
            assert (int(ran.stdout) > 0) is is_there
