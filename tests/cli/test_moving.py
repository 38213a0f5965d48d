"""``etui import``: a real gnome-keyring, taken over and taken back."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.etui import etui, run, told, wait_until
from tests.cli.keyrings import GnomeKeyring, gnome_keyring

from etui.cli import moving
from etui.cli.exits import CommandError, Exit
from etui.cli.output import Output
from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client, ErrorCode, ProtocolError
from etui.testkit import TestWallet

pytestmark = pytest.mark.shares_wallet
_LARGE = bytes(range(256)) * 4096


@pytest.fixture
def keyring(short_dir: Path) -> Iterator[GnomeKeyring]:
    with gnome_keyring(short_dir / "k") as started:
        yield started


@pytest.fixture
def wallet(made_wallet: TestWallet) -> Iterator[TestWallet]:
    made_wallet.user.approves()
    yield made_wallet
    with made_wallet.connect() as client, contextlib.suppress(ProtocolError):  # until there is none
        while True:
            client.call(secret.UndoImport())


def imported(wallet: TestWallet, bus: str, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit status and what `etui import secret-service --json` says, on this bus."""
    environ = {**wallet.environ, "DBUS_SESSION_BUS_ADDRESS": bus}
    result = run("import", "secret-service", "--json", *more, environ=environ, timeout_s=120.0)
    assert result.stdout, result.stderr
    return result.returncode, msgspec.json.decode(result.stdout)


def outcomes(report: dict[str, Any]) -> Counter[str]:
    return Counter(fate["outcome"] for fate in report["items"])


def kept(wallet: TestWallet) -> list[Item]:
    with wallet.connect() as client:
        return items_of(client)


def items_of(client: Client) -> list[Item]:
    return list(client.call(shell.Inventory()).items)


def fill_with_all_kinds(keyring: GnomeKeyring) -> None:
    keyring.add("Plain", b"password", {"xdg:schema": "org.example.Mail", "user": "anna"})
    keyring.add("", b"of no name", {"n": "1"})
    keyring.add("Nothing to find it by", b"x", {})
    keyring.add("Binary", bytes(range(256)), {"n": "2"}, content_type="application/octet-stream")
    keyring.add("Large", _LARGE, {"n": "3"})
    keyring.add("Many attributes", b"y", {f"name {number}": "Ünïcode ✓" for number in range(200)})
    keyring.add("Order", b"same", {"a": "1", "b": "2"})
    keyring.add("Order", b"same", {"b": "2", "a": "1"})
    keyring.add("Order", b"other", {"a": "1", "b": "2"})
    keyring.add("Note", b"text", {"xdg:schema": "org.gnome.keyring.Note"})
    keyring.add("Empty", b"", {"n": "4"})
    keyring.add("Too large", _LARGE + b"x", {"n": "5"})
    keyring.add("Too many attributes", b"z", {f"name {number}": "" for number in range(201)})


def test_all_comes_as_it_was_is_counted_once_and_the_keyring_stays_as_it_is(
    wallet: TestWallet, keyring: GnomeKeyring
) -> None:
    fill_with_all_kinds(keyring)
    keyring.settle()
    keyring.add_to(keyring.make_collection("Work"), "At work", b"w", {"n": "6", "xdg:schema": "org.example.Work"})
    entries, files = keyring.entries(), keyring.files()

    status, looked = imported(wallet, keyring.address, "--dry-run")
    assert (status, looked["name"], kept(wallet)) == (1, None, [])
    before = len(wallet.user.asked())
    status, report = imported(wallet, keyring.address)
    assert status == 1  # two are refused
    (question,) = wallet.user.asked()[before:]
    assert "import 14 items from gnome-keyring-daemon" in str(question)
    assert "Work: 1" in str(question)
    assert report["items"] == looked["items"]
    assert outcomes(report) == {"taken": 10, "there": 1, "differs": 1, "refused": 2}
    assert sum(count["items"] for count in report["collections"]) == len(report["items"]) == len(entries)
    assert (keyring.entries(), keyring.files()) == (entries, files)

    items = {(item.label, tuple(sorted(item.attributes.items()))): item for item in kept(wallet)}
    (group,) = (item for item in items.values() if item.kind == "group")
    with wallet.connect() as client:
        for entry in entries:
            if entry.label == "Order" or entry.label.startswith("Too "):
                continue
            item = items[entry.label, tuple(sorted(entry.attributes.items()))]
            assert item.kind == ("note" if entry.label == "Note" else "password")
            assert (item.created, item.modified) == (entry.created, entry.modified)
            assert (item.group != "") == (entry.collection == "Work")
            assert client.call(secret.Read(item=item.item)).value == entry.value
        orders = [item for item in items_of(client) if item.label == "Order"]
        assert sorted(client.call(secret.Read(item=item.item)).value or b"" for item in orders) == [b"other", b"same"]
    assert group.label == "Work"

    status, again = imported(wallet, keyring.address)
    assert outcomes(again) == {"there": 12, "refused": 2}
    assert told(wallet, "import", "undo") == {"name": report["name"], "removed": 11, "kept": [], "earlier": None}
    assert kept(wallet) == []


