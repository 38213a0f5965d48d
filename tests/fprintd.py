"""A fingerprint reader without hardware: Debian's fprintd on a message bus of the test's own.

The reader is libfprint's virtual one, which takes as a finger what is written to its socket. What polkit says of a
caller is said by a stand-in, since polkit takes it from logind.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from tests.trusted.native.session.desktop import WAIT_S, Desktop, Peer

from etui.testkit import PrivateBus, private_bus

DAEMON = Path("/usr/libexec/fprintd")
NAME = "net.reactivated.Fprint"
DEVICE = f"{NAME}.Device"
OURS = "right-index-finger"
SOMEBODYS = "another-finger"
_MANAGER_PATH = "/net/reactivated/Fprint/Manager"
_POLKIT = "org.freedesktop.PolicyKit1"


@contextmanager
def fingerprint_reader(folder: Path) -> Iterator[Reader]:
    """A reader on a bus in a folder with a short path, whose fprintd runs and knows no finger yet."""
    if not DAEMON.exists():
        pytest.skip("needs package fprintd")
    with private_bus(folder) as bus, Desktop() as desktop:
        reader = Reader(folder, bus, desktop)
        reader.starts()
        try:
            yield reader
        finally:
            reader.dies()


class Polkit(Peer):
    """Says of everybody whether they may ask fprintd, as polkit does of who is in an active session."""

    allows = True

    def answer(self, call: Message) -> Message:
        match call.member:
            case "CheckAuthorization":
                return Message.new_method_return(call, "(bba{ss})", [[self.allows, False, {}]])
            case "GetAll":
                return Message.new_method_return(call, "a{sv}", [{}])
        return super().answer(call)


class Program(Peer):
    """Another program on the bus that calls fprintd."""

    device = ""

    def calls_fprintd(self, path: str, interface: str, member: str, *body: str) -> Message:
        """What fprintd answers."""
        call = Message(NAME, path, interface, member, signature="s" * len(body), body=list(body))
        return self._desktop.run(self._bus.call(call))

    def calls_device(self, member: str, *body: str) -> Message:
        """What the reader answers."""
        if not self.device:
            self.device = self.calls_fprintd(_MANAGER_PATH, f"{NAME}.Manager", "GetDefaultDevice").body[0]
        return self.calls_fprintd(self.device, DEVICE, member, *body)

    def claims(self) -> bool:
        """Takes the reader for itself; whether it got it."""
        return self.calls_device("Claim", "").message_type is MessageType.METHOD_RETURN

    def pretends(self, status: str) -> None:
        """Says what fprintd would, to all who listen."""
        self.calls_device("ListEnrolledFingers", "")
        self.says(self.device, DEVICE, "VerifyStatus", "sb", [status, True])


class Reader:
    """fprintd and its one reader; ``address`` of the bus."""

    def __init__(self, folder: Path, bus: PrivateBus, desktop: Desktop) -> None:
        self.address = bus.address
        self._desktop = desktop
        self._socket = folder / "reader"
        self._state = folder / "state"
        self._state.mkdir()
        self._log = folder / "fprintd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.polkit = desktop._joined(Polkit(desktop, bus.address))
        self.polkit.own(_POLKIT)

    def starts(self, *, with_reader: bool = True) -> None:
        """fprintd runs and has its name."""
        environ = {
            "PATH": os.environ["PATH"],
            "DBUS_SYSTEM_BUS_ADDRESS": self.address,
            "STATE_DIRECTORY": str(self._state),
            "G_MESSAGES_DEBUG": "all",
        }
        if with_reader:
            environ["FP_VIRTUAL_DEVICE"] = str(self._socket)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([DAEMON, "--no-timeout"], env=environ, stdout=log, stderr=log)
        self._until(lambda: bool(self.polkit.ask("NameHasOwner", "s", [NAME])[0]), "fprintd has no name")

    def dies(self, how: signal.Signals = signal.SIGKILL) -> None:
        """fprintd ends."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(WAIT_S)
            self._process = None
        self._until(lambda: not self.polkit.ask("NameHasOwner", "s", [NAME])[0], "fprintd still has its name")

    @contextmanager
    def hung(self) -> Iterator[None]:
        """fprintd answers nothing within the block."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def program(self) -> Program:
        """Another program of the same user."""
        return self._desktop._joined(Program(self._desktop, self.address))

    def enrols(self, finger: str = OURS) -> None:
        """The user's finger is enrolled: what the reader takes for it is its own name."""
        program = self.program()
        assert program.claims()
        program.calls_device("EnrollStart", finger)
        for _ in range(5):
            self.touch(finger)
        self._until(lambda: "enroll-completed" in self.said, "the finger is not enrolled")
        program.calls_device("EnrollStop")
        program.calls_device("Release")

    def touch(self, finger: str = OURS) -> None:
        """A finger is put on the reader, as soon as that is used."""
        self._tell(f"SCAN {finger}")

    def fumble(self) -> None:
        """A finger is put on it in a way that it does not get."""
        self._tell("RETRY 0")

    def is_unplugged(self) -> None:
        """It is pulled out."""
        self._tell("UNPLUG")

    def awaits_release(self) -> None:
        """Returns once nobody has it."""
        program = self.program()
        self._until(program.claims, "the reader is not released")
        program.calls_device("Release")

    @property
    def said(self) -> str:
        """What fprintd logged."""
        return self._log.read_text(errors="replace")

    def _tell(self, command: str) -> None:
        """Writes a command to the reader once it is used, and returns once it was taken: it hears one at a time."""
        taken = f"Received command {command}"
        before = self.said.count(taken)

        def is_sent() -> bool:
            with suppress(FileNotFoundError, ConnectionRefusedError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self._socket))
                connection.sendall(command.encode())
                return True
            return False

        self._until(is_sent, "nobody opens the reader")
        self._until(lambda: self.said.count(taken) > before, "the reader takes no command")

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline, f"{otherwise}: {self.said[-2000:]}"
            time.sleep(0.02)
