"""One wallet with a card, one Chromium that is paired with it, and two bare pages, for the tests of a module."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.cli.etui import done
from tests.doors.browser.pages import CHROMIUM, POPUP, chromium, served
from tests.extensions.cards.bank import HOST as BANK
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.testkit import TestAuthority, TestWallet


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A merchant for whom the bank's scheme vouches."""
    return Shop()


@pytest.fixture(scope="module")
def bank(folder: Path, shop: Shop) -> Iterator[Bank]:
    authority = TestAuthority(folder)
    started = Bank(folder, shop.root.certificate, authority.context_for(BANK))
    started.vouched = authority.file.read_bytes()
    yield started
    started.close()


@pytest.fixture(scope="module")
def shared(folder: Path, bank: Bank) -> Iterator[TestWallet]:
    """A wallet whose door for browsers is open, where Chromium finds it."""
    home = folder / "w"
    home.mkdir(mode=0o700)
    wallet = TestWallet(
        home, doors=["browser"], environ={"HOME": str(home)}, hosts={BANK: bank.port}, authority=bank.vouched
    )
    with wallet:
        wallet.create()
        wallet.user.approves()
        done(wallet, "card", "add", BANK, stdin=f"{bank.enrol('000000001')}\n")
        assert wallet.etui("browser", "install", "chromium").returncode == 0
        yield wallet


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the page is, at localhost and at 127.0.0.1: two origins."""
    with served() as number:
        yield number


@pytest.fixture(scope="module")
def net(folder: Path) -> Iterator[int]:
    """Where the page is under any name, with TLS."""
    with served(TestAuthority(folder).context_for("www.willow-bank.com")) as number:
        yield number


@pytest.fixture(scope="module")
def browser(shared: TestWallet) -> Iterator[BrowserContext]:
    """Chromium with the extension, paired."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("needs package chromium")
    with chromium(Path(shared.environ["HOME"]), shared.environ) as context:
        popup = context.new_page()
        popup.goto(POPUP)
        popup.get_by_role("button", name="Pair").click()
        popup.get_by_text("The wallet answers this browser").wait_for()
        popup.close()
        yield context


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    """The wallet of the module, unlocked, whose user says yes to whatever a test does not speak of."""
    shared.user.forgets()
    shared.user.approves()
    shared.unlock()
    return shared


@pytest.fixture
def stranger(browser: BrowserContext, wallet: TestWallet) -> Iterator[Page]:
    """A page of an origin that no other test has seen: a no to it is held against nobody else."""
    del wallet
    with served() as number:
        opened = browser.new_page()
        opened.goto(f"http://localhost:{number}/")
        yield opened
        opened.close()


@pytest.fixture
def page(browser: BrowserContext, wallet: TestWallet, port: int) -> Iterator[Page]:
    """A page at http://localhost."""
    del wallet
    opened = browser.new_page()
    opened.goto(f"http://localhost:{port}/")
    yield opened
    opened.close()
