"""A confined process of the test itself, and both ends of what it is given."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from etui.trusted.sandbox import Confined, Confinement, Possible, probe, python_runtime, start

PATIENCE_S = 60
SLEEP = "import os, signal\nos.write(3, b'up')\nsignal.pause()"


class Ends:
    """Both ends of what a confined process is given."""

    def __init__(self, stack: ExitStack) -> None:
        self.channel, self.theirs = (stack.enter_context(end) for end in socket.socketpair())
        self.channel.settimeout(PATIENCE_S)
        self.key = os.open(os.devnull, os.O_RDONLY)
        self.log = os.open(os.devnull, os.O_WRONLY)
        stack.callback(os.close, self.key)
        stack.callback(os.close, self.log)

    def start(self, *argv: str, folder: Path | None = None, bubblewrap: Path | None = None) -> Confined:
        if bubblewrap is None:
            possible = probe()
            assert isinstance(possible, Possible), possible
            bubblewrap = possible.bubblewrap
        confinement = Confinement(argv=argv, code=python_runtime(), folder=folder)
        channel = self.theirs.fileno()
        confined = start(confinement, channel=channel, key=self.key, log=self.log, bubblewrap=bubblewrap)
        self.theirs.close()
        return confined


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-B", "-c", program)
