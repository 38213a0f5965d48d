"""Issuer and acquirer as processes of their own, lines between them that can be cut, and what their books come to."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

from bench.acquirer import AcquirerLine, Presented, RunningHost, pan, payment, profile, start_host
from sqlalchemy import Connection, Engine, delete, inspect, table
from sqlalchemy import select as rows_of
from tests.ports import HeldPort

from etui.counterparts import acquirer, issuer
from etui.counterparts.acquirer.tables import TRANSACTIONS
from etui.counterparts.books import open_books, reading, run
from etui.standards.iso8583 import FinancialRequest, Message, OriginalData, ReversalAdvice

CODE: Final = "400001"
SHOP: Final = acquirer.Merchant("SHOP-1", "Demo Shop             Berlin       DE", "5942", "276")
TERMINAL: Final = "WEB00001"
ISSUER: Final = "demo-bank"
_SRC: Final = Path(__file__).parent.parent.parent / "src"
_START_S: Final = 60.0
_SETTLED_S: Final = 60.0
_FINAL: Final = {"declined", "held", "completed", "posted", "reversed", "awaited", "borne"}


class Cable:
    """A line to a port: while it is cut nobody gets through, and while it is deaf no answers come back."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._deaf = False
        self._sockets: set[socket.socket] = set()
        self._held = HeldPort()
        self.port: int = self._held.number
        self._listener = self._listen()

    @property
    def is_whole(self) -> bool:
        """Whether it is neither cut nor deaf."""
        return self._listener.fileno() >= 0 and not self._deaf

    def cut(self) -> None:
        for each in [self._listener, *self._sockets]:
            _end(each)

    def deafen(self) -> None:
        self._deaf = True

    def mend(self) -> None:
        self.cut()
        self._deaf = False
        self._listener = self._listen()

    def remove(self) -> None:
        """Cuts it for good."""
        self.cut()
        self._held.release()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                try:
                    there = socket.create_connection(("127.0.0.1", self._to), timeout=5)
                except OSError:
                    here.close()
                    continue
                there.settimeout(None)
                self._sockets |= {here, there}
                threading.Thread(target=self._pump, args=(here, there, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(there, here, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if not (answers and self._deaf):
                    target.sendall(data)
        for each in (source, target):
            _end(each)
            self._sockets.discard(each)


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def start(module: str, *arguments: str) -> RunningHost:
    """A counterpart's command, when it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_SRC)},
    )
    out = process.stdout
    if out is None or not select.select([out], [], [], _START_S)[0] or not (said := out.readline()):
        process.kill()
        process.wait(10)
        raise RuntimeError(f"{module} does not start")
    return RunningHost(process, int(said.rpartition(":")[2]))


class Trade:
    """An issuer and an acquirer, each over books of its own, and a cable between them.

    ``cards``: how many are enrolled, by number from 0. ``books``: gives the address of new books. ``stand_in``: what
    the issuer lets the acquirer approve, and ``others``: more issuers, both as in its file of issuers. Processes that
    are killed come back at their ports, which are held for them.
    """

    def __init__(  # noqa: PLR0913  # what it is made of
        self,
        folder: Path,
        books: Callable[[str], str],
        *,
        answer_s: float = 2.0,
        cards: int = 8,
        stand_in: str = "",
        others: str = "",
    ) -> None:
        self._folder = folder
        self._answer_s = answer_s
        self._cards = cards
        self._ports = HeldPort(), HeldPort()
        self.issuer_books, self.acquirer_books = books("issuer"), books("acquirer")
        self.issuer_engine, self.engine = open_books(self.issuer_books), open_books(self.acquirer_books)
        issuer.prepare(self.issuer_engine)
        acquirer.prepare(self.engine)
        self._enrol()
        self.issuer = self._start_issuer()
        self.cable = Cable(self.issuer.port)
        self._issuers = folder / "issuers.toml"
        self._issuers.write_text(
            f'[[issuer]]\nname = "{ISSUER}"\nscheme = "etui-demo"\nprefixes = ["476173", "422222"]\n'
            f'host = "127.0.0.1"\nport = {self.cable.port}\n{stand_in}\n{others}'
        )
        self.acquirer = self._start_acquirer()

    def begin_anew(self) -> None:
        """Makes it what it was at first, but for its processes, once nothing is under way any more."""
        if not self.cable.is_whole:
            self.cable.mend()
        self.settle()
        for engine in (self.issuer_engine, self.engine):
            empty(engine)
        self._enrol()

    def _enrol(self) -> None:
        for number in range(self._cards):
            issuer.enrol(self.issuer_engine, profile(number))
        acquirer.enrol(self.engine, SHOP, [TERMINAL])

    def _start_issuer(self) -> RunningHost:
        return start_host(self.issuer_books, self._folder, port=self._ports[0].number)

    def _start_acquirer(self) -> RunningHost:
        port = self._ports[1].number
        where = ("--db", self.acquirer_books, "--port", str(port), "--code", CODE, "--issuers", str(self._issuers))
        return start("etui.counterparts.acquirer", *where, "--answer-seconds", str(self._answer_s))

    def fell_issuer(self) -> None:
        """Ends it as a power cut would."""
        _kill(self.issuer)

    def fell_acquirer(self) -> None:
        """The same with the acquirer."""
        _kill(self.acquirer)

    def raise_hosts(self) -> None:
        """Starts what was ended so again."""
        if self.issuer.process.poll() is not None:
            self.issuer = self._start_issuer()
        if self.acquirer.process.poll() is not None:
            self.acquirer = self._start_acquirer()

    def kill_issuer(self) -> None:
        """Ends it as a power cut would, and starts it again."""
        self.fell_issuer()
        self.raise_hosts()

    def kill_acquirer(self) -> None:
        """The same with the acquirer."""
        self.fell_acquirer()
        self.raise_hosts()

    def line(self) -> AcquirerLine:
        """A merchant's line to the acquirer."""
        return AcquirerLine(self.acquirer.port)

    def states(self) -> list[str]:
        """Of all the acquirer's transactions."""
        with reading(self.engine) as connection:
            return list(connection.execute(rows_of(TRANSACTIONS.c.state)).scalars())

    def settle(self) -> None:
        """Waits until nothing is under way."""
        deadline = time.monotonic() + _SETTLED_S
        while not set(self.states()) <= _FINAL:
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.05)

    def reconcile(self) -> None:
        """Waits until nothing is under way, and compares the books of both, to the cent."""
        self.settle()
        assert issuer.differences(self.issuer_engine) == []
        assert acquirer.inconsistent(self.engine) == []
        ours = list(acquirer.clearing_records(self.engine, ISSUER))
        differences = acquirer.differences(ours, self._of_issuer())
        assert differences == [], differences

    def _of_issuer(self) -> list[acquirer.Cleared]:
        today = int(time.time()) // 86_400
        return [
            acquirer.Cleared(
                one.transmitted, one.stan, one.currency, one.amount_minor * (1 if one.debit == "card" else -1)
            )
            for day in (today - 1, today)
            for one in issuer.clearing_records(self.issuer_engine, CODE, day)
        ]

    def balance(self, number: int) -> int:
        """What a card has, in minor units."""
        return issuer.find(self.issuer_engine, pan(number)).balance_minor

    def owed(self) -> dict[str, int]:
        """What the shop is owed, by currency."""
        return {one.currency: one.amount_minor for one in acquirer.owed(self.engine, SHOP.merchant)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.acquirer, self.issuer)
        self.cable.remove()
        for port in self._ports:
            port.release()
        self.engine.dispose()
        self.issuer_engine.dispose()


def empty(engine: Engine) -> None:
    """Takes all that is written out of books; their tables stay."""

    def work(connection: Connection) -> None:
        for name in inspect(connection).get_table_names():
            if name != "books_versions":
                connection.execute(delete(table(name)))

    run(engine, work)


def end(*hosts: RunningHost) -> None:
    """Ends them in order."""
    for host in hosts:
        host.process.send_signal(signal.SIGTERM)
    for host in hosts:
        try:
            host.process.wait(30)
        finally:
            host.process.kill()
            host.process.wait(10)
            if host.process.stdout is not None:
                host.process.stdout.close()


def _kill(host: RunningHost) -> None:
    host.kill()
    if host.process.stdout is not None:
        host.process.stdout.close()


def buys(number: int, stan: int, atc: int, amount_minor: int = 1250, **members: object) -> FinancialRequest:
    """A payment of the shop's with a card."""
    usual: dict[str, object] = {"acquirer": CODE, "terminal": TERMINAL, "merchant": SHOP.merchant, "mcc": SHOP.mcc}
    return payment(Presented(pan=pan(number), atc=atc, amount_minor=amount_minor), stan, **(usual | members))


def takes_back(request: FinancialRequest, stan: int) -> ReversalAdvice:
    """The reversal of it."""
    return ReversalAdvice(
        transmitted=request.transmitted,
        stan=f"{stan:06d}",
        pan=request.pan,
        processing_code=request.processing_code,
        amount_minor=request.amount_minor,
        acquirer=request.acquirer,
        rrn=request.rrn,
        terminal=request.terminal,
        merchant=request.merchant,
        currency=request.currency,
        original=OriginalData(
            mti=request.MTI, stan=request.stan, transmitted=request.transmitted, acquirer=request.acquirer
        ),
    )


def codes(answers: Sequence[Message]) -> list[str]:
    """Their response codes."""
    return [getattr(answer, "response_code", "") for answer in answers]
