"""A wallet that the machine runs: its person uses it, and no other program of theirs gets any further."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest
from tests.booted.machine import Machine
from tests.debian.installed import Installed
from tests.debian.managed import SECRET, Managed

from etui.trusted.supervisor.people import UNITS as NAMES

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

HOME: Final = "/usr/lib/etui"
SITE: Final = f"{HOME}/lib/python3.11/site-packages"
SYSTEM: Final = "/usr/lib/systemd/system"
KEYED: Final = re.compile(r"etui-(vault|storage|extension|dialog)@")
ASKS: Final = """
import sys
sys.path[:0] = sys.argv[1:]
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
with Client.connect(name="shop") as client:
    client.call(secret.Create(kind="note", label="Of the shop", value=b"kept"))
"""


@pytest.fixture(scope="module")
def machine(installed: Installed) -> Machine:
    return installed.machine


@pytest.fixture(scope="module")
def greta(machine: Machine) -> Iterator[Managed]:
    """A person with a wallet that has a secret in it, unlocked."""
    person = Managed(machine, "greta")
    person.does("init")
    person.does("add", "Mail", stdin=SECRET)
    yield person
    person.ends()


def test_a_person_stores_and_reads_a_secret(greta: Managed) -> None:
    assert greta.does("use", "Mail", "--stdin", "--", "cat") == SECRET


def test_it_says_how_it_is_installed(greta: Managed) -> None:
    status = msgspec.json.decode(greta.does("status", "--json"))
    assert status["installed"].startswith("managed: ")
    assert status["display"].endswith("The machine runs this wallet: programs of its user reach no other part of it.")
    assert status["state"] == "unlocked"


def units_of(greta: Managed) -> set[str]:
    return {unit.partition("@")[0] for unit in greta.processes()}


def test_a_lock_ends_what_had_a_key_and_an_unlock_begins_anew(greta: Managed) -> None:
    before = greta.processes()
    assert {f"etui-{name}" for name in NAMES} - {"etui-egress", "etui-coverage", "etui-archive"} <= units_of(greta)
    greta.does("lock")
    assert msgspec.json.decode(greta.does("status", "--json"))["state"] == "locked"
    keyed = {pid for unit, pids in before.items() for pid in pids if KEYED.match(unit)}
    assert keyed
    assert not keyed & {pid for pids in greta.processes().values() for pid in pids}
    greta.does("unlock")
    assert greta.does("use", "Mail", "--stdin", "--", "cat") == SECRET


def test_each_part_runs_as_a_user_of_its_own(greta: Managed) -> None:
    users = {}
    for unit, pids in greta.processes().items():
        status = greta.machine.does("grep", "-h", "^Uid:", *(f"/proc/{pid}/status" for pid in pids))
        users[unit] = {line.split()[1] for line in status.splitlines()}
    seen = [uid for uids in users.values() for uid in uids]
    assert all(len(uids) == 1 for uids in users.values()), users
    assert len(seen) == len(set(seen)), users
    assert not {str(greta.uid), "0"} & set(seen)


def test_the_router_sees_which_program_asks(greta: Managed) -> None:
    copy = f"/home/{greta.name}/shop"
    greta.machine.does("cp", "/usr/bin/python3.11", copy, user=greta.name)
    greta.machine.does(copy, "-I", "-c", ASKS, SITE, user=greta.name)
    clients = msgspec.json.decode(greta.does("clients", "--json"))
    assert [one["strength"] for one in clients if one["client"] == f"app:{copy}"] == ["observed"]


def test_the_programs_of_a_desktop_find_it_by_a_door_of_the_session(greta: Managed) -> None:
    greta.attends()
    greta.does("door", "enable", "secret-service")
    store = ("secret-tool", "store", "--label=Web", "service", "web")
    greta.machine.does(*store, user=greta.name, stdin="by the door")
    lookup = ("secret-tool", "lookup", "service", "web")
    assert greta.machine.does(*lookup, user=greta.name) == "by the door"
    opened = doors_of(greta)
    greta.does("lock")
    greta.does("unlock")
    assert greta.machine.does(*lookup, user=greta.name) == "by the door"
    assert doors_of(greta) == opened  # a door outlives the lock
    [(pid, uid)] = opened
    assert uid == greta.uid
    greta.machine.does("kill", "-KILL", str(pid))
    greta.machine.does("sh", "-c", f"while [ -e /proc/{pid} ]; do sleep 0.1; done")
    again = 'until [ "$(secret-tool lookup service web)" = "by the door" ]; do sleep 0.1; done'
    greta.machine.does("sh", "-c", again, user=greta.name)
    greta.does("door", "disable", "secret-service")
    assert doors_of(greta) == []


def test_without_an_agent_of_the_session_a_door_says_what_opens_it(greta: Managed) -> None:
    greta.attends(no_more=True)
    refused = greta.runs("door", "enable", "secret-service")
    assert refused.status != 0
    assert "no session of yours opens doors now" in refused.error
    greta.attends()


def doors_of(greta: Managed) -> list[tuple[int, int]]:
    """The processes of her doors, each with its user."""
    look = "for p in $(pgrep -f 'etui[.]doors[.]secret_service'); do echo $p $(stat -c %u /proc/$p); done"
    lines = greta.machine.does("sh", "-c", look).splitlines()
    return [(int(pid), int(uid)) for pid, uid in (line.split() for line in lines)]


ATTEMPT = """
import ctypes, os, socket, sys
done = []
def attempt(name, what):
    try:
        what()
        done.append(name)
    except OSError:
        pass
