"""A wallet for a judge: unlocked, with the Secret Service on a bus of its own and a user who says yes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.wallets import folder, session_bus, unlocked_wallet

_CACHE: Final = Path(sys.prefix) / "judges"
_READY_S: Final = 20.0
_LIMIT_S: Final = 300.0


class Stage:
    """Where a judge runs: ``path``, a folder of its own, and the environment that leads to the wallet."""

    def __init__(self, path: Path, bus: dict[str, str]) -> None:
        self.path = path
        self._environ = {**os.environ, **bus, "HOME": str(path)}

    def run(self, *command: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            command,
            cwd=cwd or self.path,
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """The stage of one judge."""
    with (
        folder() as path,
        session_bus(path) as bus,
        unlocked_wallet(path / "w", doors=("secret-service",), environ=bus) as wallet,
    ):
        wallet.user.approves()  # each time, where who asks cannot be told from others and nothing is remembered
        deadline = time.monotonic() + _READY_S
        while '"state":"open"' not in wallet.etui("door", "--json").stdout.replace(" ", ""):
            if time.monotonic() > deadline:
                msg = "the Secret Service door does not open"
                raise RuntimeError(msg)
            time.sleep(0.1)
        judge = path / "judge"
        judge.mkdir()
        yield Stage(judge, bus)


def sources(requirement: Path, into: Path) -> Path:
    """The unpacked sources of the one package that a file of requirements names, which is downloaded once."""
    archives = _CACHE / requirement.stem
    if not list(archives.glob("*.tar.gz")):
        subprocess.run(
            [
                *(sys.executable, "-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--no-binary", requirement.stem, "--require-hashes"),
                *("--requirement", str(requirement), "--dest", str(archives)),
            ],
            check=True,
        )
    (archive,) = archives.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")
    return into / archive.name.removesuffix(".tar.gz")
