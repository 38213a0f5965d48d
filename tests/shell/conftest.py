"""A Shell that serves a wallet, for the tests of a module; the command runs as a person starts it."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench import shells
from tests.shell.visitor import Visitor
from tests.trusted.router.browser_door import Wallet

from etui.testkit import TestWallet


@contextmanager
def shell_of(wallet: TestWallet | Wallet, number: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """The link of a Shell that is started for a wallet, and has no fault until the signal of this number ends it."""
    log = wallet.folder / "shell.log"
    with log.open("ab") as errors, shells.shell_of(wallet.environ, errors=errors, ends_by=number) as link:
        yield link
    assert "etui shell:" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as started:
        started.create()
        yield started
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def visitor(shared: TestWallet) -> Iterator[Visitor]:
    """Somebody who came in."""
    with shell_of(shared) as link:
        visitor = Visitor(link)
        shared.user.approves()
        assert visitor.enter().status == 303
        yield visitor


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    """The wallet of the module, unlocked, whose user says yes to whatever a test does not speak of."""
    shared.user.forgets()
    shared.user.approves()
    shared.unlock()
    return shared
