"""A Linux system that is booted for tests: systemd, D-Bus, logind and polkit, over an overlay of this machine's root.

It has what is installed here, and changes none of it: what it writes lies in a folder of its own in memory. It has
namespaces of its own, a loopback and no other network, and ends with its first process, whichever way the test ends.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

_BOOT: Final = Path(__file__).with_name("boot.sh")
_GROUPS: Final = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
_PACKAGES: Final = {"systemctl": "systemd", "dbus-daemon": "dbus-daemon", "pkcheck": "polkitd", "ip": "iproute2"}
"""What it is made of, by a program of each."""
_MEMORY: Final = Path("/dev/shm")
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.02
_POWER_OFF: Final = signal.SIGRTMIN + 4
"""What systemd takes for `poweroff` (systemd(1), "Signals")."""


T = TypeVar("T")


class Ran(msgspec.Struct, frozen=True):
    """What became of a command in the system."""

    status: int
    output: str
    error: str


class Machine:
    """One such system, from its first boot to ``end``."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="etui-booted-", dir=_MEMORY if _MEMORY.is_dir() else None))
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        self.boot()

    @staticmethod
    def why_not() -> str:
        """Why none can be booted here; empty where one can."""
        for program, package in _PACKAGES.items():
            if shutil.which(program) is None:
                return f"needs package {package}"
        if os.getuid() != 0:
            return "needs root, to boot a system in namespaces of its own"
        command = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "true"]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        return f"needs namespaces of its own: {tried.stderr.strip()}" if tried.returncode else ""

    def boot(self) -> None:
        """Starts it, and returns when its target is reached."""
        # Should this process be killed, so is unshare, and by that the system.
        command = ["setpriv", "--pdeathsig", "KILL", str(_BOOT), str(self.folder)]
        self._log = (self.folder / "log").open("ab")
        self._starter = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        self.init = self._wait(self._first_process)
        self._pidfd = os.pidfd_open(self.init)
        self._wait(self._is_up)

    def run(self, *command: str, user: str = "root", stdin: str = "", timeout_s: float = _PATIENCE_S) -> Ran:
        """Runs a command as a service of the system; as another user than root in a login session of theirs."""
        session = () if user == "root" else (f"--uid={user}", "-pPAMName=login", "-pWorkingDirectory=~")
        literal = [word.replace("$", "$$") for word in command]  # systemd would put values of variables there
        bounded = f"-pRuntimeMaxSec={timeout_s:.0f}"
        words = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", bounded, *session, "--", *literal]
        return self._enter(*words, stdin=stdin, timeout_s=timeout_s + _PATIENCE_S)

    def does(self, *command: str, user: str = "root", stdin: str = "", timeout_s: float = _PATIENCE_S) -> str:
        """What a command says that succeeds."""
        ran = self.run(*command, user=user, stdin=stdin, timeout_s=timeout_s)
        assert ran.status == 0, f"{command} ended with {ran.status}:\n{ran.output}{ran.error}"
        return ran.output

    def add_user(self, name: str) -> None:
        """An ordinary user with a home, whose service manager and bus run until the system ends."""
        self.does("useradd", "--create-home", "--shell", "/bin/sh", name)
        self.does("loginctl", "enable-linger", name)
        self._wait(lambda: self.path(f"/run/user/{self.uid_of(name)}/bus").exists())

    def remove_user(self, name: str) -> None:
        """Ends all that runs for a user, and takes the user and the home away."""
        uid = self.uid_of(name)
        self.does("loginctl", "disable-linger", name)
        self.run("loginctl", "terminate-user", name)  # which fails where nothing ran but what had lingered
        self._wait(lambda: not self.path(f"/run/user/{uid}").exists())
        # Else the next user of that number would have this one's name for logind.
        self._wait(lambda: self._enter("loginctl", "show-user", str(uid)).status != 0)
        self.does("userdel", "--remove", name)

    def log_in(self, user: str) -> str:
        """Begins a session of theirs at a desktop, in which nothing but a process waits; its name for logind."""
        place = f"/home/{user}/session"
        self.path(place).unlink(missing_ok=True)
        unit = ("--quiet", "--collect", f"--uid={user}", "-pPAMName=login", "--setenv=XDG_SESSION_TYPE=x11")
        waits = f"printenv XDG_SESSION_ID >{place}; exec sleep infinity"
        self.does("systemd-run", *unit, "--", "sh", "-c", waits)
        return self._wait(lambda: self.path(place).read_text().strip() if self.path(place).exists() else "")

    def uid_of(self, user: str) -> int:
        """The number of a user."""
        return int(self._enter("id", "--user", user).output)

    def path(self, inside: str) -> Path:
        """Where this machine finds a file of the system, while that runs."""
        return Path(f"/proc/{self.init}/root", inside.lstrip("/"))

    def put(self, source: Path, inside: str) -> None:
        """Copies a file into the system, readable for everybody there."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)

    def journal(self, *options: str) -> str:
        """What its services have said since it was booted."""
        return self._enter("journalctl", "--no-pager", "--output=short-monotonic", *options).output

    def reboot(self) -> None:
        """Ends it as `reboot` does, and boots it anew over what it wrote."""
        signal.pidfd_send_signal(self._pidfd, _POWER_OFF)
        self._gone()
        self.boot()

    def cut_power(self) -> None:
        """Kills every process at once, and boots it anew; what was written is there, synced or not, since memory is."""
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._gone()
        self.boot()

    def end(self) -> None:
        """Ends it at once, with all that it wrote."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._gone()
        shutil.rmtree(self.folder)
        for mounted in _GROUPS:
            self._remove_groups(Path(mounted, "etui-booted", self.folder.name))

    def _enter(self, *command: str, stdin: str = "", timeout_s: float = _PATIENCE_S) -> Ran:
        words = ["nsenter", f"--target={self.init}", "--mount", "--pid", "--uts", "--ipc", "--net", "--", *command]
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        ran = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False, cwd="/", env=environ
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def _first_process(self) -> int:
        """Its process 1, by its number here, once that is systemd."""
        assert self._starter.poll() is None, f"it does not start: {self._said()}"
        pid = self._starter.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            with suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text(encoding="ascii") == "systemd\n":
                    return int(child)
        return 0

    def _is_up(self) -> bool:
        assert self._starter.poll() is None, f"it ends as it starts: {self._said()}"
        return self._enter("systemctl", "is-active", "booted.target").output == "active\n"

    def _wait(self, look: Callable[[], T]) -> T:
        """What ``look`` finds, once it finds something."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < deadline, f"it does not come up: {self._said()}"
            time.sleep(_LOOK_S)
        return found

    def _gone(self) -> None:
        ended, _, _ = select.select([self._pidfd], [], [], _PATIENCE_S)
        assert ended, f"the system does not end: {self._said()}"
        self._starter.wait(_PATIENCE_S)
        os.close(self._pidfd)
        self._log.close()

    def _said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @staticmethod
    def _remove_groups(folder: Path) -> None:
        if folder.is_dir():
            for group in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
                group.rmdir()
            folder.rmdir()
