"""On which bus fprintd is asked."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from etui.trusted.control import FingerSaid, FingerState, FingerWanted, FromRouter, Link, ToRouter
from etui.trusted.supervisor import fingers
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import RouterLine


@pytest.mark.attack(289)
def test_the_environment_names_no_bus_but_in_a_test_profile(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/of/a/forger")
    usual = short_dir / "system_bus_socket"
    monkeypatch.setattr(fingers, "SYSTEM_SOCKET", usual)
    assert fingers.system_bus(test=False) == ""
    assert fingers.system_bus(test=True) == "unix:path=/of/a/forger"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(usual))
        assert fingers.system_bus(test=False) == f"unix:path={usual}"


def test_a_managed_wallet_asks_for_no_finger_and_says_why() -> None:
    ours, theirs = Link.pair()
    router: Link[FromRouter, ToRouter] = Link(theirs, ToRouter)

    async def ask() -> None:
        line = RouterLine(Link(ours, FromRouter))
        fingers.Fingers(Endings(), line, managed=True).take(FingerWanted(number=3))

    with ours, theirs:
        asyncio.run(ask())
        said, _ = router.receive()
    assert isinstance(said, FingerSaid)
    assert (said.number, said.state) == (3, FingerState.OVER)
    assert said.note == "this wallet runs as a user of its own, of whom fprintd knows no finger"


def test_the_usual_place_is_one_that_only_root_can_make() -> None:
    assert Path("/run/dbus/system_bus_socket") == fingers.SYSTEM_SOCKET
