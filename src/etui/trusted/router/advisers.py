"""Advisers: Extensions that are asked before the user is, about those whom a question concerns.

Rules:

1. An adviser is whoever provides ``adviser/1``. All are asked before each question that policy leaves to the user, and
   of nothing that a right or an earlier decision allows.
2. They are told the method, who began it, what the request has in fields that are marked as a party, an Extension that
   is to be installed, and whom the wallet knows: what is installed, who has rights that last, and with whom the user
   has dealt as Extensions prove. Nothing else of it.
3. What they say narrows. Sentences stand in the question, as theirs. A request that one has stopped is denied, with
   that one for the policy that decided; whatever else they answer is no answer.
4. The user waits no longer for one than ``_ANSWER_S``, or ``_PATIENT_S`` where its process was not asked before (an
   adviser is not to be had out of the way by asking when it does not run) or has pictures to look at, as before an
   Extension is installed. The question says who gave no answer, and who gave none is told so with the user's yes.
5. Who asked is told that it was stopped, and not why: the reason says whom the user knows. A page is not even told
   that: it is answered as by a user who lets a question be. The user is told in the dialog, of one stop at a time, so
   that stops are no way to cover a screen.
6. No adviser is asked about a question that it began or stands in the chain of: it waits for that itself. None is
   asked about the removal of an Extension: it could keep itself, or another, where its user does not want it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.interfaces import Result
from etui.interfaces import adviser_1 as adviser
from etui.interfaces import shell_1 as shell
from etui.protocol import CallInfo, ErrorCode, ProtocolError
from etui.trusted.dialog.requests import Message
from etui.trusted.dialog.text import single_line
from etui.trusted.router import wording
from etui.trusted.router.pairings import origin_of
from etui.trusted.router.registry import ADVISER_INTERFACE, Provider
from etui.trusted.router.relationships import Relationships

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from etui.interfaces import CompiledMethod, Request
    from etui.trusted.package import Manifest
    from etui.trusted.router.consent import Asked
    from etui.trusted.router.router import Router

ResultT = TypeVar("ResultT", bound=Result)
POLICY: Final = "adviser/"
"""How the name begins of the policy that decides where an adviser stops a request; the rest is its principal."""
_ANSWER_S: Final = 0.3
_PATIENT_S: Final = 3.0
_AFTERWARDS_S: Final = 5.0
"""For what nobody waits for."""
_MOST_KNOWN: Final = 2_000
_MOST_CHARACTERS: Final = 1_000
_MOST_HOST: Final = 300
_MOST_HOSTS: Final = 64
_MOST_PRINCIPAL: Final = 2_000
_LOGO_BYTES: Final = 512 << 10
"""Of all logos that go with one question."""


class Counsel(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What advisers say of a question. ``stop``: why it is not put to the user; empty where it is.

    ``by``: who stopped it. ``unheard``: the principals of those who gave no answer to ``request``.
    """

    advice: tuple[str, ...] = ()
    stop: str = ""
    by: Provider | None = None
    unheard: tuple[str, ...] = ()
    request: adviser.Advise | None = None


