"""``etui sign`` and ``etui verify``: a text that is read, signed, sent, and verified by whoever gets it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.cli.etui import ETUI, WAIT_S, done, etui, run, told

from etui.interfaces import sign_1
from etui.sdk.statement import CONTENT_TYPE, FORMAT, JWS_TYPE, digest_of, encode_statement
from etui.standards import jose
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE
from etui.trusted.dialog.front import ARMING_S

TEXT = "I rent the flat in Example Street 7.\n\nThe rent is 700 euros a month.\n"


@pytest.fixture
def folder(wallet: TestWallet, tmp_path: Path) -> Path:
    """A folder with a text and a plan, and a key in the wallet."""
    (tmp_path / "lease.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "plan.pdf").write_bytes(b"%PDF- a plan")
    (tmp_path / "tenant.pub").write_text(done(wallet, "key", "make", "Work", "--no-ssh").splitlines()[1])
    return tmp_path


def sign(wallet: TestWallet, folder: Path, *options: str, name: str = "lease.jws") -> Path:
    path = folder / name
    said = done(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path), *options)
    assert said == f"Signed with “Work”: {path}\n"
    return path


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_a_text_is_signed_and_verified_where_there_is_no_wallet(wallet: TestWallet, folder: Path, form: str) -> None:
    plan = str(folder / "plan.pdf")
    path = sign(wallet, folder, "--for", "Landlord & Co", "--attach", plan, "--form", form)
    (question,) = [one for one in wallet.user.asked() if "sign “" in one["lead"]]
    assert question["lead"] == "wants to have you sign “lease.txt” with “Work”"
    assert question["body"] == TEXT
    result = run(
        "verify",
        str(path),
        *("--key", str(folder / "tenant.pub"), "--text", str(folder / "lease.txt"), "--attachment", plan),
        environ={"ETUI_HOME": str(folder / "nowhere"), "XDG_RUNTIME_DIR": str(folder)},
    )
    assert result.returncode == 0, result.stderr
    assert "Title      lease.txt\nFor        Landlord & Co\n" in result.stdout
    assert "Shown      whole, to nobody: a script answered (scripted, unprotected display)" in result.stdout
    assert "“plan.pdf”, application/pdf, 12 bytes" in result.stdout
    assert "the file given" in result.stdout
    assert "| The rent is 700 euros a month.\n" in result.stdout
    assert "nobody but the file" not in result.stderr
    assert "test profile" in result.stderr


def test_a_text_longer_than_a_screen_is_read_by_a_person_at_a_terminal(wallet: TestWallet, folder: Path) -> None:
    """No script: the wallet's own face on a terminal, and a person's keys there."""
    text = "".join(f"{number}. What is agreed, at some length.\n" for number in range(1, 61))
    (folder / "lease.txt").write_text(text, encoding="utf-8")
    wallet.end()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    command = ["setsid", "--ctty", *ETUI, "run", "--test-profile", "--as-root", "--no-doors", "--dialog", "terminal"]
    with subprocess.Popen(command, env=wallet.environ, stdin=slave, stdout=slave, stderr=slave) as running:
        os.close(slave)
        try:
            seen = _until(master, "is locked")
            with subprocess.Popen([*ETUI, "unlock"], env=wallet.environ, stdin=subprocess.DEVNULL) as unlocking:
                seen += _until(master, "Unlock your wallet")
                while unlocking.poll() is None:  # Ctrl-U: an Enter that came too soon has left what was typed
                    os.write(master, f"\x15{PASSPHRASE}".encode())
                    seen += _for(master, ARMING_S * 2)
                    os.write(master, b"\r")
                    seen += _for(master, ARMING_S * 2)
            signing = [*ETUI, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(folder / "lease.jws")]
            with subprocess.Popen(signing, env=wallet.environ, stdin=subprocess.DEVNULL) as signer:
                deadline = time.monotonic() + WAIT_S
                while signer.poll() is None:
                    assert time.monotonic() < deadline, seen
                    for key in b" y":  # a key that comes too soon after another approves nothing
                        os.write(master, bytes((key,)))
                        seen += _for(master, ARMING_S * 2)
            assert signer.returncode == 0, seen
        finally:
            running.terminate()
            running.wait()
            os.close(master)
    shown = [number for number in range(1, 61) if f"│ {number}. What is agreed" in seen]
    assert shown == list(range(1, 61))
    assert "Scroll to the end first." in seen
    result = run("verify", str(folder / "lease.jws"), "--text", str(folder / "lease.txt"))
    assert "Shown      whole, in a terminal (terminal, unprotected display)" in result.stdout, result.stderr


def _until(terminal: int, words: str) -> str:
    """What is shown there, as soon as these words are."""
    seen = ""
    deadline = time.monotonic() + WAIT_S
    while words not in seen:
        assert time.monotonic() < deadline, seen
        seen += _for(terminal, 0.1)
    return seen


def _for(terminal: int, seconds: float) -> str:
    """What is shown there for so long."""
    seen = b""
    end = time.monotonic() + seconds
    while select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0]:
        seen += os.read(terminal, 1 << 16)
    return seen.decode(errors="replace")


def test_a_program_is_told_everything(wallet: TestWallet, folder: Path) -> None:
    path = sign(wallet, folder, "--title", "Lease", "--attach", str(folder / "plan.pdf"))
    (row,) = told(wallet, "key")
    found = told(wallet, "verify", str(path), "--attachment", str(folder / "plan.pdf"))
    assert (found["form"], found["key"], found["key_expected"]) == ("jws", row["fingerprint"], False)
    assert found["attachments_checked"] == ["plan.pdf"]
    assert (found["statement"]["title"], found["statement"]["text"]) == ("Lease", TEXT)
    assert found["statement"]["assurance"] == "consent"
    assert told(wallet, "verify", str(path), "--key", row["fingerprint"])["key_expected"] is True


def test_what_does_not_fit_is_told_by_the_exit_status(wallet: TestWallet, folder: Path) -> None:
    path = sign(wallet, folder)
    other = folder / "other.txt"
    other.write_text(TEXT.replace("700", "900"), encoding="utf-8")
    done(wallet, "key", "make", "Another")
    stranger = folder / "stranger.pub"
    stranger.write_text(done(wallet, "key", "public", "another"))
    altered = folder / "altered.jws"
    altered.write_bytes(path.read_bytes()[:-10] + b"AAAAAAAAA\n")
    for arguments, said in (
        ((str(path), "--text", str(other)), "the text in it is not that of"),
        ((str(path), "--attachment", str(other)), "is none of the attachments"),
        ((str(path), "--key", str(stranger)), "not by the key that was named"),
        ((str(altered),), "is not verified"),
        ((str(other),), "is not verified"),
    ):
        result = run("verify", *arguments)
        assert (result.returncode, said in result.stderr) == (1, True), result.stderr
        assert result.stdout == ""
    assert run("verify", str(folder / "none")).returncode == 8
    assert run("verify", str(path), "--key", str(folder / "none")).returncode == 8


def test_a_no_leaves_no_file(wallet: TestWallet, folder: Path) -> None:
    wallet.user.refuses(action_contains="sign “")
    path = folder / "lease.jws"
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path))
    assert result.returncode == 7
    assert not path.exists()


def test_a_file_that_is_there_is_not_replaced_and_nobody_is_asked(wallet: TestWallet, folder: Path) -> None:
    path = folder / "lease.jws"
    path.write_text("mine", encoding="utf-8")
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(path))
    assert (result.returncode, path.read_text(encoding="utf-8")) == (2, "mine")
    assert [one for one in wallet.user.asked() if "sign “" in one["lead"]] == []


@pytest.mark.attack(88)
def test_what_nobody_sees_is_told_by_its_place(wallet: TestWallet, folder: Path) -> None:
    (folder / "lease.txt").write_bytes(b"one\r\ntwo")
    result = etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(folder / "a"))
    assert result.returncode == 2
    assert "text: character 4 (line 1), U+000D a control character" in result.stderr
    (folder / "lease.txt").write_bytes(b"\xff")
    assert etui(wallet, "sign", str(folder / "lease.txt"), "--key", "work", "--out", str(folder / "a")).returncode == 2


def test_a_text_that_its_signer_dates_beyond_all_calendars_is_told_all_the_same(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    statement = sign_1.Statement(
        statement=FORMAT,
        title="Dated",
        text="Whenever.",
        text_sha256=digest_of("Whenever."),
        shown_at=2**53 - 1,
        assurance="consent",
        face="window",
        display="x11",
        protected=False,
        installed="per_user",
        test=False,
        key=msgspec.convert(jose.jwk_of(key.public_key()), sign_1.Key, from_attributes=True),
    )
    header = jose.Header(alg="EdDSA", typ=JWS_TYPE, cty=CONTENT_TYPE.removeprefix("application/"))
    path = tmp_path / "dated.jws"
    path.write_text(jose.sign_compact(header, encode_statement(statement), key.sign), encoding="ascii")
    result = run("verify", str(path))
    assert result.returncode == 0, result.stderr
    assert "When       9007199254740991\n" in result.stdout
