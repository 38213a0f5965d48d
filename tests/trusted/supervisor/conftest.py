"""A wallet of real processes, made and unlocked, with something in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trusted.supervisor.processes import store

from etui.testkit import PrivateBus, TestWallet


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        store(running)
        yield running


@pytest.fixture
def open_wallet(short_dir: Path, session_bus: PrivateBus) -> Iterator[TestWallet]:
    """One whose door to the session bus is open, and whose session is watched."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with TestWallet(folder, doors=["secret-service"], environ=environ) as running:
        running.create()
        store(running)
        yield running
