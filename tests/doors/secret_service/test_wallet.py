"""Programs that nobody here wrote, through the real door, Router, dialog, Extension and storage."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.processes import kill, pid_of

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

SECRET = "hunter2-planted"
_MAILER = """\
#!/bin/sh
case $1 in
    store) printf %s "$2" | secret-tool store --label='Mail of Ada' service mail user ada ;;
    *) secret-tool "$1" service mail user ada ;;
esac
"""
_SHORT = """\
#!/bin/sh
case $1 in
    store) printf %s 'for today' | secret-tool store --collection=session --label=Short service short ;;
    *) secret-tool "$1" service short ;;
esac
"""
_KEYRING = """
import sys, keyring
from keyring.backends.SecretService import Keyring
keyring.set_keyring(Keyring())
match sys.argv[1]:
    case "set": keyring.set_password("mail", "ada", sys.argv[2])
    case "get": print(keyring.get_password("mail", "ada"))
    case "delete": keyring.delete_password("mail", "ada")
"""
_KEPT = """
import sys, secretstorage
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
item = collection.create_item("Kept", {"service": "kept"}, b"one session")
for line in sys.stdin:
    print(item.get_secret().decode(), flush=True)
"""

_REPLACING = """
import collections, secretstorage
from jeepney import HeaderFields, MatchRule
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
rule = MatchRule(type="signal", interface="org.freedesktop.Secret.Collection")
with connection.filter(rule, queue=collections.deque()) as signals:
    for number in range(5):
        item = collection.create_item("Mail", {"service": "replaced"}, b"%d" % number, replace=True)
    while len(signals) < 5:
        connection.recv_messages(timeout=20)
print(item.get_secret().decode(), *(signal.header.fields[HeaderFields.member] for signal in signals))
"""

_WORK = """
import secretstorage
connection = secretstorage.dbus_init()
there = [c.collection_path for c in secretstorage.get_all_collections(connection)]
print(len(there), secretstorage.create_collection(connection, "Work").collection_path)
"""


@pytest.fixture
def wallet(short_dir: Path, bus: str) -> Iterator[TestWallet]:
    if shutil.which("secret-tool") is None:
        pytest.skip("needs package libsecret-tools")
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    for name in ("mailer", "game"):
        (folder / name).write_text(_MAILER, encoding="utf-8")
    (folder / "keys.py").write_text(_KEYRING, encoding="utf-8")
    environ = {"DBUS_SESSION_BUS_ADDRESS": bus, "HOME": str(folder), "LANG": "C.UTF-8"}
    with TestWallet(folder, doors=["secret-service"], environ=environ) as started:
        started.create()
        yield started


def program(wallet: TestWallet, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script of that name, which calls ``secret-tool``."""
    return wallet.run("sh", str(wallet.folder / name), *arguments)


