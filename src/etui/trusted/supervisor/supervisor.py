"""Starts, watches and ends every process of the wallet; it owns the listening socket and never holds a key.

::

    none ──create──► unlocked ──lock──► locked ──unlock──► unlocked
                        │ the Router ends, for whatever reason
                        └──► vault, Extensions, dialog and egress end with it; Router and dialog start again, keyless

Rules:

1. The end of the Router is the lock: there is no state in which a process with a key outlives it.
2. The listening socket stays open through every lock, and so do the doors; each new Router is given the socket, and a
   fresh connection to each door.
3. A secret passes through here sealed or not at all: keys travel in pipes from the vault to where they are used.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.control import (
    Connected,
    DoorState,
    DoorSwitch,
    End,
    Ended,
    FromRouter,
    HandKey,
    Keys,
    Link,
    LinkClosed,
    Lock,
    LockNow,
    Reply,
    Role,
    Start,
    Stop,
    ToRouter,
    ToVault,
    VaultAsk,
    VaultOperation,
)
from etui.trusted.package import PackageError, installed_packages
from etui.trusted.sandbox import SandboxError
from etui.trusted.supervisor.backoff import BackOff
from etui.trusted.supervisor.children import Child
from etui.trusted.supervisor.confined import StartedExtension, start_extension
from etui.trusted.supervisor.doors import DoorManifest, known_doors
from etui.trusted.supervisor.settings import read_settings, write_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.protocol import Place

_GRACE_S: Final = 2.0
_SUSPEND_CHECK_S: Final = 5.0
_SUSPEND_SLACK_S: Final = 2.0
_DOOR_S: Final = 3.0
_DOOR_BYTES: Final = 4096
_OPENS: Final = {VaultOperation.CREATE, VaultOperation.OPEN, VaultOperation.RECOVER}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How this wallet was started. ``dialog``: the arguments that choose the dialog's face."""

    bubblewrap: str
    dialog: tuple[str, ...] = ()
    doors: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


class _Running:
    """A door's process: its channel, what it last said of itself, and who waits to hear that."""

    def __init__(self, child: Child, channel: socket.socket) -> None:
        self.child = child
        self.channel = channel
        self.open = False
        self.detail = ""
        self.replies: list[int] = []


