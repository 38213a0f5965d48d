"""``etui card``: added by a code that no command line has, shown, rested, used again, deleted."""

from __future__ import annotations

from tests.cli.etui import done, etui, told
from tests.cli.test_typed import at_terminal
from tests.extensions.cards.bank import BANK, HOST, Bank

from etui.counterparts import issuer
from etui.counterparts.issuer.devices import card_number
from etui.testkit import TestWallet


def at_issuer(bank: Bank) -> str:
    """How the first card stands in the books of its issuer."""
    return issuer.find(bank.engine, card_number(BANK, "000000001")).status


def test_a_card_comes_by_its_code_rests_is_used_again_and_goes_and_its_issuer_is_told(
    wallet: TestWallet, bank: Bank, carded: str
) -> None:
    assert carded.startswith("Added “Demo Bank …")
    (row,) = told(wallet, "card")
    assert (row["attributes"]["network"], row["attributes"]["state"]) == ("etui-demo", "active")
    assert "etui-demo …" in done(wallet, "card", "show", "demo")
    assert "rests" in done(wallet, "card", "suspend", "demo")
    assert told(wallet, "card", "show", "demo")["state"] == "suspended"
    assert at_issuer(bank) == "suspended"
    done(wallet, "card", "resume", "demo")
    assert told(wallet, "card", "show", "demo")["state"] == "active"
    assert at_issuer(bank) == "active"
    assert etui(wallet, "card", "remove", "demo").returncode == 2, "there is no terminal to answer at"
    assert "Deleted “Demo Bank …" in done(wallet, "card", "remove", "demo", "--yes")
    assert told(wallet, "card") == []
    assert "no card matches “demo”; `etui card` lists" in etui(wallet, "card", "show", "demo").stderr
    assert "no card of this wallet is in use" in etui(wallet, "card", "prefer").stderr
    assert at_issuer(bank) == "deleted"


def test_without_its_issuer_a_card_rests_and_goes_and_is_not_used_again(
    wallet: TestWallet, bank: Bank, carded: str
) -> None:
    del carded
    bank.close()
    done(wallet, "card", "suspend", "demo")
    assert etui(wallet, "card", "resume", "demo").returncode != 0
    assert told(wallet, "card", "show", "demo")["state"] == "suspended"
    done(wallet, "card", "remove", "demo", "--yes")
    assert told(wallet, "card") == []
    assert at_issuer(bank) == "active", "nobody could tell it"


def test_the_card_that_the_user_picks_pays(wallet: TestWallet, bank: Bank, carded: str) -> None:
    assert "Added" in done(wallet, "card", "add", HOST, stdin=bank.enrol("000000002"))
    digits = [one["attributes"]["last_digits"] for one in told(wallet, "card")]
    (second,) = [one for one in digits if f"…{one}" not in carded]
    wallet.user.rule("choose", when={"face": "choose"}, label_contains=f"…{second}", times=1)
    assert f"“Demo Bank …{second}, Demo cards” pays where several could." in done(wallet, "card", "prefer")


def test_a_code_is_typed_once_and_never_echoed(wallet: TestWallet, bank: Bank) -> None:
    code = bank.enrol("000000001")
    status, shown = at_terminal(wallet, ["card", "add", HOST], {f"Activation code of {HOST}: ": code})
    assert status == 0, shown
    assert "Added “Demo Bank …" in shown
    assert code not in shown


def test_an_issuer_that_there_is_not_and_a_wrong_code_add_nothing(wallet: TestWallet, bank: Bank) -> None:
    code = bank.enrol("000000001")
    result = etui(wallet, "card", "add", "bank.example", stdin=code)
    assert result.returncode == 8
    assert HOST in result.stderr
    assert etui(wallet, "card", "add", HOST, stdin="").returncode == 2
    wrong = etui(wallet, "card", "add", HOST, stdin=code[:9] + f"{(int(code[9:]) + 1) % 10**9:09d}")
    assert wrong.returncode == 7
    assert "not the activation code" in wrong.stderr
    assert told(wallet, "card") == []
    assert "Added" in done(wallet, "card", "add", HOST, stdin=code)
