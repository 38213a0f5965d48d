"""Doors that do not stay open: opened again and again, later and later, and no more once the user has closed them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from etui.trusted.control import (
    Connected,
    DoorState,
    DoorSwitch,
    FromRouter,
    Link,
    LinkClosed,
    Namespace,
    Reply,
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
                try:
                    message, descriptor = self._link.receive()
                except LinkClosed:  # nothing is there yet
                    await asyncio.sleep(0.01)
                    continue
                if descriptor is not None:
                    socket.socket(fileno=descriptor).close()
                if wanted(message):
                    return message

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
