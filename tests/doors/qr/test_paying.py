"""``etui pay-qr``: from a picture to what the issuer recognises, and whatever comes between."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.cli.etui import ETUI, done, run, told
from tests.doors.qr.pictures import picture
from tests.doors.qr.stall import ALIKE, HOST, Reply, Stall
from tests.standards.emvqr.codes import SHOP, with_changes
from tests.standards.emvqr.test_vectors import PIX
from tests.standards.payments.shop import SHOP as MERCHANT
from tests.standards.payments.shop import Shop

from etui.cli.exits import Exit
from etui.standards.emvqr import Initiation, OrderPlace, Tip, encode
from etui.standards.payments import Amount

if TYPE_CHECKING:
    from pathlib import Path

    from tests.extensions.cards.bank import Bank

    from etui.standards.emvqr import Code
    from etui.testkit import TestWallet

STATIC = with_changes(
    initiation=Initiation.STATIC, amount="", templates=(OrderPlace(host=HOST, order="till-1").template(),)
)


class Scanner:
    """Pays pictures of codes, as a person would."""

    def __init__(self, wallet: TestWallet, stall: Stall, folder: Path) -> None:
        self.environ = wallet.environ | stall.environ
        self._folder = folder

    def file(self, *codes: Code | bytes, kind: str = "PNG") -> Path:
        """A picture of these codes."""
        payloads = [code if isinstance(code, bytes) else encode(code) for code in codes]
        path = self._folder / f"picture-{time.monotonic_ns()}"
        path.write_bytes(picture(*payloads, kind=kind))
        return path

    def scan(self, *codes: Code | bytes, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """What the command says of such a picture."""
        return run("pay-qr", str(self.file(*codes)), *options, environ=self.environ)

    def pays(self, *codes: Code | bytes, options: tuple[str, ...] = ()) -> dict[str, Any]:
        """What it says where it succeeds."""
        ended = self.scan(*codes, options=("--json", *options))
        assert ended.returncode == 0, ended.stderr
        assert not ended.stderr
        return msgspec.json.decode(ended.stdout, type=dict[str, Any])

    def fails(self, status: Exit, *codes: Code | bytes, options: tuple[str, ...] = ()) -> str:
        """Why it does not, with an exit status."""
        ended = self.scan(*codes, options=options)
        assert ended.returncode == status, (ended.stdout, ended.stderr)
        return ended.stderr

    def typed(self, code: Code, *lines: str) -> tuple[int, str]:
        """The status and what is said where lines are typed at a terminal."""
        screen, line = pty.openpty()
        with open(line, "r+b", buffering=0) as terminal:  # noqa: PTH123  # a descriptor
            command = [*ETUI, "pay-qr", str(self.file(code))]
            process = subprocess.Popen(
                command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environ
            )
        for text in lines:
            os.write(screen, text.encode() + b"\n")
        said, _ = process.communicate(timeout=60)
        os.close(screen)
        return process.returncode, said.decode()


@pytest.fixture
def scanner(wallet: TestWallet, stall: Stall, tmp_path: Path) -> Scanner:
    return Scanner(wallet, stall, tmp_path)


def shown(wallet: TestWallet, payment: str) -> dict[str, Any]:
    """What the wallet keeps of a payment."""
    found: dict[str, Any] = told(wallet, "call", "payment/1", "show", f"payment={payment}")
    return found


def test_a_card_pays_the_code_of_a_shop(scanner: Scanner, wallet: TestWallet, stall: Stall, bank: Bank) -> None:
    stall.asks()
    paid = scanner.pays(SHOP)
    assert (paid["host"], paid["amount"], paid["currency"], paid["outcome"]) == (HOST, 1250, "EUR", "approved")
    assert paid["receipt"] is True
    assert paid["differences"] == []
    assert stall.seen == [("GET", HOST, "/orders/order-1"), ("POST", HOST, "/orders/order-1/payment")]
    [(order, credential)] = stall.charged
    assert order == "order-1"
    assert bank.verifies(credential)
    assert "12.50 EUR to shop.etui.test" in str(wallet.user.asked()[-1])
    kept = shown(wallet, paid["payment"])
    assert (kept["state"], kept["payee"], kept["amount"]) == ("approved", HOST, 1250)
    assert kept["receipt"]


def test_people_read_what_the_code_says_and_what_was_signed(scanner: Scanner, stall: Stall) -> None:
    stall.asks()
    ended = scanner.scan(SHOP)
    paid, receipt, why = ended.stdout.splitlines()
    assert paid == "Paid 12.50 EUR to shop.etui.test (Demo Shop)."
    assert receipt == "The receipt is kept: `etui receipts` lists it."
    assert why.startswith("`etui why d-")
    assert ended.stderr.splitlines() == [
        "The code says: 12.50 EUR, to “Demo Shop” in Berlin, at shop.etui.test.",
        "The merchant signed: 12.50 EUR, to “Demo Shop”, at shop.etui.test.",
    ]


def test_a_dry_run_fetches_and_pays_nothing(scanner: Scanner, wallet: TestWallet, stall: Stall) -> None:
    stall.asks()
    before = len(wallet.user.asked())
    told_ = scanner.pays(SHOP, options=("--dry-run",))
    assert (told_["amount"], told_["outcome"]) == (1250, None)
    assert stall.charged == []
    assert len(wallet.user.asked()) == before


def test_a_code_that_leaves_the_amount_open_is_paid_as_the_user_says(scanner: Scanner, stall: Stall) -> None:
    paid = scanner.pays(STATIC, options=("--amount", "7.30"))
    assert (paid["amount"], paid["outcome"]) == (730, "approved")
    assert stall.posted == [{"code": "till-1", "amount": {"currency": "EUR", "value": "7.30"}}]
    again = scanner.pays(STATIC, options=("--amount", "7.30"))
    assert again["order"] != paid["order"]
    assert [order for order, _ in stall.charged] == ["till-1-1", "till-1-2"]


def test_the_amount_is_typed_at_the_terminal_and_without_one_it_has_to_be_said(scanner: Scanner, stall: Stall) -> None:
    status, said = scanner.typed(STATIC, "4.20")
    assert status == 0, said
    assert "leaves the amount open" in said
    assert "Paid 4.20 EUR" in said
    assert "--amount" in scanner.fails(Exit.USAGE, STATIC)
    assert "is no amount" in scanner.fails(Exit.USAGE, STATIC, options=("--amount", "4,20"))
    assert len(stall.charged) == 1


def test_a_tip_comes_to_the_amount_where_the_code_asks_for_one(scanner: Scanner, stall: Stall) -> None:
    tipped = msgspec.structs.replace(STATIC, tip=Tip.ASKED)
    paid = scanner.pays(tipped, options=("--amount", "10", "--tip", "1.50"))
    assert paid["amount"] == 1150
    assert stall.posted[0]["tip"] == {"currency": "EUR", "value": "1.50"}
    stall.asks()
    assert "asks for no tip" in scanner.fails(Exit.USAGE, SHOP, options=("--tip", "1"))


@pytest.mark.attack(133)
def test_an_altered_amount_pays_nothing(scanner: Scanner, wallet: TestWallet, stall: Stall) -> None:
    stall.asks()
    before = len(wallet.user.asked())
    for code in (with_changes(amount="1.25"), with_changes(currency="840"), with_changes(amount="125")):
        assert "the merchant signed 12.50 EUR" in scanner.fails(Exit.FAILED, code, options=("--yes",))
    assert stall.charged == []
    assert len(wallet.user.asked()) == before


@pytest.mark.attack(133)
def test_a_shop_that_signs_more_than_was_typed_gets_nothing(scanner: Scanner, stall: Stall) -> None:
    other = stall.asks("till-1-9", "42.00")
    stall.replies.append(Reply(200, msgspec.json.encode({"request": other})))
    said = scanner.fails(Exit.FAILED, STATIC, options=("--amount", "4.20", "--yes"))
    assert "the code says 4.20 EUR, the merchant signed 42.00 EUR" in said
    assert stall.charged == []


@pytest.mark.attack(165)
def test_what_a_code_adds_to_an_amount_that_was_typed_is_asked_about_whatever_right_there_is(
    scanner: Scanner, wallet: TestWallet, stall: Stall
) -> None:
    card = told(wallet, "card")[0]["item"]
    clients = [row["client"] for row in told(wallet, "clients") if not row["client"].startswith("ext:")]
    terms = ("--item", card, "--only-for", HOST, "--currency", "EUR", "--limit", "90", "--each", "45")
    rights = [told(wallet, "grant", one, "payment/1.pay", *terms)["grant"] for one in clients]
    wallet.user.forgets()
    wallet.user.refuses()
    stall.fee_minor = 4000
    costly = msgspec.structs.replace(STATIC, tip=Tip.FIXED, fee_fixed="40.00")
    refused = scanner.fails(Exit.DENIED, costly, options=("--amount", "2.00", "--yes"))
    assert "adds 40.00 EUR to what you said" in refused
    assert "pay 42.00 EUR to shop.etui.test" in str(wallet.user.asked()[-1])
    stall.fee_minor = 0
    asked = len(wallet.user.asked())
    assert scanner.pays(STATIC, options=("--amount", "42.00"))["outcome"] == "approved"
    assert len(wallet.user.asked()) == asked
    assert [order for order, _ in stall.charged] == ["till-1-2"]
    wallet.user.approves()
    for right in rights:
        done(wallet, "revoke", right)


@pytest.mark.attack(133)
def test_a_host_that_looks_alike_and_passes_on_what_the_shop_signed_gets_nothing(
    scanner: Scanner, stall: Stall
) -> None:
    stall.asks()
    alike = with_changes(templates=(OrderPlace(host=ALIKE, order="order-1").template(),))
    said = scanner.fails(Exit.FAILED, alike, options=("--yes",))
    assert f"host: the code says {ALIKE}, the merchant signed {HOST}" in said
    assert stall.charged == []


@pytest.mark.attack(133)
def test_a_host_that_looks_alike_and_is_a_merchant_itself_is_told_by_its_name(
    scanner: Scanner, wallet: TestWallet, stall: Stall, shop: Shop
) -> None:
    stall.shop = Shop(msgspec.structs.replace(MERCHANT, host=ALIKE, name="Mallory Ltd", country="KP"), shop.root)
    stall.asks()
    before = len(wallet.user.asked())
    alike = with_changes(templates=(OrderPlace(host=ALIKE, order="order-1").template(),))
    said = scanner.fails(Exit.USAGE, alike)
    assert "name: the code says Demo Shop, the merchant signed Mallory Ltd" in said
    status, said = scanner.typed(alike, "n")
    assert (status, stall.charged, len(wallet.user.asked())) == (Exit.FAILED, [], before), said
    status, said = scanner.typed(alike, "y")
    assert (status, len(stall.charged)) == (0, 1), said
    assert f"12.50 EUR to {ALIKE}" in str(wallet.user.asked()[-1])


@pytest.mark.attack(133)
def test_a_look_alike_in_other_letters_is_no_host(scanner: Scanner, stall: Stall) -> None:
    host = f"sh{chr(0x43E)}p.etui.test"
    alike = with_changes(templates=(OrderPlace(host=host, order="order-1").template(),))
    assert "26.01" in scanner.fails(Exit.FAILED, alike)
    assert stall.seen == []


@pytest.mark.attack(133)
def test_an_order_of_somebody_else_pays_nothing(scanner: Scanner, stall: Stall) -> None:
    stall.tokens["order-1"] = stall.asks("order-2")
    assert "the merchant signed order-2" in scanner.fails(Exit.FAILED, SHOP)
    assert stall.charged == []


@pytest.mark.attack(133)
def test_an_expired_request_pays_nothing(scanner: Scanner, stall: Stall) -> None:
    now = int(time.time())
    stall.asks(iat=now - 700, exp=now - 1)
    assert "holds no more" in scanner.fails(Exit.FAILED, SHOP)
    assert stall.charged == []


@pytest.mark.attack(133)
def test_an_altered_request_pays_nothing(scanner: Scanner, stall: Stall) -> None:
    head, body, signature = stall.asks().split(".")
    other = stall.asks(value="1.00").split(".")[1]
    for token in (f"{head}.{other}.{signature}", f"{head}.{body}.", "nonsense"):
        stall.tokens["order-1"] = token
        assert "payment request is not usable" in scanner.fails(Exit.FAILED, SHOP)
    assert stall.charged == []


def test_a_merchant_for_whom_no_scheme_vouches_is_not_paid(scanner: Scanner, stall: Stall) -> None:
    stall.shop = Shop()
    stall.asks()
    assert "vouches" in scanner.fails(Exit.FAILED, SHOP)
    assert stall.charged == []


def test_a_no_in_the_dialog_pays_nothing(scanner: Scanner, wallet: TestWallet, stall: Stall) -> None:
    wallet.user.refuses(action_contains="pay 12.50")
    stall.asks()
    scanner.fails(Exit.DENIED, SHOP)
    assert stall.charged == []
    wallet.lock()  # with the Router goes that the user has just refused it
    wallet.unlock()


@pytest.mark.attack(133)
def test_a_host_that_does_not_prove_itself_is_not_asked(scanner: Scanner, stall: Stall) -> None:
    stall.asks()
    other = with_changes(templates=(OrderPlace(host="other.etui.test", order="order-1").template(),))
    assert "does not prove to be that host" in scanner.fails(Exit.FAILED, other)
    scanner.environ["SSL_CERT_FILE"] = "/dev/null"
    assert "does not prove to be that host" in scanner.fails(Exit.FAILED, SHOP)
    assert stall.seen == []


@pytest.mark.attack(133)
def test_nobody_is_followed_elsewhere(scanner: Scanner, stall: Stall) -> None:
    stall.asks()
    stall.replies.append(Reply(302, b"", {"Location": f"https://{ALIKE}/orders/order-1"}))
    assert "status 302" in scanner.fails(Exit.FAILED, SHOP)
    assert len(stall.seen) == 1


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply(404), "status 404"),
        (Reply(410, b'{"message": "sold\\u001b[2J out"}'), "status 410: “sold\\x1b[2J out”"),
        (Reply(500), "status 500"),
        (Reply(200, b'{"request": "\xff"}'), "something else"),
        (Reply(200, b'{"request": 5}'), "something else"),
        (Reply(200, b'{"request": ""}'), "something else"),
        (Reply(200, b'{"request": "%s"}' % (b"x" * 300_000)), "256 KiB"),
    ],
)
def test_an_answer_that_is_of_no_use_pays_nothing(scanner: Scanner, stall: Stall, reply: Reply, what: str) -> None:
    stall.asks()
    stall.replies.append(reply)
    assert what in scanner.fails(Exit.FAILED, SHOP)
    assert stall.charged == []


def test_a_shop_that_failed_for_a_moment_is_told_again_with_the_same_credential(scanner: Scanner, stall: Stall) -> None:
    stall.asks()
    stall.replies.extend([None, Reply(503), Reply(500)])
    assert scanner.pays(SHOP)["outcome"] == "approved"
    assert [path for _, _, path in stall.seen].count("/orders/order-1/payment") == 3
    assert len(stall.charged) == 1


def test_a_payment_of_which_the_shop_says_nothing_stands_as_pending(
    scanner: Scanner, wallet: TestWallet, stall: Stall
) -> None:
    stall.asks()
    stall.replies.extend([None, *[Reply(500)] * 3])
    said = scanner.fails(Exit.FAILED, SHOP)
    assert "stands as pending" in said
    latest = told(wallet, "call", "payment/1", "find", "limit=1")["payments"][0]
    assert latest["attributes"]["state"] == "pending"
    assert "answered before" in scanner.fails(Exit.FAILED, SHOP)  # one request is paid once


def test_a_shop_that_declines_is_said_to_have(scanner: Scanner, wallet: TestWallet, stall: Stall) -> None:
    stall.asks()
    stall.outcome = "declined"
    ended = scanner.scan(SHOP, options=("--json",))
    assert ended.returncode == Exit.FAILED
    told_ = msgspec.json.decode(ended.stdout)
    assert (told_["outcome"], told_["receipt"]) == ("declined", False)
    assert shown(wallet, told_["payment"])["state"] == "declined"


def test_a_receipt_of_something_else_is_not_kept(
    scanner: Scanner, wallet: TestWallet, stall: Stall, shop: Shop
) -> None:
    stall.asks()
    stall.receipt = shop.receipt(b"x" * 32, total=Amount("EUR", "12.50"))
    paid = scanner.pays(SHOP)
    assert (paid["outcome"], paid["receipt"]) == ("approved", False)
    assert not shown(wallet, paid["payment"]).get("receipt")
    stall.asks("order-1")
    assert "the receipt is not kept" in scanner.scan(SHOP).stderr


def test_a_wallet_that_locks_meanwhile_undoes_no_payment(scanner: Scanner, wallet: TestWallet, stall: Stall) -> None:
    stall.asks()
    stall.before_outcome = wallet.lock
    ended = scanner.scan(SHOP)
    wallet.unlock()
    assert ended.returncode == 0
    assert "Paid 12.50 EUR to shop.etui.test" in ended.stdout
    assert "keeps it as pending" in ended.stderr


def test_without_a_wallet_no_shop_is_asked(scanner: Scanner, stall: Stall, tmp_path: Path) -> None:
    stall.asks()
    scanner.environ["ETUI_HOME"] = str(tmp_path / "other")
    scanner.fails(Exit.NOT_RUNNING, SHOP)
    assert stall.seen == []
    assert scanner.pays(SHOP, options=("--dry-run",))["amount"] == 1250


@pytest.mark.attack(133)
def test_of_two_codes_the_user_says_which(scanner: Scanner, stall: Stall) -> None:
    stall.asks()
    said = scanner.fails(Exit.USAGE, SHOP, STATIC)
    assert "--code" in said
    assert "1: “Demo Shop”, 12.50 EUR" in said
    assert stall.seen == []
    assert scanner.pays(SHOP, STATIC, options=("--code", "1"))["amount"] == 1250
    assert "no code 3" in scanner.fails(Exit.NOT_FOUND, SHOP, STATIC, options=("--code", "3"))


def test_what_no_card_pays_is_said_to_be_none(scanner: Scanner, stall: Stall, tmp_path: Path) -> None:
    assert "br.gov.bcb.pix: no card of this wallet pays that" in scanner.fails(Exit.FAILED, PIX.encode())
    assert "no QR code" in scanner.fails(Exit.NOT_FOUND)
    assert "says “https://" in scanner.fails(Exit.NOT_FOUND, b"https://shop.etui.test/")
    steering = scanner.fails(Exit.NOT_FOUND, b"\x1b[2Jgone")
    assert "\x1b" not in steering
    (text := tmp_path / "text").write_text("no picture")
    ended = run("pay-qr", str(text), "--json", environ=scanner.environ)
    assert msgspec.json.decode(ended.stderr)["error"]["code"] == "failed"
    assert run("pay-qr", str(tmp_path / "nowhere"), environ=scanner.environ).returncode == Exit.FAILED
    assert run("pay-qr", environ=scanner.environ).returncode == Exit.USAGE
    assert stall.seen == []
