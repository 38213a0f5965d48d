"""A till with its books, an acquirer, a bank and a wallet whose card is in the till's reader, all of them processes.

Who is killed comes back: those of the wallet by their supervisor, hosts and lines once the tap is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.town import ACCOUNT, BANK, OPENING
from tests.counterparts.merchant.device import identity
from tests.counterparts.trade import CODE, SHOP, TERMINAL, Cable, Trade
from tests.doors.contactless.points import HELD
from tests.processes import kill, pid_of
from tests.test_named_points import STRIKES_ON_ONE
from tests.trusted.supervisor.processes import until

from etui.counterparts import issuer
from etui.counterparts.books import open_books
from etui.counterparts.demo.chips import COUNTRY, CURRENCY
from etui.counterparts.issuer.devices import card_number
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.settings_file import read_settings
from etui.counterparts.pos.store import Store
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ProtocolError
from etui.standards.payments import read_receipt
from etui.testkit.readers import READER, pyscard_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.pcsc import Reader
    from tests.doors.contactless.points import Point

    from etui.counterparts.issuer.personalisation import Scheme
    from etui.testkit import TestWallet

CARD, ROUTER, DOOR = "etui.extensions.issuer_card", "etui.trusted.router", "etui.doors.contactless"
OF_THE_WALLET: Final = frozenset({CARD, ROUTER, DOOR})
TILL, ACQUIRER, ISSUER = "the till", "the acquirer", "the issuer"
LINE, CABLE = "the till's line to the acquirer", "the acquirer's line to the issuer"
FLOOR_MINOR: Final = 10_00
"""Below it the card approves by itself."""
_COUNTED: Final = {State.APPROVED, State.SETTLED}
_SAID_YES: Final = {"approved", "authorised"}
_OVER: Final = _COUNTED | {State.DECLINED, State.REVERSED}
_ARMED_S: Final = 25
_TAP_S: Final = 3
_TILL_S: Final = 90
_LEFT: Final = 2
"""What ``settle`` ends with where something is left to be told."""


class Square:
    """What a payment goes through, and is compared by afterwards."""

    def __init__(self, folder: Path, wallet: TestWallet, reader: Reader, trade: Trade, chips: Scheme) -> None:
        self._wallet = wallet
        self._reader = reader
        self._trade = trade
        self._receipts = folder / "receipts"
        self._receipts.mkdir()
        identity().save(folder / "identity")
        self._signs = ("--identity", str(folder / "identity"), "--receipt")
        self._taps = 0
        self._line = Cable(trade.acquirer.port)
        self._settings = folder / "till.toml"
        self._settings.write_text(settings_of(chips))
        self._books = f"sqlite:///{folder}/till.db"
        self._path = f"{pyscard_in(folder)}:{os.pathsep.join(sys.path)}"
        self._engine = open_books(self._books)
        self._store = Store(self._engine, read_settings(self._settings).terminal)
        self._number = card_number(BANK, ACCOUNT)
        self._counter = 0
        self._number_seen = 0
        self._unheard_minor = 0
        self._strikes = 0

    def states(self) -> list[str]:
        """What became of the till's payments, in order."""
        return [one.state for one in self._store.payments()]

    def noted(self) -> list[str]:
        """What became of the card's taps by its own record, in order."""
        with self._wallet.connect() as client:
            item = client.call(card.Find()).cards[0].item
            return [tap.state for tap in reversed(client.call(card.Taps(card=item)).taps)]

    def close(self) -> None:
        """Closes the till's books, and removes its line."""
        self._engine.dispose()
        self._line.remove()

    def tap(self, amount_minor: int, victim: str, point: Point, after_s: float | None = None) -> bool:
        """A payment at which somebody is killed; whether it came to that.

        At the point itself, while the till waits; or, with ``after_s``, so many seconds after it went on.
        """
        self._renew()
        self._taps += 1
        arming = threading.Thread(target=self._arm, args=(amount_minor,), daemon=True)
        came = self._reader.wait_for_card()
        arming.start()
        self._reader.wait_for_card(came + 2)
        with self._started(amount_minor, point) as till:
            assert till.stdout is not None
            assert till.stdin is not None
            held = any(line == f"{HELD}\n" for line in iter(till.stdout.readline, ""))
            if held:
                strike = self._strike(victim, till.pid)
                if after_s is None:
                    strike()
                if after_s is None and victim == TILL:
                    till.wait(_TILL_S)
                else:
                    till.stdin.write("\n")
                    till.stdin.flush()
                if after_s is not None:
                    time.sleep(after_s)
                    strike()
            said, _ = till.communicate(timeout=_TILL_S)
        self._strikes += held and victim in OF_THE_WALLET
        self._trade.raise_hosts()
        for line in (self._line, self._trade.cable):
            if not line.is_whole:
                line.mend()
        self._comes_back()
        arming.join(_TILL_S)
        self._holds(is_paid=till.returncode == 0, said=said, may_be_unheard=victim == TILL or after_s is not None)
        return held

    def _strike(self, victim: str, till: int) -> Callable[[], None]:
        """What ends a process or cuts a line; who comes back is not waited for."""
        match victim:
            case str() if victim in OF_THE_WALLET:
                return partial(kill, pid_of(self._wallet.pid, victim))
            case str() if victim == ACQUIRER:
                return self._trade.fell_acquirer
            case str() if victim == ISSUER:
                return self._trade.fell_issuer
            case str() if victim == LINE:
                return self._line.cut
            case str() if victim == CABLE:
                return self._trade.cable.cut
            case _:
                return partial(kill, till)

    def _started(self, amount_minor: int, point: Point) -> subprocess.Popen[str]:
        amount = f"{amount_minor // 100}.{amount_minor % 100:02d}"
        command = ["-m", "tests.doors.contactless.held_terminal", point.written(), "till", amount, *self._where()]
        return subprocess.Popen(
            [sys.executable, *command, "--reader", READER, "--tap-seconds", str(_TAP_S), *self._signs, self._receipt()],
            env=os.environ | {"PYTHONPATH": self._path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _receipt(self) -> str:
        """Where the receipt of this tap is put."""
        return str(self._receipts / f"{self._taps}.jws")

    def _where(self) -> list[str]:
        acquirer = f"127.0.0.1:{self._line.port}"
        return ["--settings", str(self._settings), "--db", self._books, "--acquirer", acquirer]

    def _arm(self, amount_minor: int) -> None:
        """Arms the card; what becomes of it stands in the books, or nobody hears it, where the Router is killed."""
        try:
            with self._wallet.connect() as client:
                item = client.call(card.Find()).cards[0].item
                client.call(apdu.Arm(item=item, amount=amount_minor, currency="EUR", seconds=_ARMED_S))
        except ProtocolError:
            return

    def _renew(self) -> None:
        """Starts the wallet anew after some strikes: its supervisor would have who was killed wait ever longer."""
        if self._strikes == STRIKES_ON_ONE:
            self._strikes = 0
            self._wallet.end()
            self._wallet.start()
            self._comes_back()

    def _comes_back(self) -> None:
        """Returns when the wallet is unlocked and knows its card, and the door has it in the reader."""

        def is_back() -> bool:
            try:
                with self._wallet.connect() as client:
                    if client.call(wallet_interface.Status()).state == "locked":
                        client.call(wallet_interface.Unlock())
                    return bool(client.call(card.Find()).cards)
            except ProtocolError:
                return False

        until(is_back, "the wallet comes back")
        self._reader.wait_for_card()

    def _holds(self, *, is_paid: bool, said: str, may_be_unheard: bool) -> None:
        """Whatever was killed: the till settles, all books agree to the cent, and the card's counter went on.

        ``may_be_unheard``: whether what the card said may have been lost on its way, or with the till.
        """
        until(self._settles, "the till settles")  # an acquirer that has no line yet says later
        payments = list(self._store.payments())
        assert {one.state for one in payments} <= _OVER, payments
        assert not is_paid or max(payments, key=_number).state in _COUNTED, said
        self._trade.reconcile()
        taken = sum(one.final_minor for one in payments if one.state in _COUNTED)
        kept = issuer.find(self._trade.issuer_engine, self._number)
        assert (OPENING - kept.balance_minor, kept.held_minor) == (taken, 0)
        assert sum(self._trade.owed().values()) == taken
        with self._wallet.connect() as client:
            item = client.call(card.Find()).cards[0].item
            counter = client.call(card.Show(card=item)).counter
            noted = client.call(card.Taps(card=item))
        assert self._counter <= counter <= self._counter + 2
        assert counter >= kept.atc_high
        fresh = [tap for tap in noted.taps if tap.counter > self._counter]
        assert [tap.counter for tap in fresh] == list(range(counter, self._counter, -1))
        self._counter = counter
        self._wallet_agrees(fresh, payments, may_be_unheard=may_be_unheard)
        if is_paid:
            receipt = read_receipt(Path(self._receipt()).read_text().strip()).receipt
            assert f"{receipt.order}#{receipt.request.hex()[:16]}" == fresh[0].order
            assert receipt.total.minor == fresh[0].amount
        assert not noted.more
        assert _yes_minor(noted.taps) - self._unheard_minor == taken

    def _settles(self) -> bool:
        """Whether nothing is left to be told after another try."""
        settled = subprocess.run(
            [sys.executable, "-m", "etui.counterparts.pos", "settle", *self._where()],
            env=os.environ | {"PYTHONPATH": self._path},
            capture_output=True,
            text=True,
            timeout=_TILL_S,
            check=False,
        )
        assert settled.returncode in {0, _LEFT}, settled.stdout + settled.stderr
        return settled.returncode == 0

    def _wallet_agrees(self, fresh: list[card.Tap], payments: list[Payment], *, may_be_unheard: bool) -> None:
        """What the card noted of this tap is what the till took; of what it does not know the end, nothing was taken.

        A yes that the till never heard was taken by nobody.
        """
        made = [one for one in payments if one.number > self._number_seen]
        self._number_seen = max((one.number for one in made), default=self._number_seen)
        taken = sum(one.final_minor for one in made if one.state in _COUNTED)
        said_yes = _yes_minor(fresh)
        assert taken == said_yes or (may_be_unheard and taken == 0), (made, fresh)
        self._unheard_minor += said_yes - taken


def _yes_minor(taps: list[card.Tap]) -> int:
    return sum(tap.amount for tap in taps if tap.state in _SAID_YES)


def _number(payment: Payment) -> int:
    return payment.number


def settings_of(chips: Scheme) -> str:
    """The file of settings of the till."""
    key = chips.authority
    return f"""
merchant = "{SHOP.merchant}"
terminal = "{TERMINAL}"
mcc = "{SHOP.mcc}"
acquirer = "{CODE}"
country = "{COUNTRY}"
currency = "{CURRENCY}"
letters = "EUR"
location = "{SHOP.location}"
[[application]]
identifier = "{chips.name.hex()}"
floor_limit_minor = {FLOOR_MINOR}
cvm_limit_minor = 5000
[[key]]
rid = "{key.rid.hex()}"
index = {key.index}
modulus = "{key.key.modulus_bytes().hex()}"
exponent = "03"
check_sum = "{key.check_sum().hex()}"
"""
