"""kill -9 of anybody in the middle of a purchase on the net: wallet, shop, acquirer and issuer agree, to the cent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Final, Self

import msgspec
import pytest
from sqlalchemy import func
from sqlalchemy import select as rows_of
from tests.cli.etui import ETUI, run
from tests.counterparts.merchant.test_shop import start_shop
from tests.counterparts.trade import SHOP as SELLER
from tests.counterparts.trade import Cable, Trade, end
from tests.extensions.cards.bank import BANK, HOST, Bank
from tests.ports import HeldPort
from tests.processes import pids_of
from tests.standards.payments.shop import SHOP, Shop
from tests.test_named_points import STRIKES_ON_ONE

from etui.counterparts import issuer
from etui.counterparts.acquirer.tables import TRANSACTIONS
from etui.counterparts.books import open_books, reading
from etui.counterparts.identity import Identity
from etui.counterparts.issuer.devices import card_number
from etui.counterparts.merchant import ledger
from etui.counterparts.merchant.tables import CHARGES
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.protocol import ProtocolError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.acquirer import RunningHost
    from tests.long_run import LongRun

    from etui.testkit import TestAuthority, TestWallet

ACCOUNT: Final = "000000001"
OPENING_MINOR: Final = 10_000_000
BOOK: Final = '{"goods": [{"id": "book"}]}'
_REQUEST_S: Final = 15
ATTEMPTS: Final = 3
"""At a strike: a purchase may be over before it falls."""
_WAIT_S: Final = 120.0
_SHORT_S: Final = 0.02
_CUT_S: Final = 0.5
_ROW: Final = "Somebody killed in the middle of a purchase on the net, by turns each of the nine"
_ENDED: Final = {"approved", "declined", "reversed"}
_AT_THE_SHOP: Final = {"approved": {"approved"}, "declined": {"declined", "reversed", ""}, "not_sent": {""}}
"""What may stand in the shop's books, by what stands in the wallet; nothing where it was not charged."""


class Victim(Enum):
    """Who is killed, those of the wallet by their modules.

    ``CABLE``: the line of acquirer and issuer, which is cut; ``LINE``: the one by which the Client reaches the shop.
    """

    CARD = "etui.extensions.issuer_card"
    MANAGER = "etui.extensions.cards"
    ROUTER = "etui.trusted.router"
    CLIENT = "Client"
    SHOP = "shop"
    ACQUIRER = "acquirer"
    ISSUER = "issuer"
    CABLE = "cable"
    LINE = "line"


AT_THE_CHARGE: Final = {Victim.MANAGER, Victim.ROUTER, Victim.CLIENT, Victim.CABLE, Victim.LINE}
"""Who is killed first while the shop charges, so that the wallet has to ask it what became of that."""


