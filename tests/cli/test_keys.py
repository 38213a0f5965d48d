"""``etui key``: made, listed, shown in public, deleted."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.cli.etui import ETUI, done, etui, told, wait_until

from etui.standards.sshagent.wire import string
from etui.testkit import TestWallet

PASSPHRASE = "only of this file"


def made(folder: Path, *options: str, passphrase: str = "") -> Path:
    """A private key, made by OpenSSH."""
    path = folder / "id_made"
    command = ["ssh-keygen", "-q", "-C", "ada", "-N", passphrase, "-f", str(path), *options]
    subprocess.run(command, check=True, timeout=60)
    return path


def public_of(path: Path) -> str:
    return " ".join(path.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])


@pytest.mark.shares_wallet
def test_a_key_is_made_and_its_public_part_printed(wallet: TestWallet) -> None:
    said = done(wallet, "key", "make", "Work")
    assert "Made “Work”." in said
    assert "ssh-ed25519 AAAA" in said
    assert done(wallet, "key", "public", "work").strip() in said
    (row,) = told(wallet, "key")
    assert (row["label"], row["algorithm"], row["export"]) == ("Work", "ed25519", "by you")


@pytest.mark.shares_wallet
def test_a_bound_one_says_that_it_is_never_exported(wallet: TestWallet) -> None:
    done(wallet, "key", "make", "Build machine", "--bound", "--algorithm", "p384", "--no-ssh")
    (row,) = told(wallet, "key", "list")
    assert row["fingerprint"] in done(wallet, "key", "list")
    assert (row["algorithm"], row["export"]) == ("p384", "never")


def test_a_key_is_deleted_when_that_was_said_here_and_in_the_dialog(wallet: TestWallet) -> None:
    done(wallet, "key", "make", "Work")
    assert etui(wallet, "key", "delete", "work").returncode == 2
    wallet.user.refuses(action_contains="delete the key", times=1)
    assert etui(wallet, "key", "delete", "work", "--yes").returncode == 0
    assert told(wallet, "key") == []


@pytest.mark.shares_wallet
def test_an_empty_name_is_refused(wallet: TestWallet) -> None:
    result = etui(wallet, "key", "make", " ")
    assert result.returncode == 2
    assert "the name is empty" in result.stderr


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ed25519"),
        ("-t", "ecdsa", "-b", "256"),
        ("-t", "ecdsa", "-b", "384"),
        ("-t", "rsa", "-b", "2048"),
        ("-t", "rsa", "-b", "2048", "-m", "PEM"),
        ("-t", "ecdsa", "-b", "256", "-m", "PKCS8"),
    ],
    ids=" ".join,
)
def test_a_key_of_openssh_is_brought_in_and_its_file_left_as_it_is(
    wallet: TestWallet, short_dir: Path, options: tuple[str, ...]
) -> None:
    path = made(short_dir, *options)
    before = path.read_bytes()
    assert public_of(path) in done(wallet, "key", "import", str(path), "--dry-run")
    assert told(wallet, "key") == []
    said = done(wallet, "key", "import", str(path), "--name", "Work")
    assert public_of(path) in said
    assert f"delete the file: shred -u {path}" in said
    assert path.read_bytes() == before
    assert done(wallet, "key", "public", "work").strip() == public_of(path)
    for more in ((), ("--dry-run",)):
        again = etui(wallet, "key", "import", str(path), *more)
        assert again.returncode == 2
        assert "here already" in again.stderr


@pytest.mark.shares_wallet
@pytest.mark.parametrize("form", [(), ("-m", "PKCS8"), ("-m", "PEM")], ids=["OpenSSH", "PKCS#8", "SEC 1"])
def test_one_with_a_passphrase_is_brought_in_by_it_alone(
    wallet: TestWallet, short_dir: Path, form: tuple[str, ...]
) -> None:
    path = made(short_dir, "-t", "ecdsa", *form, passphrase=PASSPHRASE)
    for typed, said in (("", "has a passphrase"), ("another", f"etui: the passphrase is not that of {path}\n")):
        result = etui(wallet, "key", "import", str(path), stdin=typed)
        assert result.returncode == 2
        assert said in result.stderr
    done(wallet, "key", "import", str(path), stdin=PASSPHRASE + "\n")
    assert [row["label"] for row in told(wallet, "key")] == ["id_made"]


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no private key"),
        (b"ssh-ed25519 AAAA ada", "without \u201c.pub\u201d"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nxx\n-----END OPENSSH PRIVATE KEY-----", "no key that can"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "no key that can"),
        (
            b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"
            % b"MC4CAQAwBQYDK2VvBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
            "its length",
        ),
    ],
    ids=["nothing", "a public key", "damaged", "a certificate", "of a wrong length"],
)
def test_what_is_no_private_key_is_said(wallet: TestWallet, short_dir: Path, text: bytes, said: str) -> None:
    path = short_dir / "file"
    path.write_bytes(text)
    result = etui(wallet, "key", "import", str(path))
    assert result.returncode == 2
    assert said in result.stderr


def of_dsa(folder: Path) -> Path:
    """A private key of DSA, which newer ssh-keygens do not make."""
    key = dsa.generate_private_key(1024)
    path = folder / "id_dsa"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.mark.shares_wallet
@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["import", "dry run"])
@pytest.mark.parametrize(
    "key",
    [
        lambda folder: made(folder, "-t", "ecdsa", "-b", "521"),
        lambda folder: made(folder, "-t", "rsa", "-b", "1024"),
        of_dsa,
    ],
    ids=["P-521", "RSA of 1024 bits", "DSA"],
)
def test_a_key_of_another_algorithm_is_refused_by_name_of_those_that_are_taken(
    wallet: TestWallet, short_dir: Path, key: Callable[[Path], Path], more: tuple[str, ...]
) -> None:
    result = etui(wallet, "key", "import", str(key(short_dir)), *more)
    assert result.returncode == 2
    (said,) = result.stderr.splitlines()
    assert "none of Ed25519, P-256, P-384, X25519 or RSA of 2048 to 8192 bits" in said


AGE_KEYS = (
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG",
)
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


@pytest.mark.shares_wallet
def test_the_identities_of_age_in_a_file_are_brought_in_and_the_file_left_as_it_is(
    wallet: TestWallet, short_dir: Path
) -> None:
    path = short_dir / "keys.txt"
    text = f"# created: today\n# public key: {RECIPIENT}\n{AGE_KEYS[0]}\n\n{AGE_KEYS[1].lower()}\n"
    path.write_text(text, encoding="utf-8")
    assert RECIPIENT in done(wallet, "key", "import", str(path), "--name", "Files", "--dry-run")
    assert told(wallet, "key") == []
    said = done(wallet, "key", "import", str(path), "--name", "Files")
    assert "Brought in “Files”." in said
    assert "Brought in “Files 2”." in said
    assert f"delete the file: shred -u {path}" in said
    assert path.read_text(encoding="utf-8") == text
    assert [(row["label"], row["algorithm"]) for row in told(wallet, "key")] == [
        ("Files", "x25519"),
        ("Files 2", "x25519"),
    ]
    assert done(wallet, "key", "public", "files").strip() == RECIPIENT
    again = etui(wallet, "key", "import", str(path))
    assert "here already" in again.stderr


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AGE_KEYS[0][:-1], "checksum"),
        (f"{AGE_KEYS[0]}\nssh-ed25519 AAAA", "Bech32"),
        ("AGE-PLUGIN-YUBIKEY-1QQQQ", "Bech32"),
        ("age-encryption.org/v1\n-> scrypt x 18\n", "is encrypted itself"),
    ],
    ids=["cut short", "with something else", "of a plugin", "encrypted"],
)
def test_a_file_of_age_that_cannot_be_brought_in_is_said_without_its_key(
    wallet: TestWallet, short_dir: Path, text: str, said: str
) -> None:
    path = short_dir / "keys.txt"
    path.write_text(text, encoding="utf-8")
    result = etui(wallet, "key", "import", str(path))
    assert result.returncode == 2
    assert said in result.stderr
    assert "GFPYYSJZ" not in result.stderr.upper()
    assert told(wallet, "key") == []


def git(wallet: TestWallet, *arguments: str) -> str:
    ran = wallet.run("git", *arguments)
    return ran.stdout.strip()


def test_git_is_set_up_by_three_settings_that_are_shown_before_and_undone_as_is_said(wallet: TestWallet) -> None:
    wallet.environ["HOME"] = str(wallet.folder)  # where git keeps its settings
    wallet.environ.pop("XDG_CONFIG_HOME", None)
    done(wallet, "key", "make", "Work")
    public = done(wallet, "key", "public", "work").strip()
    wallet.run("git", "config", "--global", "gpg.format", "openpgp")
    asked = etui(wallet, "git", "setup", "work")
    assert asked.returncode == 2, "nobody is there to say yes"
    assert "gpg.format is openpgp now" in asked.stderr
    assert f"user.signingkey 'key::{public}'" in asked.stderr
    assert git(wallet, "config", "--global", "--get", "user.signingkey") == ""
    said = done(wallet, "git", "setup", "work", "--yes")
    assert git(wallet, "config", "--global", "--get", "user.signingkey") == f"key::{public}"
    assert git(wallet, "config", "--global", "--get", "commit.gpgsign") == "true"
    for line in said.partition("This undoes it:\n")[2].splitlines():
        assert wallet.run(*line.split()).returncode == 0
    assert git(wallet, "config", "--global", "--get", "gpg.format") == "openpgp"
    assert git(wallet, "config", "--global", "--get", "user.signingkey") == ""


def slow_to_open(folder: Path) -> Path:
    """A private key whose file says that its passphrase takes days."""
    salted = string(bytes(16)) + (2**31 - 1).to_bytes(4, "big")  # rounds
    public = string(b"ssh-ed25519") + string(bytes(32))
    head = string(b"aes256-ctr") + string(b"bcrypt") + string(salted) + (1).to_bytes(4, "big")
    told = base64.encodebytes(b"openssh-key-v1\0" + head + string(public) + string(bytes(160))).decode()
    path = folder / "gift"
    path.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{told}-----END OPENSSH PRIVATE KEY-----\n", encoding="ascii")
    return path


@pytest.mark.attack(114)
def test_a_key_file_that_takes_days_to_open_is_given_up_by_ctrl_c(tmp_path: Path) -> None:
    path = slow_to_open(tmp_path)
    command = [*ETUI, "key", "import", str(path), "--dry-run"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdin is not None
        process.stdin.write(b"typed\n")
        process.stdin.flush()
        wait_until(lambda: _taken_s(process.pid) > 4)  # so much more than it takes to begin
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
    finally:
        process.kill()
        process.communicate()


def _taken_s(pid: int) -> float:
    """How long a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


