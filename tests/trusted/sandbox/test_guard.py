"""What is left of a start in whose middle the starter, or bubblewrap alone, was killed: nothing."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec
import pytest
from tests.processes import descendants, kill
from tests.strikes import number_of, stopping
from tests.trusted.sandbox.conftest import Starter, give
from tests.trusted.sandbox.ends import SLEEP, Ends, python
from tests.trusted.sandbox.launcher import Order, Outcome

from etui.trusted.sandbox import StartError
from etui.trusted.sandbox.bubblewrap import installed
from etui.trusted.sandbox.guard import Guard

WAIT_S = 20.0
STAYS = """
# as one that does not care that it is cut off
import os, signal
try:
    os.write(3, b'up')
except OSError:
    pass
while True:
    signal.pause()
"""
STATUS = "State", "PPid", "NSpid"


class Begun:
    """The processes of one start, found by a word that is in the program which it was to confine."""

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex
        self._seen: set[int] = set()
        self.program = f"# {self.word}\n{STAYS}"

    def found(self) -> dict[int, dict[str, str]]:
        """What the kernel says of each that has not ended."""
        all_of_them = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if not entry.name.isdigit():
                    continue
                if int(entry.name) in self._seen or self.word.encode() in (entry / "cmdline").read_bytes():
                    lines = (line.partition(":") for line in (entry / "status").read_text().splitlines())
                    said = {name: value.strip() for name, _, value in lines if name in STATUS}
                    self._seen.add(int(entry.name))  # without a command line it may still be ending
                    if not said["State"].startswith("Z"):
                        all_of_them[int(entry.name)] = said
        return all_of_them

    def inside(self) -> int | None:
        """The first process of the namespace."""
        return next((pid for pid, said in self.found().items() if said["NSpid"].endswith("\t1")), None)

    def waits(self, pid: int) -> bool:
        """Whether a process sleeps."""
        return self.found()[pid]["State"].startswith("S")


def awaited(look: Callable[[], int | None]) -> int:
    """What is found, once it is."""
    deadline = time.monotonic() + WAIT_S
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)
    return found


def is_gone(begun: Begun) -> None:
    deadline = time.monotonic() + WAIT_S
    while left := begun.found():
        assert time.monotonic() < deadline, f"left: {left}"
        time.sleep(0.005)


@pytest.fixture
def begun() -> Iterator[Begun]:
    one = Begun()
    yield one
    for pid in one.found():
        with suppress(ProcessLookupError):  # it ended with the one before, which confines it
            os.kill(pid, signal.SIGKILL)


def asking_point(starter: Starter) -> int:
    """How many calls of ``prctl`` bubblewrap has made when it has asked to end with its starter."""
    begun = Begun()
    with starter.ready() as launcher:

        def start() -> None:
            give(launcher, Order(begun.program, stays=True, untried=True))
            assert launcher.stdout is not None
            launcher.stdout.readline()

        number = number_of(launcher.pid, start, "prctl", "PR_SET_PDEATHSIG")
        launcher.kill()
    is_gone(begun)
    return number


@pytest.mark.attack(57)
@pytest.mark.parametrize(
    ("call", "number"),
    [
        pytest.param("capset", 1, id="bubblewrap has forked"),
        pytest.param("prctl", None, id="bubblewrap has asked to end with its starter"),
        pytest.param("setsid", 1, id="the first process inside has a session of its own"),
        pytest.param("capset", 2, id="the first process inside has forked"),
    ],
)
def test_a_starter_that_is_killed_in_the_middle_leaves_nothing(
    starter: Starter, begun: Begun, call: str, number: int | None
) -> None:
    number = asking_point(starter) if number is None else number
    with starter.ready() as launcher, stopping(launcher.pid, call, number) as stopped:
        give(launcher, Order(begun.program, stays=True, untried=True))
        halted, inside = awaited(stopped), awaited(begun.inside)
        if halted != inside:
            awaited(lambda: begun.waits(inside))
        kill(launcher.pid)
        with suppress(ProcessLookupError):  # so that without a guard it would go on
            os.kill(halted, signal.SIGCONT)
        is_gone(begun)


def test_a_bubblewrap_that_is_killed_in_the_middle_leaves_nothing(starter: Starter, begun: Begun) -> None:
    with starter.ready() as launcher, stopping(launcher.pid, "capset") as stopped:
        give(launcher, Order(begun.program, stays=True, untried=True))
        halted, inside = awaited(stopped), awaited(begun.inside)
        awaited(lambda: begun.waits(inside))
        kill(halted)
        assert launcher.stdout is not None
        outcome = msgspec.json.decode(launcher.stdout.read(), type=Outcome)
        assert "sandbox_start: bubblewrap made no namespaces" in outcome.error
        is_gone(begun)


def guards() -> list[int]:
    """The shells that stand by here."""
    return [pid for pid in descendants(os.getpid()) if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/bin/sh")]


def test_a_guard_stands_by_until_the_kernel_ends_the_process_with_its_starter(ends: Ends) -> None:
    with stopping(os.getpid(), "setsid") as stopped, ends.start(*python(SLEEP), bubblewrap=installed()[0]) as confined:
        assert awaited(stopped) == confined.pid
        assert not confined.settle()
        assert len(guards()) == 1
        os.kill(confined.pid, signal.SIGCONT)
        assert ends.channel.recv(2) == b"up"
        awaited(confined.settle)
        assert guards() == []
        assert confined.poll() is None
        assert confined.settle()


def test_a_guard_goes_with_what_it_guards(ends: Ends) -> None:
    with ends.start(*python(SLEEP)) as confined:
        confined.kill()
        confined.wait(WAIT_S)
        assert guards() == []
        assert not confined.settle()


def test_a_guard_for_which_there_is_no_room_keeps_no_descriptor() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as taken:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(descriptors()) + 256, limits[1]))
        taken.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        room = [os.dup(0), os.dup(0)]
        with suppress(OSError):
            while True:
                taken.callback(os.close, os.dup(0))
        for descriptor in room:
            os.close(descriptor)
        before = descriptors()
        with pytest.raises(OSError, match="Too many open files"):
            Guard()
        assert descriptors() == before


def descriptors() -> list[int]:
    """Those that are open here, and the one by which they are looked at."""
    return [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208  # as few descriptors as can be


TRACER = f"""
import ctypes, sys, time
SEIZE = 0x4206
print("traced" if ctypes.CDLL(None).ptrace(SEIZE, int(sys.argv[1]), None, None) == 0 else "refused", flush=True)
time.sleep({WAIT_S})
"""


@pytest.mark.attack(70)
def test_who_traces_a_guard_does_not_hold_up_who_dismisses_it() -> None:
    guard = Guard()
    with subprocess.Popen([sys.executable, "-c", TRACER, str(guard.group)], stdout=subprocess.PIPE) as tracer:
        try:
            assert tracer.stdout is not None
            if tracer.stdout.readline() != b"traced\n":
                pytest.skip("this kernel lets no process trace another")
            guard.dismiss()
            assert tracer.poll() is None
        finally:
            tracer.kill()
            guard.dismiss()
    another = Guard()
    another.dismiss()  # by then the first one is collected too
    assert not {guard.group, another.group} & set(descendants(os.getpid()))


def test_without_a_shell_nothing_is_started(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[Guard.__module__], "_COMMAND", ("/nowhere/sh",))
    before = set(descendants(os.getpid()))  # what another test shares may run beside this one
    with pytest.raises(StartError, match="the shell that guards the start cannot be executed: No such file"):
        ends.start(*python(SLEEP), bubblewrap=installed()[0])
    assert set(descendants(os.getpid())) <= before
