"""What merchants are owed, and books that are compared with an issuer's."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.acquirer import pan
from sqlalchemy import Engine, text
from tests.counterparts.trade import CODE, ISSUER, SHOP, TERMINAL, buys, takes_back

from etui.counterparts import acquirer
from etui.counterparts.acquirer import Cleared, Difference, Key, Owed, ledger
from etui.counterparts.acquirer.decisions import Said
from etui.counterparts.books import open_books, run
from etui.standards.iso8583 import FinancialRequest

_DAY_S = 86_400


def paid(engine: Engine, request: FinancialRequest, day: int) -> None:
    """A payment that its issuer approved on a day."""
    sending = ledger.Sending(
        acquirer=CODE,
        issuer=ISSUER,
        scheme="etui-demo",
        transmitted=request.transmitted,
        stan=request.stan,
        made_s=day * _DAY_S,
        due_s=day * _DAY_S + 10,
    )
    begun = run(engine, lambda connection: ledger.begin(connection, request, sending))
    assert begun.new
    key = Key(request.merchant, request.terminal, request.transmitted, request.stan)
    run(engine, lambda connection: ledger.conclude(connection, key, Said("00", "A1B2C3"), day * _DAY_S))


@pytest.fixture
def books(engine: Engine) -> Engine:
    """A merchant's, with nothing in them; on each kind of database."""
    acquirer.prepare(engine)
    acquirer.enrol(engine, SHOP, [TERMINAL])
    return engine


def test_a_day_is_paid_out_once_when_it_is_over(books: Engine) -> None:
    paid(books, buys(0, 1, atc=1, amount_minor=1000), day=100)
    paid(books, buys(0, 2, atc=2, amount_minor=500), day=100)
    paid(books, buys(0, 3, atc=3, amount_minor=200, processing_code="200000"), day=101)
    assert acquirer.cleared(books, SHOP.merchant, 100) == [Owed("978", 1500)]
    assert acquirer.cleared(books, SHOP.merchant, 101) == [Owed("978", -200)]
    assert acquirer.owed(books, SHOP.merchant) == [Owed("978", 1300)]
    with pytest.raises(acquirer.OpenDayError):
        acquirer.pay_out(books, SHOP.merchant, 100, now_s=100 * _DAY_S + 86_399)
    for _ in range(2):
        assert acquirer.pay_out(books, SHOP.merchant, 100, now_s=101 * _DAY_S) == [Owed("978", 1500)]
    assert acquirer.owed(books, SHOP.merchant) == [Owed("978", -200)]


def test_what_is_taken_back_later_is_owed_less_that_day(books: Engine) -> None:
    request = buys(0, 1, atc=1, amount_minor=1000)
    paid(books, request, day=100)
    acquirer.pay_out(books, SHOP.merchant, 100, now_s=101 * _DAY_S)
    for _ in range(2):
        run(books, lambda connection: ledger.reverse(connection, takes_back(request, 9), 102 * _DAY_S))
    assert acquirer.cleared(books, SHOP.merchant, 100) == [Owed("978", 1000)]
    assert acquirer.cleared(books, SHOP.merchant, 102) == [Owed("978", -1000)]
    assert acquirer.owed(books, SHOP.merchant) == [Owed("978", -1000)]
    assert acquirer.inconsistent(books) == []


def test_books_that_disagree_say_where(books: Engine) -> None:
    paid(books, buys(0, 1, atc=1, amount_minor=1000), day=100)
    paid(books, buys(0, 2, atc=2, amount_minor=500), day=100)
    ours = list(acquirer.clearing_records(books, ISSUER))
    assert acquirer.differences(ours, ours) == []
    theirs = [Cleared("1126185000", "000001", "978", 999), Cleared("1126185000", "000007", "978", 5)]
    assert acquirer.differences(ours, theirs) == [
        Difference("1126185000", "000001", "978", 1000, 999),
        Difference("1126185000", "000002", "978", 500, 0),
        Difference("1126185000", "000007", "978", 0, 5),
    ]
    run(books, lambda connection: connection.execute(text("UPDATE acquirer_postings SET amount_minor = 1")))
    assert acquirer.inconsistent(books) == [(SHOP.merchant, 1500, 2)]


def test_a_merchant_is_found_as_it_was_enrolled_last(books: Engine) -> None:
    assert acquirer.find(books, SHOP.merchant) == SHOP
    with pytest.raises(acquirer.UnknownMerchantError):
        acquirer.find(books, "SHOP-9")
    for name, value in (("merchant", "a" * 16), ("mcc", "59"), ("country", "DE"), ("location", "\N{EURO SIGN}")):
        with pytest.raises(ValueError, match=name):
            acquirer.enrol(books, acquirer.Merchant(**{**_members(), name: value}), [TERMINAL])
    with pytest.raises(ValueError, match="terminal"):
        acquirer.enrol(books, SHOP, ["123456789"])


def _members() -> dict[str, str]:
    return {"merchant": SHOP.merchant, "location": SHOP.location, "mcc": SHOP.mcc, "country": SHOP.country}


_ISSUER = '[[issuer]]\nname = "{}"\nscheme = "s"\nprefixes = ["{}"]\nhost = "h"\nport = 1\n'


def test_a_card_goes_to_the_issuer_of_its_longest_prefix(tmp_path: Path) -> None:
    file = tmp_path / "issuers.toml"
    file.write_text(_ISSUER.format("a", "4") + _ISSUER.format("b", "4761"))
    routes = acquirer.read_issuers(file)
    found = [routes.issuer_of(number) for number in (pan(0), "4000000000000000", "5000000000000000")]
    assert [one.name if one else "" for one in found] == ["b", "a", ""]


@pytest.mark.parametrize(
    "text",
    [
        "", "issuer = 1", "[[issuer]]\nname = 'a'", _ISSUER.format("a", "4") * 2, _ISSUER.format("A b", "4"),
        _ISSUER.format("a", "x"), _ISSUER.format("a", "4") + "more = 1\n", "\x00", _ISSUER.replace("= 1", "= 0"),
    ],
)  # fmt: skip
def test_a_file_of_issuers_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "issuers.toml"
    file.write_text(text)
    with pytest.raises(acquirer.SettingsError):
        acquirer.read_issuers(file)
    with pytest.raises(acquirer.SettingsError):
        acquirer.read_issuers(tmp_path / "none.toml")


def test_books_of_a_later_version_are_refused(tmp_path: Path) -> None:
    engine = open_books(f"sqlite:///{tmp_path}/books.db")
    acquirer.prepare(engine)
    acquirer.prepare(engine)
    run(engine, lambda connection: connection.execute(text("UPDATE books_versions SET version = 9")))
    with pytest.raises(Exception, match="version 9"):
        acquirer.prepare(engine)
    engine.dispose()
