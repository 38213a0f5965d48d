"""A whole wallet of an ordinary user: no step from ``etui up`` to ``etui stop`` needs root.

Where root runs the tests the user is nobody, with a copy of the installation that nobody may read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.processes import descendants
from tests.trusted.supervisor.processes import await_end, until

import etui
from etui.testkit import ScriptedUser

NOBODY = 65534
HEAVY = ("PySide6*", "shiboken6*", "mypy*", "*__mypyc*", "pip", "ruff*", "hypothesis", "test", "tests", "*.pth")


class Person:
    """A user with a home, who runs this Etui."""

    def __init__(self, python: Path, folder: Path, uid: int | None) -> None:
        self.python = python
        self.uid = uid
        self.user = ScriptedUser(folder / "script", folder / "transcript")
        self.user.approves()
        self.home = folder / "profile"
        self.log = folder / "log"
        (folder / "run").mkdir(mode=0o700)
        self.environ = {
            "HOME": str(folder),
            "ETUI_HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        if uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, uid, uid)

    def starts(self) -> subprocess.Popen[bytes]:
        """Brings the wallet up."""
        script = ("--script", str(self.user.script), "--transcript", str(self.user.transcript))
        command = self._command("up", "--test-profile", "--no-doors", *script)
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command, env=self.environ, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._identity()
            )

    def runs(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A command of ``etui``."""
        return subprocess.run(
            self._command(*arguments),
            env=self.environ,
            cwd="/",
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **self._identity(),
        )

    def does(self, *arguments: str, stdin: str = "") -> str:
        """What a command says that succeeds."""
        ran = self.runs(*arguments, stdin=stdin)
        assert ran.returncode == 0, ran.stderr + self.log.read_text()
        return ran.stdout

    def _command(self, *arguments: str) -> list[str]:
        return [str(self.python), "-I", "-m", "etui.cli", *arguments]

    def _identity(self) -> dict[str, Any]:
        return {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": ()}


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """A Python with Etui that an ordinary user may read."""
    if os.getuid() != 0:
        yield Path(sys.executable)
        return
    with tempfile.TemporaryDirectory(prefix="etui-installed-", dir="/var/tmp") as name:
        prefix = Path(name)
        prefix.chmod(0o755)
        yield _installed(prefix)


def _installed(prefix: Path) -> Path:
    """Copies the running Python, what it has installed, and Etui, to where the copy finds all of it by itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = prefix / "lib" / version
    _copy(Path(sysconfig.get_path("stdlib")), library, "site-packages", "dist-packages", "config-*", "idlelib")
    _copy(Path(sysconfig.get_path("purelib")), library / "site-packages")
    _copy(Path(etui.__file__).parent, library / "site-packages" / "etui")
    program = Path(sys.executable).resolve().read_bytes()
    shared, libdir = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
    if ".so" in shared and Path(libdir, shared).exists():
        shutil.copy(Path(libdir, shared), prefix / "lib")
        # Where the program looks for its library is written in it; the copy shall look beside itself.
        program = program.replace(libdir.encode() + b"\0", b"$ORIGIN/../lib".ljust(len(libdir), b"\0") + b"\0")
    python = prefix / "bin" / version
    python.parent.mkdir()
    python.write_bytes(program)
    python.chmod(0o755)
    for path in prefix.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return python


def _copy(source: Path, target: Path, *unneeded: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*HEAVY, *unneeded), dirs_exist_ok=True)


@pytest.fixture
def person(python: Path) -> Iterator[Person]:
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name:
        yield Person(python, Path(name), NOBODY if os.getuid() == 0 else None)


def test_an_ordinary_user_makes_uses_locks_unlocks_and_stops_a_wallet(person: Person) -> None:
    supervisor = person.starts()
    try:
        until(lambda: supervisor.poll() is not None or person.runs("status").returncode == 0, "the wallet came up")
        person.does("init")
        person.does("add", "Mail", "-a", "user=ada", stdin="planted")
        assert person.does("use", "mail", "--stdin", "--", "cat") == "planted"
        running = descendants(supervisor.pid)
        assert _users([supervisor.pid, *running]) == {str(person.uid or os.getuid())}
        person.does("lock")
        until(lambda: _state(person) == "locked", "the wallet locked")
        person.does("unlock")
        assert person.does("use", "mail", "--stdin", "--", "cat") == "planted"
        running += descendants(supervisor.pid)
        person.does("stop")
        assert supervisor.wait(20) == 0
        await_end(running)
        assert {path.stat().st_uid for path in person.home.rglob("*")} == {person.uid or os.getuid()}
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(20)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_root_plays_the_tour_as_nobody(python: Path, short_dir: Path) -> None:
    tool = shutil.which("secret-tool")
    if tool is None or shutil.which("dbus-daemon") is None:
        pytest.skip("needs package libsecret-tools, dbus-daemon")
    users = short_dir / "users"
    users.touch(mode=0o666)
    users.chmod(0o666)
    observed = short_dir / "secret-tool"
    observed.write_text(f'#!/bin/sh\nid -u >>{users}\nexec {tool} "$@"\n')
    observed.chmod(0o755)
    short_dir.chmod(0o755)
    ran = subprocess.run(
        [python, "-I", "-m", "etui.cli", "run", "--tour"],
        env={"PATH": f"{short_dir}:{os.environ['PATH']}", "HOME": "/root", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "as root" not in ran.stderr
    assert set(users.read_text().split()) == {str(NOBODY)}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_written_is_named(person: Person) -> None:
    for home, problem in (("/var/etui-test", "Permission denied"), ("/proc/etui-test", "No such file or directory")):
        person.environ["ETUI_HOME"] = home
        ran = person.runs("up", "--test-profile")
        assert ran.returncode == 1
        assert f"the profile {home} cannot be used: {problem}; ETUI_HOME names another folder" in ran.stderr


def test_a_profile_that_may_not_be_written_is_named(person: Person) -> None:
    person.home.mkdir(mode=0o700)
    (person.home / "profile.json").write_text('{"format": 1, "id": "a", "test": {}}')
    if person.uid is not None:
        for path in (person.home, person.home / "profile.json"):
            os.chown(path, person.uid, person.uid)
    person.home.chmod(0o500)
    ran = person.runs("up", "--test-profile")
    assert ran.returncode == 1
    assert f"the profile {person.home} cannot be used: Permission denied" in ran.stderr
    assert "Traceback" not in ran.stderr


def _state(person: Person) -> str:
    ran = person.runs("status", "--json")
    return msgspec.json.decode(ran.stdout)["state"] if ran.returncode == 0 else "gone"


def _users(pids: Iterable[int]) -> set[str]:
    """Who runs these processes, as far as they have not ended: real, effective, saved and file system's user."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            found |= set(status.partition("\nUid:")[2].splitlines()[0].split())
    return found
