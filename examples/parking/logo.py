"""Draws the Extension's logo, a white P on blue, as a PNG of 64 by 64: ``python logo.py extension/logo.png``."""

import struct
import sys
import zlib
from pathlib import Path

LETTER = ("######..", "##...##.", "##...##.", "######..", "##......", "##......")
BLUE, WHITE = bytes((0, 80, 160)), bytes((255, 255, 255))


def pixel(x: int, y: int) -> bytes:
    column, row = x // 6 - 2, y // 6 - 2
    inside = 0 <= column < len(LETTER[0]) and 0 <= row < len(LETTER)
    return WHITE if inside and LETTER[row][column] == "#" else BLUE


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(64)) for y in range(64))
header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
Path(sys.argv[1]).write_bytes(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
)
