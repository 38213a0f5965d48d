"""Serves ``adviser/1`` and ``likeness/1``."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from etui.extensions.guard.errors import UnknownExceptionError, UnlikeError
from etui.extensions.guard.hosts import ascii_form, read_host
from etui.extensions.guard.judging import Likeness, acquainted, judge, key_of
from etui.extensions.guard.likeness import host_likeness, is_near
from etui.extensions.guard.memory import Memory, Met, Trusted
from etui.interfaces import Prepared
from etui.interfaces import adviser_1 as adviser
from etui.interfaces import likeness_1 as likeness
from etui.sdk import Extension, ProtocolError, RemoteError, prepares, provides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.sdk import Call, Item


class Guard(Extension):
    """Advises on who looks like somebody else."""

    _memory: Memory

    def begin(self) -> None:
        """Reads what is kept; without it the guard goes by those whom the wallet itself knows."""
        self._memory = Memory(self.store)
        try:
            self._memory.load()
        except RemoteError as error:
            sys.stderr.write(f"what the guard remembers could not be loaded: {error}\n")

    def inventory(self) -> Sequence[Item]:
        """Every trusted look-alike."""
        return [trusted.item() for trusted in self._memory.trusted]

    def locate(self, ids: Sequence[str]) -> list[Item]:
        """The entries of these, as far as they are there."""
        return [trusted.item() for trusted in map(self._memory.find, ids) if trusted is not None]

    @provides(adviser.Advise)
    def advise(self, request: adviser.Advise, _: Call) -> adviser.AdviseResult:
        """Answers ``adviser/1.advise``."""
        hosts = acquainted(request.known, ((met.host, met.since) for met in self._memory.met))
        found = judge(request.parties, request.known, hosts, self._memory.is_trusted)
        return adviser.AdviseResult(stop=None if found is None else _told(found))

    @provides(adviser.Agreed)
    def agreed(self, request: adviser.Agreed, _: Call) -> adviser.AgreedResult:
        """Answers ``adviser/1.agreed``."""
        of_others = (host for party in request.parties if party.role != "extension" for host in party.hosts)
        read = (read_host(host) for host in of_others)
        new = self._memory.meet({host.registered for host in read if host is not None}, int(time.time()))
        if new:  # beside the next question, which does not wait for the disk
            threading.Thread(target=self._keep, args=(new,), daemon=True).start()
        return adviser.AgreedResult()

    def _keep(self, met: list[Met]) -> None:
        try:
            self._memory.keep(met)
        except ProtocolError as error:
            sys.stderr.write(f"whom the user met is known until the lock alone: {error.message}\n")

    @prepares(likeness.Trust)
    def before_trust(self, request: likeness.Trust, _: Call) -> Prepared:
        """Says beforehand what the user would trust."""
        _check_alike(request)
        return Prepared(notes=[f"{_spelt(request.name)} is one name, {_spelt(request.like)} another."])

    @provides(likeness.Trust)
    def trust(self, request: likeness.Trust, call: Call) -> likeness.TrustResult:
        """Answers ``likeness/1.trust``."""
        _check_alike(request)
        trusted = Trusted(key_of(request.name), key_of(request.like), int(time.time()))
        call.makes(trusted.item())
        self._memory.trust(trusted)
        return likeness.TrustResult(exception=trusted.item())

    @provides(likeness.Find)
    def find(self, _: likeness.Find, __: Call) -> likeness.FindResult:
        """Answers ``likeness/1.find``."""
        return likeness.FindResult(exceptions=[trusted.item() for trusted in self._memory.trusted])

    @provides(likeness.Distrust)
    def distrust(self, request: likeness.Distrust, _: Call) -> likeness.DistrustResult:
        """Answers ``likeness/1.distrust``."""
        trusted = self._memory.find(request.exception)
        if trusted is None:
            raise UnknownExceptionError
        self._memory.distrust(trusted)
        return likeness.DistrustResult()


def _check_alike(request: likeness.Trust) -> None:
    """Raises ``UnlikeError`` where one name is not stopped for looking like the other."""
    seen, known = read_host(request.name), read_host(request.like)
    alike = (
        host_likeness(seen, known) is not None
        if seen is not None and known is not None
        else is_near(request.name, request.like)
    )
    if not alike:
        raise UnlikeError(request.name, request.like)


def _told(found: Likeness) -> str:
    """What the user reads of a likeness."""
    since = ", known here" + (f" since {_day(found.since)}" if found.since else "")
    text = f"“{found.name}” looks like “{found.like}”{since}, and is not the same: {found.how.value}."
    return f"{text} If you know that it is honest, `etui call likeness/1 trust` takes it for itself from then on."


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, tz=UTC):%-d %B %Y}"


def _spelt(name: str) -> str:
    """A name with what its letters are, where they are not all of ASCII."""
    host = read_host(name)
    spelt = ascii_form(host) if host is not None else name.encode("ascii", "backslashreplace").decode()
    return f"“{name}”" if spelt == name else f"“{name}” (written {spelt})"
