"""A person logs in by a real stack of PAM, which unlocks their wallet, or does not; the log-in never waits for it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from setup.debian.programs import PAM_PROFILE
from tests.booted.machine import Machine, Ran
from tests.debian.installed import Installed, hands_on_login

from etui.testkit import ScriptedUser
from etui.testkit.user import PASSPHRASE

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

WAIT_S: Final = 300.0
PASSWORD: Final = "of the login"
LATER: Final = "of a later login"
WRONG: Final = "of another login"
HANDS_ON: Final = "grep -qs libexec/login-unloc[k] /proc/[0-9]*/cmdline"
"""Whether something of a log-in is left; the pattern does not find itself."""


class Ada:
    """Somebody with a login password, and with a wallet in her session."""

    name: Final = "ada-logs-in"

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        machine.add_user(self.name)
        self.home = f"/home/{self.name}"
        self.user = ScriptedUser(folder / "script", folder / "transcript")
        self.user.rule("type", when={"face": "new_login"}, secret=PASSPHRASE, new=PASSWORD)
        self.user.approves()
        self.has_password(PASSWORD)
        self.tells()

    def has_password(self, password: str) -> None:
        """Her login password is this from now on."""
        self.machine.does("chpasswd", stdin=f"{self.name}:{password}\n")

    def tells(self) -> None:
        """Gives the scripted dialog her present answers."""
        rules = self.user.script.read_text().replace(str(self.user.script.parent), self.home)
        self.machine.does("sh", "-c", "umask 077; cat >new && mv new script", user=self.name, stdin=rules)

    def etui(self, *words: str) -> Ran:
        """A command of the wallet's."""
        return self.machine.run("etui", *words, user=self.name, timeout_s=WAIT_S)

    def does(self, *words: str) -> str:
        """What such a command says that succeeds."""
        ran = self.etui(*words)
        assert ran.status == 0, ran.error + self.machine.journal()[-4000:]
        return ran.output

    def starts_wallet(self) -> None:
        """Has her service manager run the wallet, and returns when it answers."""
        words = ["up", "--test-profile", "--no-doors", "--script", f"{self.home}/script"]
        words += ["--transcript", f"{self.home}/transcript"]
        run = ["systemd-run", "--user", "--quiet", "--unit=wallet", "etui", *words]
        self.machine.does(*run, user=self.name)
        self.machine.does(
            "sh",
            "-c",
            f"until [ -S /run/user/{self.machine.uid_of(self.name)}/etui/router ]; do sleep 0.1; done",
            timeout_s=WAIT_S,
        )

    def ends_wallet(self) -> None:
        self.does("stop")
        self.machine.does(
            "sh", "-c", "while systemctl --user --quiet is-active wallet; do sleep 0.1; done", user=self.name
        )

    def locks(self) -> None:
        self.does("lock")
        self.awaits("locked")

    @property
    def state(self) -> str:
        ran = self.etui("status", "--json")
        return str(json.loads(ran.output)["state"]) if ran.status == 0 else ""

    def awaits(self, state: str) -> None:
        """Returns when it is locked, or unlocked."""
        deadline = time.monotonic() + WAIT_S
        while self.state != state:
            said = self.machine.journal("--identifier=etui")
            assert time.monotonic() < deadline, f"it does not get {state}:\n{self.does('status')}\n{said}"

    @property
    def problem(self) -> str:
        """Why the last login did not unlock it."""
        return str(json.loads(self.does("login-unlock", "status", "--json"))["problem"])

    def tries(self) -> bytes:
        """The count of wrong passphrases."""
        return self.machine.path(f"{self.home}/.local/share/etui/vault/tries").read_bytes()

    def logs_in(self, password: str, *, service: str = "login") -> Ran:
        """Has PAM check a password, as a log-in does."""
        return hands_on_login(self.machine, self.name, password, service=service, timeout_s=WAIT_S)


@pytest.fixture(scope="module")
def ada(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ada]:
    if shutil.which("pamtester") is None:
        pytest.skip("needs package pamtester")
    machine = installed.machine
    machine.does("pam-auth-update", "--enable", "etui")
    person = Ada(machine, tmp_path_factory.mktemp("ada"))
    yield person
    machine.does("pam-auth-update", "--disable", "etui")
    assert "login-unlock" not in machine.path("/etc/pam.d/common-auth").read_text()
    machine.remove_user(person.name)


