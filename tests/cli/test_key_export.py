"""``etui key export``, and what becomes of keys in an archive of the whole wallet."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, run

from etui.interfaces import crypto_1 as crypto
from etui.sdk import RemoteError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

TYPED = "only of this file"
COPY = {"face": "confirm", "action_contains": "take a copy"}


@pytest.fixture(autouse=True)
def _agreeing(wallet: TestWallet) -> None:
    wallet.user.rule("approve", when=COPY, secret=PASSPHRASE, remember="once")


@pytest.mark.shares_wallet
@pytest.mark.parametrize("form", ["pem", "openssh"])
@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "p384"])
def test_a_copy_is_what_ssh_keygen_reads_by_its_passphrase_alone(
    wallet: TestWallet, short_dir: Path, algorithm: str, form: str
) -> None:
    done(wallet, "key", "make", "Work", "--algorithm", algorithm)
    path = short_dir / "copy"
    said = done(wallet, "key", "export", "work", str(path), "--form", form, stdin=TYPED)
    assert "It has your passphrase." in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    if (algorithm, form) == ("ed25519", "pem"):  # which this OpenSSH does not read
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    else:
        assert public_of(path, TYPED) == done(wallet, "key", "public", "work").strip()
        assert public_of(path, "another") == ""
    done(wallet, "key", "delete", "work", "--yes")
    done(wallet, "key", "import", str(path), stdin=TYPED)


def public_of(path: Path, passphrase: str) -> str:
    """What ssh-keygen says of a private key; empty where it does not open."""
    command = ["ssh-keygen", "-y", "-P", passphrase, "-f", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return " ".join(ran.stdout.split()[:2])


@pytest.mark.shares_wallet
def test_a_key_for_age_goes_out_and_comes_in_as_age_has_it(wallet: TestWallet, short_dir: Path) -> None:
    done(wallet, "key", "make", "Files", "--algorithm", "x25519")
    recipient = done(wallet, "key", "public", "files").strip()
    path = short_dir / "files.txt"
    assert "no passphrase" in done(wallet, "key", "export", "files", str(path), "--form", "age")
    ran = subprocess.run(["age-keygen", "-y", str(path)], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == recipient
    done(wallet, "key", "delete", "files", "--yes")
    assert recipient in done(wallet, "key", "import", str(path), "--name", "Again")
    assert done(wallet, "key", "public", "again").strip() == recipient


@pytest.mark.shares_wallet
def test_a_form_that_the_key_has_not_and_a_file_that_is_there_are_refused_before_anybody_is_asked(
    wallet: TestWallet, short_dir: Path
) -> None:
    done(wallet, "key", "make", "Work")
    done(wallet, "key", "make", "Files", "--algorithm", "x25519")
    (short_dir / "there").write_text("mine", encoding="utf-8")
    for arguments in (
        ("work", str(short_dir / "there")),
        ("work", str(short_dir / "new"), "--form", "age"),
        ("files", str(short_dir / "new"), "--form", "openssh"),
        ("work", str(short_dir / "no" / "folder")),
    ):
        assert etui(wallet, "key", "export", *arguments, stdin=TYPED).returncode != 0
    assert [question for question in wallet.user.asked() if "take a copy" in question["lead"]] == []
    assert (short_dir / "there").read_text(encoding="utf-8") == "mine"
    assert not (short_dir / "new").exists()


@pytest.mark.attack(96)
def test_a_bound_key_is_bound_in_an_archive_and_in_a_wallet_that_is_restored_of_it(
    wallet: TestWallet, short_dir: Path
) -> None:
    done(wallet, "key", "make", "Fixed", "--bound")
    refused = etui(wallet, "key", "export", "fixed", str(short_dir / "copy"), stdin=TYPED)
    assert "nobody can ever export it" in refused.stderr
    public = done(wallet, "key", "public", "fixed")
    with wallet.connect() as client:
        (item,) = client.call(crypto.Find()).items
        assert client.call(crypto.Sign(item=item.item, data=b"x")).signature
    archive = short_dir / "wallet.etui"
    done(wallet, "export", str(archive))
    assert b"PRIVATE KEY" not in archive.read_bytes()
    wallet.end()
    (short_dir / "other").mkdir(mode=0o700)
    other = TestWallet(short_dir / "other")
    other.user.approves()
    other.user.rule("approve", when=COPY, secret=PASSPHRASE, remember="once")
    assert run("restore", str(archive), environ=other.environ).returncode == 0
    with other:
        other.unlock()
        assert done(other, "key", "public", "fixed") == public
        refused = etui(other, "key", "export", "fixed", str(short_dir / "copy"), stdin=TYPED)
        assert "nobody can ever export it" in refused.stderr
        with other.connect() as client:
            (item,) = client.call(crypto.Find()).items
            assert item.kind == "bound_key"
            with pytest.raises(RemoteError, match="restored from a backup: make a new key"):
                client.call(crypto.Sign(item=item.item, data=b"x"))
    assert not (short_dir / "copy").exists()
