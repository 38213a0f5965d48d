"""The package in a booted system, and the wallet of an ordinary user there."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from tests.booted.machine import Machine, Ran
from tests.debian.packages import Packages, field

from etui.testkit import ScriptedUser

_UNPACK_S: Final = 400
_UNIT: Final = "wallet"
_COMPILED: Final = """
from importlib.util import cache_from_source, source_hash
from pathlib import Path
for source in sorted(Path("/usr/lib/etui/lib").rglob("*.py")):
    compiled = Path(cache_from_source(source))
    found = compiled.read_bytes()[4:16] if compiled.exists() else None
    if found != (1).to_bytes(4, "little") + source_hash(source.read_bytes()):
        print("missing" if found is None else "other", source)
"""
"""1: unchecked (PEP 552)."""
SECRET: Final = "of Ada, and nobody else's"


class Person:
    """A user of the system, with a wallet whose dialog is scripted."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine = machine
        self.name = name
        machine.add_user(name)
        with tempfile.TemporaryDirectory() as folder:
            user = ScriptedUser(Path(folder, "script"), Path(folder, "transcript"))
            user.approves()
            rules = user.script.read_text().replace(folder, f"/home/{name}")
        self.does("sh", "-c", "cat >script && chmod 600 script", stdin=rules)

    @property
    def profile(self) -> Path:
        """Where this machine finds the folder of the wallet."""
        return self._machine.path(f"/home/{self.name}/.local/share/etui")

    def does(self, *command: str, stdin: str = "") -> str:
        """What a command of this person's says that succeeds."""
        return self._machine.does(*command, user=self.name, stdin=stdin)

    def runs(self, *command: str, stdin: str = "") -> Ran:
        """What becomes of a command of this person's."""
        return self._machine.run(*command, user=self.name, stdin=stdin)

    def starts_wallet(self) -> None:
        """Has the person's service manager run the wallet, and the scripted user unlock it, or make it at first."""
        home = f"/home/{self.name}"
        words = ["etui", "up", "--test-profile", "--script", f"{home}/script", "--transcript", f"{home}/transcript"]
        is_new = not self.profile.exists()
        self.does("systemd-run", "--user", "--quiet", f"--unit={_UNIT}", *words, "--door", "secret-service")
        self.does("sh", "-c", f"until etui status || ! systemctl --user --quiet is-active {_UNIT}; do sleep 0.1; done")
        done = self.runs("etui", "init" if is_new else "unlock")
        assert done.status == 0, done.error + self._machine.journal()

    def ends_wallet(self) -> None:
        """Ends it in order."""
        self.does("etui", "stop")
        self.waits_for_the_end()

    def waits_for_the_end(self) -> None:
        """Returns when the wallet's processes have ended."""
        self.does("sh", "-c", f"while systemctl --user --quiet is-active {_UNIT}; do sleep 0.1; done")

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.runs("systemctl", "--user", "--quiet", "is-active", _UNIT).status == 0

    @property
    def running(self) -> str:
        """The version of the wallet that runs."""
        return self._status("version")

    @property
    def process(self) -> str:
        """The number of the process that its user's service manager runs."""
        return self.does("systemctl", "--user", "show", "--property=MainPID", _UNIT)

    @property
    def state(self) -> str:
        """Whether it is locked."""
        return self._status("state")

    def unlocks(self) -> None:
        """Has the wallet opened, also where it is about to lock still."""
        self.does("sh", "-c", "until etui unlock; do sleep 0.1; done")

    def waits_until(self, state: str) -> None:
        """Returns when the wallet is in that state."""
        self._waits_until_it_says("state", state)

    def waits_for_version(self, version: str) -> None:
        """Returns when the wallet is run by that version."""
        self._waits_until_it_says("version", version)

    def _waits_until_it_says(self, field: str, value: str) -> None:
        says_so = f'etui status --json | grep --quiet \'"{field}": *"{value}"\''
        self.does("sh", "-c", f"until {says_so}; do sleep 0.1; done")

    def files(self) -> dict[str, str]:
        """The files of the wallet's folder, by name, each with its digest."""
        found = sorted(path for path in self.profile.rglob("*") if path.is_file())
        return {str(path.relative_to(self.profile)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    def stores(self) -> None:
        """Keeps a password, as a program of the desktop does."""
        self.does("secret-tool", "store", "--label=Mail", "service", "mail", stdin=SECRET)

    def _status(self, field: str) -> str:
        return str(msgspec.json.decode(self.does("etui", "status", "--json"))[field])

    def looks_up(self) -> str:
        """The password that was kept."""
        return self.does("secret-tool", "lookup", "service", "mail")


def hands_on_login(
    machine: Machine, user: str, password: str, *, service: str = "login", timeout_s: float = 60.0
) -> Ran:
    """Has PAM check a password as a log-in does, and leaves alone what that started, as a display manager does."""
    alone = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "-pKillMode=process"]
    words = [*alone, "pamtester", service, user, "authenticate"]
    return machine.run(*words, stdin=f"{password}\n", timeout_s=timeout_s)


class Installed:
    """The package in a system."""

    def __init__(self, machine: Machine, packages: Packages) -> None:
        self.machine = machine
        self.packages = packages
        # Debian's own switch: the whole machine's list of manual pages is not made anew at each install.
        machine.path("/var/lib/man-db/auto-update").unlink(missing_ok=True)

    def install(self, package: Path) -> str:
        """Has dpkg install a package, over another version or afresh; what it says."""
        return self.machine.does("dpkg", "--install", self.bring(package), timeout_s=_UNPACK_S)

    def bring(self, package: Path) -> str:
        """Where the system finds a package."""
        name = f"/var/tmp/{field(package, 'Version')}.deb"
        if not self.machine.path(name).exists():
            self.machine.put(package, name)
        return name

    @property
    def version(self) -> str:
        """What dpkg says is installed; empty where it is not."""
        ran = self.machine.run("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Version}", "etui")
        return ran.output.removeprefix("ii ") if ran.output.startswith("ii ") else ""

    def uncompiled(self) -> list[str]:
        """Every module that is not compiled as the package's are: `missing` and its path, or `other` where it would not
        be this source that runs."""
        return self.machine.does("python3.11", "-I", "-c", _COMPILED).splitlines()

    def processes(self) -> list[str]:
        """The command lines of what runs from the package."""
        looked = self.machine.run(
            "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0\\n' ' ' | grep -o /usr/lib/etui/bin/[^ ]*"
        )
        return looked.output.split()
