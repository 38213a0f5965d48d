"""A real issuer's host, and terminals over books of their own that ask it without an acquirer between.

All of them once on SQLite, and once on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from bench.acquirer import RunningHost, pan, profile, running_host
from bench.postgres import Cluster
from sqlalchemy import Engine
from tests.counterparts.pos.driving import terminal
from tests.counterparts.pos.emulator import Emulator

from etui.counterparts import issuer
from etui.counterparts.books import open_books
from etui.counterparts.lines import Line
from etui.counterparts.pos.reader import CallableReader, Transmit
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.settlement import Settlement
from etui.counterparts.pos.store import Store
from etui.counterparts.pos.terminal import PointOfSale

OPENING: Final = 1_000_000
_CARDS: Final = 128


class Screen:
    """What a terminal says, and what who pays answers."""

    def __init__(self, *, yes: bool = True) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self._yes = yes

    def say(self, text: str) -> None:
        self.said.append(text)

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self._yes


class Bank:
    """The issuer: its host, and its books."""

    def __init__(self, host: RunningHost, engine: Engine) -> None:
        self.port = host.port
        self._engine = engine
        self._numbers = itertools.count()

    def card(self, **settings: object) -> Emulator:
        """A card that nobody has used yet."""
        return Emulator(number=next(self._numbers), **settings)

    def spent(self, card: Emulator) -> int:
        """What was taken from a card."""
        return OPENING - issuer.find(self._engine, pan(card.settings.number)).balance_minor

    def held(self, card: Emulator) -> int:
        """What is held of it."""
        return issuer.find(self._engine, pan(card.settings.number)).held_minor


class Shop:
    """A terminal. ``address``: of its books; ``port``: of whom it asks."""

    def __init__(self, bank: Bank, address: str, card: Emulator, port: int | None = None, *, yes: bool = True) -> None:
        self.bank = bank
        self.card = card
        self.address = address
        self.engine = open_books(address)
        self.terminal = terminal()
        self.store = Store(self.engine, self.terminal)
        self.screen = Screen(yes=yes)
        self._port = bank.port if port is None else port
        self._taps = 0
        self.line = Line

    def _present(self) -> Transmit | None:
        self._taps += 1
        return self.card.present() if self._taps <= 3 else None

    def do(self, work: Any) -> Any:  # noqa: ANN401  # whatever a scene returns
        """What ``work(point_of_sale)`` returns."""
        return asyncio.run(self._do(work))

    async def _do(self, work: Any) -> Any:  # noqa: ANN401  # as above
        line = self.line("127.0.0.1", self._port, answer_s=1.0)
        line.start()
        one = PointOfSale(
            self.terminal,
            "EUR",
            reader=CallableReader(self._present),
            line=line,
            store=self.store,
            display=self.screen,
        )
        try:
            return await work(one)
        finally:
            one.close()
            await line.close()

    def pay(self, amount_minor: int) -> Payment | None:
        """A payment at the till."""

        async def work(one: PointOfSale) -> Payment | None:
            return await one.pay(amount_minor, "Bread")

        payment: Payment | None = self.do(work)
        return payment

    def settle(self) -> int:
        """Tells the issuer what is to be told; how much is left."""

        async def work() -> int:
            line = Line("127.0.0.1", self.bank.port)
            line.start()
            try:
                return await Settlement(self.store, line, self.terminal).once()
            finally:
                await line.close()

        return asyncio.run(work())

    def reconcile(self) -> int:
        """Settles all, and compares books: what was taken, in minor units."""
        assert self.settle() == 0
        states = {one.state for one in self.store.payments()}
        assert states <= {State.APPROVED, State.SETTLED, State.DECLINED, State.REVERSED}
        counted = {State.APPROVED, State.SETTLED}
        taken = sum(one.final_minor for one in self.store.payments() if one.state in counted)
        assert (self.bank.spent(self.card), self.bank.held(self.card)) == (taken, 0)
        return taken


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the address of books in which nothing is yet."""
    if request.param == "postgresql":
        running: Cluster = request.getfixturevalue("postgresql")
        return running.new_books
    folder: Path = tmp_path_factory.mktemp("books")
    numbers = itertools.count()
    return lambda: f"sqlite:///{folder}/{next(numbers)}.db"


@pytest.fixture(scope="module")
def bank(new_books: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """The issuer, with cards that have 10,000.00 euros each."""
    folder: Path = tmp_path_factory.mktemp("bank")
    address = new_books()
    engine = open_books(address)
    issuer.prepare(engine)
    for number in range(_CARDS):
        issuer.enrol(engine, profile(number))
    with running_host(address, folder) as host:
        yield Bank(host, engine)
        host.process.terminate()
        host.process.wait(20)
        if host.process.stdout is not None:
            host.process.stdout.close()
    engine.dispose()


@pytest.fixture
def shops(bank: Bank, new_books: Callable[[], str]) -> Iterator[Any]:
    """Makes a shop for a card, over the books of this test if no others are named; they are closed at the end."""
    made: list[Shop] = []
    usual = new_books()

    def shop(card: Emulator, **members: Any) -> Shop:  # noqa: ANN401  # as Shop has them
        made.append(Shop(bank, members.pop("address", usual), card, **members))
        return made[-1]

    yield shop
    for each in made:
        each.engine.dispose()
