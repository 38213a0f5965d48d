"""Pictures of a screen on which the dialog may be, as programs of a session get at them."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtGui import QImage

from etui.trusted.dialog.looks import COLOURS
from etui.trusted.dialog.qt.theme import LIGHT

MEMORY: Final = """
import sys
wanted, found = bytes.fromhex(sys.argv[2]), 0
try:
    memory = open(f"/proc/{sys.argv[1]}/mem", "rb", 0)
except PermissionError:
    sys.exit("refused")
for line in open(f"/proc/{sys.argv[1]}/maps"):
    begin, end = (int(one, 16) for one in line.split()[0].split("-"))
    try:
        memory.seek(begin)
        found += memory.read(end - begin).count(wanted)
    except (OSError, OverflowError, ValueError):
        pass
print(found)
"""
"""How often the bytes of the second word are in the memory of the process that the first one names."""
_PIXEL: Final = 4


class Picture:
    """What a screen showed; rows of pixels as memory has them, blue, green, red and 255."""

    def __init__(self, file: bytes) -> None:
        image = QImage.fromData(file).convertToFormat(QImage.Format.Format_RGB32)
        assert not image.isNull()
        self.rows = [bytes(cast("memoryview", image.constScanLine(row))) for row in range(image.height())]

    def block(self, colour: str, width: int, height: int) -> tuple[int, int] | None:
        """Where something of that colour and size is, the lowest of all: its right lower corner, in pixels."""
        line = bytes((*reversed(bytes.fromhex(colour.removeprefix("#"))), 255)) * width
        for low in range(len(self.rows) - 1, height - 2, -1):
            at = self.rows[low].find(line)
            if at >= 0 and at % _PIXEL == 0 and all(row.startswith(line, at) for row in self.rows[low - height : low]):
                return at // _PIXEL + width, low
        return None

    @property
    def mark(self) -> str:
        """The colour by which a person knows the wallet, where its band is to be seen."""
        return next((colour for colour in COLOURS if self.block(colour, 60, 12)), "")

    @property
    def approve(self) -> tuple[int, int] | None:
        """Where Approve is to be pressed, once it is armed."""
        return self.block(LIGHT.accent, 12, 12)

    def line(self, width: int) -> bytes:
        """The part of a row that tells most of the picture."""
        size = width * _PIXEL
        parts = [row[at : at + size] for row in self.rows for at in range(0, len(row) - size, size)]
        return max(parts, key=lambda part: len({part[at : at + _PIXEL] for at in range(0, size, _PIXEL)}))
