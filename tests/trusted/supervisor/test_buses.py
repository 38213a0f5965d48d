"""Which message buses the watch over the session is given."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from etui.trusted.supervisor.session import Buses, buses_of

NOWHERE = Path("/nonexistent/socket")
_LOOK_AS_ANOTHER = """
import os, pathlib, sys
from etui.cli.command import name_session_bus
from etui.trusted.supervisor.session import buses_of
os.setresuid(65534, 65534, 65534)
closed = pathlib.Path(sys.argv[1])
os.environ = {"XDG_RUNTIME_DIR": str(closed)}
print(buses_of(os.environ, closed / "system"))
name_session_bus()
print(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
"""


def test_the_environment_names_them() -> None:
    environ = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/b"}
    assert buses_of(environ, NOWHERE) == Buses("unix:path=/a", "unix:path=/b")


def test_without_a_name_those_that_are_where_they_usually_are_count(short_dir: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(short_dir)}
    usual = short_dir / "system_bus_socket"
    assert buses_of(environ, usual) == Buses("", "")
    (short_dir / "bus").write_text("no socket")
    assert buses_of(environ, usual) == Buses("", "")
    (short_dir / "bus").unlink()
    with socket.socket(socket.AF_UNIX) as session, socket.socket(socket.AF_UNIX) as system:
        session.bind(str(short_dir / "bus"))
        system.bind(str(usual))
        assert buses_of(environ, usual) == Buses(f"unix:path={short_dir}/bus", f"unix:path={usual}")
        assert buses_of({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a"}, usual).session == "unix:path=/a"


def test_where_nothing_is_named_and_nothing_is_there_there_is_none() -> None:
    assert buses_of({}, NOWHERE) == Buses("", "")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_looked_into_has_none(short_dir: Path) -> None:
    (short_dir / "closed").mkdir(mode=0o700)
    command = [sys.executable, "-I", "-c", _LOOK_AS_ANOTHER, str(short_dir / "closed")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stderr == ""
    assert ran.stdout == "Buses(session='', system='')\nNone\n"
