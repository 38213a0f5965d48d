"""Decisions in the books, on each kind of database: many in one transaction, and several transactions at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from bench.acquirer import pan, profile
from bench.postgres import Cluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect, text, update
from tests.counterparts.issuer.books import asked, complete, counts, hold, pay, reverse

from etui.counterparts.books import open_books, reading, run
from etui.counterparts.issuer import differences, enrol, find, lookups, prepare
from etui.counterparts.issuer.ledger import Ledger
from etui.counterparts.issuer.lookups import transactions_statement
from etui.counterparts.issuer.outcomes import Outcome
from etui.counterparts.issuer.records import Authorisation, Card, Posting
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS, METADATA, POSTINGS
from etui.standards.iso8583 import AuthorisationRequest, TransactionRequest


@pytest.fixture
def books(engine: Engine) -> Engine:
    prepare(engine)
    for number in (1, 2, 3):
        enrol(engine, profile(number))
    return engine


@pytest.fixture
def ledger(books: Engine) -> Ledger:
    return Ledger(books)


def codes(outcomes: list[Outcome]) -> list[str]:
    return [outcome.response_code for outcome in outcomes]


def test_decisions_of_one_transaction_see_each_other(books: Engine, ledger: Ledger) -> None:
    outcomes = ledger.decide(asked(pay(1, 1), pay(1, 2), pay(2, 3), pay(1, 2, atc=1), pay(9, 4)))
    assert codes(outcomes) == ["00", "00", "00", "94", "14"]
    assert find(books, pan(1)).balance_minor == 997_500
    assert find(books, pan(2)).balance_minor == 998_750
    assert differences(books) == []


@pytest.mark.attack(126)
def test_duplicate_and_bad_ones_do_not_keep_the_others_of_their_transaction_from_the_books(
    books: Engine, ledger: Ledger
) -> None:
    ledger.decide(asked(pay(1, 1)))
    forged = msgspec.structs.replace(pay(3, 7), icc=b"\x9f\x02")
    outcomes = ledger.decide(asked(pay(2, 5), pay(1, 1), forged, pay(2, 6), pay(2, 6)))
    assert codes(outcomes) == ["00", "00", "82", "00", "00"]
    assert outcomes[3].approval == outcomes[4].approval
    assert counts(books) == (4, 6)
    assert differences(books) == []


def test_authorisation_completion_and_reversal_in_one_transaction_and_in_several(books: Engine, ledger: Ledger) -> None:
    first, second, third = hold(1, 1, 5000), hold(2, 2, 5000), hold(3, 3, 5000)
    together = asked(first, complete(first, 1234), second, reverse(second), reverse(third), third)
    assert codes(ledger.decide(together)) == ["00", "00", "00", "00", "00", "68"]
    again = [codes(ledger.decide([one]))[0] for one in together]
    assert again == ["00", "00", "68", "00", "00", "68"]
    balances = [(find(books, pan(n)).balance_minor, find(books, pan(n)).held_minor) for n in (1, 2, 3)]
    assert balances == [(998_766, 0), (1_000_000, 0), (1_000_000, 0)]
    assert differences(books) == []


@pytest.mark.attack(132)
def test_payments_at_once_fit_under_one_balance_or_are_declined(books: Engine) -> None:
    run(books, lambda c: c.execute(update(CARDS).where(CARDS.c.card == pan(1)).values(balance_minor=2500)))
    run(books, lambda c: c.execute(update(POSTINGS).where(POSTINGS.c.card == pan(1)).values(amount_minor=2500)))
    ready = threading.Barrier(4, timeout=30)

    def spend(number: int) -> list[str]:
        mine = asked(*(pay(1, number * 100 + at) for at in range(5)))
        ready.wait()
        return [code for one in mine for code in codes(Ledger(books).decide([one]))]

    with ThreadPoolExecutor(4) as pool:
        found = [code for each in pool.map(spend, range(1, 5)) for code in each]
    assert found.count("00") <= 2
    assert set(found) <= {"00", "51", "83"}
    assert find(books, pan(1)).balance_minor == 2500 - 1250 * found.count("00")
    assert differences(books) == []


@pytest.mark.attack(126)
def test_same_request_at_once_on_several_connections_moves_money_once(books: Engine) -> None:
    ready = threading.Barrier(4, timeout=30)
    one = asked(pay(1, 1))

    def spend(_: int) -> Outcome:
        ready.wait()
        return Ledger(books).decide(one)[0]

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(spend, range(4)))
    assert len({(outcome.response_code, outcome.approval) for outcome in outcomes}) == 1
    assert find(books, pan(1)).balance_minor == 998_750
    assert counts(books) == (1, 4)


def test_change_by_another_between_reading_and_writing_is_noticed_where_no_lock_holds(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "_POSTGRESQL_CARDS", text(str(lookups._POSTGRESQL_CARDS).replace("FOR UPDATE", "")))
    books = open_books(postgresql.new_books())
    prepare(books)
    enrol(books, profile(1))
    calls = 0

    def approvals() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:  # the card is read, and not written yet
            assert codes(Ledger(books).decide(asked(pay(1, 1)))) == ["00"]
        return "ABC123"

    assert codes(Ledger(books, approvals=approvals).decide(asked(pay(1, 2)))) == ["00"]
    assert calls == 2
    assert find(books, pan(1)).balance_minor == 997_500
    assert differences(books) == []
    books.dispose()


def test_lookup_of_transactions_reads_an_index_and_not_the_table(books: Engine, ledger: Ledger) -> None:
    ledger.decide(asked(*(pay(1, stan) for stan in range(1, 40))))
    keys = [msgspec.structs.astuple(one.key) for one in asked(pay(1, 1), pay(2, 2), pay(3, 3))]
    explain = "EXPLAIN QUERY PLAN" if books.dialect.name == "sqlite" else "EXPLAIN"
    with reading(books) as connection:
        if books.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan TO off"))  # so few rows are read faster without an index
        statement, parameters = transactions_statement(connection, keys)
        plan = " ".join(str(row) for row in connection.execute(text(f"{explain} {statement}"), parameters))
    assert ("SEARCH authorisations" in plan) or ("Index Scan using authorisations_pkey" in plan)
    assert "SCAN authorisations" not in plan


def test_tables_are_what_the_steps_make(books: Engine) -> None:
    found = inspect(books)
    assert set(found.get_table_names()) == {*METADATA.tables, "books_versions"}
    for name, table in METADATA.tables.items():
        assert [column["name"] for column in found.get_columns(name)] == list(table.columns.keys())
        assert found.get_pk_constraint(name)["constrained_columns"] == list(table.primary_key.columns.keys())


@pytest.mark.parametrize(("record", "table"), [(Card, CARDS), (Authorisation, AUTHORISATIONS), (Posting, POSTINGS)])
def test_record_has_the_columns_of_its_table_in_their_order(record: type[msgspec.Struct], table: object) -> None:
    assert list(record.__struct_fields__) == list(table.columns.keys())  # type: ignore[attr-defined]


@pytest.fixture
def sqlite_books(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Engine]:
    def make() -> Engine:
        engine = open_books(f"sqlite:///{tmp_path_factory.mktemp('books')}/books.db")
        prepare(engine)
        for number in (1, 2):
            enrol(engine, profile(number, opening_minor=10_000, transaction_limit_minor=4000))
        return engine

    return make


_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["pay", "hold", "refund", "reverse", "complete", "again"]),
        st.integers(1, 2),
        st.integers(0, 5000),
        st.integers(0, 10**6),
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_MOVES, st.integers(1, 5))
def test_books_balance_whatever_happens_in_whatever_groups(
    sqlite_books: Callable[[], Engine], moves: list[tuple[str, int, int, int]], size: int
) -> None:
    engine = sqlite_books()
    requests: list[TransactionRequest] = []
    for stan, (move, number, amount_minor, choice) in enumerate(moves, start=1):
        made = requests[choice % len(requests)] if requests else None
        match move:
            case "pay":
                requests.append(pay(number, stan, amount_minor=amount_minor))
            case "hold":
                requests.append(hold(number, stan, amount_minor))
            case "refund":
                requests.append(pay(number, stan, amount_minor=amount_minor, processing_code="200000"))
            case "reverse" if made is not None:
                requests.append(reverse(made, stan))
            case "complete" if isinstance(made, AuthorisationRequest):
                requests.append(complete(made, amount_minor, stan))
            case _ if made is not None:
                requests.append(made)
    ledger = Ledger(engine)
    waiting = asked(*requests)
    outcomes = [one for at in range(0, len(waiting), size) for one in ledger.decide(waiting[at : at + size])]
    assert differences(engine) == []
    for number in (1, 2):
        card = find(engine, pan(number))
        assert card.held_minor >= 0
        refunded = any(one.request.processing_code == "200000" for one in waiting)
        assert refunded or card.balance_minor - card.held_minor >= 0
    repeated = ledger.decide(waiting)
    assert differences(engine) == []
    declined = {"13", "12", "51", "61", "82", "83", "94"}
    for first, again in zip(outcomes, repeated, strict=True):
        assert first.response_code not in declined or again.approval == ""
    engine.dispose()