class Supervisor:
    """One wallet's processes."""

    def __init__(self, place: Place, listener: socket.socket, options: Options) -> None:
        self._place = place
        self._listener = listener
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._router: tuple[Child, Link[ToRouter, FromRouter]] | None = None
        self._vault: tuple[Child, Link[ToVault, Reply]] | None = None
        self._dialog: Child | None = None
        self._egress: Child | None = None
        self._extensions: dict[str, StartedExtension] = {}
        self._doors: dict[str, _Running] = {}
        self._back_off: dict[str, BackOff] = {}
        self._opening: dict[int, VaultOperation] = {}
        self._known_doors = known_doors()
        self._log = os.dup(sys.stderr.fileno())

    async def run(self) -> None:
        """Starts everything and stays until the wallet is ended."""
        self._start_router()
        for name in self._options.doors if self._options.doors is not None else read_settings(self._place.home).doors:
            self._restart_door(name)
        watch = asyncio.ensure_future(self._lock_after_suspend())
        try:
            await self._ended
        finally:
            watch.cancel()
            self._end_all()

    def end(self) -> None:
        """Ends the wallet in order, as at SIGTERM."""
        if not self._ended.done():
            self._ended.set_result(None)

    # Router and dialog

    def _start_router(self) -> None:
        ours, theirs = Link.pair()
        link: Link[ToRouter, FromRouter] = Link(ours, FromRouter)
        child = Child(
            "etui.trusted.router",
            ["--home", str(self._place.home), *(text for note in self._options.notes for text in ("--note", note))],
            {"--control": theirs, "--listen": self._listener},
        )
        theirs.close()
        self._router = (child, link)
        self._loop.add_reader(link, self._hear_router)
        self._watch(child, self._router_ended)
        self._start_dialog()
        for name in self._doors:
            self._connect_door(name)
        for name in self._known_doors:
            self._tell_door(name)

    def _start_dialog(self) -> None:
        to_router, to_dialog = _stream_pair()
        self._dialog = Child("etui.trusted.dialog", list(self._options.dialog), {"--fd": to_dialog})
        to_dialog.close()
        self._watch(self._dialog, self._dialog_ended)
        self._tell(Connected(role=Role.DIALOG, name="dialog"), to_router)

    def _dialog_ended(self, child: Child) -> None:
        if child is not self._dialog:
            return
        child.kill()
        self._dialog = None
        self._tell(Ended(role=Role.DIALOG, name="dialog", reason="the Trusted Dialog ended"))
        self._again("dialog", self._start_dialog_if_none)

    def _start_dialog_if_none(self) -> None:
        if self._dialog is None and not self._ended.done():
            self._start_dialog()

    def _router_ended(self, child: Child) -> None:
        """The lock: everything that may hold a key ends, then Router and dialog start again."""
        if self._router is None or child is not self._router[0]:
            return
        self._loop.remove_reader(self._router[1])
        self._router[1].close()
        child.kill()
        self._router = None
        self._end_keyed()
        if not self._ended.done():
            self._again("router", self._start_router)

    def _again(self, name: str, start: Callable[[], None]) -> None:
        back_off = self._back_off.setdefault(name, BackOff())
        now = time.monotonic()
        back_off.ended(now)
        wait_s = back_off.wait_s(now)
        back_off.started(now + wait_s)
        if wait_s:
            self._loop.call_later(wait_s, start)
        else:
            start()

    # what the Router asks

    def _hear_router(self) -> None:
        if self._router is None:
            return
        try:
            message, _ = self._router[1].receive()
        except LinkClosed:
            self._loop.remove_reader(self._router[1])
            self._loop.call_later(_GRACE_S, self._router[0].kill)
            return
        match message:
            case Start():
                self._start(message)
            case Stop():
                self._stop_extension(message.name)
            case Lock():
                self._loop.call_later(_GRACE_S, self._kill_if_same, self._router[0])
            case DoorSwitch():
                self._switch_door(message)
            case VaultAsk():
                self._ask_vault(message)
            case End():
                self.end()

    def _kill_if_same(self, child: Child) -> None:
        if self._router is not None and self._router[0] is child:
            child.kill()
            self._router_ended(child)

    def _tell(self, message: ToRouter, sock: socket.socket | int | None = None) -> None:
        """Sends to the Router; the socket or descriptor is closed here afterwards."""
        descriptor = sock.fileno() if isinstance(sock, socket.socket) else sock
        with contextlib.suppress(LinkClosed):  # then the Router is ending, and its end is seen elsewhere
            if self._router is not None:
                self._router[1].send(message, descriptor)
        if isinstance(sock, socket.socket):
            sock.close()
        elif sock is not None:
            os.close(sock)

    # vault

    def _ask_vault(self, ask: VaultAsk) -> None:
        if self._vault is None:
            ours, theirs = Link.pair()
            link: Link[ToVault, Reply] = Link(ours, Reply)
            child = Child("etui.trusted.vault", ["--directory", str(self._place.home / "vault")], {"--fd": theirs})
            theirs.close()
            self._vault = (child, link)
            self._loop.add_reader(link, self._hear_vault)
            self._watch(child, self._vault_ended)
        self._opening[ask.number] = ask.operation
        try:
            self._vault[1].send(ask)
        except LinkClosed as error:
            self._tell(Reply(number=ask.number, code="unavailable", message=str(error)))

    def _hear_vault(self) -> None:
        if self._vault is None:
            return
        try:
            reply, _ = self._vault[1].receive()
        except LinkClosed:
            self._loop.remove_reader(self._vault[1])
            return
        operation = self._opening.pop(reply.number, None)
        if not reply.code and operation in _OPENS:
            read, write = os.pipe2(os.O_CLOEXEC)
            self._vault[1].send(HandKey(), write)
            os.close(write)
            self._tell(Keys(), read)
        self._tell(reply)

    def _vault_ended(self, child: Child) -> None:
        """A vault that ends by itself locks the wallet: nobody can say why it did."""
        if self._vault is None or child is not self._vault[0]:
            return
        for number in self._opening:
            self._tell(Reply(number=number, code="unavailable", message="the vault ended; unlock the wallet again"))
        self._opening.clear()
        self._end_vault()
        self._tell(LockNow(reason="the vault ended"))

    def _end_vault(self) -> None:
        if self._vault is not None:
            child, link = self._vault
            self._vault = None
            self._loop.remove_reader(link)
            link.close()
            self._unwatch(child)
            child.kill()

    # Extensions and egress

    def _start(self, message: Start) -> None:
        reason = ""
        try:
            if message.role is Role.EGRESS:
                self._start_egress()
            else:
                self._start_extension(message.name)
        except (SandboxError, PackageError, OSError) as error:
            reason = str(error)
        code = "unavailable" if reason else ""
        self._tell(Reply(number=message.number, code=code, message=reason))

    def _start_extension(self, name: str) -> None:
        if name in self._extensions:
            self._stop_extension(name)
        packages = {package.principal: package for package in installed_packages(self._place.home)}
        package = packages.get(name)
        if package is None:
            msg = f"{name} is not installed"
            raise OSError(msg)
        now = time.monotonic()
        back_off = self._back_off.setdefault(name, BackOff())
        wait_s = back_off.wait_s(now)
        if wait_s:
            msg = f"{name} ended early several times; it is started again in {wait_s:.0f} s"
            raise OSError(msg)
        back_off.started(now)
        bubblewrap = Path(self._options.bubblewrap)
        started = start_extension(package, bubblewrap=bubblewrap, home=self._place.home, log=self._log)
        self._extensions[name] = started
        self._loop.add_reader(started.process.fileno(), self._extension_ended, name, started)
        if self._vault is not None:
            with contextlib.suppress(LinkClosed):
                publisher = package.manifest.publisher
                self._vault[1].send(HandKey(installation=package.installation, publisher=publisher), started.key_pipe)
        os.close(started.key_pipe)
        self._tell(Connected(role=Role.EXTENSION, name=name), started.connection)

    def _extension_ended(self, name: str, started: StartedExtension) -> None:
        self._loop.remove_reader(started.process.fileno())
        status = started.process.wait(_GRACE_S)
        started.process.close()
        if self._extensions.get(name) is started:
            del self._extensions[name]
            self._back_off.setdefault(name, BackOff()).ended(time.monotonic())
            self._tell(Ended(role=Role.EXTENSION, name=name, reason=f"it ended with status {status}"))

    def _stop_extension(self, name: str) -> None:
        started = self._extensions.pop(name, None)
        if started is not None:
            self._loop.remove_reader(started.process.fileno())
            started.process.kill()
            started.process.wait(_GRACE_S)
            started.process.close()

    def _start_egress(self) -> None:
        if self._egress is not None:
            return
        to_router, to_egress = _stream_pair()
        self._egress = Child("etui.trusted.native.egress", ["--home", str(self._place.home)], {"--fd": to_egress})
        to_egress.close()
        self._watch(self._egress, self._egress_ended)
        self._tell(Connected(role=Role.EGRESS, name="native:egress"), to_router)

    def _egress_ended(self, child: Child) -> None:
        if child is self._egress:
            child.kill()
            self._egress = None
            self._tell(Ended(role=Role.EGRESS, name="native:egress", reason="egress ended"))

    # doors

    def _switch_door(self, message: DoorSwitch) -> None:
        door = self._known_doors.get(message.name)
        if door is None:
            known = ", ".join(self._known_doors) or "none"
            text = f"there is no door {message.name!r}; those that there are: {known}"
            self._tell(Reply(number=message.number, code="unknown_door", message=text))
            return
        settings = read_settings(self._place.home)
        doors = {*settings.doors, door.name} if message.enabled else set(settings.doors) - {door.name}
        write_settings(self._place.home, msgspec.structs.replace(settings, doors=tuple(sorted(doors))))
        if not message.enabled:
            self._end_door(door.name)
            self._tell(Reply(number=message.number, message=f"{door.title} is closed"))
            return
        problem = self._start_door(door.name)
        running = self._doors.get(door.name)
        if running is None or running.detail:
            self._tell(Reply(number=message.number, message=problem or (running.detail if running is not None else "")))
            return
        running.replies.append(message.number)
        self._loop.call_later(_DOOR_S, self._answer_switch, running)

    def _start_door(self, name: str) -> str:
        """Starts a door; why it stays off where it does."""
        door = self._known_doors.get(name)
        if door is None or name in self._doors:
            return "" if door is not None else f"there is no door {name!r}"
        missing = _missing(door)
        if missing:
            return missing
        ours, theirs = _stream_pair()
        child = Child(door.module, [], {"--fd": theirs})
        theirs.close()
        running = self._doors[name] = _Running(child, ours)
        ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._loop.add_reader(ours.fileno(), self._hear_door, name, running)
        self._watch(child, lambda ended: self._door_ended(name, ended))
        self._connect_door(name)
        return ""

    def _restart_door(self, name: str) -> None:
        problem = self._start_door(name)
        if problem:
            sys.stderr.write(problem + "\n")

    def _hear_door(self, name: str, running: _Running) -> None:
        """A door says whether it has the name by which it is found, or who has it: ``N``, or ``H`` and who."""
        try:
            text = running.channel.recv(_DOOR_BYTES)
        except (BlockingIOError, ConnectionError):
            return
        if not text:
            self._loop.remove_reader(running.channel.fileno())
            return
        last = text.decode("utf-8", "replace").splitlines()[-1]
        running.open = last.startswith("N")
        running.detail = "it is open" if running.open else f"it waits, since this is served by {last[1:]}"
        self._tell_door(name)
        self._answer_switch(running)

    def _answer_switch(self, running: _Running) -> None:
        for number in running.replies:
            self._tell(Reply(number=number, message=running.detail or "it is starting"))
        running.replies.clear()

    def _tell_door(self, name: str) -> None:
        """Tells the Router how a door stands."""
        door, running = self._known_doors[name], self._doors.get(name)
        state = "off" if running is None else "open" if running.open else "waiting"
        detail = running.detail if running is not None else _missing(door)
        self._tell(DoorState(name=name, title=door.title, enabled=running is not None, state=state, detail=detail))

    def _connect_door(self, name: str) -> None:
        """Gives a door a new connection to the Router, and the Router its other end."""
        running = self._doors.get(name)
        if running is None or self._router is None:
            return
        to_router, to_door = _stream_pair()
        with contextlib.suppress(OSError):  # a door that has just ended is seen elsewhere
            socket.send_fds(running.channel, [b"R"], [to_door.fileno()])
        to_door.close()
        self._tell(Connected(role=Role.DOOR, name=name), to_router)

    def _door_ended(self, name: str, child: Child) -> None:
        running = self._doors.get(name)
        if running is None or running.child is not child:
            return
        self._end_door(name)
        self._tell(Ended(role=Role.DOOR, name=name, reason=f"the door ended with status {child.status}"))
        if not self._ended.done():
            self._again(f"door:{name}", lambda: self._restart_door(name))

    def _end_door(self, name: str) -> None:
        running = self._doors.pop(name, None)
        if running is not None:
            self._unwatch(running.child)
            self._loop.remove_reader(running.channel.fileno())
            running.channel.close()
            running.child.end()
            self._tell_door(name)
            self._answer_switch(running)

    # ends

    def _end_keyed(self) -> None:
        self._end_vault()
        for name in list(self._extensions):
            self._stop_extension(name)
        for child in (self._dialog, self._egress):
            if child is not None:
                self._unwatch(child)
                child.kill()
        self._dialog = self._egress = None
        self._opening.clear()

    def _end_all(self) -> None:
        if self._router is not None:
            child, link = self._router
            self._router = None
            self._unwatch(child)
            self._loop.remove_reader(link)
            with contextlib.suppress(LinkClosed):
                link.send(LockNow(reason="the wallet ends"))
            link.close()
            child.end()
        for name in list(self._doors):
            self._end_door(name)
        self._end_keyed()

    def _watch(self, child: Child, ended: Callable[[Child], None]) -> None:
        self._loop.add_reader(child.pidfd, self._seen_ended, child, ended)

    def _seen_ended(self, child: Child, ended: Callable[[Child], None]) -> None:
        self._unwatch(child)
        ended(child)

    def _unwatch(self, child: Child) -> None:
        if child.pidfd >= 0:
            self._loop.remove_reader(child.pidfd)

    async def _lock_after_suspend(self) -> None:
        """Locks when the machine was asleep: then the clock that counts sleep is ahead of the one that does not."""
        while True:
            before = _slept()
            await asyncio.sleep(_SUSPEND_CHECK_S)
            if _slept() - before > _SUSPEND_SLACK_S:
                self._tell(LockNow(reason="the machine was suspended"))


def _slept() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def _missing(door: DoorManifest) -> str:
    missing = [variable for variable in door.needs if not os.environ.get(variable)]
    return f"the door {door.name} is off: {door.missing or 'missing ' + missing[0]}" if missing else ""


def _stream_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