def keyring(wallet: TestWallet, *arguments: str) -> str:
    """Runs a script that uses Python's ``keyring``."""
    ran = wallet.run(sys.executable, str(wallet.folder / "keys.py"), *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def served(wallet: TestWallet) -> bool:
    """Whether somebody has the name on the bus."""
    names = ["--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.ListNames"]
    return "org.freedesktop.secrets" in wallet.run("dbus-send", "--session", "--print-reply", *names).stdout


def until_served(wallet: TestWallet) -> None:
    """Returns when somebody has the name."""
    deadline = time.monotonic() + 60
    while not served(wallet):
        assert time.monotonic() < deadline, "nobody has the name"


def stored(wallet: TestWallet) -> None:
    ran = program(wallet, "mailer", "store", SECRET)
    assert ran.returncode == 0, ran.stderr


def test_secret_tool_stores_looks_up_searches_and_clears_without_a_question(wallet: TestWallet) -> None:
    stored(wallet)
    assert program(wallet, "mailer", "lookup").stdout == SECRET
    found = program(wallet, "mailer", "search")
    assert "label = Mail of Ada" in found.stdout
    assert f"secret = {SECRET}" in found.stdout
    assert program(wallet, "mailer", "clear").returncode == 0
    assert program(wallet, "mailer", "lookup").stdout == ""
    assert wallet.user.asked() == []


@pytest.mark.attack(5)
def test_another_scripts_lookup_of_the_same_attributes_opens_the_dialog(wallet: TestWallet) -> None:
    stored(wallet)
    wallet.user.refuses(name_contains="game", times=1)
    refused = program(wallet, "game", "lookup")
    assert refused.returncode != 0
    assert SECRET not in refused.stdout + refused.stderr
    (asked,) = wallet.user.asked()
    assert "Mail of Ada" in f"{asked['heading']} {asked['lead']}"
    assert "game" in asked["asker"]


@pytest.mark.attack(82)
def test_a_twin_that_another_script_stored_keeps_nobody_from_its_own_and_asks_nothing(wallet: TestWallet) -> None:
    stored(wallet)
    assert program(wallet, "game", "store", "planted").returncode == 0
    wallet.user.refuses()
    for name, own in (("mailer", SECRET), ("game", "planted")):
        assert program(wallet, name, "lookup").stdout == own
        found = program(wallet, name, "search")
        assert f"secret = {own}" in found.stdout + found.stderr
    assert wallet.user.asked() == []


@pytest.mark.attack(82)
def test_keyring_of_python_finds_its_own_beside_a_twin_of_anothers(wallet: TestWallet) -> None:
    keyring(wallet, "set", SECRET)
    (wallet.folder / "other.py").write_text(_KEYRING, encoding="utf-8")
    other = wallet.run(sys.executable, str(wallet.folder / "other.py"), "set", "planted")
    assert other.returncode == 0, other.stderr
    wallet.user.refuses()
    assert keyring(wallet, "get") == SECRET
    assert wallet.user.asked() == []


def test_a_dismissed_question_is_not_now_and_comes_again(wallet: TestWallet) -> None:
    stored(wallet)
    wallet.user.dismisses(name_contains="game")
    dismissed = program(wallet, "game", "lookup")
    assert dismissed.stdout == ""
    assert "did not answer now" in dismissed.stderr  # where nothing is found, secret-tool is silent
    wallet.user.forgets()
    wallet.user.approves(name_contains="game")
    assert program(wallet, "game", "lookup").stdout == SECRET


def test_keyring_of_python_sets_gets_and_deletes(wallet: TestWallet) -> None:
    keyring(wallet, "set", SECRET)
    assert keyring(wallet, "get") == SECRET
    keyring(wallet, "set", "another")
    assert keyring(wallet, "get") == "another"
    keyring(wallet, "delete")
    assert keyring(wallet, "get") == "None"
    assert wallet.user.asked() == []


def test_what_is_stored_again_at_once_is_told_as_changed(wallet: TestWallet) -> None:
    script = wallet.folder / "replacing.py"
    script.write_text(_REPLACING, encoding="utf-8")
    ran = wallet.run(sys.executable, str(script))
    assert ran.stdout.split() == ["4", "ItemCreated", *["ItemChanged"] * 4], ran.stderr


def test_a_lookup_in_a_locked_wallet_brings_the_unlock_dialog_and_then_the_secret(wallet: TestWallet) -> None:
    stored(wallet)
    wallet.lock()
    assert program(wallet, "mailer", "lookup").stdout == SECRET
    assert [entry["face"] for entry in wallet.user.shown() if entry.get("face") == "unlock"] == ["unlock"]


@pytest.mark.attack(5)
def test_who_keeps_it_locked_is_never_answered_with_nothing_found(wallet: TestWallet) -> None:
    stored(wallet)
    wallet.lock()
    wallet.user.dismisses(face="unlock")
    looked = program(wallet, "mailer", "lookup")
    assert looked.returncode != 0
    assert looked.stderr
    found = wallet.run(
        sys.executable,
        "-c",
        "import secretstorage as s; c = s.dbus_init(); print(s.get_default_collection(c).is_locked())",
    )
    assert found.stdout.strip() == "True"


def test_who_looks_for_what_does_not_open_is_never_answered_with_nothing_found(wallet: TestWallet) -> None:
    stored(wallet)
    wallet.end()
    (records,) = wallet.home.glob("storage/*/records.db")
    with closing(sqlite3.connect(records)) as connection, connection:
        for key, value in connection.execute("SELECT key, value FROM records").fetchall():
            altered = value[:-1] + bytes([value[-1] ^ 1])
            connection.execute("UPDATE records SET value = ? WHERE key = ?", (altered, key))
    wallet.start()
    wallet.unlock()
    until_served(wallet)
    looked = program(wallet, "mailer", "lookup")
    assert (looked.returncode, looked.stdout) == (1, "")
    assert "1 damaged item does not open" in looked.stderr
    stored(wallet)
    assert program(wallet, "mailer", "lookup").stdout == SECRET


def test_a_script_that_starts_while_the_wallet_is_locked_has_the_collection_that_it_made_and_makes_no_second(
    wallet: TestWallet,
) -> None:
    script = wallet.folder / "work.py"
    script.write_text(_WORK, encoding="utf-8")

    def seen_and_made() -> list[str]:
        ran = wallet.run(sys.executable, str(script))
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.split()

    seen, made = seen_and_made()
    assert seen == "2"
    wallet.lock()
    assert seen_and_made() == ["3", made]


def test_bus_name_and_encrypted_session_survive_the_lock(wallet: TestWallet) -> None:
    script = wallet.folder / "kept.py"
    script.write_text(_KEPT, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        env=wallet.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write("again\n")
            assert process.stdout.readline() == "one session\n"
            door = pid_of(wallet.pid, "etui.doors.secret_service")
            wallet.lock()
            wallet.unlock()
            assert pid_of(wallet.pid, "etui.doors.secret_service") == door
        process.stdin.close()


def test_an_open_session_shares_the_default_collection_and_records_each_reading(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains="open_session")
    with wallet.connect() as client:
        client.call(wallet_interface.Set(name="open_session", value="on"))
    stored(wallet)
    before = len(wallet.user.asked())
    assert program(wallet, "game", "lookup").stdout == SECRET
    assert len(wallet.user.asked()) == before
    with wallet.connect() as client:
        readers = [record.label for record in client.call(shell_interface.Audit(text="secret/1.read")).records]
        client.call(wallet_interface.Set(name="open_session", value="off"))
    assert any("game" in reader for reader in readers)
    wallet.user.refuses(name_contains="game")
    assert program(wallet, "game", "lookup").stdout == ""


def test_who_chooses_an_open_session_at_the_first_run_has_one(short_dir: Path, bus: str) -> None:
    for name in ("mailer", "game"):
        (short_dir / name).write_text(_MAILER, encoding="utf-8")
    environ = {"DBUS_SESSION_BUS_ADDRESS": bus, "HOME": str(short_dir)}
    with TestWallet(short_dir, doors=["secret-service"], environ=environ) as wallet:
        wallet.user.rule("create", when={"face": "create"}, passphrase=PASSPHRASE, open_session=True)
        wallet.create()
        stored(wallet)
        assert program(wallet, "game", "lookup").stdout == SECRET
        assert wallet.user.asked() == []


def test_what_is_kept_for_the_session_outlives_a_lock_and_is_erased_when_the_wallet_starts_anew(
    wallet: TestWallet,
) -> None:
    stored(wallet)
    (wallet.folder / "short").write_text(_SHORT, encoding="utf-8")
    assert program(wallet, "short", "store").returncode == 0
    wallet.lock()
    wallet.unlock()
    assert program(wallet, "short", "lookup").stdout == "for today"
    wallet.end()
    wallet.start()
    wallet.unlock()
    until_served(wallet)
    looked = program(wallet, "short", "lookup")
    assert (looked.returncode, looked.stdout, looked.stderr) == (1, "", "")
    assert program(wallet, "mailer", "lookup").stdout == SECRET


@pytest.mark.attack(44)
@pytest.mark.parametrize(
    "module",
    [
        "etui.doors.secret_service",
        "etui.trusted.router",
        "etui.trusted.vault",
        "etui.extensions.secrets",
        "etui.extensions.storage_software",
    ],
)
def test_what_was_stored_survives_kill_9_of_any_part(wallet: TestWallet, module: str) -> None:
    stored(wallet)
    kill(pid_of(wallet.pid, module))
    until_served(wallet)
    looked = program(wallet, "mailer", "lookup")
    assert (looked.stdout, looked.stderr) == (SECRET, "")


@pytest.mark.attack(7)
def test_nobody_who_listens_on_the_bus_sees_the_secret(wallet: TestWallet) -> None:
    listening = ["dbus-monitor", "--address", wallet.environ["DBUS_SESSION_BUS_ADDRESS"]]
    with subprocess.Popen(listening, stdout=subprocess.PIPE, text=True) as monitor:
        assert monitor.stdout is not None
        while "NameLost" not in monitor.stdout.readline():
            pass
        stored(wallet)
        assert program(wallet, "mailer", "lookup").stdout == SECRET
        monitor.terminate()
        heard = monitor.stdout.read()
    assert "GetSecret" in heard
    assert SECRET not in heard
