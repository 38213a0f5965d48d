"""On which bus fprintd is asked."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from etui.trusted.supervisor import fingers


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


def test_the_usual_place_is_one_that_only_root_can_make() -> None:
    assert Path("/run/dbus/system_bus_socket") == fingers.SYSTEM_SOCKET
