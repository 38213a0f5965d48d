"""``etui pay`` and ``etui payments``: a real wallet, a shop over TLS, an issuer that knows its cryptograms."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, told
from tests.cli.payments.till import HOST, Till
from tests.standards.payments.shop import SHOP, Shop

from etui.standards.payments import digest_of
from etui.testkit import TestWallet

pytestmark = pytest.mark.usefixtures("carded")


def test_a_shop_is_paid_its_receipt_kept_and_all_of_it_told(wallet: TestWallet, till: Till) -> None:
    paid = told(wallet, "pay", till.url, "--order", '{"goods": ["book"]}')
    assert (paid["outcome"], paid["amount"], paid["currency"], paid["filed"]) == ("approved", 1250, "EUR", True)
    assert till.ordered == [{"goods": ["book"]}]
    assert len(till.charged) == 1
    why = done(wallet, "why", paid["decision"])
    assert "payment/1.pay" in why or "pay 12.50 EUR" in why, why
    (listed,) = told(wallet, "payments")
    assert (listed["label"], listed["attributes"]["state"]) == ("12.50 EUR to shop.etui.test", "approved")
    shown = done(wallet, "payments", "show", "12.50 EUR to shop.etui.test")
    assert "A book: 12.50 EUR" in shown
    assert f"etui why {paid['decision']}" in shown
    (receipt,) = told(wallet, "receipts", "list", "--order", paid["order"])
    assert receipt["attributes"] == {"payee": "shop.etui.test", "kind": "sale", "number": "r-1"}
    said = done(wallet, "receipts", "show", "r-1")
    assert "Verified: signed by the merchant, for whom Demo Acquirer of etui-demo vouched" in said
    assert f"etui why {paid['decision']}" in said
    assert "Of that tax: 0.82 EUR" in said


def test_a_dry_run_pays_nothing_and_says_which_card_would(wallet: TestWallet, till: Till) -> None:
    wallet.user.approves(action_contains="see which of your cards would pay shop.etui.test", times=1)
    said = done(wallet, "pay", till.url, "--dry-run")
    assert "Demo Shop (shop.etui.test) asks for 12.50 EUR." in said
    assert "It would be paid with Demo Bank" in said
    assert till.charged == []
    assert told(wallet, "payments") == []


def test_a_request_in_a_file_is_paid_where_the_shop_takes_it(wallet: TestWallet, till: Till, tmp_path: Path) -> None:
    path = tmp_path / "request.jws"
    path.write_text(f"{till.asks()}\n", encoding="ascii")
    assert "Paid 12.50 EUR to shop.etui.test (Demo Shop)." in done(wallet, "pay", str(path), "--shop", till.url)
    again = etui(wallet, "pay", str(path), "--shop", till.url)
    assert again.returncode == 1
    assert "was answered before" in again.stderr
    assert len(till.charged) == 1


def test_what_the_shop_declines_is_told_and_kept_as_declined(wallet: TestWallet, till: Till) -> None:
    till.declines = True
    result = etui(wallet, "pay", till.url)
    assert result.returncode == 1
    assert "Declined: 12.50 EUR to shop.etui.test (Demo Shop) was not paid." in result.stdout
    assert told(wallet, "payments")[0]["attributes"]["state"] == "declined"


def test_a_shop_that_answers_late_is_sent_the_same_again_and_one_that_does_not_is_pending(
    wallet: TestWallet, till: Till, tmp_path: Path
) -> None:
    till.fails = 1
    assert told(wallet, "pay", till.url)["outcome"] == "approved"
    assert len(till.charged) == 2
    assert len({*till.charged}) == 1
    till.fails, till.request = 3, {"nonce": "n-2"}
    result = etui(wallet, "pay", till.url)
    assert result.returncode == 1
    assert "ask it before you pay again" in result.stderr
    rows = told(wallet, "payments")
    assert sorted(one["attributes"]["state"] for one in rows) == ["approved", "pending"]
    (pending,) = (one["item"] for one in rows if one["attributes"]["state"] == "pending")
    path = tmp_path / "receipt.jws"
    path.write_text(till.shop.receipt(digest_of(till._token), id="r-2"), encoding="ascii")
    said = told(wallet, "payments", "finish", pending, "approved", "--receipt", str(path))
    assert (said["outcome"], said["filed"]) == ("approved", True)
    assert etui(wallet, "payments", "finish", pending, "declined").returncode == 1, "once said, it stays"


def _pending(wallet: TestWallet, till: Till, number: int) -> str:
    """A payment that the shop charges and never answers; its label would be that of any other."""
    till.fails, till.request, till.receipt = 3, {"nonce": f"n-{number}"}, {"id": f"r-{number}"}
    assert etui(wallet, "pay", till.url).returncode == 1
    return str(next(one["item"] for one in told(wallet, "payments") if one["attributes"]["state"] == "pending"))


def test_what_is_pending_ends_as_the_shop_says_when_it_is_asked_again(wallet: TestWallet, till: Till) -> None:
    pending = ""
    for number, (state, ended) in enumerate(
        {"approved": "approved", "declined": "declined", "expired": "not_sent"}.items(), 1
    ):
        till.state = "open"
        pending = _pending(wallet, till, number)
        till.state = "paying"
        assert told(wallet, "payments", "show", pending)["state"] == "pending"
        till.state = state
        shown = told(wallet, "payments", "show", pending)
        assert (shown["state"], shown["sent_to"]) == (ended, f"{till.url}/order-1")
        assert ("receipt" in shown) == (state == "approved")
        assert told(wallet, "payments", "show", pending) == shown
    assert [one["attributes"]["number"] for one in told(wallet, "receipts")] == ["r-1"]
    assert "not sent" in done(wallet, "payments")
    looked_at = till.looked_at
    assert "the shop never got what pays it" in done(wallet, "payments", "show", pending)
    assert till.looked_at == looked_at, "nothing is pending any more"


@pytest.mark.attack(135)
def test_what_a_shop_says_of_another_request_or_signs_by_another_key_is_not_taken_for_a_pending_one(
    wallet: TestWallet, till: Till
) -> None:
    pending = _pending(wallet, till, 1)
    till.state, till.request = "approved", {"nonce": "n-2"}
    till.asks()
    assert told(wallet, "payments", "show", pending)["state"] == "pending", "that is of another request"
    till.request = {"nonce": "n-3"}
    till.fails = 3
    assert etui(wallet, "pay", till.url).returncode == 1
    till.by = Shop(SHOP)
    said = etui(wallet, "payments")
    assert "not signed by the key by which shop.etui.test asked" in said.stderr
    assert told(wallet, "receipts") == []


def test_a_shop_that_says_nothing_is_not_waited_for_and_the_next_payment_settles_what_is_pending(
    wallet: TestWallet, till: Till, tmp_path: Path
) -> None:
    _pending(wallet, till, 1)
    till.state = ""
    (row,) = told(wallet, "payments")
    assert row["attributes"]["state"] == "pending"
    assert till.looked_at
    till.state = "approved"
    (tmp_path / "again").write_text(till._token, encoding="ascii")
    result = etui(wallet, "pay", str(tmp_path / "again"), "--shop", till.url)
    assert "12.50 EUR to shop.etui.test is pending no more: approved, and its receipt is kept" in result.stderr
    assert "was answered before: 12.50 EUR to shop.etui.test is approved" in result.stderr


@pytest.mark.attack(135)
def test_a_receipt_that_is_forged_is_not_kept_and_the_payment_is_told_all_the_same(
    wallet: TestWallet, till: Till
) -> None:
    till.by = Shop(SHOP)
    result = etui(wallet, "pay", till.url)
    assert result.returncode == 0
    assert "not signed by the key by which shop.etui.test asked" in result.stderr
    assert "There is no receipt of it." in result.stdout
    assert told(wallet, "receipts") == []


def test_a_no_in_the_dialog_sends_the_shop_nothing(wallet: TestWallet, till: Till) -> None:
    wallet.user.refuses(action_contains="pay 12.50")
    result = etui(wallet, "pay", till.url)
    assert result.returncode == 7
    assert "etui why d-" in result.stderr
    assert till.charged == []


def test_what_cannot_be_paid_is_refused_before_anything_is_asked(
    wallet: TestWallet, till: Till, tmp_path: Path
) -> None:
    asked = len(wallet.user.asked())
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"\xff")
    now = int(time.time())
    for what, source, request in (
        ("a redirect", till.url.replace("/orders", "/moved"), {}),
        ("another authority", till.url.replace(HOST, "127.0.0.1"), {}),
        ("http", till.url.replace("https", "http"), {}),
        ("one that has run out", till.url, {"iat": now - 60, "exp": now - 1}),
        ("no request", str(nothing), {}),
    ):
        till.request = request
        result = etui(wallet, "pay", source)
        assert result.returncode in {1, 2}, what
        assert result.stderr.startswith("etui: "), what
        assert len(wallet.user.asked()) == asked, what
    assert till.charged == []
