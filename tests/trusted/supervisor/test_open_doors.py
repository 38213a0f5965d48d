"""Doors that do not stay open: opened again and again, later and later, and no more once the user has closed them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.fuzz.router_here import RouterHere

from etui.protocol import find_place
from etui.trusted.control import (
    Connected,
    DoorState,
    DoorSwitch,
    FromRouter,
    Link,
    LinkClosed,
    Namespace,
    Reply,
    Role,
    ToRouter,
)
from etui.trusted.supervisor import doors as brought
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import RouterLine
from etui.trusted.supervisor.open_doors import OpenDoors
from etui.trusted.supervisor.settings import read_settings

DOOR = "secret-service"
WAIT_S = 60.0


class RouterEnd:
    """The Router's end of the line: what it is told, in order."""

    def __init__(self, line: RouterLine) -> None:
        ours, theirs = Link.pair()
        line.link = Link(ours, FromRouter)
        theirs.settimeout(0)
        self._link: Link[FromRouter, ToRouter] = Link(theirs, ToRouter)

    async def told(self, wanted: Callable[[ToRouter], bool]) -> ToRouter:
        """The next message that is wanted, waited for."""
        async with asyncio.timeout(WAIT_S):
            while True:
                message, sock = await self._next()
                if sock is not None:
                    sock.close()
                if wanted(message):
                    return message

    async def connected(self) -> socket.socket:
        """The next connection that a door is given: the Router's end of it."""
        async with asyncio.timeout(WAIT_S):
            while True:
                message, sock = await self._next()
                if isinstance(message, Connected) and sock is not None:
                    return sock

    async def _next(self) -> tuple[ToRouter, socket.socket | None]:
        while True:
            try:
                message, descriptor = self._link.receive()
            except LinkClosed:  # nothing is there yet
                await asyncio.sleep(0.01)
                continue
            return message, None if descriptor is None else socket.socket(fileno=descriptor)

    def close(self) -> None:
        self._link.close()


def state_of(message: ToRouter) -> tuple[bool, str] | None:
    return (message.enabled, message.state) if isinstance(message, DoorState) else None


def test_a_door_that_was_closed_while_it_waited_to_be_opened_again_stays_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The bus that it needs is not there, so that it ends as often as it is started."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")

    async def test() -> None:
        line, endings = RouterLine(), Endings()
        router = RouterEnd(line)
        doors = OpenDoors(tmp_path, endings, line)
        doors.switch(DoorSwitch(number=1, name=DOOR, enabled=True))
        assert read_settings(tmp_path).doors == (DOOR,)
        due, off = 0.0, None
        while due <= asyncio.get_running_loop().time():
            off = await router.told(lambda message: state_of(message) == (True, "off"))
            due = max((start.when() for start in endings._due.values()), default=0.0)
        assert isinstance(off, DoorState)
        assert off.detail.startswith("the session bus cannot be reached: ")
        said = capfd.readouterr().err
        assert said.count("the door secret-service is off: the session bus cannot be reached: ") == 1, said
        doors.switch(DoorSwitch(number=2, name=DOOR, enabled=False))
        await router.told(lambda message: state_of(message) == (False, "off"))
        await router.told(lambda message: isinstance(message, Reply) and message.number == 2)
        assert read_settings(tmp_path).doors == ()
        passed = asyncio.Event()
        asyncio.get_running_loop().call_at(due + 0.01, passed.set)
        await passed.wait()
        assert doors._open == {}
        doors.close_all()
        endings.close()
        router.close()
        assert line.link is not None
        line.link.close()

    asyncio.run(test())


MANIFEST = 'name = "NAME"\ntitle = "A door"\nmodule = "etui.doors.ssh_agent"\n'


def test_the_router_is_told_of_each_door_which_namespace_is_assigned_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, line in (("pages", 'asserts = "web"\n'), ("plain", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "door.toml").write_text(MANIFEST.replace("NAME", name) + line, encoding="utf-8")
    monkeypatch.setattr(brought, "DOORS", tmp_path)

    async def test() -> None:
        line, endings = RouterLine(), Endings()
        router = RouterEnd(line)
        doors = OpenDoors(tmp_path, endings, line)
        doors.open_all(("pages", "plain"))
        for name, namespace in (("pages", Namespace.WEB), ("plain", None)):
            connected = await router.told(lambda message: isinstance(message, Connected))
            assert isinstance(connected, Connected)
            assert (connected.name, connected.asserts) == (name, namespace)
        doors.close_all()
        endings.close()
        router.close()
        assert line.link is not None
        line.link.close()

    asyncio.run(test())


def test_a_door_is_assigned_no_namespace_that_there_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "door").mkdir()
    (tmp_path / "door" / "door.toml").write_text(MANIFEST + 'asserts = "app"\n', encoding="utf-8")
    monkeypatch.setattr(brought, "DOORS", tmp_path)
    with pytest.raises(msgspec.ValidationError, match="asserts"):
        brought.known_doors()


class Between:
    """Between a door and a Router: hands on what both say, and puts lines of its own on the way to the Router."""

    def __init__(self, door: socket.socket, router: socket.socket) -> None:
        self._ends = (door, router)
        self._to_router: asyncio.StreamWriter

    async def begin(self) -> asyncio.Future[tuple[None, None]]:
        """Hands on until both have ended."""
        (heard, to_door), (said, self._to_router) = [await asyncio.open_unix_connection(sock=one) for one in self._ends]
        return asyncio.gather(self._hand_on(heard, self._to_router), self._hand_on(said, to_door))

    @staticmethod
    async def _hand_on(heard: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await heard.read(1 << 16):
            to.write(data)
        to.close()

    def say(self, lines: bytes) -> None:
        self._to_router.write(lines)


@pytest.mark.attack(208)
def test_a_door_on_which_its_router_hangs_up_ends_itself_with_the_reason_and_is_opened_anew(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ETUI_HOME", str(short_dir / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_dir))
    find_place(os.environ, os.getuid()).runtime.mkdir(parents=True)

    async def test() -> None:
        line, endings = RouterLine(), Endings()
        told = RouterEnd(line)
        here = RouterHere(short_dir)
        await here.begin()
        doors = OpenDoors(short_dir / "home", endings, line)
        doors.open_all(("browser",))
        router = await here.connect(Role.DOOR, "browser", Namespace.WEB)
        between = Between(await told.connected(), router)
        handing = await between.begin()
        async with asyncio.timeout(WAIT_S):
            while not any(connection.topics for connection in here.router.connections):  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
        between.say(b"this is no message\n" * 20)
        off = await told.told(lambda message: state_of(message) == (True, "off"))
        assert isinstance(off, DoorState)
        assert off.detail.startswith("the Router could not read a request")
        assert "the door browser is off: the Router could not read a request" in capfd.readouterr().err
        (await told.connected()).close()  # the next process is given one
        await handing
        doors.close_all()
        endings.close()
        await here.end()
        told.close()
        assert line.link is not None
        line.link.close()

    asyncio.run(test())
