"""How a confined process starts, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from tests.trusted.sandbox.conftest import Starter
from tests.trusted.sandbox.launcher import Order, Outcome
from tests.trusted.sandbox.programs import tell, told

from etui.trusted.sandbox import Confined, Confinement, Possible, StartError, compile_code, probe, python_runtime, start
from etui.trusted.sandbox.bubblewrap import installed

PATIENCE_S = 60
SLEEP = "import os, signal\nos.write(3, b'up')\nsignal.pause()"


class Ends:
    """Both ends of what a confined process is given."""

    def __init__(self, stack: ExitStack) -> None:
        self.channel, self.theirs = (stack.enter_context(end) for end in socket.socketpair())
        self.channel.settimeout(PATIENCE_S)
        self.key = os.open(os.devnull, os.O_RDONLY)
        self.log = os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, self.key)
        stack.callback(os.close, self.log)

    def start(self, *argv: str, folder: Path | None = None, bubblewrap: Path | None = None) -> Confined:
        if bubblewrap is None:
            possible = probe()
            assert isinstance(possible, Possible), possible
            bubblewrap = possible.bubblewrap
        confinement = Confinement(argv=argv, code=python_runtime(), folder=folder)
        channel = self.theirs.fileno()
        confined = start(confinement, channel=channel, key=self.key, log=self.log, bubblewrap=bubblewrap)
        self.theirs.close()
        return confined


@pytest.fixture
def ends() -> Iterator[Ends]:
    with ExitStack() as stack:
        yield Ends(stack)


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-B", "-c", program)


def test_killing_it_leaves_nothing_and_tells_when(ends: Ends) -> None:
    with ends.start(*python(SLEEP)) as confined:
        assert ends.channel.recv(2) == b"up"
        assert confined.poll() is None
        confined.kill()
        assert confined.wait(PATIENCE_S) == 128 + signal.SIGKILL
        assert ends.channel.recv(1) == b""
        confined.kill()


def test_its_exit_status_is_told(ends: Ends) -> None:
    with ends.start(*python("raise SystemExit(7)")) as confined:
        assert confined.wait(PATIENCE_S) == 7


def test_leaving_the_context_ends_it(ends: Ends) -> None:
    with ends.start(*python(SLEEP)):
        assert ends.channel.recv(2) == b"up"
    assert ends.channel.recv(1) == b""


def test_an_event_loop_learns_of_its_end(ends: Ends) -> None:
    async def ended(confined: Confined) -> int | None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(confined, done.set)
        confined.kill()
        async with asyncio.timeout(PATIENCE_S):
            await done.wait()
        loop.remove_reader(confined)
        return confined.poll()

    with ends.start(*python(SLEEP)) as confined:
        assert asyncio.run(ended(confined)) == 128 + signal.SIGKILL


def test_closing_its_end_is_seen_at_the_other_since_nobody_else_holds_it(ends: Ends) -> None:
    with ends.start(*python("import os, signal\nos.close(3)\nsignal.pause()")) as confined:
        assert ends.channel.recv(1) == b""
        assert confined.poll() is None


def test_it_gets_no_descriptor_that_was_left_inheritable(ends: Ends) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)  # noqa: FBT003 - it takes no other
    with ends.start(*python(SLEEP)):
        assert ends.channel.recv(2) == b"up"
        os.close(writer)
        assert select.select([reader], [], [], PATIENCE_S)[0] == [reader]
        assert os.read(reader, 1) == b""
    os.close(reader)


def test_starting_and_ending_keeps_no_descriptor_and_no_child_here(ends: Ends) -> None:
    before, family = len(list(Path("/proc/self/fd").iterdir())), children()
    with ends.start(*python("")):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before - 1  # the channel's other end was closed
    assert children() == family


def children() -> set[str]:
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


def ends_with(starter: subprocess.Popen[bytes], pid: int) -> bool:
    pidfd = os.pidfd_open(pid)
    try:
        starter.kill()
        return select.select([pidfd], [], [], PATIENCE_S)[0] == [pidfd]
    finally:
        os.close(pidfd)


def test_it_ends_with_its_starter(starter: Starter) -> None:
    with starter.launch(Order(SLEEP, stays=True)) as process:
        assert process.stdout is not None
        pid = msgspec.json.decode(process.stdout.readline(), type=Outcome).pid
        assert ends_with(process, pid)


def test_without_its_filter_it_never_runs(ends: Ends, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What bubblewrap finds if its starter dies before the limits stand: the end of the pipe that it waits on.
    monkeypatch.setattr(sys.modules[start.__module__], "syscall_filter", lambda _processes: b"")
    bubblewrap = installed()[0]
    with ends.start(*python("open('/data/ran', 'w')"), folder=short_dir, bubblewrap=bubblewrap) as confined:
        assert confined.wait(PATIENCE_S) == 1
    assert list(short_dir.iterdir()) == []


def test_nothing_is_left_if_it_cannot_be_limited(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    family = children()
    possible = probe()
    assert isinstance(possible, Possible)

    def refuse(*_: object) -> tuple[int, int]:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("resource.prlimit", refuse)
    with pytest.raises(StartError, match="cannot be limited: Operation not permitted;"):
        ends.start(*python(SLEEP), bubblewrap=possible.bubblewrap)
    ends.theirs.close()
    assert ends.channel.recv(1) == b""
    assert children() == family


def test_another_thread_may_not_start_it_since_it_would_end_with_that_thread(ends: Ends) -> None:
    caught: list[StartError] = []

    def attempt() -> None:
        try:
            ends.start(*python(""), bubblewrap=Path("/bin/true"))
        except StartError as error:
            caught.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert [error.code for error in caught] == ["sandbox_start"]


def test_a_bubblewrap_that_is_not_there_is_named(ends: Ends) -> None:
    with pytest.raises(StartError, match="/nowhere/bwrap cannot be executed: No such file"):
        ends.start(*python(""), bubblewrap=Path("/nowhere/bwrap"))


def test_a_bubblewrap_that_makes_no_namespace_leaves_nothing(ends: Ends) -> None:
    family = children()
    with pytest.raises(StartError, match="made no namespaces"):
        ends.start(*python(""), bubblewrap=Path("/bin/true"))
    assert children() == family


def test_what_cannot_be_executed_ends_at_once(ends: Ends) -> None:
    with ends.start("/nowhere/extension") as confined:
        assert confined.wait(PATIENCE_S) == 1


def test_code_is_imported_from_its_compiled_files(starter: Starter, folder: Path) -> None:
    (folder / "greeting.py").write_text("WORD = 'compiled'")
    assert compile_code((folder,))
    before = f"""
opened = []
def heard(event, arguments):
    if event == "open" and "greeting" in str(arguments[0]):
        opened.append(arguments[0])
sys.path.insert(0, {str(folder)!r})
sys.addaudithook(heard)
import greeting
"""
    program = tell("[greeting.WORD, opened == [greeting.__cached__]]", before)
    assert told(starter.confine(program, code=[str(folder)])) == ["compiled", True]


def test_code_that_does_not_compile_is_left_for_who_imports_it(tmp_path: Path) -> None:
    (tmp_path / "good.py").touch()
    (tmp_path / "template.py").write_text("{{ placeholder")
    assert not compile_code((tmp_path,))
    assert list(tmp_path.glob("__pycache__/good.*.pyc"))
