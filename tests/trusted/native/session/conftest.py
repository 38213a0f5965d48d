"""The watch as the supervisor starts it, on two message buses of the test's own."""

from __future__ import annotations

import array
import fcntl
import select
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.trusted.native.session.desktop import WAIT_S, Desktop

from etui.testkit import PrivateBus, private_bus
from etui.trusted.control import Away, FromSession, KeysGone, Link, LinkClosed, ToSession, Unheard

_MODULE = ("-m", "etui.trusted.native.session")
_PATIENT = """
from etui.trusted.native.session import logind, process
logind._HOLD_S = 1000.0
raise SystemExit(process.main())
"""


class WatchProcess:
    """The process, and the supervisor's end of its channel.

    ``patient``: whether it holds the machine's sleep back for as long as a lock takes.
    """

    def __init__(self, *options: str, patient: bool = False) -> None:
        ours, theirs = Link.pair()
        ours.settimeout(WAIT_S)
        self._link: Link[ToSession, FromSession] = Link(ours, FromSession)
        program = ("-c", _PATIENT) if patient else _MODULE
        command = [sys.executable, "-I", *program, "--fd", str(theirs.fileno()), *options]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True)
        theirs.close()
        self.said: str | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def reason(self) -> str:
        """The next reason to lock, after which it is left to wait for the lock."""
        message = self._next()
        assert isinstance(message, Away), message
        return message.reason

    def locks(self) -> str:
        """The next reason to lock; the wallet locks at once."""
        reason = self.reason()
        self.keys_are_gone()
        return reason

    def note(self) -> str:
        """What it says that it cannot hear of."""
        message = self._next()
        assert isinstance(message, Unheard), message
        return message.note

    def keys_are_gone(self) -> None:
        """The wallet has locked."""
        self._link.send(KeysGone())

    def has_heard(self) -> None:
        """Returns when it has taken everything that it was told: unix(7), SIOCOUTQ."""
        deadline = time.monotonic() + WAIT_S
        untaken = array.array("i", [1])
        while untaken[0]:
            assert time.monotonic() < deadline, "the watch does not take what it is told"
            fcntl.ioctl(self._link, termios.TIOCOUTQ, untaken)

    def is_silent(self) -> bool:
        """Whether nothing more was said so far."""
        return not select.select([self._link], [], [], 0)[0]

    def end(self) -> int:
        """Closes the channel; the exit status. What it wrote to standard error is ``said`` then."""
        self._link.close()
        try:
            self.said = self._process.communicate(timeout=WAIT_S)[1]
        finally:
            self._process.kill()
            self._process.wait()
        return self._process.returncode

    def _next(self) -> FromSession:
        try:
            return self._link.receive()[0]
        except LinkClosed as error:
            raise AssertionError(f"the watch said nothing: {error}") from None


Start = Callable[..., WatchProcess]


@pytest.fixture
def system_bus(short_dir: Path) -> Iterator[PrivateBus]:
    """A second bus, which plays the system's."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs package dbus-daemon")
    folder = short_dir / "system"
    folder.mkdir()
    with private_bus(folder) as bus:
        yield bus


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    with Desktop() as running:
        yield running


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts watches; each has to end well, and without a word on standard error."""
    started: list[WatchProcess] = []

    def start(*options: str, patient: bool = False) -> WatchProcess:
        started.append(WatchProcess(*options, patient=patient))
        return started[-1]

    yield start
    for watch in started:
        if watch.said is None:
            assert watch.end() == 0
        assert watch.said == ""
