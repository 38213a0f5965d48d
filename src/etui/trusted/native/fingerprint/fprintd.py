"""What fprintd is asked, and what it answers.

::

    GetDefaultDevice ─► ListEnrolledFingers ─► Claim ─► VerifyStart ─► VerifyStatus … ─► VerifyStop ─► Release
                                                            ▲               │ no match, 3 at most
                                                            └── VerifyStop ◄┘

Sources: fprintd 1.94, net.reactivated.Fprint.Manager and net.reactivated.Fprint.Device; as many tries as pam_fprintd(8)
takes by default.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from dbus_fast import Message, MessageType

from etui.trusted.control import FingerState
from etui.trusted.native.bus import Bus, Service

NAME: Final = "net.reactivated.Fprint"
_MANAGER: Final = "net.reactivated.Fprint.Manager"
_MANAGER_PATH: Final = "/net/reactivated/Fprint/Manager"
_DEVICE: Final = "net.reactivated.Fprint.Device"
_STATUS: Final = f"interface='{_DEVICE}',member='VerifyStatus'"
_TRIES: Final = 3
_THIS_USER: Final = ""
_RELEASE_S: Final = 2.0
_NOT_THERE: Final = "fprintd is not installed on this machine, or does not start"
_GONE: Final = "fprintd ended"
_NO_FINGER: Final = "fprintd knows no finger of yours; `fprintd-enroll` enrols one"
_SAID: Final = {
    "org.freedesktop.DBus.Error.ServiceUnknown": _NOT_THERE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": _NOT_THERE,
    f"{NAME}.Error.NoSuchDevice": "there is no fingerprint reader",
    f"{NAME}.Error.NoEnrolledPrints": _NO_FINGER,
    f"{NAME}.Error.AlreadyInUse": "another program has the fingerprint reader",
    f"{NAME}.Error.PermissionDenied": "this machine lets fprintd say nothing to this session",
}
"""What an error of fprintd's, or of the bus, means."""
_WANTED: Final = {
    "verify-retry-scan": "The reader did not get that: try once more.",
    "verify-swipe-too-short": "That was too short: try once more.",
    "verify-finger-not-centered": "Put the finger in the middle of the reader.",
    "verify-remove-and-retry": "Take the finger off the reader, and try once more.",
}
_NO_MATCH: Final = "fprintd did not recognise that finger: try once more."
_ENDS: Final = {
    "verify-disconnected": "the fingerprint reader was unplugged",
    "verify-unknown-error": "the fingerprint reader failed, or was unplugged",
}

Say: TypeAlias = Callable[..., None]
"""Takes a ``FingerState`` and a sentence for people."""


class FprintdError(Exception):
    """No finger is recognised, and why; it finishes "because …"."""

    code = "fprintd"


class Fprintd:
    """One reader of fprintd's, asked for the user that this process runs as."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._device = ""
        self._statuses: asyncio.Queue[str] = asyncio.Queue()
        """Of the verification; empty for the end of fprintd."""
        self._service = Service(NAME, self._heard, gone=self._gone)

    @classmethod
    async def reached(cls, bus: Bus) -> Fprintd:
        """The default reader, where this user has a finger enrolled; raises ``FprintdError``."""
        fprintd = cls(bus)
        await bus.follow(fprintd._service, [_STATUS])
        found = await fprintd._asked(_MANAGER_PATH, _MANAGER, "GetDefaultDevice")
        if found.signature != "o":
            raise FprintdError(_ENDS["verify-unknown-error"])
        fprintd._device = str(found.body[0])
        fingers = await fprintd._device_asked("ListEnrolledFingers", "s", [_THIS_USER])
        if fingers.signature != "as" or not fingers.body[0]:
            raise FprintdError(_NO_FINGER)
        return fprintd

    async def recognise(self, say: Say) -> None:
        """Returns once a finger was recognised; raises ``FprintdError``. The reader is released in every case.

        ``say``: is told that a finger is waited for, and what fprintd wants of it.
        """
        await self._device_asked("Claim", "s", [_THIS_USER])
        try:
            told = FingerState.WAITING, ""
            for _ in range(_TRIES):
                if await self._matches(say, told):
                    return
                told = FingerState.AGAIN, _NO_MATCH
        finally:
            await asyncio.shield(self._release())
        raise FprintdError("fprintd did not recognise the finger")

    async def _matches(self, say: Say, told: tuple[FingerState, str]) -> bool:
        """Whether the finger that came is one of this user's; ``told``: what is said once one is waited for."""
        while not self._statuses.empty():
            self._statuses.get_nowait()
        await self._device_asked("VerifyStart", "s", ["any"])
        say(*told)
        while True:
            status = await self._statuses.get()
            if status in {"verify-match", "verify-no-match"}:
                await self._device_asked("VerifyStop")
                return status == "verify-match"
            if status not in _WANTED:
                raise FprintdError(_ENDS.get(status, _GONE if not status else _ENDS["verify-unknown-error"]))
            say(FingerState.AGAIN, _WANTED[status])

    async def _release(self) -> None:
        """Gives the reader back; where fprintd does not take it in time, the end of this process does."""
        if self._service.owner:
            try:
                async with asyncio.timeout(_RELEASE_S):
                    await self._bus.reply(NAME, self._device, _DEVICE, "Release")
            except TimeoutError:
                pass

    async def _device_asked(self, member: str, signature: str = "", body: Sequence[object] = ()) -> Message:
        return await self._asked(self._device, _DEVICE, member, signature, body)

    async def _asked(
        self, path: str, interface: str, member: str, signature: str = "", body: Sequence[object] = ()
    ) -> Message:
        """What fprintd answers; raises ``FprintdError`` for an error, or where nothing comes."""
        reply = await self._bus.reply(NAME, path, interface, member, signature, body)
        if reply is None:
            raise FprintdError("fprintd does not answer")
        if reply.message_type is not MessageType.METHOD_RETURN:
            raise FprintdError(_SAID.get(str(reply.error_name), _ENDS["verify-unknown-error"]))
        return reply

    def _heard(self, message: Message) -> None:
        if message.member == "VerifyStatus" and message.signature == "sb" and message.path == self._device:
            self._statuses.put_nowait(str(message.body[0]))

    def _gone(self) -> None:
        self._statuses.put_nowait("")
