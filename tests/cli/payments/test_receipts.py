"""``etui receipts``: what was signed about what was paid, verified each time, tied, noted, added up and exported."""

from __future__ import annotations

import csv
import io
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, told
from tests.cli.payments.till import Till
from tests.standards.payments.shop import SHOP, Shop

from etui.interfaces import receipt_1 as receipt
from etui.sdk import ErrorCode, RemoteError
from etui.standards.payments import TAP, Amount, Kind, digest_of, tap_digest
from etui.testkit import TestWallet

BIDI = "Demo \u202eknaB\u202c Shop"
REFUND = {"kind": Kind.REFUND, "id": "r-2", "of": "r-1", "total": Amount("EUR", "2.50"), "items": (), "tax": None}


def filed(wallet: TestWallet, token: str) -> str:
    """A receipt, filed by a Client; its reference."""
    with wallet.connect() as client:
        return client.call(receipt.File(receipt=token)).receipt.item


def test_a_refund_is_tied_to_its_sale_and_counts_against_it(
    wallet: TestWallet, carded: str, till: Till, shop: Shop
) -> None:
    del carded
    order = told(wallet, "pay", till.url)["order"]
    filed(wallet, shop.receipt(digest_of(till._token), **REFUND))
    assert len(told(wallet, "receipts", "list", "--order", order)) == 2
    sale = done(wallet, "receipts", "show", "r-1")
    assert "Given back: 2.50 EUR" in sale
    assert "Given back in all: 2.50 EUR of 12.50 EUR" in sale
    assert "It is to the receipt r-1, which is here" in done(wallet, "receipts", "show", "r-2")
    (row,) = told(wallet, "receipts", "totals", "--by", "shop")
    assert (row["sales"], row["refunds"], row["total"], row["vouched"]) == (1250, -250, 1000, True)
    filed(
        wallet, Shop(SHOP).receipt(digest_of(till._token), **(REFUND | {"id": "r-3", "total": Amount("EUR", "9.00")}))
    )
    assert "Given back in all: 2.50 EUR" in done(wallet, "receipts", "show", "r-1"), "nobody vouched for that one"
    forged = done(wallet, "receipts", "show", "r-3")
    assert "nobody vouched for who signed it" in forged
    assert "which is not here, or not of the same merchant" in forged
    rows = told(wallet, "receipts", "totals")
    assert sorted((row["vouched"], row["total"]) for row in rows) == [(False, -900), (True, 1000)]


def test_a_receipt_that_came_as_a_file_is_kept_once_and_found_by_its_tap(
    wallet: TestWallet, shop: Shop, tmp_path: Path
) -> None:
    digest = tap_digest("0019", 7, b"\1\2\3\4", 12_50, "978")
    (tmp_path / "pump.jws").write_text(shop.receipt(digest, order=TAP) + "\n")
    for _ in range(2):
        assert done(wallet, "receipts", "add", str(tmp_path / "pump.jws")) == "“12.50 EUR to shop.etui.test” is kept.\n"
    (found,) = told(wallet, "receipts", "list", "--order", f"tap#{digest.hex()[:16]}")
    assert found["attributes"]["number"] == "r-1"
    token = (tmp_path / "pump.jws").read_text()
    (tmp_path / "pump.jws").write_text(token.replace(token[-9:-5], "AAAA"))
    refused = etui(wallet, "receipts", "add", str(tmp_path / "pump.jws"))
    assert refused.returncode != 0
    assert "the receipt is not usable" in refused.stderr
    assert len(told(wallet, "receipts")) == 1


def test_notes_searches_and_deletion(wallet: TestWallet, shop: Shop) -> None:
    assert done(wallet, "receipts") == "There are no receipts.\n"
    for number, label in (("r-1", "A book"), ("r-2", "A pen")):
        line = shop.receipt(b"q" * 32, id=number, note=label, paid_at=int(time.time()) - 5)
        filed(wallet, line)
    assert "is marked as disputed" in done(wallet, "receipts", "note", "r-1", "never came", "--dispute")
    assert "write a note on" in wallet.user.asked()[-1]["lead"]
    assert "Disputed: never came" in done(wallet, "receipts", "show", "r-1")
    for words, numbers in (("pen", ["r-2"]), ("never came", ["r-1"]), ("SHOP.etui book", ["r-1", "r-2"]), ("tea", [])):
        rows = told(wallet, "receipts", "list", "--text", words)
        assert sorted(row["attributes"]["number"] for row in rows) == numbers, words
    assert done(wallet, "receipts", "list", "--until", "2001-01-01") == "There are no such receipts.\n"
    assert "give 1 or more" in etui(wallet, "receipts", "list", "--limit", "0").stderr
    assert len(told(wallet, "receipts", "list", "--since", "2001-01-01", "--payee", "shop.etui.test")) == 2
    done(wallet, "receipts", "note", "r-1", "")
    assert "never came" not in done(wallet, "receipts", "show", "r-1")
    assert etui(wallet, "receipts", "remove", "r-1").returncode == 2
    done(wallet, "receipts", "remove", "r-1", "--yes")
    assert [row["attributes"]["number"] for row in told(wallet, "receipts")] == ["r-2"]


