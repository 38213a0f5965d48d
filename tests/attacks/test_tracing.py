"""A program of the same user looks into the processes of the wallet: what it sees, and what the kernel keeps from it.

Where root runs the tests, wallet and attacker are nobody, since nothing is kept from root.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import msgspec
import pytest
from tests.ordinary import Person, ordinary_person, ordinary_python
from tests.processes import kill, pid_of, pids_of
from tests.trusted.supervisor.processes import until

ROUTER = "etui.trusted.router"
SECRET = "planted-0f6c1d0a9be2-needle"
WAIT_S = 60
MEANS = ("environ", "descriptors", "memory", "ptrace", "readv", "getfd")
# For each process: which means gave something of it.
_LOOKS = """
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_DETACH, WALL, PIDFD_GETFD = 16, 17, 0x40000000, 438
needle = sys.argv[1].encode()

def environ(pid):
    return open(f"/proc/{pid}/environ", "rb").read()

def descriptors(pid):
    return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]

def spans(pid):
    for line in open(f"/proc/{pid}/maps"):
        span, rights = line.split()[:2]
        if "rw" in rights:
            yield [int(end, 16) for end in span.split("-")]

def memory(pid):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for first, last in spans(pid):
            file.seek(first)
            if needle in file.read(last - first):
                return "needle"
        return "something"

def ptrace(pid):
    if libc.ptrace(PTRACE_ATTACH, pid, None, None):
        raise PermissionError
    os.waitpid(pid, WALL)
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return "attached"

def readv(pid):
    class Span(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    for first, last in spans(pid):
        here = ctypes.create_string_buffer(last - first)
        ours, theirs = Span(ctypes.addressof(here), last - first), Span(first, last - first)
        if libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) < 0:
            raise PermissionError
        if needle in here.raw:
            return "needle"
    return "read"

def getfd(pid):
    if libc.syscall(PIDFD_GETFD, os.pidfd_open(pid), 0, 0) < 0:
        raise PermissionError
    return "taken"

def look(means, pid):
    try:
        return str(means(pid))
    except (PermissionError, StopIteration):
        return ""

found = {
    pid: {means.__name__: look(means, int(pid)) for means in (environ, descriptors, memory, ptrace, readv, getfd)}
    for pid in sys.argv[2:]
}
print(json.dumps(found))
"""
# Waits for the next Router and attaches to it while it starts.
_CATCHES = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
before = set(sys.argv[2:])
while True:
    for pid in open(f"/proc/{sys.argv[1]}/task/{sys.argv[1]}/children").read().split():
        if pid in before:
            continue
        try:
            words = open(f"/proc/{pid}/cmdline").read().split(chr(0))
        except OSError:
            continue
        if "etui.trusted.router" in words:
            print("caught" if libc.ptrace(0x4206, int(pid), None, None) == 0 else "refused", flush=True)
            sys.exit()
"""


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """One whose wallet runs, is unlocked, and has handed out a secret."""
    with ordinary_python() as python, ordinary_person(python) as person:
        supervisor = person.starts()
        try:
            until(lambda: supervisor.poll() is not None or person.runs("status").returncode == 0, "the wallet came up")
            person.does("init")
            person.does("add", "Mail", stdin=SECRET)
            assert person.does("use", "mail", "--stdin", "--", "cat") == SECRET
            person.supervisor = supervisor.pid
            yield person
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(WAIT_S)


def attacker(person: Person, code: str, *arguments: object) -> subprocess.Popen[str]:
    """A program of the same user."""
    command = [str(person.python), "-I", "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, env=person.environ, cwd="/", stdout=subprocess.PIPE, text=True, **person.identity()
    )


def seen(person: Person, *pids: int) -> list[dict[str, str]]:
    """What a program of the same user gets to see of each of these."""
    with attacker(person, _LOOKS, SECRET, *pids) as looking:
        output, _ = looking.communicate(timeout=WAIT_S)
    assert looking.returncode == 0
    return [msgspec.json.decode(output, type=dict[str, dict[str, str]])[str(pid)] for pid in pids]


def own(person: Person) -> dict[str, int]:
    """The wallet's own processes, which run outside of any sandbox."""
    modules = (ROUTER, "etui.trusted.vault", "etui.trusted.dialog")
    return {"supervisor": person.supervisor, **{module: pid_of(person.supervisor, module) for module in modules}}


@pytest.mark.attack(67)
def test_supervisor_router_vault_and_dialog_show_nothing_of_themselves_to_a_program_of_the_same_user(
    person: Person,
) -> None:
    with subprocess.Popen(["sleep", "60"], cwd="/", **person.identity()) as careless:
        try:
            processes = own(person)
            of_careless, *of_wallet = seen(person, careless.pid, *processes.values())
        finally:
            careless.kill()
    # What Yama allows beyond this is the machine's choice, and says nothing of the wallet.
    assert of_careless["environ"], "the look sees nothing even where something is to be seen"
    assert of_careless["descriptors"]
    for name, found in zip(processes, of_wallet, strict=True):
        assert found == dict.fromkeys(MEANS, ""), name


@pytest.mark.attack(68)
def test_an_extension_runs_in_a_namespace_of_its_user_and_shows_that_user_its_memory(person: Person) -> None:
    """Outside of what is promised per user: its own kernel gives the maker of a namespace every power over it."""
    extension = pids_of(person.supervisor, "etui.extensions.secrets")[-1]
    [found] = seen(person, extension)
    [found] = seen(person, extension)
    assert found["readv"] == "needle"


@pytest.mark.attack(68)
def test_a_process_of_the_wallet_that_just_starts_can_be_caught_before_it_protects_itself(person: Person) -> None:
    """Outside of what is promised per user: a program is traceable from its start until it says that it is not."""
    for _ in range(10):
        router = pid_of(person.supervisor, ROUTER)
        with attacker(person, _CATCHES, person.supervisor, router) as catching:
            try:
                kill(router)
                outcome, _ = catching.communicate(timeout=WAIT_S)
            finally:
                catching.kill()
        until(lambda: person.runs("status").returncode == 0, "the next Router answers")
        if outcome == "caught\n":
            return
    pytest.fail("no Router was caught while it started: say so in SECURITY.md")
