"""The peers of this door: browsers, each by its host's process, and the frames of their pages within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.sdk.door import Introduction, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.browser.connection import Connection
    from etui.sdk.door import Posting


class Browser(Peer):
    """A browser profile at the other end of a host.

    ``frames``: by number, the one first that asked longest ago; ``calls``: what is under way, by id.
    """

    __slots__ = ("_proven", "calls", "challenge", "connection", "extension", "frames", "on_introduced", "told")

    def __init__(self, name: str, connection: Connection, extension: str) -> None:
        super().__init__(name)
        self.connection = connection
        self.extension = extension
        self.challenge = b""
        self.frames: dict[int, Frame] = {}
        self.calls: dict[int, tuple[Frame | None, Posting]] = {}
        self.told = b""
        """What it was last told of the wallet's state."""
        self.on_introduced: Callable[[], None] = lambda: None
        self._proven = ""

    def note_use(self, number: int) -> None:
        """A frame asks for something."""
        self.frames[number] = self.frames.pop(number)

    def idlest(self) -> int:
        """The number of the frame that asked longest ago, of those that wait for nothing."""
        return next(number for number, frame in self.frames.items() if not frame.calls)

    def introduced(self, answer: bytes) -> None:
        """As ``Peer.introduced``; keeps the challenge, which is good for one proof to this Router."""
        super().introduced(answer)
        self._proven = ""
        self.challenge = msgspec.json.decode(answer, type=wallet.IntroduceResult).challenge or b""
        self.on_introduced()

    def proves(self) -> None:
        """Has proven itself, or was paired, to the Router that knows it now."""
        self._proven = self.handle

    @property
    def is_proven(self) -> bool:
        """Whether the present Router takes its word for its pages."""
        return bool(self.handle) and self._proven == self.handle


class Frame(Peer):
    """A frame of a page. ``origin``: by the browser's word; ``key``: to which its answers are sealed."""

    __slots__ = ("browser", "calls", "key", "origin")

    def __init__(self, browser: Browser, origin: str, key: bytes) -> None:
        super().__init__(origin)
        self.browser = browser
        self.origin = origin
        self.key = key
        self.calls = 0

    def introduction(self, key: bytes) -> Introduction | None:
        """Within its browser, once that has proven itself."""
        del key
        if not self.browser.is_proven:
            return None
        asked = wallet.IntroduceWithin(name=self.origin, key=self.key)
        return Introduction(asked.METHOD, msgspec.json.encode(asked), within=self.browser.handle)
