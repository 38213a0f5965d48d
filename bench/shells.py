"""A Shell of a wallet, started as a person starts it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

_END_S = 30.0


@contextlib.contextmanager
def shell_of(
    environ: Mapping[str, str],
    *,
    command: Sequence[str] = (),
    errors: IO[bytes] | None = None,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Iterator[str]:
    """The link of a Shell of the wallet that this environment names; it ends with the ``with``.

    ``command``: what starts it instead of ``etui``. ``errors``: where its faults are written, by default where ours
    are. ``ends_by``: the signal that ends it. Raises ``RuntimeError`` where it does not start.
    """
    words = [*(command or (str(Path(sys.executable).with_name("etui")),)), "shell", "--no-open", "--json"]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        try:
            told = ""
            while process.stdout is not None and (line := process.stdout.readline()):
                told += line
                if line.startswith("}"):
                    break
            if not told:
                msg = "the Shell did not start"
                raise RuntimeError(msg)
            yield msgspec.json.decode(told)["link"]
        finally:
            process.send_signal(ends_by)
            process.wait(_END_S)
