"""A wallet with a card of a bank, and a terminal whose reader sees what the door presents."""
# ruff: noqa: ARG001  # fixtures that others have to come after

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doors.contactless.surroundings import must_have_reader
from tests.extensions.cards.bank import HOST, Bank
from tests.standards.payments.shop import Shop

from etui.interfaces import card_1 as card
from etui.testkit import TestAuthority, TestWallet
from etui.testkit.readers import apart, virtual_reader

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from bench.pcsc import Reader


@pytest.fixture
def alone() -> Iterator[None]:
    """A network of this test's own."""
    must_have_reader()
    with apart():
        yield


@pytest.fixture
def pcscd(alone: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The virtual reader."""
    with virtual_reader(tmp_path / "pcscd.log") as started:
        yield started


@pytest.fixture
def reader(pcscd: subprocess.Popen[bytes]) -> Iterator[Reader]:
    """The terminal's side of it."""
    from bench.pcsc import Reader  # noqa: PLC0415  # pyscard, once there is a reader

    opened = Reader()
    yield opened
    opened.close()


@pytest.fixture
def bank(alone: None, tmp_path: Path) -> Iterator[Bank]:
    """The issuer."""
    authority = TestAuthority(tmp_path)
    started = Bank(tmp_path, Shop().root.certificate, authority.context_for(HOST))
    started.vouched = authority.file.read_bytes()
    yield started
    started.close()


@pytest.fixture
def wallet(short_dir: Path, bank: Bank, pcscd: subprocess.Popen[bytes]) -> Iterator[TestWallet]:
    """A wallet whose contactless door is open, and that has a card."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    hosts = {HOST: bank.port}
    with TestWallet(folder, doors=("contactless",), hosts=hosts, authority=bank.vouched) as started:
        started.create()
        started.user.approves()
        with started.connect() as client:
            client.call(card.Activate(issuer=HOST, code=bank.enrol("000000001").encode()))
        yield started
