"""Malformed input over the wire, to real processes: none ends of it that should not, none grows, and others are served.

Where one line that is no message ends a process that serves the Router alone, several processes are started.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import random
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Self

import pytest
from dbus_fast.aio import MessageBus
from tests.fuzz.bus import DoorCalls
from tests.fuzz.corpus import recorded
from tests.fuzz.documents import Speaker, of_type
from tests.fuzz.mutating import Seeds, mutated, writes
from tests.fuzz.router_here import Due
from tests.fuzz.surface import descriptors, resident_kib
from tests.long_run import LongRun
from tests.processes import pid_of, pids_of
from tests.trusted.router.strangers import Stranger

from etui.interfaces import secret_1 as secret
from etui.interfaces.wallet_1 import DoorRow, Doors, Ends
from etui.protocol import FrameReader, ProtocolError, Reassembler, decode_message
from etui.testkit import PrivateBus, TestWallet
from etui.trusted.control import ToVault
from etui.trusted.dialog.requests import Showing

LONGER: Final = 5
ROUTER: Final = "etui.trusted.router"
DOOR: Final = "etui.doors.secret_service"
SOURCE: Final = Path(__file__).parents[2] / "src"
PATIENCE_S: Final = 60.0
MARK: Final = "etui-mark"
HALVES: Final = 20
STARTED: Final = 2
"""Connections of what is started meanwhile: the Extension of a test, egress."""
SUPPLIED: Final = ("crypto/1", "payment/1", "card/1", "receipt/1", "routing/1")
"""What is provided by Extensions that come with the wallet, which a malformed call could be the first to start."""
GROWTH_KIB: Final = 24 << 10
often = pytest.mark.parametrize("times", [1, pytest.param(LONGER, marks=pytest.mark.long)])
attacked = pytest.mark.attack(49)


class Beside(threading.Thread):
    """A good Client that reads its own secret over and over, and remembers what went wrong."""

    def __init__(self, wallet: TestWallet) -> None:
        super().__init__()
        self._wallet = wallet
        self.served = 0
        self.failed = ""
        self._serves = threading.Event()
        self._done = threading.Event()

    def run(self) -> None:
        try:
            with self._wallet.connect() as client:
                item = client.call(secret.Create(kind="note", label="Beside", value=b"kept")).item.item
                while not self._done.wait(0.01):
                    assert client.call(secret.Read(item=item)).value == b"kept"
                    self.served += 1
                    self._serves.set()
        except (ProtocolError, TimeoutError, AssertionError) as error:
            self.failed = repr(error)
            self._serves.set()

    def __enter__(self) -> Self:
        self.start()
        assert self._serves.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join(2 * PATIENCE_S)
        assert not self.failed, self.failed
        assert self.served


@contextlib.contextmanager
def unharmed(wallet: TestWallet, *modules: str) -> Iterator[None]:
    """These processes are the same afterwards, hold as many descriptors, and have said nothing of a fault."""
    pids = {module: pid_of(wallet.pid, module) for module in modules}
    with wallet.connect() as client:  # whoever came before it is inside by then
        client.call(secret.Create(kind="note", label="Before", value=b"x"))
        for interface in SUPPLIED:
            client.call(Ends(interface=interface))  # it runs from then on
    before = {pid: (descriptors(pid), resident_kib(pid)) for pid in pids.values()}
    with Beside(wallet):
        yield
    with wallet.connect() as client:
        assert client.call(secret.Create(kind="note", label="After", value=b"x")).item.item
    for module, pid in pids.items():
        assert pids_of(wallet.pid, module) == [pid], f"{module} ended"
        held, resident = before[pid]
        deadline = time.monotonic() + PATIENCE_S
        while descriptors(pid) > held + STARTED:  # the end of the good Client may not have been seen yet
            assert time.monotonic() < deadline, f"{module} has {descriptors(pid)} descriptors, where it had {held}"
            time.sleep(0.05)
        assert resident_kib(pid) - resident < GROWTH_KIB, module
    lines = wallet.log.read_text(encoding="utf-8", errors="replace").splitlines()
    log = "\n".join(line for line in lines if "org.example.garbler" not in line)  # which may fail
    assert "Traceback" not in log, log[-2000:]
    assert "Fatal error" not in log, log[-2000:]


class Line:
    """A raw connection to the Router."""

    def __init__(self, wallet: TestWallet) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(str(wallet.socket))
        self._frames = FrameReader()
        self._chunks = Reassembler()

    def send(self, *parts: bytes) -> bool:
        """Whether the other end took it all."""
        try:
            for part in parts:
                self._socket.sendall(part)
        except ConnectionError:
            return False
        return True

    def judged(self, line: bytes, chance: random.Random) -> bool:
        """Sends a line and waits for all that is due for it; whether the connection goes on."""
        due = Due(self._chunks)
        for part in filter(None, line.split(b"\n")):
            due.note(part)
        mark = b'{"jsonrpc":"2.0","id":"%b","method":"wallet/1.nothing"}\n' % MARK.encode()
        whole = self.send(*writes(chance, line + b"\n"), mark)
        said_why = marked = False
        while not (marked and due.nothing):
            try:
                data = self._socket.recv(1 << 18)
            except ConnectionError:
                data = b""
            if not data:
                assert said_why or not whole, f"it ended without a word after {line[:500]!r}"
                return False
            for answer in map(decode_message, self._frames.feed(data)):
                said_why |= answer.id is None
                marked |= answer.id == MARK
                due.paid(answer)
        return True

    def close(self) -> None:
        self._socket.close()


@attacked
@often
@pytest.mark.timeout(600)
def test_no_line_of_a_client_harms_the_router_or_another_client(
    short_dir: Path, chance: random.Random, long_run: LongRun, times: int
) -> None:
    frames = 900 * times
    speaker = Speaker()
    seeds = Seeds(recorded("client"), (speaker.request, speaker.notification, speaker.result))
    with TestWallet(short_dir) as wallet:
        wallet.create()
        wallet.user.refuses()
        halves = [Line(wallet) for _ in range(HALVES)]
        for half in halves:
            half.send(chance.choice(recorded("client"))[: chance.randrange(1, 40)])
        with unharmed(wallet, ROUTER):
            line = Line(wallet)
            for _ in range(frames):
                if not line.judged(seeds.bad(chance), chance):
                    line.close()
                    line = Line(wallet)
            line.close()
        for half in halves:
            half.close()
    long_run.record("Malformed frames, over the wire", frames, frames)


_GARBLER: Final = """
    import base64, json, socket
    wire = socket.socket(fileno=3)
    with open(4, "rb") as pipe:
        pipe.read()
    lines = wire.makefile("rb")
    def send(line):
        wire.sendall(line + b"\\n")
    def say(**message):
        send(json.dumps({"jsonrpc": "2.0", **message}).encode())
    key = base64.b64encode(bytes(range(32))).decode()
    say(id=1, method="wallet/1.register", params={"key": key, "provides": ["org.example.garbler/1"]})
    for line in lines:
        message = json.loads(line)
        if message.get("method") == "org.example.garbler/1.say":
            call = message["call"]["id"].encode()
            send(base64.b64decode(message["params"]["line"]).replace(b'"c1"', b'"' + call + b'"'))
            say(id=message["id"], result={})
    """
_SAYS: Final = {"say": {"title": "Say", "effect": "none", "params": {"line": {"type": "text", "max": 2000000}}}}


def garblers(wallet: TestWallet) -> Iterator[Stranger]:
    """Extensions that say what they are told, each of a name of its own: one that often ended is not started again."""
    for number in itertools.count():
        name = f"garbler{number}"
        code = _GARBLER.replace("org.example.garbler", f"org.example.{name}")
        stranger = Stranger(name, code, _SAYS, uses=("secret/1", "storage/1"))
        stranger.install(wallet)
        yield stranger


@attacked
@often
@pytest.mark.timeout(600)
def test_nothing_that_an_extension_says_harms_the_router_or_a_client(
    short_dir: Path, chance: random.Random, long_run: LongRun, times: int
) -> None:
    frames = 300 * times
    speaker = Speaker()
    more = (speaker.request, speaker.notification, speaker.event, speaker.result, speaker.error)
    seeds = Seeds(recorded("extension"), more, formed=0.7)
    with TestWallet(short_dir) as wallet:
        wallet.create()
        answers: Counter[str] = Counter()
        others = garblers(wallet)
        garbler = next(others)
        with unharmed(wallet, ROUTER), wallet.connect() as client:
            while answers.total() < frames:
                line = base64.b64encode(_kept_short(seeds.bad(chance))).decode()
                try:
                    garbler.call(client, "say", line=line)
                except ProtocolError as error:
                    if "cannot be started" in str(error):
                        garbler = next(others)
                    else:
                        answers[error.code.slug] += 1
                else:
                    answers["answered"] += 1
    assert answers["answered"] > frames // 2, answers
    assert answers.keys() <= {"answered", "unavailable", "invalid_request", "internal", "denied", *_SAID}, answers
    long_run.record("Malformed frames, over the wire", frames, frames)


_SAID: Final = {"stale_key", "too_large", "timed_out"}
"""What the garbler's own errors may say."""


