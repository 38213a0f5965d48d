"""Whether this machine confines, and what is said if it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.trusted.sandbox.conftest import Confine
from tests.trusted.sandbox.programs import tell, told

from etui.trusted.sandbox import Impossible, Possible, probe
from etui.trusted.sandbox.bubblewrap import installed
from etui.trusted.sandbox.probe import Settings, diagnosis

NO_NAMESPACE = "bwrap: No permissions to create new namespace, likely because the kernel does not allow it."
UID_MAP = "bwrap: setting up uid map: Permission denied\n"
NO_PROC = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted\n"


def test_this_machine_confines() -> None:
    assert probe() == Possible(installed()[0])


def test_it_confines_for_each_user(confine: Confine) -> None:
    assert told(confine(tell("1"))) == 1


def test_without_a_bubblewrap_its_package_is_named() -> None:
    problem = probe((Path("/nowhere/bwrap"),))
    assert isinstance(problem, Impossible)
    assert problem.setting == "bubblewrap"
    assert "install the package bubblewrap" in problem.reason
    assert probe(()) == problem


def test_the_first_bubblewrap_that_confines_is_taken() -> None:
    assert probe((Path("/nowhere/bwrap"), *installed())) == Possible(installed()[0])


@pytest.mark.parametrize(
    ("log", "settings", "setting"),
    [
        ("", Settings(), "bubblewrap"),
        ("\n", Settings(), "bubblewrap"),
        ("/opt/bwrap cannot be executed: Permission denied", Settings(), "bubblewrap"),
        (NO_NAMESPACE, Settings(unprivileged_userns_clone=0), "kernel.unprivileged_userns_clone"),
        (NO_NAMESPACE, Settings(unprivileged_userns_clone=1), "container"),
        (NO_NAMESPACE, Settings(unprivileged_userns_clone=0, is_root=True), "container"),
        (
            "bwrap: Creating new namespace failed: No space left on device",
            Settings(max_user_namespaces=0),
            "user.max_user_namespaces",
        ),
        (UID_MAP, Settings(apparmor_restricts=1), "kernel.apparmor_restrict_unprivileged_userns"),
        (UID_MAP, Settings(apparmor_restricts=0, max_user_namespaces=100), "container"),
        (NO_PROC, Settings(), "container"),
        ("bwrap: prctl(PR_SET_SECCOMP) reported EINVAL.", Settings(), "CONFIG_SECCOMP_FILTER"),
        ("bwrap: ... likely because the kernel does not support user namespaces.", Settings(), "CONFIG_USER_NS"),
        ("bwrap: Unknown option --disable-userns", Settings(), "bubblewrap"),
        ("bwrap: Can't find source path /x: No such file or directory", Settings(), ""),
    ],
)
def test_what_is_in_the_way_is_named(log: str, settings: Settings, setting: str) -> None:
    problem = diagnosis(log, settings)
    assert problem.setting == setting
    assert problem.reason.startswith("No Extension can be confined: ")
    assert problem.reason.endswith(".")
    assert "\n" not in problem.reason
    assert not setting.startswith(("kernel.", "user.")) or f"sysctl {setting}=" in problem.reason
