"""A wallet whose SSH agent is open, with a key in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.servers import Server, server

from etui.testkit import TestWallet


@pytest.fixture
def agent(short_dir: Path) -> Iterator[AgentWallet]:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, doors=["ssh-agent"], environ={"HOME": str(folder), "LANG": "C.UTF-8"}) as wallet:
        wallet.create()
        yield AgentWallet(wallet)


@pytest.fixture
def host(short_dir: Path) -> Iterator[Server]:
    with server(short_dir / "host") as started:
        yield started
