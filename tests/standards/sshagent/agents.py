"""Agents for tests: OpenSSH's, asked by our client, and one of ours, asked by OpenSSH's programs."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.standards.sshagent.openssh import needed

from etui.standards.sshagent import (
    Failure,
    MessageReader,
    Reply,
    Request,
    SshAgentError,
    encode_reply,
    encode_request,
    frame,
    parse_reply,
    parse_request,
)

_PATIENCE_S: Final = 60.0


class Client:
    """Our side of a connection to an agent."""

    def __init__(self, path: Path) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(_PATIENCE_S)
        self._sock.connect(str(path))
        self._reader = MessageReader()

    def ask(self, request: Request) -> Reply:
        return parse_reply(self.ask_raw(encode_request(request)))

    def ask_raw(self, message: bytes) -> bytes:
        self._sock.sendall(frame(message))
        while True:
            data = self._sock.recv(65536)
            assert data, "the agent hung up"
            messages = self._reader.feed(data)
            if messages:
                (answer,) = messages
                return answer

    def close(self) -> None:
        self._sock.close()


@contextlib.contextmanager
def real_agent(folder: Path) -> Iterator[Path]:
    """OpenSSH's agent in a folder; gives its socket, and ends it by its pid."""
    needed()
    path = folder / "agent"
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as agent:
        try:
            _await_socket(path)
            yield path
        finally:
            agent.terminate()
            agent.wait(_PATIENCE_S)


def _await_socket(path: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        assert time.monotonic() < end, "the agent does not listen"
        time.sleep(0.01)


class OurAgent:
    """An agent of ours on a socket: each request is kept, with its message, and answered by a function."""

    def __init__(self, path: Path, answer: Callable[[Request], Reply]) -> None:
        self.path = path
        self.messages: list[bytes] = []
        self.requests: list[Request] = []
        self.errors: list[SshAgentError] = []
        self._answer = answer
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.bind(str(path))
        self._sock.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._sock.accept()
            with connection:
                reader = MessageReader()
                while data := connection.recv(1000):
                    for message in reader.feed(data):
                        if message == b"end":
                            return
                        connection.sendall(frame(encode_reply(self._answered(message))))

    def _answered(self, message: bytes) -> Reply:
        try:
            request = parse_request(message)
        except SshAgentError as error:
            self.errors.append(error)
            return Failure()
        self.messages.append(message)
        self.requests.append(request)
        return self._answer(request)

    def end(self) -> None:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as last:
            last.connect(str(self.path))
            last.sendall(frame(b"end"))
            self._thread.join(_PATIENCE_S)
        self._sock.close()
        self.path.unlink()


@contextlib.contextmanager
def our_agent(folder: Path, answer: Callable[[Request], Reply]) -> Iterator[OurAgent]:
    """An agent of ours in a folder."""
    agent = OurAgent(folder / "ours", answer)
    try:
        yield agent
    finally:
        agent.end()
