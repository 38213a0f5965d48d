"""A tap: the wallet's card and one without a wallet before the same terminal, in the two slots of a virtual reader.

From the moment at which the reader says that a card is present to the moment at which the terminal has verified the
card's certificates and signature, and its issuer the cryptogram, in the process that measures. Before that the card was
armed; what the card's Client hears comes behind it. The terminal is the kernel of ``counterparts.pos``, without its
display, line and books.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench.acquirer import KEYS, MASTER
from bench.bare_card import Printed
from bench.extent import Extent
from bench.figures import Figure, absolute, median_of, percentile
from bench.town import BANK, wallet_for_terminals
from bench.wallets import folder
from etui.counterparts.demo.chips import AID, COUNTRY, CURRENCY, scheme
from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.devices import card_number
from etui.counterparts.issuer.personalisation import Scheme
from etui.counterparts.issuer.records import Card
from etui.counterparts.pos.kernel import Accepted, Kernel, Outcome, Purchase, Send, Terminal
from etui.counterparts.pos.kernel.settings import NUMBER_BYTES
from etui.counterparts.pos.reader import exchange
from etui.extensions.issuer_card.personal import KEY_BITS
from etui.interfaces import apdu_1 as apdu
from etui.standards import emv
from etui.standards.provisioning import ChipKey
from etui.testkit.readers import OTHER_READER, READER, apart, virtual_reader

if TYPE_CHECKING:
    from bench.pcsc import Reader

_WANT_MS: Final = 40.0
_WANT_RATIO: Final = 3.0
_SHARE: Final = 0.99
_AMOUNT: Final = 1250
_LIMIT: Final = 100_000
_ARMED_S: Final = 60
_END_S: Final = 60.0
_EXPIRY: Final = "4912"
_ACCOUNT: Final = "000000002"
_ROOT: Final = Path(__file__).parent.parent


def measure(extent: Extent) -> list[Figure]:
    """``tap.p99_ms``: of all taps, with the slowest of each round beside it; ``tap.ratio``: of each round's medians."""
    count = max(2, extent.calls // 2000)
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    chips = scheme(BANK)
    with (
        apart(),
        folder() as path,
        virtual_reader(path / "pcscd.log"),
        _armed(path, chips) as armed,
        _bare(chips) as bare,
    ):
        armed(), bare()
        for number in range(extent.rounds):
            both = ((armed, ours), (bare, theirs))
            for tap, times in both if number % 2 == 0 else both[::-1]:
                times.append([tap() for _ in range(count)])
        return _figures(ours, theirs)


def _figures(ours: list[list[float]], theirs: list[list[float]]) -> list[Figure]:
    own, other = ([one for times in rounds for one in times] for rounds in (ours, theirs))
    slowest = [max(times) for times in ours]
    worst = absolute("tap.p99_ms", _WANT_MS, own, rounds=slowest, scale=1e3, unit="ms")
    ratios = [statistics.median(one) / statistics.median(two) for one, two in zip(ours, theirs, strict=True)]
    peer = "a bare card"
    return [
        msgspec.structs.replace(worst, value=round(percentile(own, _SHARE) * 1e3, 4)),
        median_of("tap.ratio", _WANT_RATIO, ratios, times=own, scale=1e3, unit="ms", peer=peer, peer_times=other),
    ]


class _Slot:
    """A slot of the reader, and the terminal before it."""

    def __init__(self, reader: Reader, terminal: Terminal) -> None:
        self._reader = reader
        self._terminal = terminal
        self.came = 0
        """How many cards came or went so far."""

    def wait(self, events: int) -> None:
        """Returns when a card is there, and so many more came or went."""
        self.came = self._reader.wait_for_card(self.came + events)

    def pay(self) -> float:
        """Seconds of one payment with the card that has just come; raises ``RuntimeError`` where it is not good."""
        began = time.perf_counter()
        self._reader.connect()
        kernel = Kernel(self._terminal, _purchase())
        step = kernel.begin()
        while isinstance(step, Send):
            step = kernel.received(exchange(self._reader.transmit, step.command))
        if isinstance(step, Outcome):
            raise RuntimeError(f"the terminal does not ask the issuer: {step}")  # noqa: TRY004  # of a payment
        presented = step.presented
        chip = read_chip(presented.icc)
        session = KEYS.session(presented.pan, int(presented.sequence), chip.atc)
        verified = session.cryptogram(chip.signed) == chip.cryptogram
        took = time.perf_counter() - began
        if not verified:
            raise RuntimeError("the cryptogram is not the card's")
        self._reader.leave()
        return took


def _purchase() -> Purchase:
    now = dt.datetime.now().astimezone()
    return Purchase(amount_minor=_AMOUNT, at=now, number=secrets.token_bytes(NUMBER_BYTES))


def _terminal(chips: Scheme) -> Terminal:
    """One that asks the issuer about every amount."""
    return Terminal(
        merchant="FUEL0000001",
        terminal="PUMP0007",
        mcc="5541",
        acquirer="123456",
        country=COUNTRY,
        currency=CURRENCY,
        location="Demo Fuel, Berlin",
        applications=(Accepted(identifier=AID, floor_limit_minor=0, cvm_limit_minor=_LIMIT),),
        keys=(chips.authority,),
    )


@contextlib.contextmanager
def _slot(name: str, terminal: Terminal) -> Iterator[_Slot]:
    from bench.pcsc import Reader  # noqa: PLC0415  # pyscard, which no other measurement needs

    with contextlib.closing(Reader(name)) as reader:
        yield _Slot(reader, terminal)


@contextlib.contextmanager
def _armed(path: Path, chips: Scheme) -> Iterator[Callable[[], float]]:
    """A wallet whose door is open, with a card; what arms it and has it pay."""
    with (
        ThreadPoolExecutor(1) as waiting,
        wallet_for_terminals(path, chips) as (_, client, item),
        _slot(READER, _terminal(chips)) as slot,
    ):
        arm = apdu.Arm(item=item, amount=_AMOUNT, currency="EUR", seconds=_ARMED_S)
        slot.wait(1)

        def tap() -> float:
            armed = waiting.submit(client.call, arm)
            slot.wait(2)
            took = slot.pay()
            if armed.result(_END_S).outcome != "online":
                raise RuntimeError("the wallet says another thing of the tap than the terminal")
            return took

        yield tap


@contextlib.contextmanager
def _bare(chips: Scheme) -> Iterator[Callable[[], float]]:
    """A card without a wallet; what has it pay."""
    number, key = card_number(BANK, _ACCOUNT), emv.PrivateKey.generate(KEY_BITS)
    counts = dict.fromkeys(
        (name for name in Card.__struct_fields__ if name not in {"card", "sequence", "expiry", "currency", "status"}), 0
    )
    own = Card(card=number, sequence=1, expiry=_EXPIRY, currency=CURRENCY, status="active", **counts)
    chip = chips.chip(own, ChipKey(key.public.modulus_bytes(), key.public.exponent))
    printed = Printed(chip, key.encode(), emv.card_master_key_b(MASTER, number, 1))
    command = [sys.executable, "-m", "bench.bare_card"]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "src")))}
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, env=environ) as process,
        _slot(OTHER_READER, _terminal(chips)) as slot,
    ):
        line = process.stdin
        if line is None:
            raise RuntimeError("the card has no line")

        def says(words: bytes) -> None:
            line.write(words + b"\n")
            line.flush()

        def tap() -> float:
            says(b"come")
            slot.wait(2 if slot.came else 1)
            return slot.pay()

        says(msgspec.json.encode(printed))
        try:
            yield tap
        finally:
            process.terminate()
            process.wait(_END_S)
