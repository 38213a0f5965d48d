"""``etui payments`` among cards of strangers' Extensions, which tell of terminals nothing, or what is of no use."""

from __future__ import annotations

import pytest
from tests.cli.etui import done, etui, told
from tests.trusted.router.strangers import Stranger

from etui.testkit import TestWallet

_CARDS = """
from etui.interfaces import Item
from etui.interfaces import card_1 as card
from etui.sdk import Call, Extension, provides

class Other(Extension):
    @provides(card.Find)
    def find(self, request: card.Find, call: Call) -> card.FindResult:
        return card.FindResult(cards=[Item(item="1", kind="card", label="Other card")])

    {serves}

Other().run()
"""
_TAPS = """@provides(card.Taps)
    def taps(self, request: card.Taps, call: Call) -> card.TapsResult:
        tap = card.Tap(counter=7, at=1_790_000_000, amount=250, currency="EUR", merchant="Kiosk", state="approved")
        {does}
"""
_NOTHING = {"nothing": {"title": "Nothing", "effect": "none", "params": {}, "result": {}}}


def install(wallet: TestWallet, serves: str) -> None:
    """An Extension with a card, of which it ``serves`` what is said."""
    other = Stranger("other", _CARDS.format(serves=serves), _NOTHING)
    other.manifest = other.manifest.replace('/1"]\ninterfaces', '/1", "card/1"]\ninterfaces')
    other.install(wallet)


@pytest.mark.parametrize(
    ("serves", "said"),
    [("", ""), (_TAPS.format(does="raise KeyError"), "without what “Other card” did at terminals")],
    ids=["none", "failing"],
)
def test_an_extension_that_tells_of_no_taps_does_not_keep_payments_from_being_listed(
    wallet: TestWallet, serves: str, said: str
) -> None:
    install(wallet, serves)
    listed = etui(wallet, "payments")
    assert (listed.returncode, listed.stdout) == (0, "Nothing was paid.\n")
    assert said in listed.stderr
    assert bool(said) == bool(listed.stderr), listed.stderr


def test_taps_that_never_end_are_listed_once_and_are_left_out_where_the_user_says_no(wallet: TestWallet) -> None:
    install(wallet, _TAPS.format(does="return card.TapsResult(taps=[tap], more=True)"))
    (row,) = told(wallet, "payments")
    assert row["label"] == "2.50 EUR at a terminal that calls itself “Kiosk”, with Other card"
    assert "approved by the card" in done(wallet, "payments")
    assert etui(wallet, "payments", "show", row["item"].replace("#7", "#8")).returncode == 8
    wallet.user.refuses(action_contains="was used at terminals")
    refused = etui(wallet, "payments")
    assert (refused.returncode, refused.stdout) == (0, "Nothing was paid.\n")
    assert "without what “Other card” did at terminals" in refused.stderr
