"""Serves ``adviser/1`` and ``likeness/1``."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from etui.extensions.guard.errors import UnknownExceptionError, UnlikeError
from etui.extensions.guard.hosts import ascii_form, read_host
from etui.extensions.guard.judging import Likeness, acquainted, judge, key_of
from etui.extensions.guard.likeness import host_likeness, is_near
from etui.extensions.guard.memory import Memory, Met, Trusted, Unwarned
from etui.interfaces import Prepared
from etui.interfaces import adviser_1 as adviser
from etui.interfaces import likeness_1 as likeness
from etui.sdk import Extension, ProtocolError, RemoteError, prepares, provides

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etui.sdk import Call, Item

_MOST_SAID = 3
_MOST_CHARACTERS = 150
"""Of a name in what the user is told, which has to fit."""


class Guard(Extension):
    """Advises on who looks like somebody else."""

    _memory: Memory
    _said: list[Unwarned]
    """What the last question that it advised on says of yeses that were given without it."""

    def begin(self) -> None:
        """Reads what is kept; without it the guard goes by those whom the wallet itself knows."""
        self._said = []
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
        found = self._judge(request.parties, request.known, request.dealt or ())
        self._said = [one for one in self._memory.unwarned if not one.is_told][:_MOST_SAID]
        advice = [_confessed(one) for one in self._said]
        return adviser.AdviseResult(advice=advice or None, stop=None if found is None else self._told(found))

    @provides(adviser.Agreed)
    def agreed(self, request: adviser.Agreed, _: Call) -> adviser.AgreedResult:
        """Answers ``adviser/1.agreed``."""
        others = [party for party in request.parties if party.role != "extension"]
        unwarned: list[Unwarned] = []
        now = int(time.time())
        if request.unheard:
            found = {id(one): self._judge([one], request.known or (), request.dealt or ()) for one in others}
            unwarned = [Unwarned(name=like.name, like=like.like, at=now) for like in found.values() if like is not None]
            others = [one for one in others if found[id(one)] is None]
        else:  # the user had before their eyes what was said with that question
            unwarned, self._said = [msgspec.structs.replace(one, is_told=True) for one in self._said], []
        read = (read_host(host) for party in others for host in party.hosts)
        new = self._memory.meet({host.registered for host in read if host is not None}, now)
        noted = self._memory.note(unwarned)
        if new or noted:  # beside the next question, which does not wait for the disk
            threading.Thread(target=self._keep, args=(new, noted), daemon=True).start()
        return adviser.AgreedResult()

    @provides(adviser.Met)
    def met(self, _: adviser.Met, __: Call) -> adviser.MetResult:
        """Answers ``adviser/1.met``."""
        return adviser.MetResult(met=[adviser.Acquaintance(name=one.host, since=one.since) for one in self._memory.met])

    def _judge(
        self, parties: Iterable[adviser.Party], known: Iterable[adviser.Known], dealt: Iterable[adviser.Dealt]
    ) -> Likeness | None:
        """The first likeness among the parties; who has rights by a yes without warning is not known by them."""
        unwarned = {one.name for one in self._memory.unwarned}
        counting = [
            one for one in known if one.by != "right" or unwarned.isdisjoint(map(key_of, (one.name, *one.hosts)))
        ]
        met = ((one.host, one.since) for one in self._memory.met)
        hosts = acquainted(counting, met, ((one.host, one.since) for one in dealt))
        return judge(parties, counting, hosts, self._memory.is_trusted)

    def _told(self, found: Likeness) -> str:
        """What the user reads of a likeness."""
        since = ", known here" + (f" since {_day(found.since)}" if found.since else "")
        name, like = _short(found.name), _short(found.like)
        text = f"“{name}” looks like “{like}”{since}, and is not the same: {found.how.value}."
        at = next((one.at for one in self._memory.unwarned if one.name == found.name), 0)
        said = f" You said yes to it on {_day(at)}, when the guard gave no answer." if at else ""
        return f"{text}{said} If you know that it is honest, “etui guard trust” takes it for itself from then on."

    def _keep(self, met: list[Met], unwarned: list[Unwarned]) -> None:
        try:
            self._memory.keep(met, unwarned)
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


def _confessed(unwarned: Unwarned) -> str:
    """What the user reads once of a yes that was given without the guard."""
    name, like = _short(unwarned.name), _short(unwarned.like)
    text = f"you said yes to “{name}” on {_day(unwarned.at)}, when the guard gave no answer. It looks like “{like}”"
    return f"{text}, and is not taken as known; “etui grants” lists what it may do, if anything."


def _short(name: str) -> str:
    return name if len(name) <= _MOST_CHARACTERS else f"{name[:_MOST_CHARACTERS]}…"


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, tz=UTC):%-d %B %Y}"


def _spelt(name: str) -> str:
    """A name with what its letters are, where they are not all of ASCII."""
    host = read_host(name)
    spelt = ascii_form(host) if host is not None else name.encode("ascii", "backslashreplace").decode()
    return f"“{name}”" if spelt == name else f"“{name}” (written {spelt})"
