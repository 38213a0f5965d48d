"""Rights and records: given, taken back, explained."""

from __future__ import annotations

import re

import msgspec
import pytest
from tests.cli.etui import done, etui, told

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet


@pytest.mark.shares_wallet
def test_a_right_is_given_in_the_dialog_listed_and_taken_back(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    granted = told(wallet, "grant", "app:/usr/bin/mailer", "secret/1.read", "--item", "mail", "--uses", "3")
    rows = told(wallet, "grants", "--client", "app:/usr/bin/mailer")
    assert [(row["grant"], row["what"], row["uses_left"]) for row in rows] == [(granted["grant"], "Mail", 3)]
    assert told(wallet, "revoke", granted["grant"]) == {"revoked": 1}
    assert told(wallet, "grants", "--client", "app:/usr/bin/mailer") == []
    again = etui(wallet, "revoke", granted["grant"])
    assert (again.returncode, again.stdout) == (8, "There is no such right; `etui grants` lists those that last.\n")


@pytest.mark.shares_wallet
def test_a_right_is_lowered_at_once_and_raised_in_the_dialog(wallet: TestWallet) -> None:
    limit = ("--currency", "EUR", "--limit", "20", "--each", "5.00")
    granted = told(wallet, "grant", "app:/usr/bin/shop", "secret/1.read", *limit)["grant"]
    asked = len(wallet.user.asked())
    assert told(wallet, "amend", granted, "--limit", "4", "--uses", "9") == {"raised": False}
    assert len(wallet.user.asked()) == asked
    (row,) = told(wallet, "grants", "--client", "app:/usr/bin/shop")
    assert (row["limit_minor"], row["each_minor"], row["uses_left"]) == (400, 400, 9)
    assert told(wallet, "amend", granted, "--each", "4", "--limit", "4.50") == {"raised": True}
    assert wallet.user.asked()[-1]["lines"][2:] == [
        ["Item", "everything in Secrets"],
        ["Amount in all", "4.50 EUR"],
        ["Amount each time", "4.00 EUR"],
    ]
    assert etui(wallet, "amend", "g-none", "--each", "4").returncode == 8


@pytest.mark.shares_wallet
def test_a_right_with_a_limit_of_money_is_listed_with_it(wallet: TestWallet) -> None:
    limit = ("--currency", "EUR", "--limit", "20", "--each", "5.00", "--period", "30d")
    done(wallet, "grant", "app:/usr/bin/shop", "secret/1.read", "--until", "2100-12-31T18:00", *limit)
    assert wallet.user.asked()[-1]["lines"] == [
        ["Client", "app:/usr/bin/shop"],
        ["May", "secret/1.read"],
        ["Item", "everything in Secrets"],
        ["Until", "2100-12-31 18:00"],
        ["Amount in all", "20.00 EUR"],
        ["Amount each time", "5.00 EUR"],
        ["Begins anew", "every 30 days"],
    ]
    (row,) = told(wallet, "grants", "--client", "app:/usr/bin/shop")
    assert (row["limit_minor"], row["currency"]) == (2000, "EUR")
    assert (row["left_minor"], row["each_minor"], row["period_s"]) == (2000, 500, 30 * 86400)
    assert "20.00 EUR in 30d, 5.00 at once, 20.00 left" in done(wallet, "grants")


@pytest.mark.shares_wallet
@pytest.mark.parametrize("limit", [("--each", "5"), ("--period", "1d"), ("--limit", "5"), ("--currency", "EUR")])
def test_half_of_a_limit_is_no_right_without_one(wallet: TestWallet, limit: tuple[str, str]) -> None:
    assert etui(wallet, "grant", "app:/usr/bin/shop", "secret/1.read", *limit).returncode == 2
    members = {"limit_minor": 5} if limit[0] == "--limit" else {"currency": "EUR", "each_minor": 5, "period_s": 60}
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Grant(client="app:/usr/bin/shop", action="secret/1.read", **members))
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert told(wallet, "grants", "--client", "app:/usr/bin/shop") == []


@pytest.mark.shares_wallet
def test_an_amount_that_is_none_is_no_limit(wallet: TestWallet) -> None:
    limit = ("--currency", "JPY", "--limit", "20.5")
    refused = etui(wallet, "grant", "app:/usr/bin/shop", "secret/1.read", *limit)
    assert refused.returncode == 2
    assert "more decimals than JPY" in refused.stderr


def test_a_right_that_the_user_refuses_is_not_given(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="lasting rights")
    assert etui(wallet, "grant", "app:/usr/bin/mailer", "secret/1.read").returncode == 7
    assert told(wallet, "grants", "--client", "app:/usr/bin/mailer") == []


