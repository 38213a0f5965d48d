"""Items: stored, listed, brought back, deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, run, told

from etui.cli.exits import Exit
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE


@pytest.mark.shares_wallet
def test_what_was_piped_in_is_stored_and_listed_but_not_shown(wallet: TestWallet) -> None:
    assert "hunter2" not in done(wallet, "add", "Mail", "--kind", "login", "-a", "user=ada", stdin="hunter2\n")
    listed = etui(wallet, "find")
    assert "Mail" in listed.stdout
    assert "user=ada" in listed.stdout
    assert "hunter2" not in listed.stdout + listed.stderr


@pytest.mark.shares_wallet
def test_find_narrows_by_words_attributes_and_kind(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", "--kind", "login", "-a", "user=ada", stdin="1")
    done(wallet, "add", "Mail at work", "-a", "user=work", stdin="2")
    assert [item["label"] for item in told(wallet, "find", "mail")] == ["Mail", "Mail at work"]
    assert [item["label"] for item in told(wallet, "find", "mail", "work")] == ["Mail at work"]
    assert [item["label"] for item in told(wallet, "find", "-a", "user=ada")] == ["Mail"]
    assert [item["label"] for item in told(wallet, "find", "--kind", "password")] == ["Mail at work"]
    assert etui(wallet, "find", "nothing of the kind").returncode == 8


def test_what_may_be_damaged_is_not_said_to_be_not_there(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", "-a", "user=ada", stdin="1")
    wallet.end()
    (records,) = wallet.home.glob("storage/*/records.db")
    with closing(sqlite3.connect(records)) as connection, connection:
        for key, value in connection.execute("SELECT key, value FROM records").fetchall():
            altered = value[:-1] + bytes([value[-1] ^ 1])
            connection.execute("UPDATE records SET value = ? WHERE key = ?", (altered, key))
    wallet.start()
    wallet.unlock()
    done(wallet, "key", "make", "Deploy")
    for words in (
        ["find", "mail"],
        ["find", "-a", "user=ada", "--mine"],
        ["use", "mail", "--stdin", "--", "cat"],
        ["history", "mail"],
    ):
        result = etui(wallet, *words)
        assert (result.returncode, result.stdout) == (Exit.FAILED, ""), words
        assert "1 damaged item does not open" in result.stderr
    assert [item["label"] for item in told(wallet, "find", "deploy")] == ["Deploy"]
    assert done(wallet, "key", "public", "deploy").startswith("ssh-ed25519 ")


def test_listing_is_asked_for_and_a_no_is_a_refusal_that_can_be_explained(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="see what lies", times=1)
    result = etui(wallet, "find")
    assert result.returncode == 7
    decision = result.stderr.rpartition("etui why ")[2].strip().removesuffix(")")
    assert "you refused it" in done(wallet, "why", decision)


@pytest.mark.shares_wallet
def test_words_that_match_several_items_name_them_and_none(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail home", stdin="1")
    done(wallet, "add", "Mail work", stdin="2")
    result = etui(wallet, "history", "mail")
    assert result.returncode == 2
    assert "Mail home" in result.stderr
    assert "Mail work" in result.stderr
    assert etui(wallet, "history", "cinema").returncode == 8


@pytest.mark.shares_wallet
def test_an_exact_label_is_meant_before_a_longer_one(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="short")
    done(wallet, "add", "Mail work", stdin="long")
    assert done(wallet, "use", "mail", "--stdin", "--", "cat") == "short"


@pytest.mark.shares_wallet
def test_items_that_look_alike_are_told_apart_by_their_references(wallet: TestWallet) -> None:
    for number in ("1", "2"):
        done(wallet, "add", "Mail", stdin=number)
    assert "--references" in etui(wallet, "use", "mail", "--", "cat").stderr
    assert "r1." not in done(wallet, "find")
    lines = done(wallet, "find", "--references").splitlines()[1:]
    references = [line.split()[-1] for line in lines]
    assert {done(wallet, "use", one, "--stdin", "--", "cat") for one in references} == {"1", "2"}


@pytest.mark.shares_wallet
def test_a_reference_names_its_item(wallet: TestWallet) -> None:
    reference = told(wallet, "add", "Mail", stdin="by reference")["item"]
    assert done(wallet, "use", reference, "--stdin", "--", "cat") == "by reference"


@pytest.mark.shares_wallet
def test_an_overwritten_value_is_in_the_history_and_comes_back(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", "-a", "user=ada", stdin="right")
    said = done(wallet, "add", "Mail", "-a", "user=ada", "--replace", stdin="wrong!")
    assert said.startswith("Replaced the value of “Mail”")
    assert [(row["version"], row["size"]) for row in told(wallet, "history", "mail")] == [(1, 5)]
    done(wallet, "restore-value", "mail", "1")
    assert done(wallet, "use", "mail", "--stdin", "--", "cat") == "right"


@pytest.mark.shares_wallet
def test_a_generated_secret_has_the_length_asked_for_and_is_not_printed(wallet: TestWallet) -> None:
    added = done(wallet, "add", "Backup", "--generate", "--length", "40")
    value = done(wallet, "use", "backup", "--stdin", "--", "cat")
    assert len(value) == 40
    assert value not in added


@pytest.mark.shares_wallet
@pytest.mark.parametrize(("kind", "said"), [("code", "comes from the service"), ("group", "has no secret")])
def test_what_has_no_secret_of_the_wallets_making_is_not_generated(wallet: TestWallet, kind: str, said: str) -> None:
    result = etui(wallet, "add", "Bank", "--kind", kind, "--generate")
    assert result.returncode == 2
    assert said in result.stderr
    assert told(wallet, "find") == []


def test_a_pin_of_the_wallet_is_set_in_the_dialog_and_removed_without(wallet: TestWallet) -> None:
    wallet.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new="2743")
    assert "The PIN is set." in done(wallet, "pin")
    assert (wallet.home / "vault" / "pin").exists()
    assert "There is no PIN any more" in done(wallet, "pin", "--remove")
    assert not (wallet.home / "vault" / "pin").exists()


@pytest.mark.shares_wallet
def test_reveal_shows_in_the_dialog_and_gives_the_command_line_nothing(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    wallet.user.rule("approve", when={"face": "reveal"})
    revealed = etui(wallet, "reveal", "mail")
    assert revealed.returncode == 0, revealed.stderr
    assert "hunter2" not in revealed.stdout + revealed.stderr
    assert any(entry.get("face") == "reveal" for entry in wallet.user.shown())


@pytest.mark.shares_wallet
def test_delete_says_what_it_does_and_without_a_terminal_wants_to_be_told(wallet: TestWallet) -> None:
    done(wallet, "add", "Mail", stdin="hunter2")
    result = etui(wallet, "delete", "mail", stdin="y\n")
    assert result.returncode == 2
    assert "all its earlier values" in result.stderr
    assert told(wallet, "find", "mail")
    done(wallet, "delete", "mail", "--yes")
    assert etui(wallet, "find", "mail").returncode == 8


@pytest.mark.shares_wallet
def test_a_secret_that_is_empty_or_too_large_is_refused(wallet: TestWallet) -> None:
    assert etui(wallet, "add", "Mail", stdin="\n").returncode == 2
    assert etui(wallet, "add", "Mail", "--kind", "file", stdin="x" * ((1 << 20) + 1)).returncode == 2
    assert told(wallet, "find") == []


@pytest.mark.shares_wallet
def test_a_label_cannot_steer_the_terminal(wallet: TestWallet) -> None:
    done(wallet, "add", "evil\x1b[2J\nname", stdin="x")
    listed = done(wallet, "find")
    assert "\x1b" not in listed
    assert "evil\\x1b[2J name" in listed


@pytest.mark.shares_wallet
def test_an_empty_label_and_an_attribute_with_two_values_are_refused(wallet: TestWallet) -> None:
    for arguments, said in (
        (["add", " "], "the label is empty"),
        (["add", "Mail", "-a", "s=1", "-a", "s=2"], "an attribute is given twice"),
        (["find", "-a", "s=1", "-a", "s=2"], "an attribute is given twice"),
    ):
        result = etui(wallet, *arguments, stdin="x")
        assert result.returncode == 2
        assert said in result.stderr
    assert told(wallet, "find") == []


def test_a_secret_is_not_asked_for_where_no_wallet_answers(short_dir: Path) -> None:
    environ = {"ETUI_HOME": str(short_dir / "none"), "XDG_RUNTIME_DIR": str(short_dir)}
    result = run("add", "Mail", environ=environ, stdin="")
    assert result.returncode == Exit.NOT_RUNNING
    assert "no secret was given" not in result.stderr


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    "given", ["notasecret!", "JBSWY3DP1", "otpauth://totp/x?secret=!", "otpauth://hotp/x?secret=JBSWY3DP"]
)
def test_a_mistyped_key_of_one_time_codes_is_refused_with_the_forms(wallet: TestWallet, given: str) -> None:
    result = etui(wallet, "add", "Work", "--kind", "code", stdin=given)
    assert result.returncode == 2
    assert "give the key as base32, blanks and small letters or not, or as an otpauth:// URI" in result.stderr
    assert told(wallet, "find") == []


@pytest.mark.shares_wallet
def test_a_key_of_one_time_codes_is_base32_with_blanks_and_small_letters_or_a_uri(wallet: TestWallet) -> None:
    assert "otpauth:// URI" in done(wallet, "add", "--help")
    for label, given in (("a", "jbsw y3dp"), ("b", "JBSWY3DP"), ("c", "otpauth://totp/c?secret=JBSWY3DP")):
        done(wallet, "add", label, "--kind", "code", stdin=given + "\n")
    kept = {done(wallet, "use", label, "--stdin", "--", "cat") for label in ("a", "b")}
    assert kept == {"otpauth://totp/?secret=JBSWY3DP"}  # too short to be told from a secret of bytes
    assert done(wallet, "code", "c", "--stdin", "--", "cat").isdecimal()
