"""A person moves in, lives with it, and moves out again: the whole story, in a booted system, without a hand.

gnome-keyring runs in her session and holds her passwords. She installs the package, makes a wallet, takes the keyring
over, has programs find the wallet, works for a day of an ordinary desktop (``bench.day``), locks, starts the machine
again, is let in by her login, and undoes all of it. What she had before is what she has then.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import bench
import jeepney
import judges
import msgspec
import pytest
import secretstorage
from bench.day import NEEDS, STRANGER, Day
from tests.booted.machine import Machine
from tests.debian.installed import Installed, hands_on_login

from etui.testkit import ScriptedUser
from etui.testkit.user import PASSPHRASE

pytestmark = pytest.mark.timeout(1800)

PASSWORD: Final = "of the login"
DAY: Final = "/usr/lib/etui-day"
DAY_S: Final = 1200.0
PROGRAM: Final = Path(__file__).with_name("lives_a_day.py")
HELD: Final = {f"account {number}": f"of account {number}" for number in range(12)}
UNIT: Final = """\
[Service]
ExecStart=/usr/bin/etui up --test-profile --script %h/script --transcript %h/transcript

[Install]
WantedBy=default.target
"""
KEYRING: Final = "printf keyring | gnome-keyring-daemon --foreground --unlock --components=secrets"
SERVED: Final = "until busctl --user --acquired list | grep --quiet '^org.freedesktop.secrets '; do sleep 0.1; done"
OWN: Final = (
    ".local/share/etui/",
    ".local/share/keyrings/",
    "script",
    "transcript",
    "recovery",
    ".config/systemd/user/",
)
"""Her files that are the wallet's, the keyring's, and those of the story itself."""
CRON: Final = 'while (<STDIN>) { system("/bin/sh", "-c", $_) }'


class Noor:
    """Somebody at a desktop where gnome-keyring serves programs."""

    name: Final = "noor"

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        machine.add_user(self.name)
        machine.does("chpasswd", stdin=f"{self.name}:{PASSWORD}\n")
        self.home = f"/home/{self.name}"
        user = ScriptedUser(folder / "script", folder / "transcript")
        user.rule("type", when={"face": "new_login"}, secret=PASSPHRASE, new=PASSWORD)
        user.approves()
        self._rules = user.script.read_text().replace(str(folder), self.home)
        self.agrees()

    def agrees(self) -> None:
        """Says yes to all that is asked from now on, once each time."""
        self.does("sh", "-c", "umask 077; cat >new && mv new script", stdin=self._rules)

    def does(self, *command: str, stdin: str = "", timeout_s: float = 120.0) -> str:
        """What a command of hers says that succeeds."""
        ran = self.machine.run(*command, user=self.name, stdin=stdin, timeout_s=timeout_s)
        said = f"{command} ended with {ran.status}:\n{ran.output}{ran.error}\n"
        assert ran.status == 0, said + self.machine.journal("--lines=60")
        return ran.output

    def told(self, *words: str) -> Any:  # noqa: ANN401  # JSON
        """What an ``etui`` says with ``--json``."""
        return msgspec.json.decode(self.does("etui", *words, "--json"))

    def has_a_keyring(self) -> None:
        """Her session runs gnome-keyring, unlocked."""
        self.does("systemd-run", "--user", "--quiet", "--collect", "--unit=keyring", "sh", "-c", KEYRING)
        self.does("sh", "-c", SERVED)

    def holds(self) -> dict[str, str]:
        """What is found of what she had, by who serves programs."""
        looks = 'while read -r name; do secret-tool lookup name "$name"; echo; done'
        values = self.does("sh", "-c", looks, stdin="".join(f"{name}\n" for name in HELD)).splitlines()
        return dict(zip(HELD, values, strict=True))

    def awaits(self, state: str) -> None:
        """Returns when the wallet is locked, or unlocked."""
        says_so = f'etui status --json | grep --quiet \'"state": *"{state}"\''
        self.does("sh", "-c", f"until {says_so}; do sleep 0.1; done")

    def files(self) -> dict[str, str]:
        """Her own files, each with its digest."""
        home = self.machine.path(self.home)
        found = {str(path.relative_to(home)): path for path in home.rglob("*") if path.is_file() or path.is_symlink()}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in sorted(found.items())
            if not name.startswith(OWN)
        }

    def questions(self) -> int:
        """How often she was asked so far."""
        text = self.machine.path(f"{self.home}/transcript").read_bytes()
        return sum(msgspec.json.decode(line).get("face") == "confirm" for line in text.splitlines())


@pytest.fixture(scope="module")
def noor(booted: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noor]:
    needs = {**NEEDS, "gnome-keyring-daemon": "gnome-keyring", "pamtester": "pamtester", "perl": "perl"}
    for program, package in needs.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    for module in (bench, judges, jeepney, secretstorage):
        source = Path(str(module.__path__[0]))
        shutil.copytree(source, booted.path(f"{DAY}/{source.name}"), ignore=shutil.ignore_patterns("__pycache__"))
    booted.put(PROGRAM, f"{DAY}/tests/debian/{PROGRAM.name}")
    person = Noor(booted, tmp_path_factory.mktemp("noor"))
    yield person
    booted.remove_user(person.name)


@pytest.mark.parametrize(("scripts", "hours"), [(3, 1), pytest.param(20, 2, marks=pytest.mark.long)])
def test_a_person_moves_in_works_a_day_and_moves_out(
    installed: Installed, noor: Noor, scripts: int, hours: int
) -> None:
    machine = installed.machine
    noor.has_a_keyring()
    for name, value in HELD.items():
        noor.does("secret-tool", "store", f"--label={name.title()}", "name", name, stdin=value)
    assert noor.holds() == HELD
    before = noor.files()

    makes_a_wallet(noor)
    takes_the_keyring_over(noor)
    for door in ("secret-service", "ssh-agent"):
        noor.does("etui", "door", "enable", door)
    assert noor.machine.run("systemctl", "--user", "is-active", "keyring", user=noor.name).status != 0
    assert noor.holds() == HELD

    machine.does("pam-auth-update", "--enable", "etui")
    noor.does("etui", "login-unlock", "on")
    day = works(noor, scripts, hours)
    assert sum(day.questions.values()) <= len(day.questions)
    assert {name for name, count in day.questions.items() if count > 1} <= {"git"}
    assert day.questions[STRANGER] == 1

    noor.does("etui", "lock")
    noor.awaits("locked")
    machine.reboot()
    noor.does("sh", "-c", "until etui status; do sleep 0.1; done")
    assert noor.told("status")["state"] == "locked"
    hands_on_login(machine, noor.name, PASSWORD)
    noor.awaits("unlocked")
    asked = noor.questions()
    assert noor.does(f"{noor.home}/d/cron", "-e", CRON, stdin=f"{noor.home}/d/job00\n") == "of job00"
    assert noor.questions() == asked
    assert noor.holds() == HELD

    moves_out(noor)
    machine.does("pam-auth-update", "--disable", "etui")
    machine.does("dpkg", "--remove", "etui")
    noor.does("rm", "--recursive", f"{noor.home}/d")
    noor.has_a_keyring()
    assert noor.holds() == HELD
    assert noor.files() == before
    noor.does("systemctl", "--user", "stop", "keyring")
    noor.does("rm", "--recursive", f"{noor.home}/.local/share/etui", f"{noor.home}/.local/share/keyrings")
    installed.install(installed.packages.now)


def makes_a_wallet(noor: Noor) -> None:
    """Has her session run one from now on, and makes it."""
    unit = ".config/systemd/user/wallet.service"
    noor.does("sh", "-c", f"mkdir -p $(dirname {unit}) && cat >{unit}", stdin=UNIT)
    noor.does("systemctl", "--user", "enable", "--now", "--quiet", "wallet")
    noor.does("sh", "-c", "until etui status; do sleep 0.1; done")
    noor.does("etui", "init")


def takes_the_keyring_over(noor: Noor) -> None:
    """After a look, which stores nothing; and a second time, which doubles nothing."""
    for words, outcome in ((["--dry-run"], "taken"), ([], "taken"), ([], "there")):
        report = noor.told("import", "secret-service", *words)
        assert [item["outcome"] for item in report["items"]] == [outcome] * len(HELD)
    assert noor.holds() == HELD


def works(noor: Noor, scripts: int, hours: int) -> Day:
    """A day of an ordinary desktop."""
    noor.does("mkdir", "--mode=700", f"{noor.home}/d")
    program = ("/usr/bin/python3.11", "-I", f"{DAY}/tests/debian/{PROGRAM.name}", f"{noor.home}/d")
    said = noor.does(*program, str(scripts), str(hours), timeout_s=DAY_S)
    noor.agrees()
    return msgspec.json.decode(said, type=Day)


def moves_out(noor: Noor) -> None:
    """One command each."""
    undone = noor.told("import", "undo")
    assert (undone["removed"], undone["kept"]) == (len(HELD), [])
    for door in ("ssh-agent", "secret-service"):
        noor.does("etui", "door", "disable", door)
    noor.does("etui", "login-unlock", "off")
    noor.does("systemctl", "--user", "disable", "--now", "--quiet", "wallet")
