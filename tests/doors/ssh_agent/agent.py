"""A wallet with an open SSH agent, as programs and as a client that speaks the protocol itself see it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from etui.interfaces import crypto_1 as crypto
from etui.standards.sshagent import (
    IdentitiesAnswer,
    MessageReader,
    Reply,
    Request,
    RequestIdentities,
    encode_request,
    frame,
    parse_reply,
)
from etui.testkit import TestWallet

_OPEN_S = 10.0


class AgentWallet:
    """The wallet and its agent's socket."""

    def __init__(self, wallet: TestWallet) -> None:
        self.wallet = wallet
        self.path = wallet.socket.with_name("ssh-agent")
        self.environ = {**wallet.environ, "SSH_AUTH_SOCK": str(self.path), "PATH": os.environ["PATH"]}

    def key(self, label: str = "Work", algorithm: str = "ed25519", *, ssh: bool = True) -> str:
        """Makes a key; its public part as OpenSSH writes it."""
        request = crypto.Generate(algorithm=algorithm, label=label, ssh=ssh)  # type: ignore[arg-type]
        with self.wallet.connect() as client:
            return client.call(request).item.attributes["public"]

    def rsa_key(self) -> str:
        """Brings in an RSA key from a file of OpenSSH's; its public part."""
        path = self.wallet.folder / "old"
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(path)], check=True)
        assert self.wallet.etui("key", "import", str(path)).returncode == 0
        path.unlink()
        return path.with_suffix(".pub").read_text(encoding="utf-8").strip()

    def run(self, *command: str, cwd: Path | None = None, by: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a program that finds the agent; ``by``: from a script of this name, which is who asks."""
        if by:
            script = self.wallet.folder / by
            script.write_text('#!/bin/sh\n"$@"\n', encoding="utf-8")  # no exec: the script stays its ancestor
            command = ("/bin/sh", str(script), *command)
        return subprocess.run(
            command,
            env=self.environ,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def connect(self) -> Talk:
        """A connection of this process's own; returns once the agent listens."""
        deadline = time.monotonic() + _OPEN_S
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(30)
            try:
                sock.connect(str(self.path))
            except OSError:
                sock.close()
                assert time.monotonic() < deadline, "the agent does not listen"
                time.sleep(0.05)
            else:
                return Talk(sock)

    def asked(self) -> list[dict[str, Any]]:
        """The questions put to the user so far."""
        return self.wallet.user.asked()


class Talk:
    """One connection to the agent."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._reader = MessageReader()
        self._replies: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def ask(self, request: Request) -> Reply:
        """Sends a request and returns the reply."""
        self.sock.sendall(frame(encode_request(request)))
        return self.reply()

    def reply(self) -> Reply:
        """The next reply; raises ``ConnectionError`` where the agent has hung up."""
        while not self._replies:
            data = self.sock.recv(1 << 16)
            if not data:
                raise ConnectionError("the agent hung up")
            self._replies += self._reader.feed(data)
        return parse_reply(self._replies.pop(0))

    def keys(self) -> list[bytes]:
        """The public keys that the agent lists."""
        answer = self.ask(RequestIdentities())
        assert isinstance(answer, IdentitiesAnswer)
        return [identity.key for identity in answer.identities]
