"""The clipboard, for a short while: a program holds the selection, and when it ends the selection is gone."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Final, NoReturn

from etui.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

HELD_S: Final = 20
_WAYLAND: Final = ("wl-copy", "--foreground")
_X11: Final = ("xclip", "-selection", "clipboard", "-quiet")
_PR_SET_PDEATHSIG: Final = 1
"""Source: prctl(2)."""
_prctl: Final = ctypes.CDLL(None, use_errno=True).prctl
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


def hold(value: bytes) -> bool:
    """Keeps the value on the clipboard for ``HELD_S`` seconds, or until something else is copied there.

    Whether it was there to the end of its time. A signal that ends this process takes the value away first, and with
    kill -9 the kernel ends who holds it.
    """
    command = holder(os.environ)
    ours = os.getpid()

    def end_with_us() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM.value, 0, 0, 0)
        if os.getppid() != ours:  # which ended before that
            os._exit(1)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_us,  # noqa: PLW1509  # no other thread runs by now
    )
    try:
        process.communicate(value, timeout=HELD_S)
    except subprocess.TimeoutExpired:
        return True
    finally:
        process.terminate()
        process.wait()
    if process.returncode > 0:
        raise CommandError("the clipboard could not be held")
    return False


def _leave(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)  # as shells have it
