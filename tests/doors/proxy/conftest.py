"""A wallet with a token in it, and the service that knows it; both for all tests of a module."""

from collections.abc import Iterator

import pytest
from tests.doors.proxy.lent import lending
from tests.doors.proxy.service import Service

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
    with lending(running) as started:
        yield started
