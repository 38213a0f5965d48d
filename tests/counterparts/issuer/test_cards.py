from __future__ import annotations

import threading
from typing import Any

import pytest
from bench.acquirer import pan, profile
from sqlalchemy import Engine, update
from tests.counterparts.issuer.books import asked, complete, hold, pay, reverse

from etui.counterparts.books import run
from etui.counterparts.issuer import (
    CardStateError,
    CardStatus,
    Key,
    Totals,
    UnknownCardError,
    UnknownTransactionError,
    clearing_records,
    delete,
    differences,
    dispute,
    disputes,
    enrol,
    find,
    issue_keys,
    lapse_holds,
    prepare,
    resume,
    suspend,
    totals,
)
from etui.counterparts.issuer.ledger import Ledger
from etui.counterparts.issuer.tables import CARDS


@pytest.fixture
def books(engine: Engine) -> Engine:
    prepare(engine)
    enrol(engine, profile(1))
    return engine


def code(books: Engine, stan: int, number: int = 1) -> str:
    return Ledger(books).decide(asked(pay(number, stan)))[0].response_code


def test_card_is_enrolled_once_with_its_opening_balance(books: Engine) -> None:
    enrol(books, profile(1))
    assert find(books, pan(1)).balance_minor == 1_000_000
    assert differences(books) == []
    with pytest.raises(CardStateError):
        enrol(books, profile(1, expiry="3101"))


@pytest.mark.parametrize(
    "members",
    [{"card": "12345"}, {"card": "4761730000000001\n"}, {"sequence": 100}, {"expiry": "3013"}, {"currency": "EUR"},
     {"opening_minor": -1}, {"transaction_limit_minor": 10**12}, {"day_limit_count": -1}, {"atc_issued": 65_536}],
)  # fmt: skip
def test_profile_that_is_none_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="card"):
        profile(1, **members).__post_init__()


def test_card_is_suspended_resumed_and_deleted_for_good(books: Engine) -> None:
    suspend(books, pan(1))
    suspend(books, pan(1))
    assert code(books, 1) == "62"
    resume(books, pan(1))
    assert code(books, 2) == "00"
    delete(books, pan(1))
    delete(books, pan(1))
    assert code(books, 3) == "14"
    for change in (suspend, resume):
        with pytest.raises(CardStateError):
            change(books, pan(1))
    assert find(books, pan(1)).status == CardStatus.DELETED


def test_deleted_card_still_gets_back_what_is_reversed(books: Engine) -> None:
    ledger = Ledger(books)
    ledger.decide(asked(pay(1, 1)))
    delete(books, pan(1))
    assert ledger.decide(asked(reverse(pay(1, 1))))[0].response_code == "00"
    assert find(books, pan(1)).balance_minor == 1_000_000


def test_card_that_is_not_there_is_named_as_such(books: Engine) -> None:
    for change in (suspend, resume, delete, find):
        with pytest.raises(UnknownCardError):
            change(books, pan(9))


@pytest.mark.attack(125)
def test_device_uses_the_keys_that_it_was_given_and_no_more(books: Engine) -> None:
    enrol(books, profile(2, atc_issued=2))
    assert [code(books, stan, 2) for stan in (1, 2, 3)] == ["00", "00", "83"]
    issue_keys(books, pan(2), 4)
    issue_keys(books, pan(2), 1)
    assert find(books, pan(2)).atc_issued == 4
    ledger = Ledger(books)
    again = [ledger.decide(asked(pay(2, stan, atc=atc)))[0].response_code for stan, atc in ((13, 3), (14, 4), (15, 5))]
    assert again == ["00", "00", "83"]


def test_no_keys_for_a_card_that_is_not_active_or_beyond_what_a_counter_holds(books: Engine) -> None:
    with pytest.raises(ValueError, match="65535"):
        issue_keys(books, pan(1), 65_536)
    suspend(books, pan(1))
    with pytest.raises(CardStateError, match="suspended"):
        issue_keys(books, pan(1), 10)


