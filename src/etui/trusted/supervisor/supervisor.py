"""Starts, watches and ends every process of the wallet; it owns the listening socket and never holds a key.

::

    none ──create──► unlocked ──lock──► locked ──unlock──► unlocked
                        │ the Router ends, for whatever reason
                        └──► vault, Extensions, dialog and natives end with it; Router and dialog start again, keyless

Rules:

1. The end of the Router is the lock: there is no state in which a process with a key outlives it. A Router that is
   told to lock and does not is ended.
2. The listening socket stays open through every lock, and so do the doors; each new Router is given the socket, and a
   fresh connection to each door. The watch over the person's session stays too.
3. A secret passes through here sealed or not at all: keys travel in pipes from the vault to where they are used.
4. Where an upgrade has replaced the code, this process ends once no key is in use, and whoever started it has the new
   code run: the wallet that is unlocked next is of one version.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from etui.trusted.control import (
    UNASKED,
    Connected,
    DoorSwitch,
    End,
    Ended,
    ExportLocked,
    FingerUnwanted,
    FingerWanted,
    FromRouter,
    HandKey,
    Keys,
    Link,
    LinkClosed,
    Lock,
    LockNow,
    OnNothing,
    OnX11,
    PrepareSpares,
    Reply,
    Role,
    Shown,
    Start,
    Stop,
    TakeHanded,
    ToRouter,
    ToVault,
    Unheard,
    VaultAsk,
    VaultOperation,
)
from etui.trusted.package import PackageError
from etui.trusted.sandbox import SandboxError
from etui.trusted.supervisor.archives import Archives, why_nothing_is_restored
from etui.trusted.supervisor.children import Child, Running, StartPart, stream_pair
from etui.trusted.supervisor.confined import Confine
from etui.trusted.supervisor.endings import EndedEarlyError, Endings
from etui.trusted.supervisor.extensions import ExtensionError, RunningExtensions
from etui.trusted.supervisor.fingers import Fingers
from etui.trusted.supervisor.line import RouterLine
from etui.trusted.supervisor.open_doors import OpenDoors
from etui.trusted.supervisor.persons_agent import PersonsAgent
from etui.trusted.supervisor.renewal import Code
from etui.trusted.supervisor.session import SessionWatch

if TYPE_CHECKING:
    from etui.protocol import Place

_GRACE_S: Final = 2.0
_LOOK_S: Final = 5.0
_SUSPEND_SLACK_S: Final = 2.0
_NATIVES: Final = {
    "native:egress": "etui.trusted.native.egress",
    "native:coverage": "etui.trusted.native.coverage",
}
_HOMED: Final = frozenset({"native:egress"})
"""Which of them are told the profile's folder."""
_OPENS: Final = {
    VaultOperation.CREATE,
    VaultOperation.OPEN,
    VaultOperation.OPEN_BY_PIN,
    VaultOperation.OPEN_AT_LOGIN,
    VaultOperation.RECOVER,
}


class Doors(Protocol):
    """Who opens doors: this process, or an agent of the person's where that is another user."""

    def open_all(self, names: Iterable[str]) -> None:
        """Begins, with these doors."""

    def connect_all(self) -> None:
        """Gives every open door a connection to the Router that was just started."""

    def switch(self, message: DoorSwitch) -> None:
        """Opens or closes a door, and replies."""

    def close_all(self) -> None:
        """Ends every door."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How this wallet was started.

    ``confine``: starts a confined process. ``start``: starts one of the wallet's own. ``dialog``: the arguments that
    choose the dialog's face. ``managed_for``: whose wallet it is, where that is another user than the one who runs it.
    ``agents``: where the agent of that person's session comes in; ``shown_there``: the dialog is shown on its display.
    ``files``: where that person's programs hand over what is to be read or written. ``stopped``: called when its user
    ends it. ``tpm``: the path of one in place of the machine's.
    """

    confine: Confine
    start: StartPart = Child
    dialog: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    managed_for: int | None = None
    agents: socket.socket | None = None
    files: socket.socket | None = None
    shown_there: bool = False
    stopped: Callable[[], None] = lambda: None
    tpm: str = ""


