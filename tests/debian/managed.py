"""A person for whom the machine runs the wallet, by the package."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.booted.machine import Machine, Ran

from etui.testkit import ScriptedUser
from etui.testkit.user import PASSPHRASE

EXPORT: Final = "write the whole wallet to a file, sealed as it lies there"
SECRET: Final = "of Greta, and nobody else's"


class Managed:
    """The person, with a wallet whose dialog is scripted, or shown on a display of theirs."""

    def __init__(
        self,
        machine: Machine,
        name: str,
        *,
        scripted: bool = True,
        is_known: bool = False,
        rules: Callable[[ScriptedUser], None] = lambda _: None,
    ) -> None:
        self.machine = machine
        self.name = name
        if not is_known:
            machine.add_user(name)
        self.uid = machine.uid_of(name)
        self.state = f"/var/lib/etui/{self.uid}"
        self.runtime = f"/run/etui/{self.uid}"
        if not scripted:
            machine.does("etui", "managed", "on", name)
            return
        with tempfile.TemporaryDirectory() as folder:
            user = ScriptedUser(Path(folder, "script"), Path(folder, "transcript"))
            user.approves()
            user.rule("approve", when={"face": "confirm", "action_contains": EXPORT}, secret=PASSPHRASE)
            rules(user)
            script = user.script.read_text("utf-8").replace(folder, f"{self.state}/dialog")
        machine.path("/root").joinpath(f"script-{name}").write_text(script, "utf-8")
        machine.does("etui", "managed", "on", name, "--script", f"/root/script-{name}")

    def attends(self, *, no_more: bool = False) -> None:
        """Has her session open the doors, as a log-in does once the machine runs the wallet, or no more."""
        agent = ("systemctl", "--user", "stop" if no_more else "start", "etui-agent")
        self.machine.does(*agent, user=self.name)
        if not no_more:
            look = "until etui door list | grep --quiet --invert-match 'no session'; do sleep 0.1; done"
            self.machine.does("sh", "-c", look, user=self.name)

    def ends(self, *, kept: bool = False) -> None:
        """Has the machine run it no more, and takes the person away; the wallet too, where it is not kept."""
        self.machine.does("etui", "managed", "off", self.name)
        self.machine.remove_user(self.name)
        if not kept:  # else nobody who gets the number has one
            self.machine.does("rm", "--recursive", self.state)

    def does(self, *words: str, stdin: str = "") -> str:
        """What an ``etui`` of this person's says that succeeds."""
        ran = self.runs(*words, stdin=stdin)
        assert ran.status == 0, f"{words} ended with {ran.status}: {ran.output}{ran.error}\n{self.machine.journal()}"
        return ran.output

    def runs(self, *words: str, stdin: str = "") -> Ran:
        """What becomes of an ``etui`` of this person's."""
        return self.machine.run("etui", *words, user=self.name, stdin=stdin)

    def program(self, code: str, *words: str) -> str:
        """What a Python program of this person's says that succeeds."""
        return self.machine.does("/usr/bin/python3", "-I", "-c", code, *words, user=self.name)

    def processes(self) -> dict[str, list[int]]:
        """The processes of every wallet that the machine runs, by their units."""
        found: dict[str, list[int]] = {}
        for line in self.machine.does("sh", "-c", "grep -H '/etui-[a-z]*@' /proc/[0-9]*/cgroup || true").splitlines():
            path, _, group = line.partition(":")
            found.setdefault(group.rpartition("/")[2], [])
            if (pid := int(path.split("/")[2])) not in found[group.rpartition("/")[2]]:
                found[group.rpartition("/")[2]].append(pid)
        return found
