"""What logind says of our session and of the machine: locked, in the background, ended, about to sleep.

Sources: org.freedesktop.login1(5), Manager and Session objects; for the delay, https://systemd.io/INHIBITOR_LOCKS/ .
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Final

from dbus_fast import Message

from etui.trusted.native.session.bus import Bus, Service
from etui.trusted.native.session.signals import PROPERTIES, changed, path_in, value_in

NAME: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = "org.freedesktop.login1.Manager"
_SESSION: Final = "org.freedesktop.login1.Session"
_USER: Final = "org.freedesktop.login1.User"
_SIGNALS: Final = (
    f"interface='{_SESSION}',member='Lock'",
    f"interface='{PROPERTIES}',member='PropertiesChanged',arg0='{_SESSION}'",
    *(f"interface='{_MANAGER}',member='{member}'" for member in ("PrepareForSleep", "SessionNew", "SessionRemoved")),
)
_INHIBIT: Final = ("sleep", "Etui", "The wallet locks before the machine sleeps.", "delay")
_HOLD_S: Final = 3.0
_ABSENT: Final = "logind is not there, so the wallet locks after the machine has slept, and not before"
_NO_SESSION: Final = "logind knows no session of this wallet, so it does not lock when one is locked or left"
_NO_HOLD: Final = "logind lets nobody hold the machine's sleep back, so the wallet may still be locking when it sleeps"


class Logind:
    """Follows logind on the system bus.

    ``away``: called with the reason to lock; ``unheard`` with what cannot be heard of here. ``session_id``: the
    session's id as pam_systemd(8) sets it, where it did.
    """

    def __init__(self, bus: Bus, session_id: str, away: Callable[[str], None], unheard: Callable[[str], None]) -> None:
        self._bus = bus
        self._session_id = session_id
        self._away = away
        self._unheard = unheard
        self._session = ""
        self._hold = -1
        self._sleeps = False
        self._greetings: set[asyncio.Task[None]] = set()
        self._release: asyncio.TimerHandle | None = None

    async def follow(self) -> None:
        """Listens from now on."""
        service = Service(NAME, self._heard, self._came)
        await self._bus.follow(service, _SIGNALS)
        if not service.owner:
            self._unheard(_ABSENT)

    def keys_gone(self) -> None:
        """The wallet has locked: a machine that is about to sleep is held back no longer."""
        if self._sleeps:
            self._let_go()

    def close(self) -> None:
        """Lets go of what is held."""
        self._let_go()

    # signals

    def _heard(self, message: Message) -> None:
        match message.interface, message.member:
            case "org.freedesktop.login1.Manager", "PrepareForSleep" if message.signature == "b":
                self._sleep(begins=message.body[0] is True)
            case "org.freedesktop.login1.Manager", "SessionRemoved" if message.signature == "so":
                self._session_ended(message.body[1])
            case "org.freedesktop.login1.Manager", "SessionNew" if not self._session:
                self._came()
            case "org.freedesktop.login1.Session", "Lock" if self._is_ours(message):
                self._away("the session was locked")
            case _ if self._is_ours(message):
                self._judge(changed(message, _SESSION))

    def _is_ours(self, message: Message) -> bool:
        return bool(self._session) and message.path == self._session

    def _judge(self, state: dict[str, object]) -> None:
        if state.get("LockedHint") is True:
            self._away("the session was locked")
        elif state.get("Active") is False:
            self._away("the session is in the background")

    def _session_ended(self, path: object) -> None:
        if self._session and path == self._session:
            self._session = ""
            self._away("the session ended")

    def _sleep(self, *, begins: bool) -> None:
        self._sleeps = begins
        if begins:
            self._away("the machine is about to sleep")
            self._release = self._release or asyncio.get_running_loop().call_later(_HOLD_S, self._let_go)
        else:
            self._came()

    # what is asked for

    def _came(self) -> None:
        greeting = asyncio.ensure_future(self._greet())
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _greet(self) -> None:
        """Finds our session, sees how it stands, and takes hold of the machine's sleep."""
        await self._take_hold()
        if not self._session:
            self._session = await self._find_session()
        if not self._session:
            self._unheard(_NO_SESSION)
            return
        state = {}
        for name in ("LockedHint", "Active"):
            reply = await self._bus.ask(NAME, self._session, PROPERTIES, "Get", "ss", [_SESSION, name])
            state[name] = value_in(reply, "b")
        self._judge(state)

    async def _find_session(self) -> str:
        """The session that we were started in, else the one that shows this user's desktop."""
        if self._session_id and (path := await self._path("GetSession", "s", self._session_id)):
            return path
        if path := await self._path("GetSessionByPID", "u", os.getpid()):
            return path
        user = await self._path("GetUser", "u", os.getuid())
        if not user:
            return ""
        shown = value_in(await self._bus.ask(NAME, user, PROPERTIES, "Get", "ss", [_USER, "Display"]), "(so)")
        return str(shown[1]) if isinstance(shown, list | tuple) and shown[0] else ""

    async def _path(self, member: str, signature: str, value: object) -> str:
        return path_in(await self._bus.ask(NAME, _PATH, _MANAGER, member, signature, [value]))

    async def _take_hold(self) -> None:
        """Takes a new hold, and lets go of the one from before."""
        reply = await self._bus.ask(NAME, _PATH, _MANAGER, "Inhibit", "ssss", _INHIBIT)
        hold = reply.unix_fds[0] if reply is not None and reply.signature == "h" and reply.unix_fds else -1
        if self._sleeps:  # too late: the hold from before counts
            if hold >= 0:
                os.close(hold)
        elif hold < 0:
            self._unheard(_NO_HOLD)
        else:
            self._let_go()
            self._hold = hold

    def _let_go(self) -> None:
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1