class Advisers:
    """Asks them, and tells them and the user what came of it."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._relationships = Relationships(router)
        self._telling = False
        self._warm: dict[str, bytes] = {}
        """By adviser, the key of its process that has answered: it has read what it needs."""

    async def counsel(self, asked: Asked) -> Counsel:
        """What all of them say of a question; the first that stops it has it stopped."""
        advisers = self._for(asked)
        if not advisers:
            return Counsel()
        parties = parties_of(asked)
        known = self._known(with_logos=any(party.logo for party in parties))
        async with asyncio.TaskGroup() as starting:
            for provider in advisers:
                if not provider.running:
                    starting.create_task(self._start(provider))
            told = await self._relationships.told(_concerned(asked))
        request = adviser.Advise(
            action=asked.question.action.id, parties=parties, known=known, dealt=list(told.dealt) or None
        )
        said = await asyncio.gather(*(self._ask(provider, request) for provider in advisers))
        advice = [f"{name} was to say with whom you have dealt, and gave no answer." for name in told.silent]
        advice += [sentence for counsel in said for sentence in counsel.advice]
        unheard = tuple(principal for counsel in said for principal in counsel.unheard)
        stopped = next((counsel for counsel in said if counsel.stop), Counsel())
        return msgspec.structs.replace(stopped, advice=tuple(advice), unheard=unheard, request=request)

    async def agreed(self, asked: Asked) -> None:
        """Tells them that the user said yes; who had no say in it, with what there was to judge it by."""
        counsel, parties, action = asked.counsel, parties_of(asked), asked.question.action.id
        heard = adviser.Agreed(action=action, parties=parties)
        unheard = heard
        if counsel.request is not None:
            known, dealt = counsel.request.known, counsel.request.dealt
            unheard = msgspec.structs.replace(heard, unheard=True, known=known, dealt=dealt)
        requests = ((one, unheard if one.principal in counsel.unheard else heard) for one in self._for(asked))
        await asyncio.gather(
            *(self._call(one, request, adviser.AgreedResult, _AFTERWARDS_S) for one, request in requests)
        )

    async def known(self) -> tuple[list[shell.KnownRow], list[str]]:
        """Whom advisers are told of and whom they remember, the longest known first; who of them did not say."""
        told = await self._relationships.told()
        rows = [
            shell.KnownRow(name=one.name, hosts=one.hosts, since=one.since, whence=one.by)
            for one in self._known(with_logos=False)
        ]
        rows += [
            shell.KnownRow(name=one.host, hosts=[one.host], since=one.since, whence="dealt", by=one.by)
            for one in told.dealt
        ]
        silent = list(told.silent)
        for provider in self._advisers():
            result = await self._call(provider, adviser.Met(), adviser.MetResult, _AFTERWARDS_S)
            silent += [provider.name] if result is None else []
            rows += [
                shell.KnownRow(name=one.name, hosts=[one.name], since=one.since, whence="yes", by=provider.name)
                for one in (result.met if result is not None else ())
            ]
        return sorted(rows, key=lambda row: (row.since, row.name)), silent

    async def tell(self, asked: Asked, counsel: Counsel, why: str) -> None:
        """Tells the user of a stop in the dialog, unless one is being told of."""
        if self._telling or counsel.by is None:
            return
        self._telling = True
        try:
            wanted = f"{asked.origin.label} wanted to {asked.action}."
            text = f"{single_line(wanted).text}\n\n{counsel.stop}"
            notice = Message(
                title="A request was stopped",
                text=f"{text}\n\n“etui why {why}” tells all that is known of it.",
                frame=wording.frame_of(counsel.by),
            )
            await self._router.dialogs.show(notice, asked.origin.lane)
        except ProtocolError as error:
            self._router.note_failure(error)
        finally:
            self._telling = False

    def _advisers(self) -> list[Provider]:
        return [one for one in self._router.registry.packages() if ADVISER_INTERFACE in one.provides]

    def _for(self, asked: Asked) -> list[Provider]:
        if asked.unadvised:
            return []
        concerned = _concerned(asked)
        return [provider for provider in self._advisers() if provider.principal not in concerned]

    async def _start(self, provider: Provider) -> None:
        """Starts one while others are heard; whoever asks it finds out where that fails."""
        with contextlib.suppress(ProtocolError, TimeoutError):
            async with asyncio.timeout(_PATIENT_S):
                await self._router.providers.ensure_running(provider)

    async def _ask(self, provider: Provider, request: adviser.Advise) -> Counsel:
        looks = any(party.logo for party in request.parties)
        is_warm = provider.running and self._warm.get(provider.principal) == provider.key
        limit_s = _ANSWER_S if is_warm and not looks else _PATIENT_S
        said = await self._call(provider, request, adviser.AdviseResult, limit_s)
        if said is None:
            missing = f"{provider.name} was to advise on this, and gave no answer."
            return Counsel(advice=(missing,), unheard=(provider.principal,))
        advice = tuple(f"{provider.name}: {single_line(sentence).text}" for sentence in said.advice or ())
        stop = single_line(said.stop).text if said.stop else ""
        return Counsel(advice=advice, stop=f"{provider.name}: {stop}" if stop else "", by=provider if stop else None)

    async def _call(
        self, provider: Provider, request: Request[ResultT], result_type: type[ResultT], limit_s: float
    ) -> ResultT | None:
        """What one answers in time and form; None where it does not."""
        router = self._router
        method = router.registry.method(request.METHOD)
        try:
            async with asyncio.timeout(limit_s):
                await router.providers.ensure_running(provider)
                result = await router.dispatch.ask(provider, method, msgspec.json.encode(request), CallInfo())
            self._warm[provider.principal] = provider.key
            return msgspec.json.decode(result, type=result_type)
        except (ProtocolError, TimeoutError, msgspec.DecodeError):
            return None

    def _known(self, *, with_logos: bool) -> list[adviser.Known]:
        """Whom the wallet knows, the longest known first."""
        known = [*self._installed(with_logos=with_logos), *self._with_rights()]
        return sorted(known, key=lambda one: one.since)[:_MOST_KNOWN]

    def _installed(self, *, with_logos: bool) -> Iterable[adviser.Known]:
        left = _LOGO_BYTES if with_logos else 0
        for provider in self._router.registry.packages():
            package = provider.package
            if package is None:
                continue
            logo = wording.logo_of(package) if with_logos else b""
            left -= len(logo)
            yield adviser.Known(
                by="extension",
                principal=provider.principal,
                name=provider.name,
                hosts=[*_domain_of(package.manifest.publisher), *package.manifest.permissions.network],
                since=package.installed_s,
                logo=logo if logo and left >= 0 else None,
            )

    def _with_rights(self) -> Iterable[adviser.Known]:
        first: dict[str, adviser.Known] = {}
        for grant in self._router.unlocked().lasting_grants():
            known = first.get(grant.client)
            if grant.group is not None or len(grant.client) > _MOST_PRINCIPAL or (known and known.since <= grant.since):
                continue
            first[grant.client] = adviser.Known(
                by="right",
                principal=grant.client,
                name=(grant.label or grant.client)[:_MOST_CHARACTERS],
                hosts=_origins(grant.client),
                since=grant.since,
            )
        return first.values()


def _concerned(asked: Asked) -> set[str]:
    """The Extensions that wait for this question themselves."""
    return {asked.caller.extension, *(member.extension for member in asked.chain)}


def parties_of(asked: Asked) -> list[adviser.Party]:
    """Whom a question is about: who began it, and whom it names."""
    principal = asked.origin.principal.id
    asker = adviser.Party(
        role="asker",
        principal=principal if len(principal) <= _MOST_PRINCIPAL else None,
        name=asked.origin.label[:_MOST_CHARACTERS],
        hosts=_origins(principal),
    )
    return [asker, *asked.parties]


def named_parties(method: CompiledMethod, values: Mapping[str, object]) -> tuple[adviser.Party, ...]:
    """Whom a request names as the other side; one field may have several names of it, with a comma between two."""
    named = [value for field in method.parties if isinstance(value := values.get(field), str) and value]
    return tuple(
        adviser.Party(
            role="named",
            name=value[:_MOST_CHARACTERS],
            hosts=[name for name in value.split(", ") if 0 < len(name) <= _MOST_HOST][:_MOST_HOSTS],
        )
        for value in named
    )


def installed_party(manifest: Manifest, logo: bytes) -> adviser.Party:
    """An Extension that is to be installed, ``logo`` being its PNG or empty."""
    return adviser.Party(
        role="extension",
        principal=manifest.principal,
        name=manifest.name,
        hosts=_domain_of(manifest.publisher),
        logo=logo or None,
    )


def stopped(why: str) -> ProtocolError:
    """What is answered to whose request was stopped."""
    return ProtocolError(ErrorCode.DENIED, "an adviser of this wallet stopped it, and its user was told why", why=why)


def _domain_of(publisher: str) -> list[str]:
    """The domain of a publisher, whose name is one backwards; none of the wallet's own."""
    return [".".join(reversed(publisher.split(".")))] if "." in publisher else []


def _origins(principal: str) -> list[str]:
    """The origin of a page; none of anybody else."""
    origin = origin_of(principal)
    return [origin] if 0 < len(origin) <= _MOST_HOST else []
