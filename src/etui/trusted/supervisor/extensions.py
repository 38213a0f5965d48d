"""The Extensions that run: each confined, with its key on the way from the vault; the Router is told when one ends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from etui.trusted.control import Connected, Ended, HandKey, Role
from etui.trusted.package import installed
from etui.trusted.supervisor.confined import StartedExtension, start_extension
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import RouterLine

_GRACE_S: Final = 2.0
_SETTLED_S: Final = 1.0
"""After this long a start is over; it takes some ten milliseconds."""

HandOut = Callable[[HandKey, int], None]
"""Has the vault write a key into a pipe, and closes that here; without a vault the pipe stays empty."""


class ExtensionError(Exception):
    """An Extension is not started: it is not installed."""

    code = "extension"


class RunningExtensions:
    """Starts and ends the processes of Extensions."""

    def __init__(self, home: Path, bubblewrap: Path, endings: Endings, line: RouterLine) -> None:
        self._home = home
        self._bubblewrap = bubblewrap
        self._endings = endings
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._log = os.dup(sys.stderr.fileno())
        self._running: dict[str, StartedExtension] = {}

    def start(self, name: str, hand_out: HandOut) -> None:
        """Starts an Extension anew; raises ``ExtensionError``, ``EndedEarlyError`` or as ``start_extension`` does."""
        self.stop(name)
        packages = {package.principal: package for package in installed(self._home).packages}
        package = packages.get(name)
        if package is None:
            raise ExtensionError(f"{name} is not installed")
        self._endings.begin(name)
        started = start_extension(package, bubblewrap=self._bubblewrap, home=self._home, log=self._log)
        self._running[name] = started
        self._loop.add_reader(started.process.fileno(), self._ended, name, started)
        self._loop.call_later(_SETTLED_S, started.process.settle)
        key = HandKey(installation=package.installation, publisher=package.manifest.publisher)
        hand_out(key, started.key_pipe)
        self._line.tell(Connected(role=Role.EXTENSION, name=name), started.connection)

    def give_up(self, name: str) -> None:
        """Ends an Extension that gave its connection up, as if it had ended by itself; it may have."""
        if name in self._running:
            self._endings.note(name)
        self.stop(name)

    def stop(self, name: str) -> None:
        """Ends an Extension, if it runs; nobody is told."""
        started = self._running.pop(name, None)
        if started is not None:
            self._loop.remove_reader(started.process.fileno())
            started.process.kill()
            started.process.wait(_GRACE_S)
            started.process.close()
            started.said.finish()

    def stop_all(self) -> None:
        """Ends every Extension: first all are told to, then each is waited for."""
        for started in self._running.values():
            started.process.kill()
        for name in list(self._running):
            self.stop(name)

    def _ended(self, name: str, started: StartedExtension) -> None:
        self._loop.remove_reader(started.process.fileno())
        status = started.process.wait(_GRACE_S)
        started.process.close()
        started.said.finish()
        del self._running[name]
        self._endings.note(name)
        self._line.tell(Ended(role=Role.EXTENSION, name=name, reason=f"it ended with status {status}"))
