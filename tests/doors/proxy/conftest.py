"""A wallet with a token in it, and the service that knows it; both for all tests of a module."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doors.proxy.lent import keep
from tests.doors.proxy.service import NAME, OTHER, Service

from etui.testkit import TestWallet


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    started = Service(tmp_path_factory.mktemp("service"))
    yield started
    started.close()


@pytest.fixture
def service(running: Service) -> Service:
    running.asked.clear()
    running.gone.clear()
    return running


@pytest.fixture(scope="module")
def wallet(running: Service) -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="e"))
    hosts = {NAME: running.port, OTHER: running.port}
    try:
        with TestWallet(folder, hosts=hosts, authority=running.authority.file.read_bytes()) as started:
            started.create()
            started.user.approves()
            started.user.approves(remember="running", action_contains="in a")
            keep(started, "Token")
            yield started
    finally:
        shutil.rmtree(folder)