class Market:
    """A wallet with a card, the shop, and who stands behind both; what is killed comes back."""

    def __init__(self, folder: Path, wallet: TestWallet, bank: Bank, trade: Trade, authority: TestAuthority) -> None:
        self.wallet, self.trade, self._bank = wallet, trade, bank
        self._folder, self._authority = folder, authority
        self._address = f"sqlite:///{folder}/merchant.db"
        self._port = HeldPort()
        self._line = Cable(self._port.number)
        self._shop = self._open()
        self._books = open_books(self._address)
        self._environ = {**wallet.environ, "SSL_CERT_FILE": str(authority.file)}
        self._took_s = 0.0
        self.acknowledged: set[str] = set()
        """Orders of which the Client said that they are paid."""

    def buy(self) -> None:
        """Buys a book while nobody is harmed: that takes as long as strikes may fall later."""
        began = time.monotonic()
        with self.buying() as buying:
            self.ended(buying)
        self._took_s = time.monotonic() - began
        assert self.acknowledged

    @contextlib.contextmanager
    def buying(self) -> Iterator[subprocess.Popen[str]]:
        """Somebody buys a book by the command."""
        command = (*ETUI, "pay", f"https://localhost:{self._line.port}/orders", "--order", BOOK, "--json")
        with subprocess.Popen(
            command,
            env={**os.environ, **self._environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ended(self, buying: subprocess.Popen[str]) -> None:
        """Waits until the Client has ended, and takes note of what it acknowledged."""
        said, _ = buying.communicate(timeout=_WAIT_S)
        if buying.returncode == 0:
            paid = msgspec.json.decode(said)
            assert paid["outcome"] == "approved"
            self.acknowledged.add(paid["order"])

    def strike(self, victim: Victim, chance: random.Random, *, charged: bool) -> bool:
        """Kills somebody while a book is bought; whether that was under way.

        ``charged``: a moment after the shop begins to charge for it, else at any moment.
        """
        before = self._charges()
        with self.buying() as buying:
            if charged:
                until(lambda: self._charges() > before or buying.poll() is not None, "the shop charges nothing")
                time.sleep(chance.uniform(0, _SHORT_S))
            else:
                time.sleep(chance.uniform(0, self._took_s))
            fell = buying.poll() is None
            self._kill(victim, buying)
            self.ended(buying)
        self.comes_back()
        self.pending()
        return fell

    def comes_back(self) -> None:
        """Returns when the wallet serves payments, unlocked where that is needed."""

        def serves() -> bool:
            with contextlib.suppress(ProtocolError):
                self.wallet.unlock()
                with self.wallet.connect() as client:
                    client.call(payment.Find(limit=1), quiet=True)
                    return True
            return False

        until(serves, "the wallet does not come back")

    def renew(self) -> None:
        """Starts the wallet anew: its supervisor would have what is killed too often wait ever longer."""
        self.wallet.end()
        self.wallet.start()
        self.comes_back()

    def pending(self) -> int:
        """How much is pending yet, once the shop was asked about it by the command."""
        said = run("payments", "--json", environ=self._environ, timeout_s=_WAIT_S)
        assert said.returncode == 0, said.stderr
        return sum(one["attributes"]["state"] == "pending" for one in msgspec.json.decode(said.stdout))

    def agree(self) -> None:
        """Nothing is pending, and all four books say the same of each payment and of all together."""
        until(lambda: not self.pending(), "something stays pending")
        until(lambda: {*self._at_the_shop().values()} <= _ENDED, "the shop does not come to an end")
        self.trade.reconcile()
        charged, posted = self._at_the_shop(), self._at_the_acquirer()
        kept = self._in_the_wallet()
        for one in kept:
            digest = one.order.rpartition("#")[2]
            assert charged.pop(digest, "") in _AT_THE_SHOP[one.state], one
            is_approved = one.state == "approved"
            assert posted.pop(digest[:12].upper(), 0) == (one.amount if is_approved else 0), one
            assert is_approved == (one.receipt is not None)
        assert not charged, "the wallet knows nothing of these"
        assert not posted, "the wallet knows nothing of these"
        approved = {one.order for one in kept if one.state == "approved"}
        assert self.acknowledged < approved, "the shop was asked about none"
        spent = sum(one.amount for one in kept if one.order in approved)
        left = issuer.find(self._bank.engine, card_number(BANK, ACCOUNT)).balance_minor
        moved = ledger.moved(self._books, SELLER.merchant).get("EUR", 0)
        assert spent == moved == self.trade.owed()["978"] == OPENING_MINOR - left, Counter(one.state for one in kept)

    def _in_the_wallet(self) -> list[payment.ShowResult]:
        with self.wallet.connect() as client:
            return [client.call(payment.Show(payment=one.item)) for one in client.call(payment.Find()).payments]

    def _at_the_shop(self) -> dict[str, str]:
        """The states of its charges, by the first 16 digits of their requests."""
        with reading(self._books) as connection:
            rows = connection.execute(rows_of(CHARGES.c.request, CHARGES.c.state)).all()
        return {request[:16]: state for request, state in rows}

    def _at_the_acquirer(self) -> dict[str, int]:
        """What counts of its transactions, by their retrieval reference numbers."""
        with reading(self.trade.engine) as connection:
            asked = rows_of(TRANSACTIONS.c.rrn, func.sum(TRANSACTIONS.c.posted_minor)).group_by(TRANSACTIONS.c.rrn)
            return {rrn: int(posted) for rrn, posted in connection.execute(asked)}

    def _charges(self) -> int:
        with reading(self._books) as connection:
            return int(connection.execute(rows_of(func.count()).select_from(CHARGES)).scalar_one())

    def _kill(self, victim: Victim, buying: subprocess.Popen[str]) -> None:
        match victim:
            case Victim.CLIENT:
                buying.kill()
            case Victim.SHOP:
                self._shop.kill()
                assert self._shop.process.stdout is not None
                self._shop.process.stdout.close()
                self._shop = self._open()
            case Victim.ACQUIRER:
                self.trade.kill_acquirer()
            case Victim.ISSUER:
                self.trade.kill_issuer()
            case Victim.CABLE | Victim.LINE:
                cable = self._line if victim is Victim.LINE else self.trade.cable
                cable.cut()
                time.sleep(_CUT_S)
                cable.mend()
            case Victim.CARD | Victim.MANAGER | Victim.ROUTER:
                module = victim.value
                until(lambda: pids_of(self.wallet.pid, module) or buying.poll() is not None, f"nothing runs {module}")
                for pid in pids_of(self.wallet.pid, module):
                    with contextlib.suppress(ProcessLookupError):  # it ended with the one before, which confines it
                        os.kill(pid, signal.SIGKILL)

    def _open(self) -> RunningHost:
        where = self._folder, self.trade.acquirer.port, self._address, self._authority, self._port.number
        return start_shop(*where, request_s=_REQUEST_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._shop)
        self._line.remove()
        self._port.release()
        self._books.dispose()


def until(condition: Callable[[], object], what: str) -> None:
    """Returns when it holds; fails where it takes too long."""
    deadline = time.monotonic() + _WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def market(tmp_path: Path, wallet: TestWallet, bank: Bank, shop: Shop, authority: TestAuthority) -> Iterator[Market]:
    """All four, each of them real; the wallet's user says yes."""
    acquirer = shop.root.acquirer(SHOP.acquirer_name, SHOP.acquirer)
    Identity.new(lambda key: acquirer.merchant(SHOP, key)).save(tmp_path / "shop")
    authority.context_for("localhost")
    wallet.user.approves()
    code = bank.enrol(ACCOUNT, balance=OPENING_MINOR).encode()
    with wallet.connect() as client:
        client.call(card.Activate(issuer=HOST, code=code))
    with Trade(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db", cards=0) as trade:
        assert trade.issuer_engine.url == bank.engine.url
        with Market(tmp_path, wallet, bank, trade, authority) as opened:
            for _ in range(2):  # the first one starts what it needs, and takes longer
                opened.buy()
            yield opened


@pytest.mark.attack(157)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("strikes", [len(Victim), pytest.param(90, marks=pytest.mark.long)])
def test_a_purchase_ends_alike_in_all_four_books_whoever_is_killed(
    market: Market, chance: random.Random, long_run: LongRun, strikes: int
) -> None:
    fell = 0
    victims: list[Victim] = []
    for number in range(strikes):
        if not victims:
            victims = chance.sample(list(Victim), len(Victim))
            if number and number % (len(Victim) * STRIKES_ON_ONE) == 0:
                market.renew()
        victim, charged = victims.pop(), chance.choice((True, False))
        charged = victim in AT_THE_CHARGE if number < len(Victim) else charged
        fell += any(market.strike(victim, chance, charged=charged) for _ in range(ATTEMPTS))
    market.agree()
    assert fell > strikes // 2
    long_run.record(_ROW, fell, strikes)
