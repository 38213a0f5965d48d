"""A whole wallet of an ordinary user: no step from ``etui up`` to ``etui stop`` needs root.

Where root runs the tests the user is nobody, with a copy of the installation that nobody may read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.ordinary import NOBODY, Person, ordinary_person, ordinary_python
from tests.processes import descendants
from tests.trusted.supervisor.processes import await_end, until

from etui.testkit.readers import NEEDS as NEEDS_OF_READERS

TOUR_NEEDS = {"dbus-daemon": "dbus-daemon", "secret-tool": "libsecret-tools", **NEEDS_OF_READERS}

DAEMON = 1
"""An ordinary user whom PAM's helper cannot look up in a user namespace; it can nobody, by the number of that one."""
LOGIN = """\
import subprocess, sys
from pathlib import Path
from etui.cli.scenery import sshd
from etui.testkit import network, readers

readers.go_apart()
network.lay()
folder = Path(sys.argv[1])
subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
with sshd(folder / "host", (folder / "key.pub").read_text()) as port:
    known = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known"]
    login = ["sftp", "-F", "none", "-i", folder / "key", *known, "-P", str(port), "-b", "-", "127.0.0.1"]
    sys.exit(subprocess.run(login, input="pwd\\n", text=True).returncode)
"""


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    with ordinary_python() as python:
        yield python


@pytest.fixture
def person(python: Path) -> Iterator[Person]:
    with ordinary_person(python) as person:
        yield person


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


def test_the_tour_plays_to_its_end_as_an_ordinary_user_plain_and_within_80_columns(
    python: Path, short_dir: Path
) -> None:
    for program, package in TOUR_NEEDS.items():
        if shutil.which(program) is None and not Path(program).exists():
            pytest.skip(f"needs package {package}")
    users = short_dir / "users"
    users.touch(mode=0o666)
    users.chmod(0o666)
    observed = short_dir / "secret-tool"
    observed.write_text(f'#!/bin/sh\nid -u >>{users}\nexec {shutil.which("secret-tool")} "$@"\n')
    observed.chmod(0o755)
    short_dir.chmod(0o755)
    ran = subprocess.run(
        [python, "-I", "-m", "etui.cli", "run", "--tour"],
        env={"PATH": f"{short_dir}:{os.environ['PATH']}", "HOME": str(Path.home()), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "as root" not in ran.stderr
    assert set(users.read_text().split()) == {str(os.getuid() or NOBODY)}
    assert "\x1b" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert ran.stdout.count("✓") == 29
    assert "All 29 steps did what they say" in ran.stdout
    assert "not played" not in ran.stderr


def test_an_ordinary_user_logs_in_at_the_host_of_the_tour_in_a_network_of_its_own(
    python: Path, short_dir: Path
) -> None:
    for program, package in {"/usr/sbin/sshd": "openssh-server", "/usr/bin/sftp": "openssh-client"}.items():
        if not Path(program).exists():
            pytest.skip(f"needs package {package}")
    identity: dict[str, Any] = {}
    if os.getuid() == 0:
        identity = {"user": DAEMON, "group": DAEMON, "extra_groups": ()}
        os.chown(short_dir, DAEMON, DAEMON)
    ran = subprocess.run(
        [python, "-I", "-c", LOGIN, short_dir],
        env={"HOME": str(short_dir), "PATH": os.environ["PATH"]},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **identity,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Remote working directory" in ran.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_written_is_named(person: Person) -> None:
    for home, problem in (("/var/etui-test", "Permission denied"), ("/proc/etui-test", "No such file or directory")):
        person.environ["ETUI_HOME"] = home
        ran = person.runs("up", "--test-profile", "--script", str(person.user.script))
        assert ran.returncode == 1, ran.stderr
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
