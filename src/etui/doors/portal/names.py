"""The names of the desktop portal's back end for secrets, and what its requests say.

Source: xdg-desktop-portal, ``data/org.freedesktop.impl.portal.Secret.xml`` and ``….Request.xml``;
``src/request.c`` on handles and ``src/xdp-utils.c`` on application ids, of 1.16.
"""

from __future__ import annotations

import re
from typing import Final

BUS_NAME: Final = "org.freedesktop.impl.portal.desktop.etui"
PATH: Final = "/org/freedesktop/portal/desktop"
SECRET: Final = "org.freedesktop.impl.portal.Secret"  # noqa: S105  # an interface's name
REQUEST: Final = "org.freedesktop.impl.portal.Request"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
VERSION: Final = 1
"""Of the interface for secrets."""
FRONT_ENDS: Final = frozenset({"app:/usr/libexec/xdg-desktop-portal", "app:/usr/lib/xdg-desktop-portal"})
"""The desktop's portal, as the Router names it: where Debian, Fedora and their kin have it, and where Arch does."""
_HANDLE: Final = re.compile(r"/org/freedesktop/portal/desktop/request/(\d+)_(\d+)/[A-Za-z0-9_]+", re.ASCII)
_SNAP: Final = "snap."


def caller_named_by(handle: str) -> str:
    """The unique name on the bus of who asked the portal, which the handle of its request holds; empty if it does not.

    ``/org/freedesktop/portal/desktop/request/1_42/TOKEN`` is a request of ``:1.42``.
    """
    named = _HANDLE.fullmatch(handle)
    return "" if named is None else f":{named[1]}.{named[2]}"


def is_application(client: str, app_id: str) -> bool:
    """Whether the Router's name of a Client is this application: ``flatpak:ID``, or for ``snap.NAME`` ``snap:NAME``."""
    if app_id.startswith(_SNAP) and client == f"snap:{app_id.removeprefix(_SNAP)}":
        return True
    return bool(app_id) and client == f"flatpak:{app_id}"
