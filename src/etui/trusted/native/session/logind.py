"""What logind says of our session and of the machine: locked, in the background, ended, about to sleep.

Our session is the one that this process runs in, as logind sees it, until whoever logged in there has left. A wallet
in none, as one that a user service runs, goes with the session that logind has for its user's display, which is asked
for again whenever sessions come and go. No variable of the environment has a part in that: it may name a session that
ended, or one that somebody else began.

A session that was logged out of stays, and silently, for as long as a process runs in it (logind's ``closing``): it may
be the wallet itself. So the process that leads it is watched too: with its end, the session has ended.

Sources: org.freedesktop.login1(5), Manager, Session and User objects; pidfd_open(2); for the delay,
https://systemd.io/INHIBITOR_LOCKS/ .
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Final

from dbus_fast import Message

from etui.trusted.native.bus import Bus, Service
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
_CLOSING: Final = "closing"
_CALLER: Final = 0
"""As the number of a process: whoever asks, as the bus knows it."""
_INHIBIT: Final = ("sleep", "Etui", "The wallet locks before the machine sleeps.", "delay")
_HOLD_S: Final = 3.0
_ABSENT: Final = "logind is not there, so the wallet locks after the machine has slept, and not before"
_NO_SESSION: Final = "logind knew no session of this wallet at first, so it locks with none before one comes"
_NO_HOLD: Final = "logind lets nobody hold the machine's sleep back, so the wallet may still be locking when it sleeps"


class Logind:
    """Follows logind on the system bus.

    ``away``: called with the reason to lock; ``unheard`` with what cannot be heard of here.
    """

    def __init__(self, bus: Bus, person: int, away: Callable[[str], None], unheard: Callable[[str], None]) -> None:
        self._bus = bus
        self._person = person
        self._away = away
        self._unheard = unheard
        self._session = ""
        self._ended = ""
        """The session that ended last, where it may be there still."""
        self._is_ours_for_good = False
        """Whether this process is in the session, so that none that comes takes its place."""
        self._leader = -1
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
        for greeting in self._greetings:
            greeting.cancel()
        self._watch_leader(None)
        self._let_go()

    # signals

    def _heard(self, message: Message) -> None:
        match message.interface, message.member:
            case "org.freedesktop.login1.Manager", "PrepareForSleep" if message.signature == "b":
                self._sleep(begins=message.body[0] is True)
            case "org.freedesktop.login1.Manager", "SessionRemoved" if message.signature == "so":
                self._session_removed(message.body[1])
            case "org.freedesktop.login1.Manager", "SessionNew" if message.signature == "so":
                self._session_came(message.body[1])
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

    def _session_came(self, path: str) -> None:
        if path == self._ended:  # another one of the same name
            self._ended = ""
        if not self._is_ours_for_good:
            self._greet_soon(missed=False)

    def _session_removed(self, path: str) -> None:
        if self._session and path == self._session:
            self._session_ended()
        elif not self._is_ours_for_good:
            self._greet_soon(missed=False)

    def _session_ended(self) -> None:
        self._ended, self._session, self._is_ours_for_good = self._session, "", False
        self._watch_leader(None)
        self._away("the session ended")
        self._greet_soon(missed=False)

    def _sleep(self, *, begins: bool) -> None:
        self._sleeps = begins
        if begins:
            self._away("the machine is about to sleep")
            self._release = self._release or asyncio.get_running_loop().call_later(_HOLD_S, self._let_go)
        else:
            self._came()

    # what is asked for

    def _came(self) -> None:
        self._greet_soon(missed=True)

    def _greet_soon(self, *, missed: bool) -> None:
        greeting = asyncio.ensure_future(self._greet(missed=missed))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, *, missed: bool) -> None:
        """Finds our session, and sees how it stands where it is another one than before.

        ``missed``: where logind was not heard, or the machine slept: then also as before, and the sleep is held back.
        """
        if missed:
            await self._hold_sleep()
        found, for_good = await self._find_session()
        if not found and not missed:
            return  # one that ended is not there, and the next one is not yet
        if found != self._session:
            leader = await self._property(found, _SESSION, "Leader", "u") if found else None
            if missed and self._session:
                self._away("the session ended")
            self._session, missed = found, True
            self._watch_leader(leader)
        self._is_ours_for_good = for_good
        if not found:
            self._unheard(_NO_SESSION)
        elif missed:
            self._judge({name: await self._property(found, _SESSION, name, "b") for name in ("LockedHint", "Active")})

    async def _find_session(self) -> tuple[str, bool]:
        """The session that we are in, which stays ours, else that of this user's desktop, which may change."""
        own = await self._path("GetSessionByPID", "u", _CALLER)
        if own and own != self._ended and await self._property(own, _SESSION, "State", "s") != _CLOSING:
            return own, True
        user = await self._path("GetUser", "u", self._person)
        shown = await self._property(user, _USER, "Display", "(so)") if user else None
        path = str(shown[1]) if isinstance(shown, list | tuple) and shown[0] else ""
        return path if path != self._ended else "", False

    def _watch_leader(self, process: object) -> None:
        """Watches the process that leads our session, in place of the one before; none that is not there."""
        if self._leader >= 0:
            asyncio.get_running_loop().remove_reader(self._leader)
            os.close(self._leader)
            self._leader = -1
        if isinstance(process, int) and process > 0:
            with contextlib.suppress(OSError):
                self._leader = os.pidfd_open(process)
                asyncio.get_running_loop().add_reader(self._leader, self._session_ended)

    async def _path(self, member: str, signature: str, value: object) -> str:
        return path_in(await self._bus.ask(NAME, _PATH, _MANAGER, member, signature, [value]))

    async def _property(self, path: str, interface: str, name: str, signature: str) -> object:
        return value_in(await self._bus.ask(NAME, path, PROPERTIES, "Get", "ss", [interface, name]), signature)

    async def _hold_sleep(self) -> None:
        """Takes a new hold, and lets go of the one from before."""
        if not self._sleeps and await self._property(_PATH, _MANAGER, "PreparingForSleep", "b") is True:
            self._sleep(begins=True)
        hold = -1 if self._sleeps else await self._new_hold()
        if self._sleeps:  # too late: the hold from before counts
            if hold >= 0:
                os.close(hold)
        elif hold < 0:
            self._unheard(_NO_HOLD)
        else:
            self._let_go()
            self._hold = hold

    async def _new_hold(self) -> int:
        """A descriptor that holds the sleep back while it is open; negative where logind gives none."""
        reply = await self._bus.ask(NAME, _PATH, _MANAGER, "Inhibit", "ssss", _INHIBIT)
        return reply.unix_fds[0] if reply is not None and reply.signature == "h" and reply.unix_fds else -1

    def _let_go(self) -> None:
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1
