"""A TPM 2.0 for tests: Debian's ``swtpm``, a real one in software, behind what the kernel's ``/dev/tpmrm0`` does.

The relay in front of it forgets what a connection left loaded when that ends, as the kernel's resource manager does. It
also stands where somebody on the bus would: it keeps what passes, and a test may have it alter or hold back a message.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Self

import pytest

WAIT_S: Final = 60.0
LOCKOUT_AUTH: Final = b"of the machine's owner"
_OWNER, _LOCKOUT, _PLATFORM, _PASSWORD = 0x4000_0001, 0x4000_000A, 0x4000_000C, 0x4000_0009
_CLEAR, _CHANGE_AUTH, _RESET_LOCKOUT, _SET_LOCKOUT = 0x126, 0x129, 0x139, 0x13A
_GET_CAPABILITY, _FLUSH = 0x17A, 0x165
_HANDLES: Final = 1
_TRANSIENT, _SESSIONS = 0x8000_0000, 0x0200_0000

Alter = Callable[[bytes], bytes | None]


class SoftTpm:
    """One TPM, whose memory lies in ``folder``; as a context manager it runs. ``path``: where programs find it."""

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self.folder = folder
        self.path = folder / "tpm" if path is None else path
        self.heard: list[tuple[bytes, bytes]] = []
        """Each command that passed, with its answer."""
        self.command: Alter | None = None
        """What becomes of a command on its way; None ends the connection."""
        self.answer: Alter | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._tpm: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        raw = self.folder / "raw"
        arguments = ["--tpm2", "--tpmstate", f"dir={self.folder / 'state'}", "--flags", "not-need-init,startup-clear"]
        arguments += ["--server", f"type=unixio,path={raw}", "--ctrl", f"type=unixio,path={self.folder / 'control'}"]
        raw.unlink(missing_ok=True)
        (self.folder / "state").mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(["swtpm", "socket", *arguments], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_S
        while True:
            self._tpm = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._tpm.settimeout(WAIT_S)
            try:
                self._tpm.connect(str(raw))
                break
            except OSError:
                self._tpm.close()
                assert self._process.poll() is None, "swtpm ended"
                assert time.monotonic() < deadline, "swtpm does not answer"
                time.sleep(0.01)
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, args=(self._listener,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._listener is not None
        assert self._tpm is not None
        assert self._process is not None
        assert self._thread is not None
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(WAIT_S)
        self._listener.close()
        self._tpm.close()
        self._process.terminate()
        self._process.wait(WAIT_S)
        self.path.unlink()

    def replace(self) -> None:
        """Puts another TPM in its place, as of another machine."""
        self.__exit__()
        shutil.rmtree(self.folder / "state")
        self.__enter__()
        self.guard()

    # what the owner of the machine may do

    def guard(self, *, tries: int = 5, interval_s: int = 1000) -> None:
        """Gives the lock-out an authorization, and says how many wrong tries are taken."""
        self.ask(_CHANGE_AUTH, _LOCKOUT, _sized(LOCKOUT_AUTH))
        self.set_lockout(tries, interval_s)
        self.set_lockout(tries, interval_s)

    def set_lockout(self, tries: int, interval_s: int) -> None:
        numbers = b"".join(number.to_bytes(4, "big") for number in (tries, interval_s, interval_s))
        self.ask(_SET_LOCKOUT, _LOCKOUT, numbers, LOCKOUT_AUTH)

    def reset_lockout(self) -> None:
        self.ask(_RESET_LOCKOUT, _LOCKOUT, b"", LOCKOUT_AUTH)

    def clear(self) -> None:
        """As the firmware's menu does."""
        self.ask(_CLEAR, _PLATFORM, b"")

    def own(self) -> None:
        """Gives the owner an authorization."""
        self.ask(_CHANGE_AUTH, _OWNER, _sized(b"owned"))

    def ask(self, code: int, handle: int, parameters: bytes, auth: bytes = b"") -> bytes:
        area = _PASSWORD.to_bytes(4, "big") + _sized(b"") + b"\0" + _sized(auth)
        body = handle.to_bytes(4, "big") + len(area).to_bytes(4, "big") + area + parameters
        answer = self._exchange(_message(0x8002, code, body))
        assert answer[6:10] == bytes(4), answer.hex()
        return answer

    @property
    def wrong_tries(self) -> int:
        """What it has counted."""
        wanted = b"".join(number.to_bytes(4, "big") for number in (6, 0x20E, 1))
        return int.from_bytes(self._exchange(_message(0x8001, _GET_CAPABILITY, wanted))[-4:], "big")

    @property
    def loaded(self) -> list[int]:
        """What is loaded: objects and sessions."""
        found = []
        for first in (_TRANSIENT, _SESSIONS):
            wanted = b"".join(number.to_bytes(4, "big") for number in (_HANDLES, first, 64))
            answer = self._exchange(_message(0x8001, _GET_CAPABILITY, wanted))
            handles = answer[19:]
            found += [int.from_bytes(handles[at : at + 4], "big") for at in range(0, len(handles), 4)]
        return found

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(WAIT_S)
                with contextlib.suppress(OSError):
                    while self._pass_on(connection):
                        pass
                for handle in self.loaded:
                    self._exchange(_message(0x8001, _FLUSH, handle.to_bytes(4, "big")))

    def _pass_on(self, connection: socket.socket) -> bool:
        command = _received(connection)
        if not command:
            return False
        sent = command if self.command is None else self.command(command)
        if sent is None:
            return False
        answer = self._exchange(sent)
        self.heard.append((sent, answer))
        told = answer if self.answer is None else self.answer(answer)
        if told is None:
            return False
        connection.sendall(told)
        return True

    def _exchange(self, message: bytes) -> bytes:
        with self._turn:
            assert self._tpm is not None
            self._tpm.sendall(message)
            return _received(self._tpm)


def code_of(command: bytes) -> int:
    return int.from_bytes(command[6:10], "big")


def _message(tag: int, code: int, body: bytes) -> bytes:
    return tag.to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big") + code.to_bytes(4, "big") + body


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def _received(connection: socket.socket) -> bytes:
    message, size = b"", 10
    while len(message) < size:
        part = connection.recv(size - len(message))
        if not part:
            return b""
        message += part
        if len(message) >= 10:
            size = int.from_bytes(message[2:6], "big")
    return message


@contextlib.contextmanager
def soft_tpm(folder: Path, path: Path | None = None) -> Iterator[SoftTpm]:
    """A TPM that counts so that it guards; skips where there is none."""
    if shutil.which("swtpm") is None:
        pytest.skip("needs package swtpm")
    with SoftTpm(folder, path) as tpm:
        tpm.guard()
        yield tpm
