"""A page in a real Chromium pays: through the extension, the host, the door and the Router to the card."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from playwright.sync_api import Page
from tests.doors.browser.pages import ask
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.standards.payments import decrypt_credential, digest_of
from etui.testkit import TestWallet

PAY = "pay"


def asks(shop: Shop) -> dict[str, Any]:
    """What a page asks for with a new request of the shop."""
    token = shop.asks(int(time.time()), nonce=f"n-{time.monotonic_ns()}")
    return {"request": token, "order": f"order-1#{hashlib.sha256(token.encode()).hexdigest()[:16]}"}


def test_a_page_pays_and_says_how_it_ended(page: Page, shop: Shop, bank: Bank, wallet: TestWallet) -> None:
    asked = asks(shop)
    paid = ask(page, "payment/1.pay", **asked)
    assert "credential" in paid, paid
    assert bank.verifies(decrypt_credential(paid["credential"], shop.box, digest_of(asked["request"])))
    question = wallet.user.asked()[-1]
    assert "localhost" in question["asker"], question
    receipt = shop.receipt(digest_of(asked["request"]))
    completed = ask(page, "payment/1.complete", payment=paid["payment"]["item"], outcome="approved", receipt=receipt)
    assert completed == {"filed": True}
