"""Books on three nodes of PostgreSQL, whose primary is killed while people pay."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.postgres import server_user
from deploy.three_nodes import PORTS, Node, Nodes, NodesError, missing_package, running
from tests.counterparts.merchant.test_kills import Town, strike
from tests.counterparts.trade import Trade
from tests.long_run import LongRun
from tests.ports import HeldPort

KILLS = 4
_FAIL_OVER_S = 240.0
_ALONE_S = 1.0
"""For so long people try to pay at a primary that nobody follows."""


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """Three nodes that run, by somebody who is not root."""
    if package := missing_package():
        pytest.skip(f"needs package {package}")
    folder = Path(tempfile.mkdtemp(prefix="etui-nodes-", dir="/tmp"))  # theirs, and a socket's path has to be short
    folder.chmod(0o755)
    ports = [HeldPort() for _ in range(PORTS)]
    user = server_user() if os.geteuid() == 0 else None
    try:
        with running(folder / "nodes", [port.number for port in ports], user) as started:
            yield started
    finally:
        for port in ports:
            port.release()
        shutil.rmtree(folder)


@contextlib.contextmanager
def nothing_received(nodes: list[Node]) -> Iterator[None]:
    """Has nodes take nothing of what the primary writes, nor later what is on its way then, as where a cable is cut."""
    pids = [pid for node in nodes for pid in node._postgresql() if b"walreceiver" in command_line(pid)]
    assert len(pids) == len(nodes)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def fail_over(nodes: Nodes) -> None:
    """Kills the primary's whole node a moment after the others hear of nothing, and has it come back behind another."""
    nodes.wait_until_whole()
    killed = nodes.primary()
    assert killed is not None
    with nothing_received([node for node in nodes.nodes if node is not killed]):
        time.sleep(_ALONE_S)
        killed.kill()
    deadline = time.monotonic() + _FAIL_OVER_S
    while (now := nodes.primary()) is None or now is killed:
        assert time.monotonic() < deadline, nodes.members()
        time.sleep(0.2)
    killed.start()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.attack(155)
def test_nothing_that_was_acknowledged_is_lost_or_doubled_when_the_primary_is_killed(
    nodes: Nodes, tmp_path: Path, chance: random.Random, long_run: LongRun
) -> None:
    with (
        Trade(tmp_path, lambda _: nodes.new_books()) as trade,
        Town(tmp_path, trade, nodes.new_books()) as town,
    ):
        strike(town, [lambda: fail_over(nodes)] * KILLS, chance)
    long_run.record("The primary of three nodes killed while people pay", KILLS, KILLS)


def test_nodes_are_not_run_by_root_and_want_a_port_for_each_part(tmp_path: Path) -> None:
    with pytest.raises(NodesError, match="12 ports"):
        Nodes(tmp_path, range(11))
    if os.geteuid() == 0:
        with pytest.raises(NodesError, match="root"):
            Nodes(tmp_path, range(PORTS))


def test_nodes_are_not_made_over_others(tmp_path: Path) -> None:
    (tmp_path / "books1").mkdir()
    with pytest.raises(NodesError, match="empty folder"):
        Nodes(tmp_path, range(PORTS), server_user())
