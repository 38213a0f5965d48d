"""``etui key``: made, listed, shown in public, deleted."""

from __future__ import annotations

from tests.cli.etui import done, etui, told

from etui.testkit import TestWallet


def test_a_key_is_made_and_its_public_part_printed(wallet: TestWallet) -> None:
    said = done(wallet, "key", "make", "Work")
    assert "Made “Work”." in said
    assert "ssh-ed25519 AAAA" in said
    assert done(wallet, "key", "public", "work").strip() in said
    (row,) = told(wallet, "key")
    assert (row["label"], row["algorithm"], row["export"]) == ("Work", "ed25519", "by you")


def test_a_bound_one_says_that_it_is_never_exported(wallet: TestWallet) -> None:
    done(wallet, "key", "make", "Build machine", "--bound", "--algorithm", "p384", "--no-ssh")
    (row,) = told(wallet, "key", "list")
    assert (row["algorithm"], row["export"]) == ("p384", "never")


def test_a_key_is_deleted_when_that_was_said_here_and_in_the_dialog(wallet: TestWallet) -> None:
    done(wallet, "key", "make", "Work")
    assert etui(wallet, "key", "delete", "work").returncode == 2
    wallet.user.refuses(action_contains="delete the key", times=1)
    assert etui(wallet, "key", "delete", "work", "--yes").returncode == 0
    assert told(wallet, "key") == []


def test_an_empty_name_is_refused(wallet: TestWallet) -> None:
    result = etui(wallet, "key", "make", " ")
    assert result.returncode == 2
    assert "the name is empty" in result.stderr
