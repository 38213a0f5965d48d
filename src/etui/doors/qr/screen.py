"""A picture of what is on the screen: under X11 any program takes one, under Wayland the user does."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Final

from PIL import ImageGrab

from etui.doors.qr.errors import PictureError, PortalError
from etui.doors.qr.portal import uri_of_picture
from etui.doors.qr.taken import picture_at

if TYPE_CHECKING:
    from collections.abc import Mapping

_FASTEST: Final = 1
_INSTEAD: Final = "save a picture of it, and run etui pay-qr FILE"


def picture_of_screen(environ: Mapping[str, str]) -> bytes:
    """The screen of the session that the environment names; raises ``PictureError``, which says what to do instead.

    Under Wayland: what the user chose in the desktop's portal, in the format of that. Under X11: all screens, as PNG.
    """
    if environ.get("WAYLAND_DISPLAY"):
        return _of_wayland(environ)
    return _of_x11(environ)


def _of_wayland(environ: Mapping[str, str]) -> bytes:
    address = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not address:
        missing = "there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set) to ask the desktop's portal at"
        raise PictureError(f"under Wayland a program does not see the screen, and {missing}: {_INSTEAD}")
    asked_s = time.time()
    try:
        return picture_at(uri_of_picture(address), asked_s)
    except PortalError as error:
        raise PictureError(f"{error}: {_INSTEAD}") from None


def _of_x11(environ: Mapping[str, str]) -> bytes:
    display = environ.get("DISPLAY")
    if not display:
        raise PictureError(f"there is no display to be seen (neither DISPLAY nor WAYLAND_DISPLAY is set): {_INSTEAD}")
    try:
        grabbed = ImageGrab.grab(xdisplay=display)
    except OSError as error:
        raise PictureError(f"the screen of display {display} cannot be seen ({error}): {_INSTEAD}") from None
    out = io.BytesIO()
    grabbed.save(out, format="PNG", compress_level=_FASTEST)
    return out.getvalue()