@pytest.mark.shares_wallet
def test_no_right_is_given_to_what_cannot_be_told_apart(wallet: TestWallet) -> None:
    result = etui(wallet, "grant", "session:0", "secret/1.read")
    assert result.returncode != 0
    assert "cannot be told apart" in result.stderr


@pytest.mark.shares_wallet
def test_all_rights_of_a_client_are_taken_back_at_once(wallet: TestWallet) -> None:
    for action in ("secret/1.read", "secret/1.describe"):
        done(wallet, "grant", "app:/usr/bin/mailer", action, "--until", "2h")
    assert told(wallet, "revoke", "--client", "app:/usr/bin/mailer") == {"revoked": 2}


@pytest.mark.shares_wallet
def test_clients_that_asked_are_listed(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    assert "CLIENT" in done(wallet, "clients")
    done(wallet, "grant", "app:/usr/bin/mailer", "secret/1.read")
    assert {row["client"]: row["rights"] for row in told(wallet, "clients")}["app:/usr/bin/mailer"] == 1


def test_the_audit_lists_newest_first_and_verifies(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    records = told(wallet, "audit", "--text", "secret/1.create")
    assert [record["outcome"] for record in records] == ["allowed"]
    assert len(told(wallet, "audit", "list", "--limit", "2")) == 2
    assert re.search(r"\d+ records are whole", done(wallet, "audit", "verify"))
    assert "secret/1.create" in done(wallet, "why", records[0]["id"])
    assert etui(wallet, "why", "no id at all").returncode == 2


def test_an_audit_that_was_altered_does_not_verify(wallet: TestWallet) -> None:
    for label in ("Mail", "Bank"):
        done(wallet, "add", label, stdin="hunter2")
    segment = next(wallet.home.glob("audit/*.seg"))
    content = bytearray(segment.read_bytes())
    for eighths in (4, 6):
        content[len(content) * eighths // 8] ^= 1
    segment.write_bytes(content)
    result = etui(wallet, "audit", "verify")
    assert result.returncode == 1
    assert "NOT as it was written" in result.stdout
    verdict = msgspec.json.decode(etui(wallet, "audit", "verify", "--json").stdout)
    assert len(verdict["findings"]) > len(verdict["summary"])
    shown = [line.strip() for line in result.stdout.splitlines() if line.startswith("  ")]
    assert shown[0].startswith("Segment 1, ")
    ends = [finding for finding in verdict["findings"] if "was cut off or altered" in finding]
    assert len([line for line in shown if line.startswith("Segment 1, ")]) == 1 + len(ends)
    assert "`etui audit verify --json` lists every finding." in result.stdout


@pytest.mark.shares_wallet
@pytest.mark.parametrize("command", ["find", "grants", "settings", "audit", "door"])
def test_json_is_one_value(wallet: TestWallet, command: str) -> None:
    assert isinstance(told(wallet, command), list)


def test_settings_are_listed_and_changed(wallet: TestWallet) -> None:
    done(wallet, "set", "auto_lock_s", "300")
    assert {row["name"]: row["value"] for row in told(wallet, "settings")}["auto_lock_s"] == "300"
    assert etui(wallet, "set", "no_such_setting", "1").returncode == 2


def test_a_wallet_that_was_locked_answers_as_locked_at_once(wallet: TestWallet) -> None:
    for _ in range(3):
        done(wallet, "lock")
        with wallet.connect() as client:
            assert client.call(wallet_interface.Status()).state == "locked"
        wallet.unlock()
    done(wallet, "lock")
    done(wallet, "lock")


def test_locked_not_running_and_unknown_have_statuses_of_their_own(wallet: TestWallet) -> None:
    done(wallet, "lock")
    assert etui(wallet, "grants").returncode == 6
    done(wallet, "stop")
    result = etui(wallet, "grants")
    assert result.returncode == 5
    assert "etui up" in result.stderr


def test_a_question_says_whether_a_yes_allows_more_or_cannot_be_undone(wallet: TestWallet) -> None:
    allows, for_good = "This allows more than before, until you take it back.", "This cannot be undone."
    for command, said in (
        (["set", "audit_days", "30"], [for_good]),
        (["set", "open_session", "on"], [allows]),
        (["door", "enable", "secret-service"], []),
    ):
        before = len(wallet.user.asked())
        etui(wallet, *command)
        (asked,) = wallet.user.asked()[before:]
        assert [note for note in asked.get("notes", ()) if note in {allows, for_good}] == said, command
