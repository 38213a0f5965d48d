"""The process that decodes: a picture on standard input, what is in it on standard output.

Everything that it needs is imported and at hand before it gives up what else it could do, and only then it reads the
first byte of the picture.
"""

from __future__ import annotations

import io
import sys
from typing import Final

import msgspec
import zxingcpp
from PIL import GifImagePlugin, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, UnidentifiedImageError

from etui.doors.qr.found import MAX_CODES, MAX_PIXELS, Answer, Found, Refusal
from etui.doors.qr.limits import confine

_PLUGINS: Final = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin)
_FORMATS: Final = ("GIF", "JPEG", "PNG")
_CODES: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_WHITE: Final = 255
_ALPHA: Final = "A"


def main() -> int:
    """Decodes one picture; the exit status."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = None  # looked at below
    confine()
    sys.stdout.buffer.write(msgspec.json.encode(_answer(sys.stdin.buffer.read())))
    sys.stdout.buffer.flush()
    return 0


def _answer(data: bytes) -> Answer:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return Answer(refusal=Refusal.TOO_LARGE)
            found = zxingcpp.read_barcodes(_grey(image), formats=_CODES)
    except UnidentifiedImageError:
        return Answer(refusal=Refusal.FORMAT)
    except MemoryError:
        return Answer(refusal=Refusal.TOO_LARGE)
    except Exception:  # noqa: BLE001  # whatever else a decoder raises on what it cannot decode
        return Answer(refusal=Refusal.DAMAGED)
    if len(found) > MAX_CODES:
        return Answer(refusal=Refusal.TOO_MANY)
    corners = ((bytes(one.bytes), one.position.top_left) for one in found)
    return Answer(codes=tuple(Found(payload, corner.x, corner.y) for payload, corner in corners))


def _grey(image: Image.Image) -> Image.Image:
    """The picture in shades of grey; what shows through is white, as where it is looked at."""
    if not image.has_transparency_data:
        return image.convert("L")
    with_alpha = image.convert("RGBA")
    paper = Image.new("L", image.size, _WHITE)
    paper.paste(with_alpha.convert("L"), mask=with_alpha.getchannel(_ALPHA))
    return paper


if __name__ == "__main__":
    sys.exit(main())
