"""``etui key make`` for each purpose, and keys that are plain bytes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.etui import done, etui, told

from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE


def test_a_key_is_made_for_one_thing_and_the_list_says_for_which(wallet: TestWallet) -> None:
    done(wallet, "key", "make", "Agrees", "--algorithm", "p256", "--for", "derive")
    done(wallet, "key", "make", "Seals", "--algorithm", "aes256")
    refused = etui(wallet, "key", "make", "No", "--algorithm", "hmac256", "--for", "sign")
    assert refused.returncode == 2
    assert "is for mac, and not for sign" in refused.stderr
    rows = {row["label"]: (row["algorithm"], row["usage"]) for row in told(wallet, "key")}
    assert rows == {"Agrees": ("p256", "derive"), "Seals": ("aes256", "encrypt")}
    assert "no public part" in etui(wallet, "key", "public", "seals").stderr
    assert "not for age" in etui(wallet, "key", "identity", "agrees").stderr


def test_a_key_of_plain_bytes_goes_out_as_they_are_and_as_nothing_else(wallet: TestWallet, short_dir: Path) -> None:
    done(wallet, "key", "make", "Seals", "--algorithm", "aes256")
    when = {"face": "confirm", "action_contains": "take a copy"}
    wallet.user.rule("approve", when=when, secret=PASSPHRASE, remember="once")
    path = short_dir / "copy"
    assert "--form raw" in etui(wallet, "key", "export", "seals", str(path), stdin="words").stderr
    assert "no passphrase" in done(wallet, "key", "export", "seals", str(path), "--form", "raw")
    assert len(path.read_bytes()) == 32
