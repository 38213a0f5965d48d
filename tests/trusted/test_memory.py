"""A process that protects its memory cannot be read by its neighbours, and says what did not hold."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import msgspec

from etui.trusted.memory import Guard, Protection

NOBODY: Final = 65534
CHILD: Final = """
import os, resource, sys
import msgspec
from argon2.low_level import Type, hash_secret_raw
from etui.trusted.memory import protect_memory
{before}
found = protect_memory()
hash_secret_raw(b"password", b"s" * 16, 3, 65536, 4, 32, Type.ID)  # what a vault must still be able to do
locked = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmLck")]
sys.stdout.buffer.write(msgspec.json.encode((found, int(locked[0]), resource.getrlimit(resource.RLIMIT_CORE))))
"""
ENVIRONMENT: Final = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class _Found(msgspec.Struct, array_like=True):
    protections: tuple[Protection, ...]
    locked_kib: int
    core_limits: tuple[int, int]

    def held(self, guard: Guard) -> bool:
        return next(protection.held for protection in self.protections if protection.guard is guard)

    def words(self, guard: Guard) -> str:
        return next(protection.words for protection in self.protections if protection.guard is guard)


def _protected(before: str = "") -> _Found:
    """What a child found that ran ``before`` and then protected itself."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(before=before)],
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=_Found)


def test_each_protection_is_told_once_in_words() -> None:
    found = _protected()
    assert [protection.guard for protection in found.protections] == list(Guard)
    assert all(protection.words.endswith(".") for protection in found.protections)


def test_what_is_said_of_the_swap_is_what_the_kernel_did() -> None:
    found = _protected()
    assert found.held(Guard.UNSWAPPED) is (found.locked_kib > 0)


def test_a_small_limit_of_locked_memory_is_told_and_stops_nothing() -> None:
    """Even as root, since the child gives up its user first."""
    drop = f"os.setresuid({NOBODY}, {NOBODY}, {NOBODY})" if os.geteuid() == 0 else ""
    found = _protected(f"resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536)); {drop}")
    assert not found.held(Guard.UNSWAPPED)
    assert found.locked_kib == 0
    assert "limited to 64 KiB" in found.words(Guard.UNSWAPPED)


def test_locking_that_would_leave_no_room_to_work_is_taken_back() -> None:
    small = "150 * 1024**2 + int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()"
    found = _protected(f"resource.setrlimit(resource.RLIMIT_AS, ({small}, {small}))")
    assert not found.held(Guard.UNSWAPPED)
    assert found.locked_kib == 0


def test_no_core_is_left() -> None:
    found = _protected()
    assert found.held(Guard.NO_CORE)
    assert found.core_limits == (0, 0)


def _neighbours_look(victim: str) -> str:
    """What a program of the same user gets of a process that ran ``victim`` and waits."""
    # A change of user makes a process untraceable by itself until its next exec: undo that, it is not ours.
    drop = f"os.setresuid({NOBODY}, {NOBODY}, {NOBODY})" if os.geteuid() == 0 else ""
    waiting = f"""
import ctypes, os, sys
from etui.trusted.memory import protect_memory
{drop}
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
{victim}
print("ready", flush=True)
sys.stdin.read()
"""
    looking = f"""
import os, sys
{drop}
for name in "environ", "mem":
    try:
        open(f"/proc/{{sys.argv[1]}}/{{name}}", "rb")
        print(name, "opened")
    except PermissionError:
        print(name, "refused")
"""
    child = subprocess.Popen(
        [sys.executable, "-c", waiting], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        return subprocess.run(
            [sys.executable, "-c", looking, str(child.pid)], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    finally:
        child.communicate(timeout=60)


def test_a_neighbour_of_the_same_user_cannot_look_into_a_protected_process() -> None:
    assert _neighbours_look("protect_memory()") == "environ refused\nmem refused\n"


def test_a_neighbour_of_the_same_user_can_look_into_an_unprotected_process() -> None:
    """So that the test before can fail; Yama may still keep ``mem`` closed, and says nothing of ``environ``."""
    assert _neighbours_look("").startswith("environ opened\n")
