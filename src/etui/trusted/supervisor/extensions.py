"""The Extensions that run: each confined, with its key on the way from the vault; the Router is told when one ends.

While the user is asked for the passphrase, those that ran before the lock are started ahead, without keys (``spares``).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from etui.trusted.control import Connected, Ended, HandKey, Role
from etui.trusted.package import Package, PackageError, installed
from etui.trusted.supervisor.confined import Confine, StartedExtension, end_extension, start_extension
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import RouterLine
from etui.trusted.supervisor.spares import KEEP_S, Spares

if TYPE_CHECKING:
    from pathlib import Path

_MOST_SPARES: Final = 6
_AT_EVERY_QUESTION: Final = frozenset({"storage/1", "adviser/1", "relationship/1"})
"""What is asked before the user is, and what keeps the data of that and of nearly everything else."""
_AFTER_UNLOCK_S: Final = 20.0
"""For a first question, and what it is about."""
_SETTLED_S: Final = 1.0
"""After this long a start is over; it takes some ten milliseconds."""

HandOut = Callable[[HandKey, int], None]
"""Has the vault write a key into a pipe, and closes that here; without a vault the pipe stays empty."""


class ExtensionError(Exception):
    """An Extension is not started: it is not installed."""

    code = "extension"


class RunningExtensions:
    """Starts and ends the processes of Extensions. ``keep_s``: for how many seconds a spare waits to be used."""

    def __init__(
        self, home: Path, confine: Confine, endings: Endings, line: RouterLine, *, keep_s: float = KEEP_S
    ) -> None:
        self._home = home
        self._confine = confine
        self._endings = endings
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._log = os.dup(sys.stderr.fileno())
        self._running: dict[str, StartedExtension] = {}
        self._spares = Spares(self._begin, endings, keep_s)
        self._ran: dict[str, None] = {}
        """What was started since the last lock, in the order in which each was started last."""
        self._ran_before: tuple[str, ...] = ()
        self._router_ends = False

    def start(self, name: str, hand_out: HandOut) -> None:
        """Starts an Extension anew; raises ``ExtensionError``, ``EndedEarlyError`` or as ``start_extension`` does."""
        self._end(name)
        packages = {package.principal: package for package in installed(self._home).packages}
        package = packages.get(name)
        if package is None:
            self._spares.drop(name)
            raise ExtensionError(f"{name} is not installed")
        started = self._spares.take(package) or self._begin(package)
        self._running[name] = started
        self._ran.pop(name, None)
        self._ran[name] = None
        self._loop.add_reader(started.process.fileno(), self._ended, name, started)
        key = HandKey(installation=package.installation, publisher=package.manifest.publisher)
        hand_out(key, started.key_pipe)
        self._line.tell(Connected(role=Role.EXTENSION, name=name), started.connection)

    def _begin(self, package: Package) -> StartedExtension:
        self._endings.begin(package.principal)
        started = start_extension(package, confine=self._confine, home=self._home, log=self._log)
        self._loop.call_later(_SETTLED_S, started.process.settle)
        return started

    @property
    def has_spares(self) -> bool:
        """Whether some wait, as they do while the user is asked to unlock."""
        return self._spares.has_any

    def prepare_spares(self) -> None:
        """Starts ahead, without keys, what ran before the last lock, the last used first, and no more than six.

        What is asked before each question comes before them. Before the first unlock that alone is started, as far as
        it comes with Etui. Whatever fails is left to the start.
        """
        try:
            packages = {package.principal: package for package in installed(self._home).packages}
        except (PackageError, OSError):
            return
        if self._ran_before:
            ran = [packages[name] for name in self._ran_before if name in packages]
            wanted = sorted(ran, key=lambda package: not _is_asked_first(package))
        else:
            wanted = [package for package in packages.values() if package.supplied and _is_asked_first(package)]
        self._spares.prepare([one for one in wanted if one.principal not in self._running][:_MOST_SPARES])

    def unlocked(self) -> None:
        """The user has unlocked the wallet: what still waits is for what follows at once."""
        self._spares.keep(_AFTER_UNLOCK_S)

    def give_up(self, name: str) -> None:
        """Ends an Extension that gave its connection up, as if it had ended by itself; it may have."""
        if name in self._running:
            self._endings.note(name)
        self.stop(name)

    def stop(self, name: str) -> None:
        """Ends an Extension, if it runs, and a spare of it; nobody is told."""
        self._spares.drop(name)
        self._end(name)

    def expect_ends(self) -> None:
        """The Router is about to end: an Extension that sees it first and ends too has not ended early."""
        self._router_ends = True

    def stop_all(self) -> None:
        """Ends every Extension and every spare: first all are told to, then each is waited for."""
        for started in self._running.values():
            started.process.kill()
        self._spares.drop_all()
        for name in list(self._running):
            self._end(name)
        self._router_ends = False
        if self._ran:
            self._ran_before = tuple(reversed(self._ran))
            self._ran.clear()

    def _end(self, name: str) -> None:
        started = self._running.pop(name, None)
        if started is not None:
            self._loop.remove_reader(started.process.fileno())
            end_extension(started)

    def _ended(self, name: str, started: StartedExtension) -> None:
        self._loop.remove_reader(started.process.fileno())
        status = end_extension(started)
        del self._running[name]
        if not self._router_ends:
            self._endings.note(name)
        self._line.tell(Ended(role=Role.EXTENSION, name=name, reason=f"it ended with status {status}"))


def _is_asked_first(package: Package) -> bool:
    return not _AT_EVERY_QUESTION.isdisjoint(package.manifest.provides)
