"""``etui tap`` without a terminal: what keeps it from arming a card is said, and asks nobody."""

from __future__ import annotations

import pytest
from tests.cli.etui import done, etui, told
from tests.extensions.cards.bank import HOST, Bank

from etui.testkit import TestWallet


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("20", "EURO"), 2, "no currency"),
        (("twenty", "EUR"), 2, "no amount as 4.50"),
        (("-1", "EUR"), 2, ""),
        (("20", "EUR", "--seconds", "121"), 2, "from 1 to 120"),
        (("20", "EUR"), 1, "etui door enable contactless"),
    ],
)
def test_what_cannot_be_armed_is_refused_before_anybody_is_asked(
    wallet: TestWallet, words: tuple[str, ...], status: int, said: str
) -> None:
    result = etui(wallet, "tap", *words)
    assert result.returncode == status, result.stderr
    assert said in result.stderr
    assert not any("terminal" in str(asked) for asked in wallet.user.asked())


def test_a_card_has_to_be_there_to_be_active_and_to_be_one(wallet: TestWallet, bank: Bank) -> None:
    opened = done(wallet, "door", "enable", "contactless")
    assert "virtual reader" in opened.splitlines()[1]
    assert "no card that pays" in etui(wallet, "tap", "20", "EUR").stderr
    for account in ("000000001", "000000002"):
        done(wallet, "card", "add", HOST, stdin=f"{bank.enrol(account)}\n")
    several = etui(wallet, "tap", "20", "EUR")
    assert several.returncode == 2
    assert "say with --card which one: “Demo Bank …" in several.stderr
    label = told(wallet, "card")[0]["label"]
    for words, said in ((("20", "USD"), "pays in EUR"), (("501", "EUR"), "pays at most 500.00 EUR at once")):
        refused = etui(wallet, "tap", *words, "--card", label)
        assert refused.returncode == 1
        assert said in refused.stderr
    assert not any("at a terminal" in str(asked) for asked in wallet.user.asked())
    nobody = etui(wallet, "tap", "20", "EUR", "--card", label, "--seconds", "1")
    assert nobody.returncode != 0
    assert "no terminal asked for a payment within 1 seconds" in nobody.stderr
    assert "the door contactless: " in nobody.stderr