def test_git_verifies_by_what_the_setup_prints_and_does_not_do_itself(wallet: TestWallet) -> None:
    agent = wallet.socket.with_name("ssh-agent")
    wallet.environ |= {"HOME": str(wallet.folder), "SSH_AUTH_SOCK": str(agent), "GIT_CONFIG_NOSYSTEM": "1"}
    wallet.environ.pop("XDG_CONFIG_HOME", None)
    (wallet.folder / ".ssh").mkdir(mode=0o700)
    done(wallet, "key", "make", "Work")
    done(wallet, "door", "enable", "ssh-agent")
    for setting in ("user.name=Ada", "user.email=ada@example.org"):
        git(wallet, "config", "--global", *setting.split("="))
    said = done(wallet, "git", "setup", "work", "--yes")
    lines = said.partition("puts you there:\n")[2].partition("This undoes it")[0].splitlines()
    assert git(wallet, "config", "--global", "--get", "gpg.ssh.allowedSignersFile") == ""
    for line in lines:
        assert wallet.run("sh", "-c", line).returncode == 0
    repository = str(wallet.folder / "repository")
    git(wallet, "init", "-q", repository)
    wait_until(agent.is_socket)
    assert wallet.run("git", "-C", repository, "commit", "-q", "--allow-empty", "-m", "first").returncode == 0
    assert 'Good "git" signature for ada@example.org' in git(wallet, "-C", repository, "log", "--show-signature")
    again = told(wallet, "git", "setup", "work", "--yes")
    (line,) = again["verify"]
    assert line.endswith(f" >> {wallet.folder}/.ssh/allowed_signers"), "where the user's file is"
