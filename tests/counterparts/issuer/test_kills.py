"""The host is killed under load, at any moment, and started again: nothing that was answered is lost or done twice.

Acquirers send what was not answered again until it is. Their books, which are kept here, are compared with the
issuer's to the cent.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from bench.acquirer import AcquirerLine, RunningHost, pan, profile, start_host
from bench.postgres import PACKAGE, cluster, programs
from sqlalchemy import Engine
from tests.counterparts.issuer.books import complete, counts, hold, pay, reverse
from tests.ports import HeldPort

from etui.counterparts.books import open_books
from etui.counterparts.issuer import differences, enrol, find, prepare
from etui.standards.iso8583 import TransactionRequest, TransactionResponse

ACQUIRERS = 4
CARDS = 3
"""Of each acquirer, so that each knows its cards' counters."""
OPENING_MINOR = 100_000_000
_PATIENCE_S = 120


class Acquirer(threading.Thread):
    """Sends what it has until it is told to stop, and keeps books of what was answered."""

    def __init__(self, number: int, port: int, seed: int) -> None:
        super().__init__()
        self.cards = [10 * number + at for at in range(CARDS)]
        self.spent_minor = dict.fromkeys(self.cards, 0)
        self.requests = 0
        self.repeated = 0
        self.stopping = threading.Event()
        self.fault: BaseException | None = None
        self._number = number
        self._port = port
        self._random = random.Random(seed)
        self._line: AcquirerLine | None = None
        self._stan = number * 100_000

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._play()
        except BaseException as error:  # noqa: BLE001  # told to the test, which is another thread
            self.fault = error
        finally:
            self._close()

    def _play(self) -> None:
        card = self._random.choice(self.cards)
        amount_minor = self._random.randrange(1, 5000)
        self._stan += 3
        match self._random.randrange(4):
            case 0 | 1:
                answer = self._ask(pay(card, self._stan, atc=self._atc(), amount_minor=amount_minor))
                self.spent_minor[card] += amount_minor
            case 2:
                held = hold(card, self._stan, amount_minor, atc=self._atc())
                self._ask(held)
                filled_minor = self._random.randrange(1, amount_minor + 1)
                answer = self._ask(complete(held, filled_minor, self._stan + 1))
                self.spent_minor[card] += filled_minor
            case _:
                payment = pay(card, self._stan, atc=self._atc(), amount_minor=amount_minor)
                self._ask(payment)
                answer = self._ask(reverse(payment, self._stan + 2))
                self.requests -= 1  # it has no row of its own
        assert answer.response_code == "00"

    def _atc(self) -> int:
        return self._stan - self._number * 100_000

    def _ask(self, request: TransactionRequest) -> TransactionResponse:
        self.requests += 1
        answer = self._answered(request)
        assert answer.response_code == "00", (request, answer)
        if self._random.random() < 0.1:
            assert self._answered(msgspec.structs.replace(request, repeat=True)) == answer
        return answer

    def _answered(self, request: TransactionRequest) -> TransactionResponse:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                if self._line is None:
                    self._line = AcquirerLine(self._port)
                answer = self._line.ask(request)
            except OSError:
                assert time.monotonic() < deadline
                self._close()
                self.repeated += 1
                request = msgspec.structs.replace(request, repeat=True)
                time.sleep(0.02)
            else:
                assert isinstance(answer, TransactionResponse)
                assert answer.stan == request.stan
                return answer

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class Play:
    """A host on the books at ``address``, and acquirers that send without end."""

    def __init__(self, address: str, engine: Engine, folder: Path, chance: random.Random) -> None:
        self.address, self.engine, self.folder, self.chance = address, engine, folder, chance
        prepare(engine)
        self._port = HeldPort()
        self.host = self._start()
        numbers = range(1, ACQUIRERS + 1)
        self.acquirers = [Acquirer(number, self.host.port, chance.randrange(1 << 30)) for number in numbers]
        for acquirer in self.acquirers:
            for card in acquirer.cards:
                enrol(engine, profile(card, opening_minor=OPENING_MINOR, day_limit_minor=OPENING_MINOR))

    def kill_host(self) -> None:
        self.host.kill()
        self.host = self._start()

    def _start(self) -> RunningHost:
        return start_host(self.address, self.folder, port=self._port.number)

    def run(self, strike: Callable[[], None], times: int) -> None:
        try:
            for acquirer in self.acquirers:
                acquirer.start()
            for _ in range(times):
                self._wait_for_load()
                time.sleep(self.chance.random() * 0.1)  # any moment, of a transaction too
                strike()
            self._wait_for_load()
        finally:
            for acquirer in self.acquirers:
                acquirer.stopping.set()
            for acquirer in self.acquirers:
                acquirer.join(_PATIENCE_S)
            self.host.kill()
            self._port.release()
        self._reconcile()

    def _wait_for_load(self) -> None:
        before = sum(acquirer.requests for acquirer in self.acquirers)
        while sum(acquirer.requests for acquirer in self.acquirers) < before + 20:
            assert all(acquirer.is_alive() for acquirer in self.acquirers), [one.fault for one in self.acquirers]
            time.sleep(0.005)

    def _reconcile(self) -> None:
        assert [acquirer.fault for acquirer in self.acquirers] == [None] * ACQUIRERS
        assert differences(self.engine) == []
        for acquirer in self.acquirers:
            for card in acquirer.cards:
                row = find(self.engine, pan(card))
                assert (row.balance_minor, row.held_minor) == (OPENING_MINOR - acquirer.spent_minor[card], 0)
        assert counts(self.engine)[0] == sum(acquirer.requests for acquirer in self.acquirers)


@pytest.mark.attack(131)
def test_killed_host_has_lost_and_doubled_nothing(
    address: str, engine: Engine, tmp_path: Path, chance: random.Random
) -> None:
    playing = Play(address, engine, tmp_path, chance)
    playing.run(playing.kill_host, 4)
    assert sum(acquirer.repeated for acquirer in playing.acquirers) > 0


@pytest.mark.attack(131)
def test_host_whose_database_crashed_has_lost_and_doubled_nothing(tmp_path: Path, chance: random.Random) -> None:
    if programs() is None:
        pytest.skip(f"needs package {PACKAGE}")
    with cluster() as server:
        address = server.new_books()
        engine = open_books(address)

        def crash() -> None:
            server.crash()
            server.start()

        Play(address, engine, tmp_path, chance).run(crash, 3)
        engine.dispose()


@pytest.mark.attack(131)
@pytest.mark.long
def test_host_that_is_killed_again_and_again_has_lost_and_doubled_nothing(
    address: str, engine: Engine, tmp_path: Path, chance: random.Random
) -> None:
    playing = Play(address, engine, tmp_path, chance)
    playing.run(playing.kill_host, 60)
