"""Keyless spares: Extensions that were started ahead, while the user types the passphrase, each for one start.

Rules:

1. A spare is confined and limited like any other Extension, and has no key: nobody writes into its key's pipe before it
   is used. It reaches nobody: nobody reads its connection before that.
2. Each is used once, by a start of the very package that it was started from.
3. One that nobody uses is dropped a while after the last call to prepare, or after the unlock, and with everything else
   at a lock.
4. Failures here are told to nobody: the start that was asked for meets the same. One that ends by itself counts as an
   early end, so that what keeps ending is started as rarely as ever.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.sandbox import SandboxError
from etui.trusted.supervisor.confined import StartedExtension, end_extension
from etui.trusted.supervisor.endings import EndedEarlyError, Endings

if TYPE_CHECKING:
    from etui.trusted.package import Package

KEEP_S: Final = 120.0
"""As long as a person may take to type a passphrase, find a mistake in it and type it again."""


class _Spare(msgspec.Struct, frozen=True):
    package: Package
    started: StartedExtension


class Spares:
    """The spares of the moment, by the names of their Extensions.

    ``start``: starts a package's process and counts the start; raises as ``start_extension`` does, ``EndedEarlyError``
    too. ``keep_s``: for how many seconds a spare waits to be used.
    """

    def __init__(self, start: Callable[[Package], StartedExtension], endings: Endings, keep_s: float = KEEP_S) -> None:
        self._start = start
        self._endings = endings
        self._keep_s = keep_s
        self._loop = asyncio.get_running_loop()
        self._spares: dict[str, _Spare] = {}
        self._due: asyncio.TimerHandle | None = None

    @property
    def has_any(self) -> bool:
        """Whether one waits."""
        return bool(self._spares)

    def prepare(self, packages: Iterable[Package]) -> None:
        """Sees to it that there is a spare of each of these; all that there are wait from now on."""
        for package in packages:
            self._prepare(package)
        self.keep(self._keep_s)

    def keep(self, seconds: float) -> None:
        """Has those that there are wait so long from now on, and no longer."""
        self._forget_due()
        self._due = self._loop.call_later(seconds, self.drop_all)

    def _prepare(self, package: Package) -> None:
        spare = self._spares.get(package.principal)
        if spare is not None and _is_same(spare.package, package):
            return
        self.drop(package.principal)
        try:
            started = self._start(package)
        except (EndedEarlyError, SandboxError, OSError):
            return  # the start that is asked for says why
        self._spares[package.principal] = _Spare(package, started)
        self._loop.add_reader(started.process.fileno(), self._ended, package.principal)

    def take(self, package: Package) -> StartedExtension | None:
        """The spare of this package, which is none any more; one of the same name that is of no use is dropped."""
        spare = self._spares.get(package.principal)
        if spare is None:
            return None
        if spare.started.process.poll() is not None:
            self._ended(package.principal)
            return None
        if not _is_same(spare.package, package):
            self.drop(package.principal)
            return None
        self._release(package.principal)
        self._endings.resume(package.principal)
        return spare.started

    def drop(self, name: str) -> None:
        """Ends the spare of this Extension, if there is one."""
        if name in self._spares:
            _end(self._release(name))

    def drop_all(self) -> None:
        """Ends every spare: first all are told to, then each is waited for."""
        self._forget_due()
        for spare in self._spares.values():
            spare.started.process.kill()
        for name in list(self._spares):
            self.drop(name)

    def _ended(self, name: str) -> None:
        """It has ended by itself."""
        _end(self._release(name))
        self._endings.note(name)

    def _release(self, name: str) -> StartedExtension:
        started = self._spares.pop(name).started
        self._loop.remove_reader(started.process.fileno())
        return started

    def _forget_due(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


def _end(started: StartedExtension) -> None:
    end_extension(started)  # before its pipe closes: one that lives on for a moment would say that it got no key
    os.close(started.key_pipe)
    started.connection.close()


def _is_same(one: Package, other: Package) -> bool:
    """Whether two packages are one installation, with the same files and started in the same way.

    Their interfaces follow from their files, and are compared by no value.
    """
    return msgspec.structs.replace(one, documents=()) == msgspec.structs.replace(other, documents=())
