"""An upgrade that does not come to its end: killed at each step of dpkg, or without room on the disk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

import msgspec
import pytest
from tests.debian.installed import SECRET, Installed, Person
from tests.debian.packages import LATER
from tests.long_run import LongRun

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs package strace"),
    pytest.mark.timeout(1800),
]

_CALL: Final = re.compile(r'^(\w+)\((?:"([^"]*)", "([^"]*)")?')
_FILE: Final = "/usr/lib/etui/*.dpkg-new"
_KILLED: Final = 128 + 9


class Step(msgspec.Struct, frozen=True):
    """A call of dpkg's to the system before which it is killed: of those that fit, by its share of the way through."""

    call: str
    fits: str
    share: float

    def __str__(self) -> str:
        return f"{self.call} {self.fits} {self.share:.0%}"


STEPS: Final = (
    *(Step("clone", "", share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)),  # what it starts: dpkg-deb and the scripts
    *(Step("rename", _FILE, share) for share in (0.0, 0.5, 1.0)),  # new files take the place of old ones
    *(Step("rename", "/var/lib/dpkg/tmp.ci/*", share) for share in (0.0, 1.0)),  # what dpkg knows of the package
    Step("rename", "/var/lib/dpkg/status-new", 1.0),
)


@pytest.fixture(scope="module")
def calls(installed: Installed, ada: Person) -> list[tuple[str, str]]:
    """The calls that dpkg makes in an upgrade, with the file that each is about."""
    ada.ends_wallet()
    later = installed.bring(installed.packages.later)
    trace = ("strace", "--output=/var/tmp/calls", "--trace=clone,rename", "dpkg", "--install", later)
    installed.machine.does(*trace, timeout_s=400)
    installed.install(installed.packages.now)
    lines = installed.machine.path("/var/tmp/calls").read_text().splitlines()
    return [(match[1], match[2] or "") for line in lines if (match := _CALL.match(line))]


@pytest.fixture
def idle(installed: Installed, ada: Person) -> Iterator[Person]:
    """The person, whose wallet does not run; afterwards the package of this checkout is there, and it runs."""
    if ada.is_running:
        ada.ends_wallet()
    yield ada
    if installed.version != installed.packages.version:
        installed.install(installed.packages.now)
    ada.starts_wallet()


@pytest.mark.long
@pytest.mark.attack(234)
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_an_upgrade_that_is_killed_is_completed_and_nobody_loses_anything(
    installed: Installed, idle: Person, calls: list[tuple[str, str]], step: Step, long_run: LongRun
) -> None:
    kept = idle.files()
    of_kind = [name for call, name in calls if call == step.call]
    fitting = [number for number, name in enumerate(of_kind, 1) if fnmatchcase(name, step.fits)]
    number = fitting[round(step.share * (len(fitting) - 1))]
    later = installed.bring(installed.packages.later)
    strike = f"strace --output=/dev/null --trace={step.call} --inject={step.call}:signal=SIGKILL:when={number}"
    ran = installed.machine.does("sh", "-c", f"{strike} dpkg --install {later}; echo ended with $?", timeout_s=400)
    assert ran.endswith(f"ended with {_KILLED}\n"), ran
    assert idle.files() == kept
    assert [line for line in installed.uncompiled() if line.startswith("other ")] == []

    installed.machine.run("dpkg", "--configure", "--pending")
    if installed.version not in {installed.packages.version, LATER}:
        installed.install(installed.packages.later)  # what dpkg then asks for
    assert installed.machine.does("dpkg", "--audit") == ""
    assert installed.machine.does("dpkg", "--verify", "etui") == ""
    assert installed.uncompiled() == []
    idle.starts_wallet()
    assert idle.looks_up() == SECRET
    idle.ends_wallet()
    long_run.record("An upgrade of the package killed at one of dpkg's steps", 1, 1)


@pytest.mark.long
@pytest.mark.attack(235)
def test_an_upgrade_for_which_the_disk_has_no_room_leaves_the_version_that_was_there(
    installed: Installed, idle: Person
) -> None:
    machine = installed.machine
    taken_kib = int(machine.does("du", "--summarize", "/usr/lib/etui").split()[0])
    machine.does("dpkg", "--remove", "etui")
    machine.does("mkdir", "/usr/lib/etui")
    machine.does("mount", "-t", "tmpfs", "-o", f"mode=755,size={taken_kib * 3 // 2}k", "tmpfs", "/usr/lib/etui")
    installed.install(installed.packages.now)
    later = installed.bring(installed.packages.later)
    ran = machine.run("dpkg", "--install", later, timeout_s=400)
    assert ran.status != 0
    assert "No space left on device" in ran.error
    assert installed.version == installed.packages.version
    assert machine.does("dpkg", "--verify", "etui") == ""
    idle.starts_wallet()
    assert idle.looks_up() == SECRET
    idle.ends_wallet()

    machine.does("mount", "-o", "remount,size=1g", "/usr/lib/etui")
    installed.install(installed.packages.later)
    idle.starts_wallet()
    assert (idle.running, idle.looks_up()) == (LATER, SECRET)
    idle.ends_wallet()
    machine.does("dpkg", "--remove", "etui")
    machine.does("umount", "/usr/lib/etui")