class Supervisor:
    """One wallet's processes."""

    def __init__(self, place: Place, listener: socket.socket, options: Options) -> None:
        self._place = place
        self._listener = listener
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[bool] = self._loop.create_future()
        self._line = RouterLine()
        self._endings = Endings()
        self._extensions = RunningExtensions(place.home, options.confine, self._endings, self._line)
        self._agent: PersonsAgent | None = None
        self._doors: Doors
        if options.agents is None:
            self._doors = OpenDoors(place.home, self._endings, self._line)
        else:
            self._doors = agent = PersonsAgent(options.agents, self._line)
            if options.shown_there:
                self._agent = agent
                agent.attended = self._show_dialog_anew
        self._archives: Archives | None = None
        if options.files is not None:
            self._archives = Archives(
                options.files, options.start, self._endings, self._line, self._why_nothing_is_restored, self.end
            )
        self._session = SessionWatch(self._endings, self._lock, self._line.tell, options.managed_for)
        self._fingers = Fingers(self._endings, self._line, managed=options.managed_for is not None)
        self._router: Running | None = None
        self._vault: tuple[Running, Link[ToVault, Reply]] | None = None
        self._dialog: Running | None = None
        self._displayed = False
        """Whether the dialog was given a display."""
        self._natives: dict[str, Running] = {}
        self._opening: dict[int, VaultOperation] = {}
        self._keyed = False
        self._code = Code()

    async def run(self) -> bool:
        """Starts everything and stays until the wallet is ended; whether that is because its code was replaced."""
        try:
            self._start_router()
            self._session.start()
            self._doors.open_all(self._options.doors)
            if self._archives is not None:
                self._archives.open()
            watch = asyncio.ensure_future(self._look_now_and_then())
            try:
                return await self._ended
            finally:
                watch.cancel()
        finally:
            self._end_all()

    def end(self, *, renewed: bool = False) -> None:
        """Ends the wallet in order, as at SIGTERM; ``renewed``: for the code that has taken the place of this."""
        if not self._ended.done():
            self._ended.set_result(renewed)

    # Router and dialog

    def _start_router(self) -> None:
        ours, theirs = Link.pair()
        notes = [text for note in (*self._options.notes, *self._session.notes) for text in ("--note", note)]
        managed_for = self._options.managed_for
        managed = [] if managed_for is None else ["--managed", str(managed_for)]
        self._router = Child(
            "etui.trusted.router",
            ["--home", str(self._place.home), *managed, *notes],
            {"--control": theirs, "--listen": self._listener},
        )
        theirs.close()
        self._line.link = Link(ours, FromRouter)
        self._loop.add_reader(self._line.link, self._hear_router, self._router, self._line.link)
        self._endings.watch(self._router, self._router_ended)
        self._start_dialog()
        self._doors.connect_all()

    def _start_dialog(self) -> None:
        """Starts the dialog, where the agent of the person's session says once it has, if there is one."""
        if self._router is None or self._dialog is not None:
            return
        if self._agent is None or not self._agent.show(self._start_dialog_on):
            self._start_dialog_on(OnNothing(), None)

    def _show_dialog_anew(self) -> None:
        """A session has come: what had no display to be shown on gets one."""
        if self._dialog is not None and not self._displayed:
            self._endings.kill(self._dialog)
            self._dialog = None
            self._line.tell(Ended(role=Role.DIALOG, name="dialog", reason="the Trusted Dialog gets a display"))
            self._start_dialog()

    def _start_dialog_on(self, shown: Shown, descriptor: int | None) -> None:
        """Starts the dialog on a display that was handed on, or on its own; the descriptor is closed here."""
        with contextlib.ExitStack() as handed:
            channels: dict[str, socket.socket] = {}
            if descriptor is not None:
                channels["--wayland"] = handed.enter_context(socket.socket(fileno=descriptor))
            if self._router is None or self._dialog is not None:
                return
            x11 = ("--x11", shown.display, "--cookie", shown.cookie.hex()) if isinstance(shown, OnX11) else ()
            to_router, to_dialog = stream_pair()
            channels["--fd"] = handed.enter_context(to_dialog)
            self._dialog = self._options.start("etui.trusted.dialog", (*self._options.dialog, *x11), channels)
            self._displayed = not isinstance(shown, OnNothing)
        os.environ.pop("XDG_ACTIVATION_TOKEN", None)  # what launched the wallet gave it, for one window
        self._endings.watch(self._dialog, self._dialog_ended)
        self._line.tell(Connected(role=Role.DIALOG, name="dialog"), to_router)

    def _dialog_ended(self, child: Running) -> None:
        del child
        self._dialog = None
        self._line.tell(Ended(role=Role.DIALOG, name="dialog", reason="the Trusted Dialog ended"))
        self._endings.again("dialog", self._start_dialog)

    def _router_ended(self, child: Running) -> None:
        """The lock: everything that may hold a key ends, then Router and dialog start again."""
        self._end_keyed()
        if self._archives is not None:
            self._archives.locked()
        if self._is_superseded():
            self.end(renewed=True)
        elif child.status == 0:  # it locked in order
            self._start_router()
        else:
            self._endings.again("router", self._start_router)

    def _lock(self, reason: str) -> None:
        """Has the Router end, and ends it where it does not; where no key is in use there is nothing to do."""
        if not self._keyed or self._router is None:
            self._session.keys_gone()
            return
        self._line.tell(LockNow(reason=reason))
        self._end_soon(self._router)

    def _end_soon(self, router: Running) -> None:
        self._loop.call_later(_GRACE_S, self._end_if_same, router)

    def _end_if_same(self, router: Running) -> None:
        if self._router is router:
            self._endings.kill(router)
            self._router_ended(router)

    # what the Router asks

    def _hear_router(self, router: Running, link: Link[ToRouter, FromRouter]) -> None:  # noqa: C901  a table
        try:
            message, _ = link.receive()
        except LinkClosed:
            self._loop.remove_reader(link)
            self._end_soon(router)
            return
        match message:
            case Start():
                self._start(message)
            case Stop():
                (self._extensions.give_up if message.by_itself else self._extensions.stop)(message.name)
            case PrepareSpares():
                self._extensions.prepare_spares()
            case Lock():
                self._extensions.expect_ends()
                self._end_soon(router)
            case DoorSwitch():
                self._doors.switch(message)
            case VaultAsk():
                self._ask_vault(message)
            case TakeHanded() | ExportLocked() if self._archives is not None:
                self._archives.answer(message)
            case FingerWanted() | FingerUnwanted():
                self._fingers.take(message)
            case End():
                self._stop()

    def _stop(self) -> None:
        """Ends at its user's word, until the user begins anew."""
        self._options.stopped()
        if isinstance(self._doors, PersonsAgent):
            self._doors.dismiss()
        self.end()

    def _start(self, message: Start) -> None:
        reason = ""
        try:
            if message.role is Role.NATIVE:
                self._start_native(message.name)
            else:
                self._extensions.start(message.name, self._hand_out)
        except (EndedEarlyError, ExtensionError, SandboxError, PackageError, OSError) as error:
            reason = str(error)
        code = "unavailable" if reason else ""
        self._line.tell(Reply(number=message.number, code=code, message=reason))

    # vault

    def _why_nothing_is_restored(self) -> str:
        is_made = (self._place.home / "vault" / "slots.json").exists()
        return why_nothing_is_restored(is_made=is_made, is_begun=self._vault is not None)

    def _ask_vault(self, ask: VaultAsk) -> None:
        if self._archives is not None and self._archives.is_restoring:
            text = "a wallet is being restored: ask again when it is there"
            self._line.tell(Reply(number=ask.number, code="unavailable", message=text))
            return
        if self._vault is None:
            ours, theirs = Link.pair()
            link: Link[ToVault, Reply] = Link(ours, Reply)
            arguments = ["--directory", str(self._place.home / "vault")]
            arguments += ["--tpm", self._options.tpm] if self._options.tpm else []
            try:
                child = self._options.start("etui.trusted.vault", arguments, {"--fd": theirs})
            except OSError as error:
                ours.close()
                self._line.tell(Reply(number=ask.number, code="unavailable", message=str(error)))
                return
            finally:
                theirs.close()
            self._vault = (child, link)
            self._keyed = True
            self._loop.add_reader(link, self._hear_vault, link)
            self._endings.watch(child, self._vault_ended)
        self._opening[ask.number] = ask.operation
        try:
            self._vault[1].send(ask)
        except LinkClosed as error:
            del self._opening[ask.number]
            self._line.tell(Reply(number=ask.number, code="unavailable", message=str(error)))

    def _hear_vault(self, link: Link[ToVault, Reply]) -> None:
        try:
            reply, _ = link.receive()
        except LinkClosed:
            self._loop.remove_reader(link)
            return
        if reply.number == UNASKED:
            self._line.tell(Unheard(note=reply.message))
            return
        operation = self._opening.pop(reply.number, None)
        if not reply.code and operation in _OPENS:
            read, write = os.pipe2(os.O_CLOEXEC)
            self._hand_out(HandKey(), write)
            self._line.tell(Keys(), read)
            self._extensions.unlocked()
        self._line.tell(reply)

    def _hand_out(self, key: HandKey, pipe: int) -> None:
        """Has the vault write a key into a pipe, and closes that here."""
        try:
            if self._vault is not None:
                self._vault[1].send(key, pipe)
        except LinkClosed:
            pass  # it has just ended, which locks the wallet; the pipe stays empty
        finally:
            os.close(pipe)

    def _vault_ended(self, child: Running) -> None:
        """A vault that ends by itself locks the wallet: nobody can say why it did."""
        del child
        for number in self._opening:
            self._line.tell(
                Reply(number=number, code="unavailable", message="the vault ended; unlock the wallet again")
            )
        self._end_vault()
        self._lock("the vault ended")

    def _end_vault(self) -> None:
        self._opening.clear()
        if self._vault is not None:
            child, link = self._vault
            self._vault = None
            self._loop.remove_reader(link)
            link.close()
            self._endings.kill(child)

    # services of the terminal

    def _start_native(self, name: str) -> None:
        if name in self._natives:
            return
        service = name.removeprefix("native:")
        self._endings.begin(service)
        to_router, to_native = stream_pair()
        arguments = ["--home", str(self._place.home)] if name in _HOMED else []
        child = self._natives[name] = self._options.start(_NATIVES[name], arguments, {"--fd": to_native})
        to_native.close()
        self._endings.watch(child, lambda _: self._native_ended(name, service))
        self._line.tell(Connected(role=Role.NATIVE, name=name), to_router)

    def _native_ended(self, name: str, service: str) -> None:
        del self._natives[name]
        self._endings.note(service)
        self._line.tell(Ended(role=Role.NATIVE, name=name, reason=f"{service} ended"))

    # ends

    def _end_keyed(self) -> None:
        """Ends what may hold a key, the Router's line first: it is gone, or must not be told more."""
        self._router = None
        if self._line.link is not None:
            self._loop.remove_reader(self._line.link)
            self._line.link.close()
            self._line.link = None
        self._end_vault()
        self._fingers.end_all()
        self._extensions.stop_all()
        for child in (self._dialog, *self._natives.values()):
            if child is not None:
                self._endings.kill(child)
        self._dialog = None
        self._natives.clear()
        self._keyed = False
        self._session.keys_gone()

    def _end_all(self) -> None:
        self._endings.close()
        if self._router is not None:
            self._line.tell(LockNow(reason="the wallet ends"))
            self._endings.end(self._router)
        self._end_keyed()
        if self._archives is not None:
            self._archives.close()
        self._doors.close_all()
        self._session.end()

    def _is_superseded(self) -> bool:
        """Whether its code was replaced, and nothing that it does now would be cut off by its end."""
        is_at_work = (
            self._keyed or self._extensions.has_spares or (self._archives is not None and self._archives.is_busy)
        )
        return not is_at_work and self._code.was_replaced()

    async def _look_now_and_then(self) -> None:
        """Locks when the machine was asleep: then the clock that counts sleep is ahead of the one that does not.

        And ends a wallet that is locked when its code is replaced, where that cuts nothing off.
        """
        while True:
            before = _slept()
            await asyncio.sleep(_LOOK_S)
            if _slept() - before > _SUSPEND_SLACK_S:
                self._lock("the machine was suspended")
            if self._is_superseded():
                self.end(renewed=True)


async def supervise(place: Place, listener: socket.socket, options: Options) -> bool:
    """Runs a wallet until it is ended, or told to by a signal; whether it ended since its code was replaced."""
    supervisor = Supervisor(place, listener, options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.end)
    return await supervisor.run()


def _slept() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