def test_the_user_is_asked_once_for_all_and_a_no_stores_nothing(short_dir: Path, keyring: GnomeKeyring) -> None:
    keyring.add_many(3)
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.refuses()
        before = len(wallet.user.asked())
        result = run("import", "secret-service", environ={**wallet.environ, **keyring.environ})
        assert (result.returncode, "(etui why " in result.stderr) == (7, True)
        assert len(wallet.user.asked()) - before == 1
        wallet.user.approves()
        assert kept(wallet) == []


@pytest.mark.attack(237)
def test_a_program_that_listens_on_the_bus_sees_no_secret_and_none_is_printed(
    wallet: TestWallet, keyring: GnomeKeyring, tmp_path: Path
) -> None:
    if shutil.which("dbus-monitor") is None:
        pytest.skip("needs package dbus-bin")
    keyring.add("Label that is seen", b"the secret itself", {"n": "1"})
    heard = tmp_path / "heard"
    with heard.open("wb") as file:
        command = ["dbus-monitor", "--address", keyring.address, "--binary"]
        with subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL) as monitor:
            wait_until(lambda: heard.stat().st_size > 0)
            result = run("import", "secret-service", environ={**wallet.environ, **keyring.environ})
            wait_until(lambda: b"Label that is seen" in heard.read_bytes())
            monitor.terminate()
    assert (result.returncode, result.stderr.count("secret itself")) == (0, 0)
    assert b"the secret itself" not in heard.read_bytes() + result.stdout.encode()
    (item,) = kept(wallet)
    with wallet.connect() as client:
        assert client.call(secret.Read(item=item.item)).value == b"the secret itself"


def _ended(keyring: GnomeKeyring) -> None:
    keyring.kill()


def _locked(keyring: GnomeKeyring) -> None:
    keyring.lock()


