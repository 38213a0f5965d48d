"""Pictures with codes in them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import segno
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCALE = 4
_GAP = 40


def picture(*payloads: bytes, kind: str = "PNG") -> bytes:
    """The codes side by side, in a format of Pillow's."""
    return _saved(_beside([_code(payload) for payload in payloads]), kind)


def see_through(payload: bytes, kind: str = "PNG") -> bytes:
    """A code on nothing, as one is cut out for a page."""
    black = Image.new("RGBA", (code := _code(payload)).size, (0, 0, 0, 255))
    black.putalpha(code.point(lambda shade: 255 - shade))
    return _saved(black, kind)


def bomb(width: int, height: int, *, compressed: bytes = b"") -> bytes:
    """A PNG that says how large it is, in a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", compressed or zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def text_bomb(payload: bytes) -> bytes:
    """A picture of a code with a text of 256 MiB in its head."""
    good = picture(payload)
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    text = b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush()
    head = 8 + 25
    return good[:head] + _chunk(b"zTXt", b"Comment\0\0" + text) + good[head:]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _code(payload: bytes) -> Image.Image:
    out = io.BytesIO()
    segno.make_qr(payload, error="m").save(out, kind="png", scale=_SCALE)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def _beside(codes: Sequence[Image.Image]) -> Image.Image:
    width = sum(code.width + _GAP for code in codes) or _GAP
    sheet = Image.new("L", (width, max((code.height for code in codes), default=_GAP) + _GAP), 255)
    at = 0
    for code in codes:
        sheet.paste(code, (at, _GAP // 2))
        at += code.width + _GAP
    return sheet


def _saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind)
    return out.getvalue()
