"""The host is killed under load, at any moment, and started again: nothing that was answered is lost or done twice.

Acquirers send what was not answered again until it is. Their books, which are kept here, are compared with the
issuer's to the cent.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import msgspec
import pytest
from bench.acquirer import AcquirerLine, pan, profile, start_host
from sqlalchemy import Engine
from tests.counterparts.issuer.books import complete, counts, hold, pay, reverse

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


def play(address: str, engine: Engine, folder: Path, chance: random.Random, kills: int) -> None:
    prepare(engine)
    host = start_host(address, folder)
    acquirers = [Acquirer(number, host.port, chance.randrange(1 << 30)) for number in range(1, ACQUIRERS + 1)]
    for acquirer in acquirers:
        for card in acquirer.cards:
            enrol(engine, profile(card, opening_minor=OPENING_MINOR, day_limit_minor=OPENING_MINOR))
    try:
        for acquirer in acquirers:
            acquirer.start()
        for _ in range(kills):
            before = sum(acquirer.requests for acquirer in acquirers)
            while sum(acquirer.requests for acquirer in acquirers) < before + 20:
                assert all(acquirer.is_alive() for acquirer in acquirers), [a.fault for a in acquirers]
                time.sleep(0.005)
            time.sleep(chance.random() * 0.1)  # any moment, of a transaction too
            host.kill()
            host = start_host(address, folder, port=host.port)
    finally:
        for acquirer in acquirers:
            acquirer.stopping.set()
        for acquirer in acquirers:
            acquirer.join(_PATIENCE_S)
        host.kill()
    assert [acquirer.fault for acquirer in acquirers] == [None] * ACQUIRERS
    assert sum(acquirer.repeated for acquirer in acquirers) > 0
    assert differences(engine) == []
    for acquirer in acquirers:
        for card in acquirer.cards:
            row = find(engine, pan(card))
            assert (row.balance_minor, row.held_minor) == (OPENING_MINOR - acquirer.spent_minor[card], 0)
    assert counts(engine)[0] == sum(acquirer.requests for acquirer in acquirers)


@pytest.mark.attack(125)
def test_killed_host_has_lost_and_doubled_nothing(
    address: str, engine: Engine, tmp_path: Path, chance: random.Random
) -> None:
    play(address, engine, tmp_path, chance, 4)


@pytest.mark.attack(125)
@pytest.mark.long
def test_host_that_is_killed_again_and_again_has_lost_and_doubled_nothing(
    address: str, engine: Engine, tmp_path: Path, chance: random.Random
) -> None:
    play(address, engine, tmp_path, chance, 60)
