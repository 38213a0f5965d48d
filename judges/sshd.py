"""A real sshd on the loopback, with a key of its own, into which its user logs in by key."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

SSHD = "/usr/sbin/sshd"
_START_S = 10.0
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
TrustedUserCAKeys {folder}/authorities
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowAgentForwarding yes
"""


class Server(msgspec.Struct, frozen=True):
    """One sshd: where it listens, its folder, and its host key's fingerprint."""

    folder: Path
    port: int
    fingerprint: str

    def trusts(self, authority: str) -> None:
        """Trusts this public key as that of an authority for users."""
        (self.folder / "authorities").write_text(authority + "\n", encoding="utf-8")

    def lets_in(self, public: str) -> None:
        """Authorises this public key."""
        (self.folder / "authorized_keys").write_text(public + "\n", encoding="utf-8")

    @property
    def key(self) -> str:
        """Its host key as OpenSSH writes it, without a comment."""
        return " ".join((self.folder / "host_key.pub").read_text(encoding="utf-8").split()[:2])

    def command(self, *remote: str, forwards: bool = False) -> list[str]:
        """What logs in and runs something there, with the agent alone; ``forwards``: and lends it the agent."""
        known = self.folder / "known_hosts"
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": str(known),
            "GlobalKnownHostsFile": "/dev/null",
            "IdentityFile": "none",
            "PreferredAuthentications": "publickey",
            "LogLevel": "ERROR",
        }
        given = [text for name, value in options.items() for text in ("-o", f"{name}={value}")]
        forwarding = ["-A"] if forwards else []
        return [
            "ssh",
            "-F",
            "none",
            *forwarding,
            *given,
            "-p",
            str(self.port),
            f"{getpass.getuser()}@127.0.0.1",
            *remote,
        ]


@contextlib.contextmanager
def server(folder: Path, also: str = "") -> Iterator[Server]:
    """An sshd with a key of its own, which runs until the block ends; ``also``: more lines of its configuration."""
    folder.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host_key")], check=True)
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(folder / "host_key.pub")], check=True, capture_output=True, text=True
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it separates privileges
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "authorities").touch()
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder) + also, encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log)
        try:
            _await_port(port, folder / "log")
            yield Server(folder, port, listed.stdout.split()[1])
        finally:
            process.terminate()
            process.wait(10)


def _await_port(port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.05)
        else:
            return
