"""The clipboard, for a short while: a program holds the selection, and when it ends the selection is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD_S: Final = 20
_WAYLAND: Final = ("wl-copy", "--foreground")
_X11: Final = ("xclip", "-selection", "clipboard", "-quiet")
_PACKAGES: Final = {"wl-copy": "wl-clipboard", "xclip": "xclip"}


def holder(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The program that can hold this display's clipboard; raises ``CommandError``, naming its Debian package."""
    command: tuple[str, ...]
    if environ.get("WAYLAND_DISPLAY"):
        command = _WAYLAND
    elif environ.get("DISPLAY"):
        command = _X11
    else:
        raise CommandError("there is no display here, so there is no clipboard", Exit.NO_TERMINAL)
    if shutil.which(command[0], path=environ.get("PATH")) is None:
        package = _PACKAGES[command[0]]
        raise CommandError(f"{command[0]} is needed for the clipboard; on Debian: apt-get install {package}")
    return command


def hold(value: bytes, held_s: float = HELD_S) -> None:
    """Keeps the value on the clipboard for ``held_s`` seconds, or until something else is copied there."""
    process = subprocess.Popen(holder(os.environ), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        process.communicate(value, timeout=held_s)
    except subprocess.TimeoutExpired:
        return
    finally:
        process.terminate()
        process.wait()
    if process.returncode > 0:
        raise CommandError("the clipboard could not be held")
