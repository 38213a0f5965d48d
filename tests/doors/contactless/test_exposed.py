"""The door stays closed where the reader's port can be reached from outside."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from etui.doors.contactless.vpcd import PORT
from etui.testkit import TestWallet
from etui.testkit.readers import apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def outside() -> Iterator[None]:
    """A network that has an interface beside the loopback, and somebody who listens for cards on every address."""
    with apart():
        subprocess.run(["ip", "link", "add", "outside", "type", "veth", "peer", "inside"], check=True, timeout=30)
        with socket.create_server(("0.0.0.0", PORT)):  # as the virtual reader does
            yield


@pytest.mark.attack(141)
def test_a_port_that_is_reached_from_outside_keeps_the_door_closed_unless_its_user_vouches_for_it(
    outside: None, short_dir: Path
) -> None:
    del outside
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.approves()
        refused = wallet.etui("door", "enable", "contactless")
        assert refused.returncode != 0
        assert "can be reached from outside" in refused.stderr
        assert "firewall cannot be seen" in refused.stderr
    with TestWallet(folder, environ={"ETUI_VPCD_CLOSED": "1"}, doors=("contactless",)) as wallet:
        wallet.unlock()
        deadline = time.monotonic() + 30
        while "the wallet is in the virtual reader" not in (shown := wallet.etui("door", "list").stdout):
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)