"""
TRACES = """
libc = ctypes.CDLL(None, use_errno=True)
for pid in sys.argv[1:]:
    if libc.ptrace(16, int(pid), 0, 0) == 0:
        done.append(f"traced {pid}")
    for name in ("mem", "environ", "maps", "auxv", "syscall"):
        attempt(f"read {name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read(1))
    for name in ("exe", "cwd", "root"):
        attempt(f"saw {name} of {pid}", lambda: os.readlink(f"/proc/{pid}/{name}"))
    attempt(f"listed the descriptors of {pid}", lambda: os.listdir(f"/proc/{pid}/fd"))
print(done)
"""
ENDS = """
import signal
for pid in sys.argv[1:]:
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, 0):
        attempt(f"signalled {pid} with {number}", lambda: os.kill(int(pid), number))
    attempt(f"limited {pid}", lambda: __import__("resource").prlimit(int(pid), 7, (3, 3)))
    attempt(f"slowed {pid}", lambda: os.setpriority(os.PRIO_PROCESS, int(pid), 19))
print(done)
"""
READS = """
for folder in sys.argv[1:]:
    attempt(f"listed {folder}", lambda: os.listdir(folder))
    for name in ("slots.json", "keys", "profile.json", "router/state.db", "script", "audit"):
        attempt(f"found {folder}/{name}", lambda: os.stat(f"{folder}/{name}"))
    attempt(f"wrote in {folder}", lambda: open(f"{folder}/planted", "w"))
    attempt(f"moved {folder}", lambda: os.rename(folder, folder + "-"))
print(done)
"""
REPLACES = """
for path in sys.argv[1:]:
    attempt(f"wrote {path}", lambda: open(path, "ab"))
    attempt(f"moved {path}", lambda: os.rename(path, path + "-"))
    attempt(f"planted beside {path}", lambda: open(os.path.dirname(path) + "/planted", "w"))
    attempt(f"removed {path}", lambda: os.unlink(path))
print(done)
"""
CONNECTS = """
for path in sys.argv[1:]:
    for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
        attempt(f"connected to {path}", lambda: socket.socket(socket.AF_UNIX, kind).connect(path))
