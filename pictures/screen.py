"""A screen that nobody sees: an X server whose frame buffer is a file, read as any program of a session could.

Source of the file: XWD version 7, ``XWDFile.h``.
"""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage

PATIENCE_S: Final = 60.0
_STILL_S: Final = 0.9
"""Longer than a dialog changes without a hand on it: Approve arms for 0.7 s."""
_LOOK_S: Final = 0.1
_HEADER: Final = struct.Struct(">25I")
_COLOUR_BYTES: Final = 12
_COLOURS: Final = 256


class Screen:
    """An X server with one screen, what stands on it, and hands that press keys and buttons there."""

    def __init__(self, folder: Path, width: int, height: int) -> None:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-nocursor"]
        self._server = subprocess.Popen(
            [*command, "-fbdir", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        stdout = self._server.stdout
        if stdout is None or not (number := stdout.readline().strip()):
            raise RuntimeError("Xvfb does not start")
        self.environ = {"DISPLAY": f":{number}"}
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._buffer.close()
        with self._server:
            self._server.terminate()

    def press(self, *words: str) -> str:
        """What xdotool(1) says to these words."""
        done = subprocess.run(
            ["xdotool", *words],  # noqa: S607  whichever is installed
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
        return done.stdout

    def windows(self, name: str) -> list[str]:
        """The windows in sight whose title fits."""
        done = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", name],  # noqa: S607  whichever is installed
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.stdout.split()

    def picture(self, window: str) -> QImage:
        """A window once nothing moves on the screen any more."""
        deadline = time.monotonic() + PATIENCE_S
        seen, still_since = self._buffer[:], time.monotonic()
        while time.monotonic() < still_since + _STILL_S:
            if time.monotonic() > deadline:
                raise TimeoutError("the screen does not come to rest")
            time.sleep(_LOOK_S)
            fresh = self._buffer[:]
            if fresh != seen:
                seen, still_since = fresh, time.monotonic()
        facts = dict(line.split("=", 1) for line in self.press("getwindowgeometry", "--shell", window).splitlines())
        return _image(seen).copy(QRect(*(int(facts[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))))


def _image(dumped: bytes) -> QImage:
    """The picture in an XWD file of 32 bits a pixel."""
    header = _HEADER.unpack_from(dumped)
    size, width, height, line_bytes, colours = header[0], header[4], header[5], header[12], header[19]
    start = size + colours * _COLOUR_BYTES
    return QImage(dumped[start:], width, height, line_bytes, QImage.Format.Format_RGB32).copy()


def save(image: QImage, path: Path) -> None:
    """Saves a picture as a PNG of the colours that are used most."""
    pixels = memoryview(image.convertToFormat(QImage.Format.Format_RGB32).constBits()).cast("I")
    common = Counter(pixels).most_common(_COLOURS)
    table = [QColor.fromRgb(colour).rgb() for colour, _ in common]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.convertToFormat(QImage.Format.Format_Indexed8, table).save(str(path), "PNG", 0):  # type: ignore[call-overload]
        raise OSError(f"{path} cannot be written")
