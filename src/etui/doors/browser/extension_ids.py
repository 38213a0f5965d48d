"""Which extension asks: browsers name it in the arguments with which they start a host.

Chromium gives ``chrome-extension://ID/``, where the ID is that of the key in the manifest; Firefox gives the path of
the host's manifest and then the id in the extension's own manifest.

Source: Chrome for Developers, "Native messaging"; MDN, "Native messaging", "App side".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

CHROMIUM: Final = "ldfgocgbjhoapfoegmibblaoacnncedh"
FIREFOX: Final = "browser@etui.example"
ORIGIN: Final = f"chrome-extension://{CHROMIUM}/"
_FIREFOX_ARGUMENTS: Final = 2


def extension_of(arguments: Sequence[str]) -> str | None:
    """The id of our own extension, where it is that; nothing for any other."""
    if arguments and arguments[0] == ORIGIN:
        return CHROMIUM
    if len(arguments) >= _FIREFOX_ARGUMENTS and arguments[0].startswith("/") and arguments[1] == FIREFOX:
        return FIREFOX
    return None
