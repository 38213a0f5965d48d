"""The window under a real Wayland compositor that gives the front to nobody by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from tests.trusted.dialog.questions import CONFIRM
from tests.trusted.dialog.router_side import PATIENCE_S, RouterSide

NOBODY = 65534
T = TypeVar("T")


class Compositor:
    """Sway without a screen; ``environ`` leads programs to it."""

    def __init__(self, folder: Path, on_activation: str) -> None:
        config = folder / "config"
        config.write_text(f'xwayland disable\nno_focus [title=".*"]\nfocus_on_window_activation {on_activation}\n')
        user = NOBODY if os.getuid() == 0 else None  # it does not run as root
        if user is not None:
            os.chown(folder, user, user)
        without = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
        self._folder = folder
        self._process = subprocess.Popen(
            ["sway", "--config", str(config)],
            env={
                **without,
                "HOME": str(folder),
                "XDG_RUNTIME_DIR": str(folder),
                "WLR_BACKENDS": "headless",
                "WLR_RENDERER": "pixman",
                "WLR_LIBINPUT_NO_DEVICES": "1",
            },
            user=user,
            group=user,
            extra_groups=() if user is not None else None,
            stderr=subprocess.DEVNULL,
        )

    @property
    def environ(self) -> dict[str, str]:
        display = self._file("wayland-?")
        return {"XDG_RUNTIME_DIR": str(self._folder), "WAYLAND_DISPLAY": display.name, "HOME": str(self._folder)}

    def window(self, pid: int) -> dict[str, Any]:
        """What it says of a program's window; nothing where there is none."""
        words = ["swaymsg", "--socket", str(self._file("sway-ipc.*")), "--type", "get_tree", "--raw"]
        told = subprocess.run(words, capture_output=True, timeout=PATIENCE_S, check=True).stdout
        return next((one for one in _nodes(msgspec.json.decode(told)) if one.get("pid") == pid), {})

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _file(self, pattern: str) -> Path:
        return until(lambda: next(self._folder.glob(pattern), None))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in (*node["nodes"], *node["floating_nodes"]):
        yield from _nodes(inner)


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@contextmanager
def second_of_two(folder: Path, on_activation: str) -> Iterator[Callable[[str], bool]]:
    """Whether the window of a dialog that shows itself beside another one is as a word says, once it is."""
    if shutil.which("sway") is None:
        pytest.skip("needs package sway")
    compositor = Compositor(folder, on_activation)
    try:
        environ = compositor.environ
        with (
            RouterSide("--face", "qt", environ=environ) as first,
            RouterSide("--face", "qt", environ=environ) as second,
        ):
            for router in (first, second):
                assert router.greeted().display == "wayland"
                router.show(CONFIRM)
                until(lambda pid=router.process.pid: compositor.window(pid))  # type: ignore[misc]
            assert compositor.window(second.process.pid)["app_id"] == "etui"
            yield lambda word: until(lambda: compositor.window(second.process.pid)[word])
    finally:
        compositor.end()


def test_it_asks_for_the_front_by_activation_token(short_dir: Path) -> None:
    with second_of_two(short_dir, "focus") as becomes:
        assert becomes("focused")


def test_where_the_front_is_not_given_the_user_is_notified(short_dir: Path) -> None:
    with second_of_two(short_dir, "urgent") as becomes:
        assert becomes("urgent")
