"""Shop, acquirer and issuer are killed, and their lines cut, while people pay: no money is lost, none is paid twice."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

import pytest
from bench.acquirer import RunningHost
from sqlalchemy import Engine
from sqlalchemy import select as rows_of
from tests.counterparts.merchant.device import pays
from tests.counterparts.merchant.test_shop import Web, start_shop
from tests.counterparts.trade import SHOP, Cable, Trade, end
from tests.ports import HeldPort

from etui.counterparts.books import open_books, reading
from etui.counterparts.merchant import ledger
from etui.counterparts.merchant.tables import CHARGES
from etui.testkit import TestAuthority

_Answer = TypeVar("_Answer")
_CARDS: Final = 4
_WAIT_S: Final = 120
_ENDED: Final = {"approved", "declined", "reversed"}


class Town:
    """A trade with an open shop, whose line to the acquirer can be cut too. ``address``: of the shop's books."""

    def __init__(self, folder: Path, trade: Trade, address: str) -> None:
        self.trade = trade
        self._folder = folder
        self._address = address
        self._authority = TestAuthority(folder)
        self.cable = Cable(trade.acquirer.port)
        self._port = HeldPort()
        self.shop = self._start()
        self.web = Web(self.shop.port, self._authority.file)
        self.engine: Engine = open_books(self._address)

    def kill_shop(self) -> None:
        self.shop.kill()
        if self.shop.process.stdout is not None:
            self.shop.process.stdout.close()
        self.shop = self._start()

    def _start(self) -> RunningHost:
        return start_shop(self._folder, self.cable.port, self._address, self._authority, self._port.number)

    def cut(self, cable: Cable) -> None:
        cable.cut()
        time.sleep(0.2)
        cable.mend()

    def hush(self, cable: Cable) -> None:
        cable.deafen()
        time.sleep(0.5)
        cable.mend()

    def states(self) -> list[str]:
        with reading(self.engine) as connection:
            return list(connection.execute(rows_of(CHARGES.c.state)).scalars())

    def agree(self) -> None:
        """All three books say the same, once nothing is under way."""
        deadline = time.monotonic() + _WAIT_S
        while not set(self.states()) <= _ENDED:
            assert time.monotonic() < deadline, Counter(self.states())
            time.sleep(0.1)
        self.trade.reconcile()
        moved = ledger.moved(self.engine, SHOP.merchant).get("EUR", 0)
        assert self.trade.owed().get("978", 0) == moved
        assert sum(1_000_000 - self.trade.balance(number) for number in range(_CARDS)) == moved

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.shop)
        self.cable.remove()
        self._port.release()
        self.engine.dispose()


class Buyer(threading.Thread):
    """Buys a book after the other with one card, and asks again where it was not answered."""

    def __init__(self, town: Town, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._town, self._number, self._stop_now = town, number, stop
        self.told: dict[str, str] = {}
        self.failed: list[str] = []

    def run(self) -> None:
        atc = 0
        while not self._stop_now.is_set():
            order, request = self._until(lambda: self._town.web.order(("book", 1)))
            atc += 1
            credential = pays(request, self._number, atc)

            def pay(order: str = order, credential: str = credential) -> str | None:
                status, said = self._town.web.post(f"/orders/{order}/payment", {"credential": credential})
                return said["outcome"] if status == 200 else None

            first = self._until(pay)
            if (again := self._until(pay)) != first:
                self.failed.append(f"{order}: {first}, then {again}")
            self.told[order] = first

    def _until(self, step: Callable[[], _Answer | None]) -> _Answer:
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError, ValueError):
                if (answer := step()) is not None:
                    return answer
            time.sleep(0.02)
        raise TimeoutError("the shop does not answer any more")


@pytest.mark.attack(143)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.long)])
def test_no_money_is_lost_or_doubled_whatever_is_killed_or_cut(
    trade: Trade, books: Engine, tmp_path: Path, chance: random.Random, rounds: int
) -> None:
    with Town(tmp_path, trade, books.url.render_as_string(hide_password=False)) as town:
        blows: list[Callable[[], None]] = [
            town.kill_shop,
            trade.kill_acquirer,
            trade.kill_issuer,
            lambda: town.cut(town.cable),
            lambda: town.cut(trade.cable),
            lambda: town.hush(town.cable),
            lambda: town.hush(trade.cable),
        ]
        strike(town, blows * rounds, chance)


def goes_on(buyers: list[Buyer]) -> None:
    """Waits until somebody has bought something more."""
    before = sum(list(buyer.told.values()).count("approved") for buyer in buyers)
    deadline = time.monotonic() + _WAIT_S
    while sum(list(buyer.told.values()).count("approved") for buyer in buyers) == before:
        assert time.monotonic() < deadline, [buyer.told for buyer in buyers]
        time.sleep(0.01)


def strike(town: Town, blows: Sequence[Callable[[], None]], chance: random.Random) -> None:
    """Strikes these blows in order, while people buy, and compares what they were told with what the books say."""
    stop = threading.Event()
    buyers = [Buyer(town, number, stop) for number in range(_CARDS)]
    for buyer in buyers:
        buyer.start()
    for blow in blows:
        goes_on(buyers)
        time.sleep(chance.uniform(0, 0.3))
        blow()
    goes_on(buyers)
    stop.set()
    for buyer in buyers:
        buyer.join(_WAIT_S)
        assert not buyer.is_alive()
        assert not buyer.failed
    town.agree()
    told = [outcome for buyer in buyers for outcome in buyer.told.values()]
    assert told.count("approved") == town.states().count("approved") > len(blows), Counter(told)
