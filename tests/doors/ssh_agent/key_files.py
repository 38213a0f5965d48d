"""Private keys in files, as ssh-keygen makes them, and certificates for them by an authority of the test's own."""

from __future__ import annotations

import subprocess
from pathlib import Path


def key_file(folder: Path, name: str = "id", kind: str = "ed25519", *options: str) -> Path:
    """A new private key without a passphrase, its public part in a file beside it."""
    path = folder / name
    made = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name} of Ada", "-f", str(path), *options]
    subprocess.run(made, check=True)
    return path


def public(path: Path) -> str:
    """The public part, without the comment."""
    return " ".join(path.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])


def certified(authority: Path, path: Path, *options: str, identity: str = "ada", principals: str = "") -> Path:
    """A certificate for the public key of ``path``, beside it as OpenSSH looks for it."""
    named = ["-n", principals] if principals else []
    signed = ["ssh-keygen", "-q", "-s", str(authority), "-I", identity, *named, *options]
    subprocess.run([*signed, str(path.with_suffix(".pub"))], check=True)
    return path.with_name(f"{path.name}-cert.pub")
