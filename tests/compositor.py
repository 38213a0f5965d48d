"""A real Wayland compositor without a screen."""

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

NOBODY = 65534
PATIENCE_S = 60.0
T = TypeVar("T")


class Compositor:
    """Sway; ``environ`` leads programs to it, whatever their XDG_RUNTIME_DIR. ``backend``: as wlroots is told it."""

    def __init__(self, folder: Path, lines: tuple[str, ...], backend: dict[str, str]) -> None:
        config = folder / "config"
        config.write_text("\n".join(("xwayland disable", *lines, "")))
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
                "WLR_RENDERER": "pixman",
                **backend,
            },
            user=user,
            group=user,
            extra_groups=() if user is not None else None,
            stderr=subprocess.DEVNULL,
        )

    @property
    def environ(self) -> dict[str, str]:
        return {"WAYLAND_DISPLAY": str(self._file("wayland-?"))}

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

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
def composing(folder: Path, *config: str) -> Iterator[Compositor]:
    """Sway with these lines of configuration, in a folder of its own; without a screen, a mouse and a keyboard."""
    with _composing(folder, config, {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1"}) as compositor:
        yield compositor


@contextmanager
def composing_in(display: str, folder: Path, *config: str) -> Iterator[Compositor]:
    """The same in a window of an X server, whose mouse and keyboard are its own."""
    with _composing(folder, config, {"WLR_BACKENDS": "x11", "DISPLAY": display}) as compositor:
        yield compositor


@contextmanager
def _composing(folder: Path, config: tuple[str, ...], backend: dict[str, str]) -> Iterator[Compositor]:
    if shutil.which("sway") is None:
        pytest.skip("needs package sway")
    compositor = Compositor(folder, config, backend)
    try:
        yield compositor
    finally:
        compositor.end()