def _interrupted(keyring: GnomeKeyring) -> None:
    del keyring
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("happens", "error", "says"),
    [
        (_ended, CommandError, "has ended: start it again"),
        (_locked, CommandError, "was locked meanwhile: unlock it"),
        (_interrupted, KeyboardInterrupt, None),
    ],
)
def test_what_is_broken_off_is_gone_on_with_and_doubles_nothing(  # noqa: PLR0913, PLR0917  # fixtures and parameters
    wallet: TestWallet,
    keyring: GnomeKeyring,
    happens: Callable[[GnomeKeyring], None],
    error: type[BaseException],
    says: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keyring.add_many(70)
    for name, value in {**wallet.environ, **keyring.environ}.items():
        monkeypatch.setenv(name, value)

    @contextlib.contextmanager
    def meanwhile(*_: object) -> Iterator[Callable[[int], None]]:
        yield lambda _: happens(keyring)

    monkeypatch.setattr(moving, "items_done", meanwhile)
    with pytest.raises(error, match=says):
        moving.IMPORT.run(argparse.Namespace(dry_run=False, name=""), Output(as_json=False))
    assert "50 of 70 items are in the wallet" in capsys.readouterr().err
    assert len(kept(wallet)) == 50

    if happens is not _interrupted:
        keyring.settle()
    status, report = imported(wallet, keyring.address)
    assert (status, outcomes(report)) == (0, {"there": 50, "taken": 20})
    assert sorted(item.label for item in kept(wallet)) == sorted(f"Item {number}" for number in range(70))
    assert told(wallet, "import", "undo")["removed"] == 70


def test_a_locked_collection_that_nobody_unlocks_is_named_and_left_out(
    wallet: TestWallet, keyring: GnomeKeyring
) -> None:
    keyring.add("Open", b"x", {"n": "1"})
    path = keyring.make_collection("Old")
    for number in range(2):
        keyring.add_to(path, f"Shut {number}", b"y", {"n": str(number)})
    keyring.lock(path)
    status, report = imported(wallet, keyring.address)
    assert status == 1
    (old,) = (count for count in report["collections"] if count["collection"] == "Old")
    assert (old["items"], old["left_out"], old["why"]) == (2, 2, "it is locked, and was not unlocked")
    assert [item.label for item in kept(wallet)] == ["Open"]
    assert len(report["items"]) == 3


def test_what_is_locked_is_unlocked_by_the_keyrings_own_prompt(wallet: TestWallet, short_dir: Path, bus: str) -> None:
    """The other keyring is another wallet, which has a prompt that a test can answer."""
    folder = short_dir / "o"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, doors=("secret-service",), environ={"DBUS_SESSION_BUS_ADDRESS": bus}) as other:
        other.create()
        other.user.approves()
        with other.connect() as client:
            client.call(wallet_interface.Set(name="open_session", value="on"))
            client.call(secret.Create(kind="password", label="Elsewhere", value=b"x", attributes={"n": "1"}))
        other.lock()
        status, report = imported(wallet, bus)
    assert (status, outcomes(report)) == (0, {"taken": 1})
    (item,) = kept(wallet)
    assert (item.label, item.attributes) == ("Elsewhere", {"n": "1"})


def test_an_undoing_keeps_and_names_what_was_changed_since(wallet: TestWallet, keyring: GnomeKeyring) -> None:
    keyring.add_many(3)
    imported(wallet, keyring.address)
    with wallet.connect() as client:
        own = client.call(secret.Create(kind="note", label="Own", value=b"x", attributes={"number": "9"})).item
        (item,) = (item for item in client.call(shell.Inventory()).items if item.label == "Item 1")
        client.call(secret.Update(item=item.item, value=b"changed"))
    said = etui(wallet, "import", "undo").stdout
    assert said.startswith("Deleted 2 items that came with “")
    assert "“Item 1” was changed since, and stays." in said
    assert sorted(item.label for item in kept(wallet)) == ["Item 1", "Own"]
    with wallet.connect() as client:
        assert client.call(secret.Read(item=own.item)).value == b"x"


def test_without_an_import_there_is_nothing_to_undo(wallet: TestWallet) -> None:
    assert etui(wallet, "import", "undo").returncode == Exit.NOT_FOUND


def test_where_no_keyring_is_that_is_said(wallet: TestWallet, bus: str) -> None:
    environ = {**wallet.environ, "DBUS_SESSION_BUS_ADDRESS": bus}
    result = run("import", "secret-service", environ=environ)
    assert result.returncode == Exit.NOT_FOUND
    assert "no keyring serves org.freedesktop.secrets on the session bus" in result.stderr
    result = run("import", "secret-service", "--from", "org.example.Nobody", environ=environ)
    assert "nobody has the name org.example.Nobody" in result.stderr
    result = run("import", "secret-service", environ={**wallet.environ, "DBUS_SESSION_BUS_ADDRESS": ""})
    assert "there is no session bus here" in result.stderr


@pytest.mark.attack(238)
def test_no_program_compares_or_imports_without_a_yes(wallet: TestWallet) -> None:
    wallet.user.forgets()
    with wallet.connect() as client:
        for request in (secret.Compare(source="x", count=1), secret.Import(source="x", count=1)):
            assert _refused(client, request) is ErrorCode.DENIED
        part = secret.ImportPart(run="0" * 32, items=[], values=b"")
        assert _refused(client, part) is ErrorCode.UNKNOWN_ITEM


def _refused(client: Client, request: Any) -> ErrorCode:  # noqa: ANN401
    with pytest.raises(ProtocolError) as caught:
        client.call(request, quiet=True)
    code = caught.value.code
    assert isinstance(code, ErrorCode)
    return code
