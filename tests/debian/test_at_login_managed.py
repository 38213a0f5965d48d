"""A log-in by a real stack of PAM unlocks the wallet that the machine runs for who logs in."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from tests.booted.machine import Ran
from tests.debian.installed import Installed
from tests.debian.managed import Managed

from etui.testkit import ScriptedUser
from etui.testkit.user import PASSPHRASE

pytestmark = pytest.mark.timeout(1500)  # the package is built and installed for the first of them

WAIT_S: Final = 300.0
PASSWORD: Final = "of the login"
WRONG: Final = "of another login"
HANDS_ON: Final = "grep -qs libexec/login-unloc[k] /proc/[0-9]*/cmdline"
"""Whether something of a log-in is left; the pattern does not find itself."""
SITE: Final = "/usr/lib/etui/lib/python3.11/site-packages"
OFFERS: Final = """
import sys
sys.path[:0] = sys.argv[1:2]
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError
from etui.sdk import Client
for request in (wallet.LoginKey(), wallet.Login(sealed=b"x" * 64)):
    try:
        with Client.connect(name="login") as client:
            client.call(request)
    except ProtocolError as error:
        print(error.code.slug)
"""
LISTENS: Final = """
import os, socket, sys, time
os.makedirs(os.path.dirname(sys.argv[1]), 0o700, exist_ok=True)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    open("listens", "w").close()
    listener.settimeout(240)
    line, _ = listener.accept()
    open("heard", "w").close()
"""


def logs_in(person: Managed, password: str) -> Ran:
    """Has PAM check a password as a log-in does, and leaves alone what that started, as a display manager does."""
    alone = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "-pKillMode=process"]
    words = [*alone, "pamtester", "login", person.name, "authenticate"]
    return person.machine.run(*words, stdin=f"{password}\n", timeout_s=WAIT_S)


def state_of(person: Managed) -> str:
    return str(msgspec.json.decode(person.does("status", "--json"))["state"])


def awaits(person: Managed, state: str) -> None:
    """Returns when the wallet is locked, or unlocked."""
    deadline = time.monotonic() + WAIT_S
    while state_of(person) != state:
        assert time.monotonic() < deadline, person.machine.journal("--identifier=etui")


def awaits_the_end(person: Managed) -> None:
    """Returns when nothing of a log-in is left."""
    person.machine.does("sh", "-c", f"while {HANDS_ON}; do sleep 0.1; done", timeout_s=WAIT_S)


@pytest.fixture(scope="module")
def odile(installed: Installed) -> Iterator[Managed]:
    """Somebody whose login password unlocks the wallet that the machine runs for her."""
    if shutil.which("pamtester") is None:
        pytest.skip("needs package pamtester")
    machine = installed.machine

    def types(user: ScriptedUser) -> None:
        user.rule("type", when={"face": "new_login"}, secret=PASSPHRASE, new=PASSWORD)

    machine.does("pam-auth-update", "--enable", "etui")
    person = Managed(machine, "odile", rules=types)
    machine.does("chpasswd", stdin=f"{person.name}:{PASSWORD}\n")
    person.does("init")
    person.does("login-unlock", "on")
    yield person
    machine.does("pam-auth-update", "--disable", "etui")
    person.ends()


def test_a_right_password_unlocks_and_a_wrong_one_does_not(odile: Managed) -> None:
    odile.does("lock")
    assert logs_in(odile, WRONG).status != 0
    awaits_the_end(odile)
    assert state_of(odile) == "locked"
    assert logs_in(odile, PASSWORD).status == 0
    awaits(odile, "unlocked")
    journal = odile.machine.journal()
    assert f"the wallet of {odile.name} was unlocked by the login" in journal
    assert PASSWORD not in journal


def test_the_log_in_starts_the_wallet_where_it_does_not_run(odile: Managed) -> None:
    odile.machine.does("systemctl", "stop", f"etui-router@{odile.uid}.service")
    assert logs_in(odile, PASSWORD).status == 0
    awaits_the_end(odile)
    assert state_of(odile) == "unlocked"


@pytest.mark.attack(281)
def test_no_program_of_the_person_is_told_a_byte_or_has_one_taken(odile: Managed) -> None:
    odile.does("lock")
    assert odile.program(OFFERS, SITE) == "denied\ndenied\n"
    place = f"/run/user/{odile.uid}/etui/router"
    unit = ("systemd-run", "--user", "--quiet", "--unit=listens", "--working-directory", f"/home/{odile.name}")
    odile.machine.does(*unit, "/usr/bin/python3", "-I", "-c", LISTENS, place, user=odile.name)
    odile.machine.does("sh", "-c", "until [ -e listens ]; do sleep 0.1; done", user=odile.name)
    # A slot of hers, as a wallet per user has it, counts for nothing either.
    odile.machine.does(
        "sh", "-c", "mkdir -p .local/share/etui/vault; echo >.local/share/etui/vault/login", user=odile.name
    )
    assert logs_in(odile, PASSWORD).status == 0
    awaits(odile, "unlocked")
    awaits_the_end(odile)
    assert odile.machine.run("ls", f"/home/{odile.name}/heard").status != 0
    odile.machine.does("systemctl", "--user", "stop", "listens", user=odile.name)


def test_switched_off_it_stays_locked(odile: Managed) -> None:
    odile.does("login-unlock", "off")
    odile.does("lock")
    assert logs_in(odile, PASSWORD).status == 0
    awaits_the_end(odile)
    assert state_of(odile) == "locked"
    odile.does("unlock")
    odile.does("login-unlock", "on")
