"""A tap that is asked for on the page of a card: the dialog arms it, and the page says what it came to."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.doors.contactless.test_real_taps import ISSUER, tapped
from tests.extensions.issuer_card.chips import AID
from tests.shell.conftest import shell_of
from tests.shell.visitor import Visitor

if TYPE_CHECKING:
    from bench.pcsc import Reader

    from etui.testkit import TestWallet

SHELF = f"/of/{ISSUER.removeprefix('ext:')}"


def test_a_card_is_armed_from_its_page_by_the_dialog_and_the_page_says_what_the_tap_came_to(
    wallet: TestWallet, reader: Reader
) -> None:
    with shell_of(wallet) as link:
        visitor = Visitor(link)
        visitor.enter()
        found = re.search(rf'href="[./]+({SHELF}/r1\.[\w-]+)"', visitor.get(SHELF).text)
        assert found
        item = found[1]
        assert "Use at a terminal" in visitor.get(item).text
        form = {"interface": "apdu/1", "method": "arm", "amount": "20", "currency": "EUR", "seconds": "30"}
        with ThreadPoolExecutor(1) as waiting:
            before = reader.wait_for_card()
            told = waiting.submit(visitor.does, f"{item}/do", form, on=item)
            reader.wait_for_card(before + 2)
            terminal = tapped(reader)
            terminal.applications()
            terminal.pay(AID, 12_34)
            reader.leave()
            said = html.unescape(told.result())
        (question,) = [str(one) for one in wallet.user.asked() if "at a terminal" in str(one)]
        assert "20.00 EUR" in question
        for part in ("Use at a terminal: done.", "12.34 EUR", "Kiosk am Tor"):
            assert part in said
        assert "no terminal asked for a payment" in visitor.does(f"{item}/do", form | {"seconds": "1"}, on=item)
