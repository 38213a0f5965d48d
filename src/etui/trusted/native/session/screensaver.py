"""The screen locks of the desktops: each says on the session bus when it covers the screen.

Sources: ``org.freedesktop.ScreenSaver`` is the idle inhibition draft's name and KDE's; GNOME, Cinnamon, MATE and Xfce
have one each with the same signal ``ActiveChanged(b)`` and the same method ``GetActive() → b``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from dbus_fast import Message

from etui.trusted.native.bus import Bus, Service
from etui.trusted.native.session.signals import says_true

NAMES: Final = tuple(f"org.{desktop}.ScreenSaver" for desktop in ("freedesktop", "gnome", "cinnamon", "mate", "xfce"))


class ScreenSaver:
    """Follows one of them. ``away``: called with the reason to lock."""

    def __init__(self, name: str, bus: Bus, away: Callable[[str], None]) -> None:
        self._name = name
        self._bus = bus
        self._away = away
        self._looks: set[asyncio.Task[None]] = set()

    async def follow(self) -> None:
        """Listens from now on."""
        service = Service(self._name, self._heard, self._came)
        await self._bus.follow(service, [f"interface='{self._name}',member='ActiveChanged'"])

    def _heard(self, message: Message) -> None:
        if message.interface == self._name and message.member == "ActiveChanged" and says_true(message):
            self._covered()

    def _came(self) -> None:
        look = asyncio.ensure_future(self._look())
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _look(self) -> None:
        """Asks whether the screen is covered already: it may have been when nobody listened."""
        path = "/" + self._name.replace(".", "/")
        if says_true(await self._bus.ask(self._name, path, self._name, "GetActive")):
            self._covered()

    def _covered(self) -> None:
        self._away(f"the screen was locked ({self._name})")
