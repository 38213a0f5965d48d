"""The card in the virtual reader: connected as long as there is a reader, and put before it anew when it is armed.

A terminal waits for a card that comes. So when something is armed the card leaves the reader for longer than the reader
looks away (it looks every 400 ms), and comes back. It stays away as long before it comes at all: another one may have
been there until just now, as of a door that was killed, and pcscd takes a card that it did not see go for gone.

Delayed acknowledgements would cost 44 ms for each command: they are switched off before and after each read, since the
kernel switches them on again (tcp(7), TCP_QUICKACK).
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from etui.doors.contactless.closed import Reach
from etui.doors.contactless.tap import Tap
from etui.doors.contactless.vpcd import ATR, PORT, Frames, Signal, framed, signal_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.contactless.tap import Sessions

_HOST: Final = "127.0.0.1"
_ABSENT_S: Final = 0.9
_AGAIN_S: Final = 1.0
_READ_BYTES: Final = 1 << 16


class ExposedError(Exception):
    """The reader's port can be reached from outside."""

    code = "exposed"

    def __init__(self) -> None:
        super().__init__(
            f"the virtual reader's port {PORT} can be reached from outside this machine, and takes whoever comes: run "
            "pcscd where there is no network, or close the port and set ETUI_VPCD_CLOSED=1 for the wallet (a firewall "
            "cannot be seen from here)"
        )


class Card:
    """``sessions``: what answers. ``reach``: who reaches the reader's port now. ``seen``: how it stands, for people."""

    def __init__(self, sessions: Sessions, reach: Callable[[], Reach], seen: Callable[[str], None]) -> None:
        self._sessions = sessions
        self._reach = reach
        self._seen = seen
        self._anew = asyncio.Event()

    def present_anew(self) -> None:
        """Leaves the reader, and comes back."""
        self._anew.set()

    async def stay(self) -> None:
        """Is in the reader whenever there is one; raises ``ExposedError``."""
        while True:
            match self._reach():
                case Reach.OUTSIDE:
                    raise ExposedError
                case Reach.INSIDE:
                    await asyncio.sleep(_ABSENT_S)
                    self._anew.clear()
                    await self._visit()
                case Reach.NOBODY:
                    self._seen(f"it is open; no virtual reader is there (port {PORT}), it is looked for each second")
                    await asyncio.sleep(_AGAIN_S)

    async def _visit(self) -> None:
        """Is in the reader until that ends, or the card is to come anew."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as reader:
            reader.setblocking(False)  # noqa: FBT003  # the standard library's signature
            reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(reader, (_HOST, PORT))
            except OSError:
                return
            self._seen("it is open: the wallet is in the virtual reader")
            serving = loop.create_task(self._serve(reader))
            leaving = loop.create_task(self._anew.wait())
            try:
                await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                serving.cancel()
                leaving.cancel()
                await asyncio.gather(serving, leaving, return_exceptions=True)

    async def _serve(self, reader: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        frames, tap = Frames(), Tap(self._sessions)
        try:
            while True:
                reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                data = await loop.sock_recv(reader, _READ_BYTES)
                reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                if not data:
                    return
                for frame in frames.take(data):
                    answer = await _answered(tap, frame)
                    if answer is not None:
                        await loop.sock_sendall(reader, framed(answer))
        except OSError:  # the reader is gone
            return
        finally:
            await tap.end()


async def _answered(tap: Tap, frame: bytes) -> bytes | None:
    match signal_in(frame):
        case Signal.ATR:
            return ATR
        case None:
            return await tap.answer(frame)
        case _:
            await tap.end()
            return None
