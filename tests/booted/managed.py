"""A person of the booted system for whom the machine runs the wallet, from this checkout's code."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from setup.debian.programs import UNITS
from tests.booted.machine import Machine, Ran

from etui.testkit import ScriptedUser

ROOT: Final = Path(__file__).parents[2]
HOME: Final = "/usr/lib/etui"
ETUI: Final = (f"{HOME}/bin/python", "-I", "-m", "etui.cli")
SYSTEM: Final = "/usr/lib/systemd/system"
SECRET: Final = "of Greta, and nobody else's"


def install(machine: Machine) -> None:
    """Puts code and units where the package has them: the environment of this checkout, which is root's here."""
    # The environment has a path file, by which the code lies in the folder above its own.
    for source, target in ((sys.prefix, HOME), (str(ROOT / "src"), str(Path(HOME).with_name("src")))):
        machine.does("mkdir", "-p", target)
        machine.does("mount", "--bind", source, target)
    for path in UNITS.iterdir():
        machine.put(path, f"{SYSTEM}/{path.name}")
    machine.does("systemctl", "daemon-reload")


class Managed:
    """The person, with a wallet whose dialog is scripted."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.name = name
        machine.add_user(name)
        self.uid = machine.uid_of(name)
        self.state = f"/var/lib/etui/{self.uid}"
        self.runtime = f"/run/etui/{self.uid}"
        with tempfile.TemporaryDirectory() as folder:
            user = ScriptedUser(Path(folder, "script"), Path(folder, "transcript"))
            user.approves()
            rules = user.script.read_text("utf-8").replace(folder, f"{self.state}/dialog")
        machine.path("/root").joinpath(f"script-{name}").write_text(rules, "utf-8")
        machine.does(*ETUI, "managed", "on", name, "--script", f"/root/script-{name}")

    def does(self, *words: str, stdin: str = "") -> str:
        """What an ``etui`` of this person's says that succeeds."""
        ran = self.runs(*words, stdin=stdin)
        assert ran.status == 0, f"{words} ended with {ran.status}: {ran.output}{ran.error}\n{self.machine.journal()}"
        return ran.output

    def runs(self, *words: str, stdin: str = "") -> Ran:
        """What becomes of an ``etui`` of this person's."""
        return self.machine.run(*ETUI, *words, user=self.name, stdin=stdin)

    def program(self, code: str, *words: str) -> str:
        """What a Python program of this person's says that succeeds."""
        return self.machine.does("/usr/bin/python3", "-I", "-c", code, *words, user=self.name)

    def processes(self) -> dict[str, list[int]]:
        """The processes of every wallet that the machine runs, by their units."""
        found: dict[str, list[int]] = {}
        for line in self.machine.does("sh", "-c", "grep -H /etui- /proc/[0-9]*/cgroup || true").splitlines():
            path, _, group = line.partition(":")
            found.setdefault(group.rpartition("/")[2], [])
            if (pid := int(path.split("/")[2])) not in found[group.rpartition("/")[2]]:
                found[group.rpartition("/")[2]].append(pid)
        return found
