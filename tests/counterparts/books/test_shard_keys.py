"""Every table leads with its shard key, a card or a merchant, and every work changes rows of one of them alone.

A PostgreSQL that is spread over machines keeps rows of two keys on two machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from bench.acquirer import KEYS, pan, profile
from sqlalchemy import Connection, Engine, event, inspect
from tests.counterparts.issuer.books import asked, complete, hold, pay, reverse
from tests.counterparts.pos.driving import terminal
from tests.counterparts.trade import CODE, ISSUER, SHOP, TERMINAL, buys, takes_back

from etui.counterparts import acquirer, issuer
from etui.counterparts.acquirer import ledger as switching
from etui.counterparts.acquirer.decisions import PaymentRequest, Said
from etui.counterparts.acquirer.stand_in import Limits
from etui.counterparts.books import run
from etui.counterparts.issuer.devices import Devices
from etui.counterparts.issuer.ledger import Ledger
from etui.counterparts.merchant import ledger as selling
from etui.counterparts.merchant.records import Asked, Charge
from etui.counterparts.merchant.records import State as ChargeState
from etui.counterparts.pos.store import Store
from etui.standards.iso8583 import AuthorisationRequest, FinancialAdvice, FinancialRequest, original_data

_Answer = TypeVar("_Answer")
_NOW = int(time.time())
_DAY = _NOW // 86_400
_SHARD_KEYS = {"card", "merchant"}
_CARDS = (pan(1), pan(2))
_MERCHANTS = (SHOP.merchant, "SHOP-2")
_LIMITS = Limits(currency="978", each_minor=2500, card_minor=4000)


class Watch:
    """The shard keys of what each transaction wrote and locked. ``keyless``: statements that did so by none of them."""

    def __init__(self, engine: Engine, keys: tuple[str, ...]) -> None:
        self.transactions: list[set[str]] = []
        self.keyless: list[str] = []
        self._keys = keys
        self._open: dict[int, set[str]] = {}
        event.listen(engine, "before_cursor_execute", self._executed)
        event.listen(engine, "commit", self._committed)

    def _executed(
        self, connection: Connection, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if not statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) and "FOR UPDATE" not in statement:
            return
        named = {key for key in self._keys if key in repr(parameters)}
        if not named:
            self.keyless.append(statement)
        self._open.setdefault(id(connection), set()).update(named)

    def _committed(self, connection: Connection) -> None:
        if (named := self._open.pop(id(connection), None)) is not None:
            self.transactions.append(named)


def test_every_table_leads_with_its_shard_key_and_what_is_unique_is_so_within_it(engine: Engine) -> None:
    for prepare in (issuer.prepare, acquirer.prepare, selling.prepare):
        prepare(engine)
    Store(engine, terminal())
    _devices(engine)
    found = inspect(engine)
    tables = set(found.get_table_names()) - {"books_versions"}
    assert len(tables) == 15, tables
    for name in tables:
        first, *_ = found.get_pk_constraint(name)["constrained_columns"]
        assert first in _SHARD_KEYS, name
        unique: set[str | None] = {one["column_names"][0] for one in found.get_indexes(name) if one["unique"]}
        unique |= {one["column_names"][0] for one in found.get_unique_constraints(name)}
        assert unique <= {first}, name
        assert not found.get_foreign_keys(name)


def test_a_transaction_of_the_issuers_concerns_one_card_unless_several_are_committed_together(engine: Engine) -> None:
    issuer.prepare(engine)
    for number in (1, 2):
        issuer.enrol(engine, profile(number))
    devices, ledger = _devices(engine), Ledger(engine)
    watch = Watch(engine, _CARDS)
    for number, card in enumerate(_CARDS, 1):
        paid, held, left = pay(number, 1), hold(number, 2), hold(number, 3)
        for request in (paid, held, left, complete(held, 1000), reverse(paid), paid):
            ledger.decide(asked(request))
        issuer.suspend(engine, card)
        issuer.resume(engine, card)
        issuer.issue_keys(engine, card, 65_535)
        (key,) = (one.key for one in asked(paid))
        issuer.dispute(engine, key, "fraud", "Not me.")
        devices.new_code(card)
    issuer.lapse_holds(engine, _DAY + 1)
    assert watch.keyless == []
    assert {len(keys) for keys in watch.transactions} == {1}
    ledger.decide(asked(pay(1, 4), pay(2, 4)))
    assert watch.transactions[-1] == set(_CARDS)


def test_a_transaction_of_the_acquirers_concerns_one_merchant(engine: Engine) -> None:
    acquirer.prepare(engine)
    for merchant in _MERCHANTS:
        acquirer.enrol(engine, msgspec.structs.replace(SHOP, merchant=merchant), [TERMINAL])
    watch = Watch(engine, _MERCHANTS)
    for merchant in _MERCHANTS:
        _switch(engine, merchant)
    assert watch.keyless == []
    assert {len(keys) for keys in watch.transactions} == {1}
    assert acquirer.inconsistent(engine) == []


def _switch(engine: Engine, merchant: str) -> None:
    """Whatever the acquirer does for a merchant."""

    def buy(stan: int, **members: Any) -> FinancialRequest:  # noqa: ANN401  # of the message
        return buys(0, stan, atc=stan, merchant=merchant, **members)

    def do(work: Callable[..., _Answer], *arguments: object) -> _Answer:
        return run(engine, lambda connection: work(connection, *arguments))

    def begun(request: PaymentRequest) -> acquirer.Key:
        sending = switching.Sending(
            acquirer=CODE,
            issuer=ISSUER,
            scheme="etui-demo",
            transmitted=request.transmitted,
            stan=request.stan,
            made_s=_NOW,
            due_s=_NOW + 10,
        )
        assert do(switching.begin, request, sending).new
        return acquirer.Key(request.merchant, request.terminal, request.transmitted, request.stan)

    paid, stood_in = buy(1), buy(3)
    held = AuthorisationRequest(**msgspec.structs.asdict(buy(4)))
    completed = msgspec.structs.asdict(held) | {"stan": "000005", "amount_minor": 1000, "icc": b""}
    refund = buy(2, processing_code="200000", amount_minor=200, icc=b"")
    for request in (paid, refund, held, FinancialAdvice(**completed, original=original_data(held))):
        do(switching.conclude, begun(request), Said("00", "A1B2C3"), _NOW)
    key = begun(stood_in)
    do(switching.stand_in, stood_in, _LIMITS, "S00001", _NOW)
    do(switching.advise, key, Said("05"), _NOW)
    key = begun(buy(6))
    do(switching.give_up, key)
    do(switching.settle, key, acquirer.State.REVERSED)
    for taken_back in (paid, stood_in, buy(7)):
        do(switching.reverse, takes_back(taken_back, 9), _NOW)
    assert acquirer.pay_out(engine, merchant, _DAY, (_DAY + 1) * 86_400)
    acquirer.end(engine, merchant)


def test_a_transaction_of_a_merchants_concerns_that_one(engine: Engine) -> None:
    selling.prepare(engine)
    watch = Watch(engine, _MERCHANTS)
    for merchant in _MERCHANTS:
        _sell(engine, merchant)
    assert watch.keyless == []
    assert {len(keys) for keys in watch.transactions} == {1}


def _sell(engine: Engine, merchant: str) -> None:
    """Whatever a merchant writes down."""

    def do(work: Callable[..., _Answer], *arguments: object) -> _Answer:
        return run(engine, lambda connection: work(connection, *arguments))

    for order, approved in (("o-1", True), ("o-2", False)):
        request = order.ljust(64, "0")
        do(selling.ask, Asked(merchant, order, request, 1250, "EUR", "etui-demo", _NOW + 600, "token", _NOW))
        members: dict[str, Any] = dict.fromkeys(Charge.__struct_fields__, "")
        numbers = {"number": 0, "amount_minor": 1250, "due_s": _NOW + 10, "made_s": _NOW}
        said = {"merchant": merchant, "request": request, "currency": "EUR", "state": ChargeState.CHARGING.value}
        charge = do(selling.charge, Charge(**(members | numbers | said)))
        if not approved:
            do(selling.give_up, charge)
            do(selling.settle, charge, ChargeState.REVERSED)
            continue
        do(selling.conclude, charge, "00", "A1B2C3", ChargeState.APPROVED)
        assert do(selling.keep_receipt, merchant, request, 0, "receipt") == "receipt"
        back = do(selling.refund, msgspec.structs.replace(charge, name="back", amount_minor=250))
        do(selling.conclude, back, "00", "A1B2C3", ChargeState.APPROVED)


def _devices(engine: Engine) -> Devices:
    """Of cards that no device of these tests asks about."""
    return Devices(engine, KEYS, None, pan(1)[:6])  # type: ignore[arg-type]  # what a card may do is told devices alone