def _kept_short(line: bytes) -> bytes:
    return line[: 200 << 10]


@attacked
@often
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("session_bus")
def test_no_message_on_the_bus_harms_the_door_or_another_program(  # fixtures
    short_dir: Path, session_bus: PrivateBus, chance: random.Random, long_run: LongRun, times: int
) -> None:
    frames = 500 * times
    environ = {"DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, doors=["secret-service"], environ=environ) as wallet:
        wallet.create()
        wallet.user.refuses()
        _await_door(wallet)
        asyncio.run(_call_door(session_bus.address, chance, 40))  # so that what it keeps of a program is there
        with unharmed(wallet, DOOR, ROUTER):
            asyncio.run(_call_door(session_bus.address, chance, frames))
    long_run.record("Malformed frames, over the wire", frames, frames)


def _await_door(wallet: TestWallet) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not any(door.state == "open" for door in _doors(wallet)):
        assert time.monotonic() < deadline, "the door does not open"
        time.sleep(0.05)


def _doors(wallet: TestWallet) -> list[DoorRow]:
    with wallet.connect() as client:
        return client.call(Doors()).doors


async def _call_door(address: str, chance: random.Random, frames: int) -> None:
    calls = DoorCalls()
    calls.address = address
    calls.program = await MessageBus(bus_address=address).connect()
    tally: Counter[str] = Counter()
    await calls.feed(chance, tally, frames)
    calls.program.disconnect()
    assert tally["errors"]
    assert sum(tally.values()) == frames


class Process:
    """A process of the wallet's own at the other end of a socket, as its supervisor starts it."""

    def __init__(self, kind: socket.SocketKind, module: str, *arguments: str) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.socket.settimeout(PATIENCE_S)
        command = [sys.executable, "-m", module, "--fd", str(theirs.fileno()), *arguments]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
                start_new_session=True,
            )

    def feed(self, text: bytes) -> bool:
        """Sends it; whether the other end is still there."""
        try:
            self.socket.sendall(text)
            while select.select([self.socket], [], [], 0)[0]:
                if not self.socket.recv(1 << 18):
                    return False
        except ConnectionError:
            return False
        return True

    def ends(self) -> None:
        """Closes the socket: it ends in order, or has ended, and never of a fault."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(1 << 18):
                pass
        self.socket.close()
        with self._process:
            try:
                _, said = self._process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise
        assert self._process.returncode in {0, 1}, said[-2000:]
        assert b"Traceback" not in said, said[-2000:]


def feed_processes(  # noqa: PLR0913, PLR0917  # processes, what they are sent, and how much
    start: Callable[[], Process], seeds: Seeds, chance: random.Random, processes: int, each: int, end: bytes
) -> int:
    """Feeds each process what has the right form and no sense, then what has not even that; how much in all."""
    fed = 0
    for _ in range(processes):
        process = start()
        try:
            for _ in range(each - 1):
                fed += 1
                if not process.feed(seeds.bad(chance)[:_LARGEST] + end):
                    break
            fed += 1
            process.feed(mutated(chance, seeds.good(chance))[:_LARGEST] + end)
        finally:
            process.ends()
    return fed


_LARGEST: Final = 100 << 10
PROCESSES: Final = {
    "etui.trusted.dialog": 12,
    "etui.trusted.vault": 9,
    "etui.trusted.native.egress": 6,
}


@attacked
@often
@pytest.mark.timeout(600)
@pytest.mark.parametrize("module", PROCESSES)
def test_nothing_that_the_router_or_the_supervisor_might_say_makes_a_process_fail_in_disorder(
    short_dir: Path, chance: random.Random, long_run: LongRun, module: str, times: int
) -> None:
    speaker = Speaker()
    kind, end = socket.SOCK_STREAM, b"\n"
    match module:
        case "etui.trusted.dialog":
            script = short_dir / "script"
            script.write_text('{"answer":"dismiss"}\n', encoding="utf-8")
            arguments = ["--face", "scripted", "--script", str(script)]
            shown = of_type(Showing)
            seeds = Seeds(recorded("dialog"), (lambda c: _showing(c, shown(c)), speaker.notification), formed=0.9)
        case "etui.trusted.vault":
            kind, end = socket.SOCK_SEQPACKET, b""
            arguments = ["--directory", str(short_dir / "vault")]
            seeds = Seeds([line for line in recorded("control") if b'"vault"' in line], (of_type(ToVault),), formed=0.9)
        case _:
            (short_dir / "profile.json").write_text('{"id":"0"}', encoding="utf-8")
            arguments = ["--home", str(short_dir)]
            seeds = Seeds([line for line in recorded("call") if b"egress/1" in line], (speaker.call,), formed=0.9)
    each = 12
    processes = PROCESSES[module] * times
    fed = feed_processes(lambda: Process(kind, module, *arguments), seeds, chance, processes, each, end)
    long_run.record("Malformed frames, over the wire", fed, fed)


def _showing(chance: random.Random, params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"dialog.show","params":%b}' % (chance.randrange(1 << 30), params)
