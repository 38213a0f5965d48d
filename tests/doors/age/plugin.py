"""Debian's age, and the plugin as age starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from etui.testkit import TestWallet

SOURCE = Path(__file__).parents[3] / "src"
LAUNCHER = """#!/bin/sh
exec {python} -I -S {script} "$@"
"""
SCRIPT = """import sys
sys.path += {path!r}
from etui.doors.age.__main__ import run
run()
"""


def launcher(folder: Path) -> Path:
    """A folder with ``age-plugin-etui`` in it, which is this source."""
    binaries, libraries = folder / "bin", folder / "libexec"
    for made in (binaries, libraries):
        made.mkdir()
    packages = [path for path in sys.path if path.endswith("site-packages")]
    script = libraries / "age-plugin-etui"
    script.write_text(SCRIPT.format(path=[str(SOURCE), *packages]), encoding="utf-8")
    program = binaries / "age-plugin-etui"
    program.write_text(LAUNCHER.format(python=sys.executable, script=script), encoding="utf-8")
    program.chmod(0o755)
    return binaries


class Files:
    """A folder with files in it, and age to encrypt and decrypt them, in the environment of a wallet."""

    def __init__(self, folder: Path, wallet: TestWallet) -> None:
        for program in ("age", "age-keygen"):
            if not any(Path(place, program).exists() for place in os.environ["PATH"].split(":")):
                pytest.skip("needs package age")
        self.folder = folder
        self.wallet = wallet
        self.plugins = launcher(folder)
        path = f"{self.plugins}:{os.environ['PATH']}"
        self.environ = {**os.environ, **self.wallet.environ, "PATH": path, "HOME": str(folder)}

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def age(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """What age answers."""
        return subprocess.run(
            ["age", *arguments],
            env=self.environ,
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
            start_new_session=True,
        )

    def begun(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The same, while it runs."""
        return subprocess.Popen(
            ["age", *arguments], env=self.environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )

    def encrypted(self, content: bytes, *to: str) -> Path:
        """A file that is encrypted, by arguments such as ``-r`` and a recipient."""
        path = self.folder / "file.age"
        ran = self.age(*to, "-o", str(path), stdin=content)
        assert ran.returncode == 0, ran.stderr
        return path

    def decrypted(self, path: Path, identity: Path) -> bytes:
        """What is in an encrypted file."""
        ran = self.age("-d", "-i", str(identity), str(path))
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def refused(self, path: Path, identity: Path) -> str:
        """Why a file is not decrypted."""
        ran = self.age("-d", "-i", str(identity), str(path))
        assert ran.returncode != 0
        assert ran.stdout == b""
        return ran.stderr.decode()
