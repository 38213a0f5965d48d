"""What the acquirer approves while an issuer is away, and by whose scheme a card's payment goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from bench.acquirer import Presented, profile, start_host
from bench.postgres import Cluster
from tests.counterparts.trade import SHOP, TERMINAL, Trade, buys, codes, end, takes_back

from etui.counterparts import acquirer, issuer
from etui.counterparts.acquirer.stand_in import Limits, may_stand_in
from etui.counterparts.acquirer.tables import ROOM, STEPS
from etui.counterparts.books import bring_up, open_books
from etui.standards.iso8583 import AuthorisationRequest, FinancialAdvice, original_data

LIMITS = 'stand_in = { currency = "978", each_minor = 2500, card_minor = 4000 }'
_OPENING = 1_000_000
_OPERATORS_CARD = "4333330000000001"


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the address of new books, on each kind of database."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path}/{name}.db"
    running: Cluster = request.getfixturevalue("postgresql")
    return lambda _: running.new_books()


@pytest.fixture(scope="module")
def sqlite_standing_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    folder = tmp_path_factory.mktemp("trade")
    with Trade(folder, lambda name: f"sqlite:///{folder}/{name}.db", stand_in=LIMITS) as started:
        yield started


@pytest.fixture(scope="module")
def postgresql_standing_in(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    with Trade(tmp_path_factory.mktemp("trade"), lambda _: postgresql.new_books(), stand_in=LIMITS) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def trade(request: pytest.FixtureRequest) -> Trade:
    """An acquirer that may stand in for its issuer, which is away, and that nobody has asked anything yet."""
    started: Trade = request.getfixturevalue(f"{request.param}_standing_in")
    started.begin_anew()
    started.cable.cut()
    return started


def test_what_could_not_be_sent_is_approved_below_the_limits_and_told_to_the_issuer(trade: Trade) -> None:
    held = AuthorisationRequest(**msgspec.structs.asdict(buys(1, 20, atc=1, amount_minor=2000)))
    with trade.line() as line:
        paid = line.ask(buys(0, 1, atc=1))
        assert codes([paid]) == ["00"]
        assert paid.approval.startswith("S")  # type: ignore[attr-defined]
        assert line.ask(buys(0, 1, atc=1, repeat=True)) == paid, "the same again gets the same answer"
        assert codes([line.ask(buys(0, 2, atc=2, amount_minor=2501))]) == ["91"], "one is too large"
        assert codes([line.ask(buys(0, 4, atc=4, amount_minor=2500))]) == ["00"], "3750 in all"
        assert codes([line.ask(buys(0, 5, atc=5, amount_minor=251))]) == ["91"], "all of a card's are too much"
        assert codes([line.ask(held)]) == ["00"]
        refund = buys(0, 6, atc=6, processing_code="200000", icc=b"", amount_minor=1)
        assert codes([line.ask(refund)]) == ["61"], "the issuer has not taken the payment yet"
    assert trade.owed() == {"978": 3750}
    assert trade.balance(0) == _OPENING
    trade.cable.mend()
    trade.reconcile()
    assert sorted(trade.states()) == ["declined", "declined", "held", "posted", "posted"]
    assert trade.balance(0) == _OPENING - 3750
    done = FinancialAdvice(
        **(msgspec.structs.asdict(held) | {"stan": "000021", "amount_minor": 1800, "icc": b""}),
        original=original_data(held),
    )
    with trade.line() as line:
        assert codes([line.ask(done)]) == ["00"]
    trade.reconcile()
    assert trade.balance(1) == _OPENING - 1800
    assert acquirer.borne(trade.engine, SHOP.merchant) == []


@pytest.mark.attack(152)
def test_what_its_issuer_does_not_take_is_the_acquirers_own(trade: Trade) -> None:
    forged = Presented(pan=buys(0, 1, atc=1).pan, keys=issuer.MasterKey(bytes(range(16)))).icc()
    held = AuthorisationRequest(**msgspec.structs.asdict(buys(1, 2, atc=1, amount_minor=2000, icc=forged)))
    paid = buys(0, 1, atc=1, icc=forged)
    with trade.line() as line:
        assert codes([line.ask(paid), line.ask(held)]) == ["00", "00"]
    trade.cable.mend()
    trade.reconcile()
    assert trade.states() == ["borne", "borne"]
    assert trade.balance(0) == _OPENING
    assert trade.owed() == {"978": 1250}, "the merchant has its approval"
    assert [one.amount_minor for one in acquirer.borne(trade.engine, SHOP.merchant)] == [1250]
    refund = buys(0, 3, atc=6, processing_code="200000", icc=b"", amount_minor=1)
    done = FinancialAdvice(
        **(msgspec.structs.asdict(held) | {"stan": "000004", "amount_minor": 1800, "icc": b""}),
        original=original_data(held),
    )
    with trade.line() as line:
        assert codes([line.ask(refund)]) == ["61"], "the card has paid nothing that could be given back"
        assert codes([line.ask(done), line.ask(done)]) == ["00", "00"]
        assert [one.amount_minor for one in acquirer.borne(trade.engine, SHOP.merchant)] == [3050]
        assert codes([line.ask(takes_back(paid, 5)), line.ask(takes_back(paid, 5))]) == ["00", "00"]
    trade.reconcile()
    assert trade.owed() == {"978": 1800}
    assert [one.amount_minor for one in acquirer.borne(trade.engine, SHOP.merchant)] == [1800]


def test_what_the_merchant_takes_back_before_the_issuer_heard_of_it_is_undone(trade: Trade) -> None:
    paid = buys(0, 1, atc=1)
    with trade.line() as line:
        assert codes([line.ask(paid), line.ask(takes_back(paid, 2))]) == ["00", "00"]
    assert trade.owed() == {"978": 0}
    trade.cable.mend()
    trade.reconcile()
    assert trade.states() == ["reversed"]
    assert trade.balance(0) == _OPENING


def test_an_acquirer_that_is_killed_tells_the_issuer_all_the_same(trade: Trade) -> None:
    with trade.line() as line:
        assert codes([line.ask(buys(0, 1, atc=1))]) == ["00"]
    trade.kill_acquirer()
    trade.cable.mend()
    trade.reconcile()
    assert trade.states() == ["posted"]
    assert trade.balance(0) == _OPENING - 1250


def test_what_was_sent_and_not_answered_is_undone_and_never_approved_here(trade: Trade) -> None:
    trade.cable.mend()
    with trade.line() as line:
        number = 100
        while codes([line.ask(buys(1, number, atc=number, amount_minor=3000))]) == ["91"]:
            number += 1
        trade.cable.deafen()
        assert codes([line.ask(buys(0, 1, atc=1))]) == ["91"]
    trade.cable.mend()
    trade.reconcile()
    assert trade.balance(0) == _OPENING


def test_books_of_the_version_before_are_carried_on(address: str) -> None:
    engine = open_books(address)
    bring_up(engine, ROOM, STEPS[:1])
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO merchants VALUES ('SHOP-1', 'Demo Shop', '5942', '276')")
    acquirer.prepare(engine)
    merchant = acquirer.find(engine, "SHOP-1")
    assert merchant.takes("any-scheme")
    assert acquirer.Merchant("SHOP-1", "Demo Shop", "5942", "276") == merchant
    assert acquirer.borne(engine, "SHOP-1") == []
    engine.dispose()


@pytest.mark.parametrize("schemes", ["Etui", "etui-demo  other", " etui-demo", "etui-demo ", "etui_demo"])
def test_schemes_of_a_merchant_are_names_with_a_space_between_them(address: str, schemes: str) -> None:
    engine = open_books(address)
    acquirer.prepare(engine)
    with pytest.raises(ValueError, match="schemes"):
        acquirer.enrol(engine, msgspec.structs.replace(SHOP, schemes=schemes), [TERMINAL])
    engine.dispose()


@pytest.mark.parametrize(
    "changes",
    [
        {"processing_code": "200000"},
        {"icc": b""},
        {"expiry": "2610"},
        {"currency": "840"},
        {"amount_minor": 2501},
    ],
)
def test_only_a_purchase_that_its_cryptogram_will_prove_is_approved(changes: dict[str, object]) -> None:
    limits, request = Limits(currency="978", each_minor=2500, card_minor=4000), buys(0, 1, atc=1)
    assert may_stand_in(limits, request, 2750, "2611")
    assert not may_stand_in(limits, request, 2751, "2611")
    assert not may_stand_in(None, request, 0, "2611")
    assert not may_stand_in(limits, msgspec.structs.replace(request, **changes), 0, "2611")


def test_a_card_of_the_operators_scheme_pays_at_the_operators_host_where_the_merchant_takes_it(
    tmp_path: Path, books: Callable[[str], str]
) -> None:
    address = books("operator")
    engine = open_books(address)
    issuer.prepare(engine)
    issuer.enrol(engine, profile(0, card=_OPERATORS_CARD))
    host = start_host(address, tmp_path)
    others = (
        '[[issuer]]\nname = "demo-operator"\nscheme = "etui-operators"\nprefixes = ["433333"]\n'
        f'host = "127.0.0.1"\nport = {host.port}\n'
    )
    presented = Presented(pan=_OPERATORS_CARD)
    request = buys(0, 1, atc=1, pan=_OPERATORS_CARD, icc=presented.icc())
    with Trade(tmp_path, books, others=others) as trade:
        acquirer.enrol(trade.engine, msgspec.structs.replace(SHOP, schemes="etui-demo"), [TERMINAL])
        with trade.line() as line:
            assert codes([line.ask(request), line.ask(buys(0, 2, atc=1))]) == ["58", "00"]
            acquirer.enrol(trade.engine, msgspec.structs.replace(SHOP, schemes="etui-demo etui-operators"), [TERMINAL])
            assert codes([line.ask(request)]) == ["00"]
        trade.reconcile()
        assert trade.owed() == {"978": 2500}
        (cleared,) = acquirer.clearing_records(trade.engine, "demo-operator")
        assert cleared.amount_minor == 1250
    assert issuer.find(engine, _OPERATORS_CARD).balance_minor == _OPENING - 1250
    engine.dispose()
    end(host)
