"""The look in a process of its own: what it sees, who may ask, and what the person cannot do to it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from etui.trusted.evidence import EvidenceError, RemoteLook, Strength, examine, examine_socket, look_here
from etui.trusted.evidence.asking import MAX_BYTES, Answer, Question
from etui.trusted.evidence.look import View

PERSON = pwd.getpwnam("games")
OWN = pwd.getpwnam("news")
ROUTER = pwd.getpwnam("root")
NOBODY = 2**22 - 1
WAIT_S = 60
CONNECTS = "use IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; <$s>;"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which systemd starts the evidence process as")


class Service:
    """The process, started as its socket unit starts it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "evidence"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(self.path))
        self.path.chmod(0o666)
        listener.listen()
        words = ["--person", str(PERSON.pw_uid), "--user", OWN.pw_name, "--router", ROUTER.pw_name]
        words += ["--machine", str(os.getpid())]  # process 1 of a container is not for every root to look at
        hand = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@" 3<&0 </dev/null'
        command = ["sh", "-c", hand, "sh", sys.executable, "-I", "-m", "etui.trusted.evidence", *words]
        self.process = subprocess.Popen(command, stdin=listener.fileno())
        listener.close()

    def status(self) -> dict[str, list[str]]:
        text = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return {name: value.split() for name, _, value in (line.partition(":") for line in text.splitlines())}

    def await_answer(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while "does not answer" in self.problem_of(NOBODY):
            assert time.monotonic() < deadline
            assert self.process.poll() is None

    def problem_of(self, pid: int) -> str:
        with pytest.raises(EvidenceError) as caught:
            examine(pid, PERSON.pw_uid, by=RemoteLook(self.path))
        return str(caught.value)

    def ask_bare(self, text: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.settimeout(WAIT_S)
            connection.connect(str(self.path))
            connection.send(text)
            return connection.recv(MAX_BYTES)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    started = Service(folder)
    started.await_answer()
    yield started
    started.process.kill()
    started.process.wait(WAIT_S)


@pytest.fixture
def program(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """A program of the person's that has connected, and its connection."""
    door = folder / "door"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.settimeout(WAIT_S)
        listener.bind(str(door))
        door.chmod(0o666)
        listener.listen()
        copy = folder / "shop"
        copy.write_bytes(Path("/usr/bin/perl").read_bytes())
        copy.chmod(0o755)
        process = subprocess.Popen(
            [str(copy), "-e", CONNECTS, str(door)], user=PERSON.pw_uid, group=PERSON.pw_gid, extra_groups=[]
        )
        connection, _ = listener.accept()
        yield process, connection
        connection.close()
        process.kill()
        process.wait(WAIT_S)
        door.unlink()
        copy.unlink()


def test_it_sees_what_a_program_of_the_person_runs(
    service: Service, program: tuple[subprocess.Popen[bytes], socket.socket], folder: Path
) -> None:
    found = examine_socket(program[1], RemoteLook(service.path))
    assert (found.principal, found.strength) == (f"app:{folder}/shop", Strength.OBSERVED)
    assert (found.pid, found.uid) == (program[0].pid, PERSON.pw_uid)


def test_what_goes_over_the_channel_is_what_a_look_here_finds(
    service: Service, program: tuple[subprocess.Popen[bytes], socket.socket]
) -> None:
    here = partial(look_here, view=View(PERSON.pw_uid))
    assert examine_socket(program[1], RemoteLook(service.path)) == examine_socket(program[1], here)


def test_of_another_user_it_sees_no_more_than_anybody(service: Service) -> None:
    stranger = pwd.getpwnam("man")
    other = subprocess.Popen(["/usr/bin/sleep", "600"], user=stranger.pw_uid, group=stranger.pw_gid, extra_groups=[])
    try:
        found = examine(other.pid, stranger.pw_uid, by=RemoteLook(service.path))
        assert (found.principal, found.exe) == (f"uid:{stranger.pw_uid}", None)
    finally:
        other.kill()
        other.wait(WAIT_S)


def test_it_is_somebody_else_with_the_persons_eyes_and_no_capability(service: Service) -> None:
    status = service.status()
    own, eyes = str(OWN.pw_uid), str(PERSON.pw_uid)
    assert status["Uid"] == [own, own, own, eyes]
    assert status["Gid"] == [str(OWN.pw_gid)] * 3 + [str(PERSON.pw_gid)]
    assert status["Groups"] == []
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[name][0], 16) == 0
    assert status["NoNewPrivs"] == ["1"]


def test_who_ended_is_gone(service: Service) -> None:
    ended = subprocess.Popen(["/usr/bin/sleep", "600"], user=PERSON.pw_uid, group=PERSON.pw_gid, extra_groups=[])
    pidfd = os.pidfd_open(ended.pid)
    ended.kill()
    ended.wait(WAIT_S)
    with pytest.raises(EvidenceError, match="ended"):
        examine(ended.pid, PERSON.pw_uid, pidfd=pidfd, by=RemoteLook(service.path))
    os.close(pidfd)


def test_where_nobody_answers_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="does not answer"):
        examine(os.getpid(), 0, by=RemoteLook(tmp_path / "nobody"))


QUESTION = Question(pid=1, uid=1, gid=None, start_ticks=None, weak=True, via_bus=False, bare=False)


@pytest.mark.parametrize("text", [b"", b"{", b"{}", msgspec.json.encode(QUESTION)[:-1] + b',"more":1}', b"[" * 60_000])
def test_what_is_no_question_gets_no_answer_and_the_next_one_does(service: Service, text: bytes) -> None:
    assert service.ask_bare(text) == b""
    said = service.ask_bare(msgspec.json.encode(QUESTION))
    assert "descriptor" in msgspec.json.decode(said, type=Answer).problem


def as_person(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", code, *words],
        user=PERSON.pw_uid,
        group=PERSON.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


ATTACKS = """
import ctypes, os, sys
pid, path = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
print("ptrace", libc.ptrace(16, pid, 0, 0))
for name in ("mem", "environ", "maps"):
    try:
        open(f"/proc/{pid}/{name}", "rb").read(1)
        print(name, "read")
    except OSError as error:
        print(name, error.errno)
try:
    os.kill(pid, 9)
    print("kill", "done")
except OSError as error:
    print("kill", error.errno)
"""


@pytest.mark.attack(249)
def test_the_person_cannot_trace_read_or_end_it(service: Service) -> None:
    ran = as_person(ATTACKS, str(service.process.pid), str(service.path))
    assert ran.stdout.splitlines() == ["ptrace -1", "mem 13", "environ 13", "maps 13", "kill 1"]
    assert service.process.poll() is None


@pytest.mark.attack(249)
def test_a_stranger_gets_no_answer(service: Service) -> None:
    """Where the socket's own mode would let one in."""
    asks = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.connect(sys.argv[1])
    try:
        connection.send(sys.argv[2].encode())
        print(connection.recv(65536) or "hung up")
    except (BrokenPipeError, ConnectionResetError):
        print("hung up")
"""
    ran = as_person(asks, str(service.path), msgspec.json.encode(QUESTION).decode())
    assert ran.stdout == "hung up\n", ran.stderr
