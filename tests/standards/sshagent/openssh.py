"""The real OpenSSH for tests: its programs, and keys and certificates that they make."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec
import pytest

KINDS: Final = ("ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa")
_PATIENCE_S: Final = 60.0


def needed() -> None:
    """Skips a test where OpenSSH is not installed."""
    for program in ("ssh-keygen", "ssh-agent", "ssh-add"):
        if shutil.which(program) is None:
            pytest.skip("needs package openssh-client")


def ran(*command: str | Path, sock: Path | None = None, text: str = "", status: int = 0) -> str:
    """What a program prints on both; it is to end with ``status``, and has no terminal and no agent but ``sock``."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}
    if sock is not None:
        env["SSH_AUTH_SOCK"] = str(sock)
    done = subprocess.run(
        [*map(str, command)],
        input=text,
        capture_output=True,
        text=True,
        env=env,
        timeout=_PATIENCE_S,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def blob_of(line: str) -> bytes:
    """The key in a line of a public key."""
    return base64.b64decode(line.split()[1])


class KeyFile(msgspec.Struct, frozen=True):
    """A private key in a file, without a passphrase, with its public key beside it."""

    path: Path
    public: bytes

    @property
    def public_path(self) -> Path:
        return self.path.with_name(self.path.name + ".pub")

    @property
    def certificate_path(self) -> Path:
        return self.path.with_name(self.path.name + "-cert.pub")

    def certify(self, subject: KeyFile, *options: str) -> bytes:
        """Makes a certificate for another key, beside it, and gives it as it is written."""
        ran("ssh-keygen", "-q", "-s", self.path, *options, subject.public_path)
        return blob_of(subject.certificate_path.read_text())


def key_file(folder: Path, kind: str, name: str = "") -> KeyFile:
    """A new key of a kind of ``KINDS``."""
    needed()
    path = folder / (name or kind)
    algorithm, _, bits = kind.partition("-")
    size = ("-b", bits or "2048") if algorithm != "ed25519" else ()
    ran("ssh-keygen", "-q", "-t", algorithm, *size, "-N", "", "-C", f"{name or kind} of a test", "-f", path)
    return KeyFile(path, blob_of(path.with_name(path.name + ".pub").read_text()))