def test_exports_and_totals_of_names_that_would_reorder_a_line(wallet: TestWallet, shop: Shop, tmp_path: Path) -> None:
    hostile = Shop(msgspec.structs.replace(SHOP, name=BIDI), shop.root)
    filed(wallet, hostile.receipt(b"q" * 32, total=Amount("KWD", "1.005"), items=(), tax=None, note="=1+1"))
    path = tmp_path / "receipts.csv"
    assert "1 receipt is in" in done(wallet, "receipts", "export", "csv", "-o", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    head, row = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    named = dict(zip(head, row, strict=True))
    assert (named["amount"], named["currency"], named["merchant's note"]) == ("1.005", "KWD", "'=1+1")
    assert etui(wallet, "receipts", "export", "csv", "-o", str(path)).returncode == 2, "it is there already"
    said = [done(wallet, "receipts", "show", "r-1"), done(wallet, "receipts", "export", "html")]
    assert not {"\u202e", "\u202c"} & {*"".join(said), *path.read_text(encoding="utf-8")}
    assert done(wallet, "receipts", "export", "json").isascii()
    assert told(wallet, "receipts", "export", "html")["count"] == 1
    (total,) = told(wallet, "receipts", "totals", "--by", "month")
    assert (total["total"], total["currency"]) == (1005, "KWD")
    assert "1.005" in done(wallet, "receipts", "totals")


def test_what_is_no_receipt_or_was_changed_on_the_way_is_not_kept(wallet: TestWallet, shop: Shop) -> None:
    token = shop.receipt(b"q" * 32)
    head, _, signature = token.rpartition(".")
    for wrong in (
        "",
        "a.b.c",
        shop.asks(int(time.time())),
        f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
    ):
        with pytest.raises(RemoteError) as refused:
            filed(wallet, wrong)
        assert refused.value.code is ErrorCode.INVALID_PARAMS
    filed(wallet, token)
    filed(wallet, shop.receipt(b"q" * 32))
    assert len(told(wallet, "receipts")) == 1, "the same content, signed once more"


@pytest.mark.attack(175)
@pytest.mark.attack(209)
def test_a_program_that_files_without_end_fills_no_drawer(wallet: TestWallet, carded: str, shop: Shop) -> None:
    del carded
    nobodys = Shop(SHOP)
    with wallet.connect() as client:
        for number in range(50):
            client.call(receipt.File(receipt=nobodys.receipt(b"q" * 32, id=f"r-{number}")))
        with pytest.raises(RemoteError, match="filed are here for which no scheme vouches") as refused:
            client.call(receipt.File(receipt=nobodys.receipt(b"q" * 32, id="r-one-more")))
        assert refused.value.code is ErrorCode.CONFLICT
        client.call(receipt.File(receipt=nobodys.receipt(b"q" * 32, id="r-7")))
    filed(wallet, shop.receipt(b"q" * 32, id="r-vouched"))
    assert len(told(wallet, "receipts", "list", "--text", "r-vouched")) == 1
    done(wallet, "receipts", "remove", "r-7", "--yes")
    filed(wallet, nobodys.receipt(b"q" * 32, id="r-one-more"))
    began = time.monotonic()
    assert len(told(wallet, "receipts", "list", "--text", "r-one-more")) == 1
    assert time.monotonic() - began < 10


def test_a_receipt_that_was_altered_on_the_disk_shows_as_such(wallet: TestWallet, shop: Shop) -> None:
    filed(wallet, shop.receipt(b"q" * 32))
    wallet.end()
    flip_longest_record(wallet.home)
    wallet.start()
    wallet.unlock()
    (row,) = told(wallet, "receipts")
    assert row["label"] == "12.50 EUR to shop.etui.test"
    result = etui(wallet, "receipts", "show", "r-1")
    assert result.returncode == 1
    assert "ALTERED" in result.stdout
    assert told(wallet, "receipts", "totals") == []
    totals = etui(wallet, "receipts", "totals")
    assert "1 receipt is altered" in totals.stderr
    assert "Altered, and not to be relied on" in done(wallet, "receipts", "export", "html")
    filed(wallet, shop.receipt(b"q" * 32))
    assert etui(wallet, "receipts", "show", "r-1").returncode == 0, "filed once more, it is whole again"


def flip_longest_record(home: Path) -> None:
    """Changes one bit of the longest sealed record, which is a receipt's."""
    (path,) = home.glob("storage/*/records.db")
    with closing(sqlite3.connect(path)) as database:
        longest = "SELECT client, key, value FROM records ORDER BY length(value) DESC LIMIT 1"
        ((client, key, value),) = database.execute(longest)
        changed = value[:-1] + bytes([value[-1] ^ 1])
        database.execute("UPDATE records SET value = ? WHERE client = ? AND key = ?", (changed, client, key))
        database.commit()


@pytest.mark.attack(137)
def test_another_program_sees_no_receipt_unless_the_user_says_so(wallet: TestWallet, shop: Shop) -> None:
    filed(wallet, shop.receipt(b"q" * 32))
    wallet.user.refuses()
    with wallet.connect() as client:
        calls: tuple[Callable[[], object], ...] = (
            lambda: client.call(receipt.Find()),
            lambda: client.call(receipt.Totals()),
            lambda: client.call(receipt.Export(format="csv")),
        )
        for call in calls:
            with pytest.raises(RemoteError) as refused:
                call()
            assert refused.value.code is ErrorCode.REFUSED
    assert any("see what you paid" in asked["lead"] for asked in wallet.user.asked())
