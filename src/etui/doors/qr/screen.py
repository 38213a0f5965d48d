"""A picture of what is on the screen, under X11.

Under Wayland no program sees the screen by itself; its portal would ask the user each time, and is not spoken to yet.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import ImageGrab

from etui.doors.qr.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FASTEST: Final = 1


def picture_of_screen(environ: Mapping[str, str]) -> bytes:
    """All screens of the display that the environment names, as PNG; raises ``PictureError``."""
    instead = "save a picture of it, and name the file"
    if environ.get("WAYLAND_DISPLAY"):
        raise PictureError(f"under Wayland a program does not see the screen: {instead}")
    display = environ.get("DISPLAY")
    if not display:
        raise PictureError(f"there is no display of X11 to be seen (DISPLAY is not set): {instead}")
    try:
        grabbed = ImageGrab.grab(xdisplay=display)
    except OSError as error:
        raise PictureError(f"the screen of display {display} cannot be seen ({error}): {instead}") from None
    out = io.BytesIO()
    grabbed.save(out, format="PNG", compress_level=_FASTEST)
    return out.getvalue()