print(done)
"""


def pids_of(greta: Managed) -> list[str]:
    found = greta.processes()
    assert {unit.partition("@")[0] for unit in found} >= {"etui-router", "etui-vault", "etui-extension", "etui-storage"}
    return [str(pid) for pids in found.values() for pid in pids]


@pytest.mark.attack(250)
def test_a_program_of_the_person_cannot_trace_or_read_any_part(greta: Managed) -> None:
    assert greta.program(ATTEMPT + TRACES, *pids_of(greta)) == "[]\n"


@pytest.mark.attack(251)
def test_it_can_end_none_of_them_nor_have_systemd_do_so(greta: Managed) -> None:
    before = greta.processes()
    assert greta.program(ATTEMPT + ENDS, *pids_of(greta)) == "[]\n"
    for verb in ("stop", "restart", "kill", "disable"):
        for unit in (f"etui-vault@{greta.uid}.service", f"etui-router@{greta.uid}.socket"):
            assert greta.machine.run("systemctl", "--no-ask-password", verb, unit, user=greta.name).status != 0
    assert greta.processes() == before


@pytest.mark.attack(252)
def test_it_reads_nothing_of_what_lies_in_the_wallet(greta: Managed) -> None:
    folders = [f"{greta.state}/{name}" for name in ("wallet", "vault", "storage", "dialog")]
    assert greta.program(ATTEMPT + READS, *folders, greta.state, "/var/lib/etui") == "[]\n"


@pytest.mark.attack(253)
def test_it_replaces_neither_code_nor_units_nor_the_socket(greta: Managed) -> None:
    code = [f"{SITE}/etui/cli/__init__.py", f"{SITE}/msgspec/__init__.py", "/usr/bin/etui", f"{HOME}/bin/python"]
    units = [f"{SYSTEM}/etui-vault@.service", f"/etc/sysusers.d/etui-{greta.uid}.conf"]
    assert greta.program(ATTEMPT + REPLACES, *code, *units, f"{greta.runtime}/router") == "[]\n"


@pytest.mark.attack(254)
def test_it_reaches_no_part_but_the_router(greta: Managed) -> None:
    inner = [f"{greta.runtime}/{name}" for name in NAMES if name != "router"]
    assert greta.program(ATTEMPT + CONNECTS, *inner) == "[]\n"
    done = greta.program(ATTEMPT + CONNECTS, f"{greta.runtime}/router")
    assert done == f"['connected to {greta.runtime}/router']\n"  # so that the attempt is one


def test_what_its_person_ended_stays_so_until_they_begin_anew(greta: Managed) -> None:
    greta.attends()
    greta.does("stop")
    look = "while systemctl --user is-active etui-agent; do sleep 0.1; done"
    greta.machine.does("sh", "-c", look, user=greta.name)
    for _ in range(3):  # whoever comes does not begin it
        told = greta.runs("status")
        assert told.status != 0
        assert "`etui up` starts it again, and so does the next log-in" in told.error
    greta.machine.does("systemctl", "stop", f"etui-router@{greta.uid}.service")  # nor does the machine, as at its start
    assert greta.runs("status").status != 0
    assert greta.machine.run("systemctl", "--user", "is-active", "etui-agent", user=greta.name).status != 0
    assert not {unit for unit in greta.processes() if KEYED.match(unit)}
    greta.attends()
    greta.does("unlock")
    assert greta.does("use", "Mail", "--stdin", "--", "cat") == SECRET


def test_an_agent_comes_again_where_the_wallet_ended_by_itself(greta: Managed) -> None:
    greta.attends()
    greta.machine.does("systemctl", "kill", "--signal=KILL", f"etui-router@{greta.uid}.service")
    look = "until etui door list | grep --quiet --invert-match 'no session'; do sleep 0.1; done"
    greta.machine.does("sh", "-c", look, user=greta.name)
    greta.does("unlock")


@pytest.fixture(scope="module")
def hugo(machine: Machine) -> Iterator[Managed]:
    person = Managed(machine, "hugo")
    person.does("init")
    yield person
    person.ends()


@pytest.mark.attack(255)
def test_another_person_reaches_neither_router_nor_parts_nor_files(greta: Managed, hugo: Managed) -> None:
    sockets = [f"{greta.runtime}/{name}" for name in (*NAMES, "session", "files")]
    assert hugo.program(ATTEMPT + CONNECTS, *sockets) == "[]\n"
    pids = [str(pid) for unit, pids in greta.processes().items() if f"@{greta.uid}." in unit for pid in pids]
    assert hugo.program(ATTEMPT + TRACES, *pids) == "[]\n"
    assert hugo.program(ATTEMPT + READS, f"{greta.state}/wallet", f"{greta.state}/vault") == "[]\n"
    asks = ("use", "Mail", "--stdin", "--", "cat")
    assert hugo.runs(*asks).status != 0
    assert greta.does(*asks) == SECRET


@pytest.mark.attack(255)
def test_a_router_reaches_no_part_of_another_persons_wallet(greta: Managed, hugo: Managed) -> None:
    """As one does that was taken over."""
    inner = [f"{greta.runtime}/{name}" for name in NAMES]
    words = ("setpriv", f"--reuid=etui-r-{hugo.uid}", f"--regid=etui-r-{hugo.uid}", "--clear-groups", "--no-new-privs")
    found = greta.machine.does(*words, "/usr/bin/python3", "-I", "-c", ATTEMPT + CONNECTS, *inner)
    assert found == "[]\n"
    own = greta.machine.does(
        *words, "/usr/bin/python3", "-I", "-c", ATTEMPT + READS, f"{hugo.state}/vault", f"{hugo.state}/storage"
    )
    assert own == f"['found {hugo.state}/vault/slots.json', 'found {hugo.state}/vault/keys']\n"


def test_turned_off_nothing_listens_and_on_again_it_is_the_same_wallet(hugo: Managed) -> None:
    hugo.does("add", "Note", stdin="kept")
    hugo.machine.does("etui", "managed", "off", hugo.name)
    assert hugo.runs("status").status != 0
    hugo.machine.does("etui", "managed", "on", hugo.name)
    hugo.does("unlock")
    assert hugo.does("use", "Note", "--stdin", "--", "cat") == "kept"


def test_turned_off_a_person_has_a_wallet_of_their_own_again(hugo: Managed) -> None:
    hugo.machine.does("etui", "managed", "off", hugo.name)
    said = hugo.runs("status")
    assert f"no wallet answers at /run/user/{hugo.uid}/etui/router" in said.error
    hugo.machine.does("etui", "managed", "on", hugo.name)


@pytest.mark.attack(255)
def test_who_has_the_number_of_a_deleted_user_does_not_get_their_wallet(machine: Machine) -> None:
    before = Managed(machine, "iris")
    before.does("init")
    before.ends(kept=True)
    machine.does("useradd", "--create-home", f"--uid={before.uid}", "jonas")
    refused = machine.run("etui", "managed", "on", "jonas")
    assert refused.status != 0
    assert "is the wallet of iris" in refused.error
    machine.does("userdel", "--remove", "jonas")
    machine.does("rm", "--recursive", before.state)
