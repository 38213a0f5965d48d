"""The tour as user nobody, where it is root that plays it: a wallet belongs to no root."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from etui.cli.exits import Exit

if TYPE_CHECKING:
    from etui.cli.output import Output

_NOBODY: Final = 65534
_NOBODYS: Final = {"HOME": "/nonexistent", "USER": "nobody", "LOGNAME": "nobody"}


def play_as_nobody(output: Output) -> int | None:
    """The exit status of the tour as user nobody; None where it cannot be played so, which is said."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | _NOBODYS
    readable, _ = _run(["-c", "import etui.cli.tour"], environ, stdout=subprocess.DEVNULL)
    if readable == 0:
        json = ["--json"] if output.as_json else []
        status, said = _run(["-m", "etui.cli", "run", "--tour", *json], environ, stdout=None)
        if status != Exit.NO_CONFINEMENT:
            sys.stderr.write(said)
            return status
        output.note("etui: this user cannot confine Extensions here, so the tour runs as root")
    else:
        output.note("etui: no other user can read this installation, so the tour runs as root")
    return None


def _run(arguments: list[str], environ: dict[str, str], *, stdout: int | None) -> tuple[int, str]:
    """The exit status, and what was said on standard error."""
    command = [sys.executable, "-I", *arguments]
    try:
        process = subprocess.Popen(
            command,
            env=environ,
            cwd="/",
            user=_NOBODY,
            group=_NOBODY,
            extra_groups=[],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
    except OSError:  # the interpreter is not for others, or this root may not become another user
        return Exit.FAILED, ""
    try:
        _, said = process.communicate()
        return process.returncode, said
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
