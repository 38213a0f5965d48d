"""Sandboxed programs, the desktop's real portal, and the wallet's door behind it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.doors.portal.desktop import DROP_IN, PROGRAM, Desktop, until

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.testkit import TestWallet

if TYPE_CHECKING:
    from etui.interfaces import Item

SUCCESS, CANCELLED, OTHER = 0, 1, 2


def kept(wallet: TestWallet, app_id: str) -> list[Item]:
    """The items that an application has."""
    wallet.user.approves(face="confirm", action_contains="see what lies in the wallet")
    with wallet.connect() as client:
        return [item for item in client.call(shell.Inventory()).items if app_id in item.label]


def test_a_sandboxed_program_has_one_secret_ever_after_by_one_question(portal: Desktop) -> None:
    portal.wallet.user.approves(times=1)
    response, given = portal.asks("org.example.Notes")
    assert (response, len(given)) == (SUCCESS, 64)
    (asked,) = portal.wallet.user.asked()
    assert asked["asker"] == "org.example.Notes"
    assert asked["principal"] == "flatpak:org.example.Notes"
    assert "keep a secret of its own in the wallet" in f"{asked['heading']} {asked['lead']}"
    assert portal.asks("org.example.Notes") == (SUCCESS, given)
    assert len(portal.wallet.user.asked()) == 1

    portal.wallet.user.approves(times=1)
    response, another = portal.asks("org.example.Other")
    assert (response, len(another)) == (SUCCESS, 64)
    assert another != given
    assert [item.kind for item in kept(portal.wallet, "org.example.Notes")] == ["program"]


def test_it_is_the_same_after_a_lock_and_after_the_wallet_was_started_anew(portal: Desktop) -> None:
    wallet = portal.wallet
    wallet.user.approves(times=1)
    first = portal.asks("org.example.Lasting")
    portal.lock()
    assert portal.asks("org.example.Lasting") == first
    assert [entry["face"] for entry in wallet.user.shown() if entry.get("face") == "unlock"] == ["unlock"]
    wallet.end()
    wallet.start()
    portal.until_served()
    assert portal.asks("org.example.Lasting") == first
    assert len(wallet.user.asked()) == 1


def test_it_is_the_same_in_a_wallet_that_was_restored(portal: Desktop, short_dir: Path) -> None:
    wallet = portal.wallet
    wallet.user.approves()
    first = portal.asks("org.example.Moved")
    archive = short_dir / "wallet.etui"
    assert wallet.etui("export", str(archive)).returncode == 0
    wallet.end()
    (short_dir / "other").mkdir(mode=0o700)
    desktop = {"DBUS_SESSION_BUS_ADDRESS": portal.address, "HOME": portal.wallet.environ["HOME"], "LANG": "C.UTF-8"}
    other = TestWallet(short_dir / "other", doors=["portal"], environ=desktop)
    try:
        restored = other.etui("restore", str(archive))
        assert restored.returncode == 0, restored.stderr
        with other:
            other.unlock()
            portal.until_served()
            assert portal.asks("org.example.Moved") == first
            assert other.user.asked() == []
    finally:
        wallet.start()
        wallet.unlock()
        portal.until_served()


def test_who_is_refused_gets_nothing_and_nothing_is_made(portal: Desktop) -> None:
    portal.wallet.user.refuses(name_contains="org.example.Refused")
    assert portal.asks("org.example.Refused") == (CANCELLED, b"")
    assert kept(portal.wallet, "org.example.Refused") == []


def test_who_keeps_the_wallet_locked_gives_nothing(portal: Desktop) -> None:
    portal.wallet.user.approves(times=1)
    _, given = portal.asks("org.example.Shut")
    portal.lock()
    portal.wallet.user.dismisses(face="unlock")
    assert portal.asks("org.example.Shut") == (CANCELLED, b"")
    portal.wallet.user.forgets()
    assert portal.asks("org.example.Shut") == (SUCCESS, given)


@pytest.mark.parametrize("leaves", [False, True], ids=["closes its request", "is gone"])
def test_the_question_of_who_no_longer_waits_is_taken_back(portal: Desktop, *, leaves: bool) -> None:
    app_id = f"org.example.{'Gone' if leaves else 'Closed'}"
    user = portal.wallet.user
    user.waits(name_contains=app_id)
    command = portal.sandboxed(app_id, sys.executable, str(PROGRAM), "close")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        until(user.asked, "nobody was asked")
        if leaves:
            program.kill()
        else:
            program.stdin.write("\n")
    user.forgets()
    user.approves(times=1, name_contains="org.example.Next")
    assert (
        portal.asks(f"org.example.Next{app_id[12:]}")[0] == SUCCESS
    )  # whose question comes only once that one is gone
    assert kept(portal.wallet, app_id) == []


def test_what_was_imported_from_gnome_keyring_is_the_programs_after_one_question(portal: Desktop) -> None:
    attributes = {"app_id": "org.example.Imported", "xdg:schema": "org.freedesktop.Secret.Generic"}
    value = bytes(range(64))
    with portal.wallet.connect() as client:
        client.call(secret.Create(kind="password", label="Application key", attributes=attributes, value=value))
    portal.wallet.user.approves(remember="always", times=1)
    assert portal.asks("org.example.Imported") == (SUCCESS, value)
    assert portal.asks("org.example.Imported") == (SUCCESS, value)
    assert len(portal.wallet.user.asked()) == 1


def test_a_door_that_is_closed_leaves_no_file_and_is_opened_again(portal: Desktop) -> None:
    home = portal.folder / "w"
    files = [home / ".local/share/xdg-desktop-portal/portals/etui.portal", home / ".config" / DROP_IN]
    closed = portal.wallet.etui("door", "disable", "portal")
    assert closed.returncode == 0, closed.stderr
    for file in files:
        assert f"Deleted {file}" in closed.stdout
        assert not file.exists()
    portal.wallet.user.approves(times=1)
    opened = portal.wallet.etui("door", "enable", "portal")
    assert opened.returncode == 0, opened.stderr
    assert [f"Wrote {file}" in opened.stdout for file in files] == [True, True]


def test_libsecret_in_a_sandbox_keeps_its_passwords_under_the_secret(portal: Desktop) -> None:
    if shutil.which("secret-tool") is None:
        pytest.skip("needs package libsecret-tools")
    portal.wallet.user.approves(times=1)
    words = ["secret-tool", "store", "--label=Mail", "service", "mail"]
    stored = portal.run("org.example.Mail", *words, stdin="hunter2")
    assert stored.returncode == 0, stored.stderr
    file = portal.folder / "org.example.Mail/.local/share/keyrings/default.keyring"
    assert b"hunter2" not in file.read_bytes()
    assert portal.run("org.example.Mail", "secret-tool", "lookup", "service", "mail").stdout == "hunter2"
    assert len(portal.wallet.user.asked()) == 1
    (item,) = kept(portal.wallet, "org.example.Mail")
    with portal.wallet.connect() as client:
        portal.wallet.user.approves()
        client.call(secret.Delete(item=item.item))
    assert portal.run("org.example.Mail", "secret-tool", "lookup", "service", "mail").stdout == ""