@pytest.fixture(scope="module")
def chosen(ada: Ada) -> Ada:
    """She has a wallet, which runs, and chose to have her login unlock it."""
    ada.starts_wallet()
    ada.does("init")
    ada.does("login-unlock", "on")
    return ada


def test_a_right_password_unlocks_and_a_wrong_one_reaches_nobody(chosen: Ada) -> None:
    assert json.loads(chosen.does("login-unlock", "status", "--json"))["handed_on"] is True
    chosen.locks()
    before = chosen.tries()
    assert chosen.logs_in(WRONG).status != 0
    assert chosen.machine.run("sh", "-c", HANDS_ON).status != 0
    assert (chosen.state, chosen.problem) == ("locked", "")
    ran = chosen.logs_in(PASSWORD)
    assert ran.status == 0, ran.output + ran.error
    chosen.awaits("unlocked")
    assert chosen.tries() == before
    journal = chosen.machine.journal()
    assert f"the wallet of {chosen.name} was unlocked by the login" in journal
    assert PASSWORD not in journal


@pytest.mark.attack(258)
def test_a_password_that_was_changed_opens_nothing_until_it_is_set_anew(chosen: Ada) -> None:
    chosen.locks()
    before = chosen.tries()
    chosen.has_password(LATER)
    assert chosen.logs_in(PASSWORD).status != 0
    ran = chosen.logs_in(LATER)
    assert ran.status == 0, "the log-in itself is none of the wallet's business"
    deadline = time.monotonic() + WAIT_S
    while "it was changed" not in chosen.problem:
        assert time.monotonic() < deadline
    assert chosen.state == "locked"
    assert chosen.tries() == before
    chosen.does("unlock")
    chosen.user.rule("type", when={"face": "new_login"}, secret=PASSPHRASE, new=LATER)
    chosen.tells()
    chosen.does("login-unlock", "on")
    chosen.locks()
    assert chosen.logs_in(LATER).status == 0
    chosen.awaits("unlocked")


@pytest.mark.attack(259)
def test_a_log_in_before_the_wallet_runs_is_over_at_once_and_unlocks_it_when_it_does(chosen: Ada) -> None:
    chosen.ends_wallet()
    machine = chosen.machine
    waits = f"/run/etui-login-{machine.uid_of(chosen.name)}"
    machine.does("rm", "-f", waits)
    assert chosen.logs_in(chosen_password(chosen)).status == 0
    machine.does("sh", "-c", f"until [ -e {waits} ]; do sleep 0.1; done", timeout_s=WAIT_S)
    machine.does("sh", "-c", HANDS_ON)
    chosen.starts_wallet()
    chosen.awaits("unlocked")


def test_what_is_no_log_in_unlocks_nothing(chosen: Ada) -> None:
    chosen.locks()
    service = chosen.machine.path("/etc/pam.d/asks-for-once")
    service.write_text("auth include common-auth\n")
    assert chosen.logs_in(chosen_password(chosen), service="asks-for-once").status == 0
    service.unlink()
    assert chosen.state == "locked"


def test_who_logs_in_without_a_password_is_asked_for_one_all_the_same_and_goes_on_without(chosen: Ada) -> None:
    chosen.locks()
    machine = chosen.machine
    hands_on = machine.path(f"/{PAM_PROFILE}").read_text().splitlines()[-1].strip()
    service = machine.path("/etc/pam.d/xdm")
    service.write_text(f"auth required pam_permit.so\nauth {hands_on}\n")
    ran = chosen.logs_in("", service="xdm")
    service.unlink()
    assert ran.status == 0
    assert "Password:" in ran.output + ran.error
    assert chosen.state == "locked"


def test_for_who_has_no_wallet_nothing_waits(ada: Ada) -> None:
    machine, name = ada.machine, "bob-has-none"
    machine.add_user(name)
    machine.does("chpasswd", stdin=f"{name}:{PASSWORD}\n")
    script = f"pamtester login {name} authenticate; status=$?; while {HANDS_ON}; do sleep 0.1; done; exit $status"
    assert machine.run("sh", "-c", script, stdin=f"{PASSWORD}\n", timeout_s=WAIT_S).status == 0
    assert not machine.path(f"/run/etui-login-{machine.uid_of(name)}").exists()


def chosen_password(ada: Ada) -> str:
    """Her login password as it is now."""
    rule = next(line for line in ada.user.script.read_text().splitlines() if "new_login" in line)
    return str(json.loads(rule)["new"])
