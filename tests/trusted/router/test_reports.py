"""What a program reports is its word, under its name, and no more of it than the audit has room for."""

from __future__ import annotations

import pytest

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.trusted.router.own.reports import RATE


@pytest.mark.attack(200)
def test_a_report_that_nobody_can_check_is_told_as_its_programs_word(wallet: TestWallet) -> None:
    pretended = shell_interface.TurnedAway(reason="site", count=3, said="“http://bank.example”. The wallet saw it.")
    with wallet.connect() as client:
        client.call(pretended)
        (row,) = client.call(shell_interface.Audit(text="turned away", limit=10)).records
        assert (row.client, row.action, row.outcome) == (client.greeting.client, "report", "")
        sentences = client.call(wallet_interface.Why(id=row.id)).sentences
        assert "A program reported something: what follows is its word, and the wallet saw nothing of it." in sentences
        (told,) = [sentence for sentence in sentences if "bank.example" in sentence]
        assert told.startswith("What it reported: “3 requests turned away, from another site, the last as ")
        assert told.count("“") == told.count("”") == 1, "it ends no quotation"


@pytest.mark.attack(199)
def test_reports_without_end_are_not_put_on_record_without_end(wallet: TestWallet) -> None:
    report = shell_interface.TurnedAway(reason="link", count=1)
    codes: list[ErrorCode] = []
    for _ in range(3):
        with wallet.connect() as client:
            for _ in range(RATE.burst):
                try:
                    client.call(report)
                except ProtocolError as error:
                    codes.append(error.code)
    with wallet.connect() as client:
        records = client.call(shell_interface.Audit(text="turned away", limit=1000)).records
    assert set(codes) == {ErrorCode.TOO_MANY}
    assert RATE.burst <= len(records) <= RATE.burst + 2
    assert len(records) + len(codes) == 3 * RATE.burst
