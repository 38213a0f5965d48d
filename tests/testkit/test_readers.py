"""A network of one's own, with the loopback alone and no pcscd: for an ordinary user, and for root there and back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from etui.testkit.readers import apart

_ORDINARY = 65534
_LOOKS = """
import os, socket
from pathlib import Path
from etui.testkit.readers import go_apart
before = os.getuid()
go_apart()
assert os.getuid() == before
print([name for _, name in socket.if_nameindex()], os.listdir("/run/pcscd"))
with socket.create_server(("127.0.0.1", 0)) as listener:
    socket.create_connection(listener.getsockname(), 5).close()
"""


def interfaces() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


def test_an_ordinary_user_goes_apart_and_stays_that_user() -> None:
    user = _ORDINARY if os.geteuid() == 0 else None
    path = os.pathsep.join(filter(None, sys.path))
    ran = subprocess.run(
        [sys.executable, "-c", _LOOKS],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if "PermissionError" in ran.stderr or "No space left" in ran.stderr:
        pytest.skip("an ordinary user may have no namespaces here")
    assert ran.stdout == "['lo'] []\n", ran.stderr


def test_root_goes_apart_and_comes_back() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root comes back")
    before, where = interfaces(), Path.cwd()
    with apart():
        assert interfaces() == {"lo"}
        assert list(Path("/run/pcscd").iterdir()) == []
    assert (interfaces(), Path.cwd()) == (before, where)
