"""A Shell of a wallet, started as a person starts it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec


@contextlib.contextmanager
def shell_of(environ: Mapping[str, str]) -> Iterator[str]:
    """The link of a Shell of the wallet that this environment names; it ends with the ``with``."""
    command = [str(Path(sys.executable).with_name("etui")), "shell", "--no-open", "--json"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = ""
            while process.stdout is not None and (line := process.stdout.readline()):
                told += line
                if line.startswith("}"):
                    break
            yield msgspec.json.decode(told)["link"]
        finally:
            process.terminate()