def test_card_changes_and_payments_at_once_lose_nothing(books: Engine) -> None:
    def change() -> None:
        for atc in range(100, 120):
            issue_keys(books, pan(1), atc)

    thread = threading.Thread(target=change)
    thread.start()
    answers = [code(books, stan) for stan in range(1, 21)]
    thread.join()
    assert answers == ["00"] * 20
    assert find(books, pan(1)).balance_minor == 1_000_000 - 20 * 1250
    assert differences(books) == []


def test_clearing_has_what_was_posted_with_an_acquirer_and_totals_for_each_currency(books: Engine) -> None:
    enrol(books, profile(2, currency="840"))
    ledger = Ledger(books)
    dollars = pay(2, 3, processing_code="200000", currency="840")
    held = hold(1, 4, 5000)
    ledger.decide(asked(pay(1, 1), pay(1, 2, acquirer="000777"), dollars, held, complete(held, 4321), pay(1, 6)))
    ledger.decide(asked(reverse(pay(1, 6))))
    day = find(books, pan(1)).day
    records = list(clearing_records(books, "123456", day))
    assert [(one.card, one.debit, one.amount_minor) for one in records] == [
        (pan(1), "card", 1250),
        (pan(1), "card", 4321),
        (pan(1), "card", 1250),
        (pan(1), "acquirer:123456", 1250),
        (pan(2), "acquirer:123456", 1250),
    ]
    assert totals(books, "123456", day) == [
        Totals(acquirer="123456", currency="840", owed_minor=0, owes_minor=1250, records=1),
        Totals(acquirer="123456", currency="978", owed_minor=6821, owes_minor=1250, records=4),
    ]
    assert totals(books, "777", day) == [
        Totals(acquirer="777", currency="978", owed_minor=1250, owes_minor=0, records=1)
    ]
    assert totals(books, "123456", day + 1) == []


def test_hold_that_nobody_completed_lapses_and_no_other(books: Engine) -> None:
    enrol(books, profile(2))
    old, new = Ledger(books, now_s=lambda: 86_400 * 20_700.5), Ledger(books, now_s=lambda: 86_400 * 20_720.5)
    first, second, third = hold(1, 1, 1000), hold(1, 5, 2000), hold(2, 3, 3000)
    old.decide(asked(first, hold(1, 4, 500), complete(hold(1, 4, 500), 400)))
    new.decide(asked(second, third))
    assert lapse_holds(books, 20_700) == 0
    assert lapse_holds(books, 20_720) == 1
    assert lapse_holds(books, 20_720) == 0
    assert [find(books, pan(number)).held_minor for number in (1, 2)] == [2000, 3000]
    assert differences(books) == []
    assert new.decide(asked(complete(first, 1000, 800_002)))[0].response_code == "12"
    assert new.decide(asked(reverse(first)))[0].response_code == "00"
    assert new.decide(asked(complete(second, 1500, 800_001)))[0].response_code == "00"
    assert differences(books) == []


def test_books_that_were_altered_show_as_such(books: Engine) -> None:
    run(books, lambda c: c.execute(update(CARDS).values(balance_minor=5, held_minor=7)))
    assert [(one.what, one.says_minor, one.comes_to_minor) for one in differences(books)] == [
        ("balance_minor", 5, 1_000_000),
        ("held_minor", 7, 0),
    ]


def test_dispute_is_noted_once_beside_its_transaction(books: Engine) -> None:
    Ledger(books).decide(asked(pay(1, 1)))
    key = Key(pan(1), "123456", "1126185000", "000001")
    first = dispute(books, key, "not received", "The pump gave nothing. ⛽", now_s=5)
    assert dispute(books, key, "other", "again", now_s=6) == first
    assert disputes(books, pan(1)) == [first]
    with pytest.raises(UnknownTransactionError):
        dispute(books, Key(pan(1), "123456", "1126185000", "000002"), "x", "y")
    for note in ("x" * 2001, "\0"):
        with pytest.raises(ValueError, match="dispute"):
            dispute(books, key, "x", note)
