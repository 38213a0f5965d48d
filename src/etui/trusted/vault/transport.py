"""The way to a TPM: the kernel's device with a resource manager, or the socket of a software TPM in a test profile."""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from pathlib import Path
from typing import Final

from etui.standards.tpm2 import HEADER_BYTES, MAX_MESSAGE_BYTES
from etui.trusted.vault.errors import TpmUnusableError

DEVICE: Final = Path("/dev/tpmrm0")
_ANSWER_S: Final = 30.0
"""A TPM may test itself first, and make a key."""


class Transport:
    """One connection: a command goes, its answer comes back. Raises ``TpmUnusableError`` where there is no way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._descriptor = -1
        try:
            if stat.S_ISSOCK(path.stat().st_mode):
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
                self._socket.settimeout(_ANSWER_S)
                self._socket.connect(str(path))
            else:
                self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            self.close()
            raise _gone(path, error.strerror or str(error)) from None

    def transmit(self, command: bytes) -> bytes:
        """The answer to ``command``; raises ``TpmUnusableError`` where none comes."""
        try:
            if self._socket is not None:
                return _over_socket(self._socket, command)
            os.write(self._descriptor, command)
            waiting = select.poll()
            waiting.register(self._descriptor, select.POLLIN)
            if not waiting.poll(_ANSWER_S * 1000):
                raise TimeoutError(0, "it does not answer")
            return os.read(self._descriptor, MAX_MESSAGE_BYTES)
        except OSError as error:
            raise _gone(self._path, error.strerror or str(error)) from None

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _over_socket(sock: socket.socket, command: bytes) -> bytes:
    """A stream: an answer's header says how long it is."""
    sock.sendall(command)
    deadline, answer, size = time.monotonic() + _ANSWER_S, b"", HEADER_BYTES
    while len(answer) < size:
        part = sock.recv(size - len(answer))
        if not part:
            raise ConnectionResetError(0, "it closed the connection")
        answer += part
        if len(answer) >= HEADER_BYTES:
            size = int.from_bytes(answer[2:6], "big")
        if size > MAX_MESSAGE_BYTES or time.monotonic() > deadline:
            raise ConnectionError(0, "what it answers has no end")
    return answer


def _gone(path: Path, why: str) -> TpmUnusableError:
    return TpmUnusableError(
        f"the TPM at {path} cannot be used ({why}): the passphrase opens the wallet as before; `etui doctor` says more"
    )
