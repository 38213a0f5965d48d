"""Debian's ``ssh``, ``ssh-add``, ``ssh-keygen`` and ``sshd``, one command after the other."""

from __future__ import annotations

import getpass
import shlex
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

from judges.expected import Verdict
from judges.sshd import Server, server
from judges.stage import Stage
from judges.steps import taken


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    with server(stage.path / "first") as first, server(stage.path / "second") as second:
        return taken(_steps(_Programs(stage, first, second)))


class _Programs:
    """The programs, the two hosts, and keys for them."""

    def __init__(self, stage: Stage, first: Server, second: Server) -> None:
        self._stage = stage
        self.path = stage.path
        self.first, self.second = first, second
        self.known = stage.path / "known"
        self.known.write_text(f"first {first.key}\nsecond {second.key}\n", encoding="utf-8")

    def run(self, *command: str, stdin: str = "") -> CompletedProcess[str]:
        return self._stage.run(*command, stdin=stdin)

    def key(self, name: str, kind: str = "ed25519") -> Path:
        """A new key in a file; the hosts let it in, and no other."""
        path = self.path / name
        self.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", str(path))
        for host in (self.first, self.second):
            host.lets_in(path.with_suffix(".pub").read_text(encoding="utf-8").strip())
        return path

    def add(self, *arguments: str) -> bool:
        return self.run("ssh-add", "-q", *arguments).returncode == 0

    def listed(self) -> list[str]:
        """The comments of what the agent shows."""
        told = self.run("ssh-add", "-L").stdout.splitlines()
        return [line.split(maxsplit=2)[2] for line in told if not line.startswith("The agent")]

    def gets_in(self, host: Server) -> bool:
        return self.run(*host.command("echo", "inside")).stdout == "inside\n"

    def gets_on(self, host: Server, beyond: Server) -> bool:
        """Whether one gets from a host, to which the agent is forwarded, to another."""
        onward = shlex.join(beyond.command("echo", "inside"))
        return self.run(*host.command(onward, forwards=True)).stdout == "inside\n"

    def switch(self, option: str, passphrase: str) -> bool:
        """Locks or unlocks the agent."""
        asks = self.path / "askpass"
        asks.write_text(f"#!/bin/sh\necho {passphrase}\n", encoding="utf-8")
        asks.chmod(0o700)
        environ = {"SSH_ASKPASS": str(asks), "SSH_ASKPASS_REQUIRE": "force"}
        return self._stage.run("ssh-add", option, environ=environ).returncode == 0

    def clear(self) -> bool:
        return self.run("ssh-add", "-D").returncode == 0 and self.listed() == []

    def logs_in(self, kind: str) -> bool:
        path = self.key(f"a-{kind}", kind)
        return self.add(str(path)) and self.gets_in(self.first) and self.clear()

    def gone_in_time(self) -> bool:
        if not self.add("-t", "1", str(self.key("brief"))) or "brief" not in self.listed():
            return False
        time.sleep(2)
        return not self.listed() and not self.gets_in(self.first)

    def by_certificate(self, kind: str) -> bool:
        authority, path = self.key(f"authority-{kind}"), self.key(f"certified-{kind}", kind)
        user = getpass.getuser()
        self.run("ssh-keygen", "-q", "-s", str(authority), "-I", "ada", "-n", user, f"{path}.pub")
        for host in (self.first, self.second):
            host.lets_in("")
        self.first.trusts(authority.with_suffix(".pub").read_text(encoding="utf-8").strip())
        inside = self.add(str(path)) and len(self.listed()) == 2 and self.gets_in(self.first)  # noqa: PLR2004  # both
        return inside and not self.gets_in(self.second) and self.clear()

    def for_one_host(self) -> bool:
        added = self.add("-H", str(self.known), "-h", "first", str(self.key("for-one")))
        there = self.gets_in(self.first)
        return (
            added
            and there
            and not self.gets_in(self.second)
            and not self.gets_on(self.first, self.second)
            and self.clear()
        )

    def for_one_way(self) -> bool:
        way = ("-h", "first", "-h", "first>second")
        added = self.add("-H", str(self.known), *way, str(self.key("for-way")))
        return added and self.gets_on(self.first, self.second) and not self.gets_in(self.second) and self.clear()

    def for_one_user(self) -> bool:
        added = self.add("-H", str(self.known), "-h", "nobody-of-this-name@first", str(self.key("for-user")))
        return added and not self.gets_in(self.first) and self.clear()

    def signs(self, kind: str) -> bool:
        path, text = self.key(f"signs-{kind}", kind), self.path / "text"
        text.write_text("what was agreed", encoding="utf-8")
        public = path.with_suffix(".pub").read_text(encoding="utf-8")
        (self.path / "signers").write_text(f"ada@example.org {public}", encoding="utf-8")
        added = self.add(str(path))
        path.unlink()
        (self.path / "text.sig").unlink(missing_ok=True)
        signed = self.run("ssh-keygen", "-Y", "sign", "-f", f"{path}.pub", "-n", "file", str(text))
        verify = ("ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "ada@example.org", "-n", "file")
        verified = self.run(*verify, "-s", "text.sig", stdin="what was agreed")
        altered = self.run(*verify, "-s", "text.sig", stdin="what was not")
        good = "Good" in verified.stdout and "Good" not in altered.stdout
        return added and signed.returncode == 0 and good and self.clear()

    def locks(self) -> bool:
        added = self.add(str(self.key("locked"))) and self.switch("-x", "sesame") and self.listed() == []
        shut = not self.gets_in(self.first) and not self.switch("-X", "barley") and self.listed() == []
        return added and shut and self.switch("-X", "sesame") and self.gets_in(self.first) and self.clear()

    def forgets_one(self) -> bool:
        one, other = self.key("one"), self.key("other")
        added = self.add(str(one)) and self.add(str(other)) and self.listed() == ["one", "other"]
        return (
            added
            and self.run("ssh-add", "-d", str(one)).returncode == 0
            and self.listed() == ["other"]
            and self.clear()
        )

    def is_kept_out(self) -> bool:
        added = self.add(str(self.key("old")))
        self.key("new")
        return added and not self.gets_in(self.first) and self.clear()

    def asked_about(self) -> bool:
        return self.add("-c", str(self.key("asked"))) and self.gets_in(self.first) and self.clear()

    def forwards(self) -> bool:
        return self.add(str(self.key("forwarded"))) and self.gets_on(self.first, self.second) and self.clear()


def _steps(programs: _Programs) -> dict[str, Callable[[], bool]]:
    kinds = ("ed25519", "ecdsa", "rsa")
    return {
        "an agent without keys": lambda: "no identities" in programs.run("ssh-add", "-l").stdout,
        **{f"log in with {kind}": partial(programs.logs_in, kind) for kind in kinds},
        "a key that nobody lets in": programs.is_kept_out,
        "forget one": programs.forgets_one,
        "a lifetime": programs.gone_in_time,
        "a key to be confirmed": programs.asked_about,
        **{f"a certificate of {kind}": partial(programs.by_certificate, kind) for kind in kinds},
        "a key for one host": programs.for_one_host,
        "a key for one way": programs.for_one_way,
        "a key for one user": programs.for_one_user,
        "a forwarded agent": programs.forwards,
        **{f"sign and verify with {kind}": partial(programs.signs, kind) for kind in kinds},
        "lock and unlock": programs.locks,
    }
