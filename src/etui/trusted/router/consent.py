"""Consent: what policy leaves to the user is put to the user, and the answer is bound to exactly that request."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from etui.interfaces.adviser_1 import Party
from etui.protocol import Consent as HowAsked
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.control import VaultOperation
from etui.trusted.dialog.requests import (
    Approved,
    Asker,
    Choice,
    Confirm,
    Dismissed,
    Effect,
    Frame,
    Hello,
    Refused,
    RememberChoice,
    ShownField,
    Typed,
)
from etui.trusted.policy import Assurance, Decision, Limit, Origin, Outcome, Scope, ScopeType
from etui.trusted.router import advisers, pauses, proposing, reading, rights, wording
from etui.trusted.router.advisers import Counsel
from etui.trusted.router.fingers import FingerOf
from etui.trusted.router.giving import give
from etui.trusted.router.turns import Lane
from etui.trusted.router.unlocking import vault_error

if TYPE_CHECKING:
    from etui.trusted.control import Reply
    from etui.trusted.policy import Grant, Question, Resource
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.pauses import No
    from etui.trusted.router.proposing import Proposal
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_RUNNING_S: Final = 30 * 86400
_LASTING: Final = {**wording.LASTING, wording.MONTHLY: 0}
_HESITATION_S: Final = (2.0, 6.0)
PAUSED: Final = "user/refused"
"""What decides where the user has just refused the same, as policies are named."""
_GIVEN: Final[dict[Assurance, Literal["consent", "fingerprint", "pin"]]] = {
    Assurance.CONSENT: "consent",
    Assurance.FINGERPRINT: "fingerprint",
    Assurance.PIN: "pin",
}
_FACES: Final[dict[str, Literal["window", "terminal", "script"]]] = {"terminal": "terminal", "scripted": "script"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question to the user, in words.

    ``caller`` asks; ``chain`` led there, who began it first. ``action`` finishes "NAME wants to …". ``items``: several
    things of which the user may allow some. ``each``: where the user chooses one of them instead, what becomes of the
    question with that, by its id. ``names_only``: it discloses names and no secret: a yes may hold for a
    terminal. ``running``: a yes may hold as long as the asking process runs, whoever that is. ``reading``: a text that
    is read to its end. ``parties``: whom the request names, for advisers. ``unadvised``: these have no say in it.
    ``counsel``: what they said of it. ``proposal``: the lasting right that is asked for; the user gives it or a lesser
    one. ``wanting``: what it is asked about for want of a right alone; where all of that is allowed by the time its
    turn comes, it is no question.
    """

    caller: Caller
    question: Question
    decision: Decision
    action: str
    digest: bytes
    fields: tuple[ShownField, ...] = ()
    items: tuple[Choice, ...] = ()
    advice: tuple[str, ...] = ()
    chain: tuple[Caller, ...] = ()
    what: str = ""
    frame: Frame | None = None
    lasting: bool = True
    names_only: bool = False
    running: bool = False
    effect: Effect = Effect.PASSES
    reading: ShownField | None = None
    parties: tuple[Party, ...] = ()
    unadvised: bool = False
    proposal: Proposal | None = None
    each: Mapping[str, Asked] = {}
    counsel: Counsel = Counsel()
    wanting: tuple[Question, ...] = ()

    @property
    def likeness(self) -> bytes:
        """A digest over what the user reads: requests that have the same one are the same question."""
        through = [member.principal.id for member in (*self.chain, self.caller)]
        proposed = () if self.proposal is None else self.proposal.shown
        read = (self.action, self.fields, self.items, proposed, self.reading)
        shown = (through, self.question.action.id, self.question.resource.key, *read)
        return hashlib.sha256(repr(shown).encode("utf-8", "backslashreplace")).digest()

    @property
    def origin(self) -> Caller:
        """Who began it, whom the user is asked about; who asks for itself began it."""
        return self.caller if self.question.action.own or not self.chain else self.chain[0]

    @property
    def words(self) -> str:
        """What is put on record of a change to the wallet itself, in the words that the user reads."""
        return "" if self.effect is Effect.PASSES else self.action

    @property
    def limit(self) -> Limit | None:
        """Up to how much a yes that lasts is, where it is about money: as much as now, every 30 days."""
        amount, currency = self.question.fields.get("amount"), self.question.fields.get("currency")
        if type(amount) is not int or amount <= 0 or not isinstance(currency, str):
            return None
        return Limit(currency=currency, each_minor=amount, total_minor=amount, period_s=wording.MONTH_S)

    def terms(self, answer: str, now: float) -> tuple[int, Limit | None] | None:
        """Until when a yes with this answer holds and up to how much; None for one that ends with the unlock or sooner.

        In seconds since 1970, 0 for no end.
        """
        if self.proposal is not None:
            chosen = self.proposal.chosen(answer, now)
            return None if chosen is None else (chosen.until, chosen.limit)
        lasts_s = _LASTING.get(answer)
        return None if lasts_s is None else (int(now) + lasts_s if lasts_s else 0, self.limit)

    @property
    def asker(self) -> Asker:
        """The one who began it, with everybody through whom it came."""
        asker = self.origin.asker
        if self.origin is self.caller:
            return asker
        between = tuple(member.label for member in (*self.chain[1:], self.caller))
        return msgspec.structs.replace(asker, through=(*asker.through, *between))


class Consented(msgspec.Struct, frozen=True, kw_only=True):
    """The user's yes.

    ``remember``: the id of the choice for how long. ``items``: which, where there were several. ``how``: what an
    Extension is told of it.
    """

    decision: Decision
    remember: str
    items: tuple[str, ...]
    why: str
    how: HowAsked


def digest_of(
    caller: Caller, action: str, params: bytes, items: tuple[str, ...], material: Mapping[str, bytes] | None = None
) -> bytes:
    """SHA-256 over what consent is bound to: who, which method, which items, and the bytes that will be forwarded.

    ``material``: what is material in them, and what ``prepare`` settled beside them.
    """
    parts = [caller.principal.id.encode(), action.encode(), *(item.encode() for item in items), params]
    for name, value in (material or {}).items():
        parts += [name.encode(), value]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


class AllowedMeanwhileError(Exception):
    """By the time that its turn came, what was to be asked is allowed: nobody is asked, and it is decided anew."""


class Consent:
    """Puts questions to the user."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def ask(self, asked: Asked) -> Consented:
        """The user's yes; everything else raises ``ProtocolError`` (``refused``, ``not_now``, ``no_dialog``, …).

        Raises ``AllowedMeanwhileError`` where a right came while a question waited that is asked for want of one alone.
        """
        router = self._router
        principal = asked.origin.principal
        budget = router.budgets[asked.origin.lane]
        now = asyncio.get_running_loop().time()
        self._must_not_be_paused(asked, now)
        with self._dismissed(asked):
            budget.take(principal.id, now, payer=router.budget_of(asked.caller))
            counsel = await router.advisers.counsel(asked)
        if counsel.by is not None:
            raise await self._stopped(asked, counsel, counsel.by)
        asked = msgspec.structs.replace(asked, advice=(*asked.advice, *counsel.advice), counsel=counsel)
        with self._dismissed(asked):
            answer, hello, given = await self._shown(asked)
        now = asyncio.get_running_loop().time()
        match answer:
            case Approved():
                return self._approved(asked, answer, hello, given)
            case Refused():
                router.unlocked().met(asked.origin)
                router.pauses.refused(principal.id, asked.likeness, now, longest_s=_longest_pause_s(asked.origin))
                why = self._record(asked, Recorded.REFUSED, asked.decision)
                raise ProtocolError(ErrorCode.REFUSED, "the user refused", why=why)
            case Dismissed(silence=silence):
                if silence:
                    budget.silence(principal.id, now)
                why = self._record(asked, Recorded.DISMISSED, asked.decision)
                raise _not_now(why)

    @contextlib.contextmanager
    def _dismissed(self, asked: Asked) -> Iterator[None]:
        """Puts on record why a question was not answered, where it was not."""
        try:
            yield
        except ProtocolError as error:
            if error.why:
                raise
            why = self._record(asked, Recorded.DISMISSED, asked.decision, reason=error.message)
            raise ProtocolError(error.code, error.message, why=why) from None
        except asyncio.CancelledError:
            self._record(asked, Recorded.DISMISSED, asked.decision, reason="nobody waited for the answer any more")
            raise

    def _must_not_be_paused(self, asked: Asked, now: float) -> None:
        """Raises ``ProtocolError`` (``refused``) for what the user has just refused, which is on record as that."""
        no = self._router.pauses.standing(asked.origin.principal.id, asked.likeness, now)
        if no is None:
            return
        decision = Decision(outcome=Outcome.DENY, policies=(PAUSED,))
        why = self._record(asked, Recorded.DENIED, decision, reason=_said_no(no, now))
        raise ProtocolError(ErrorCode.REFUSED, _said_no(no, now), why=why)

    async def _stopped(self, asked: Asked, counsel: Counsel, by: Provider) -> ProtocolError:
        """A request that an adviser stopped: on record with its reason, which the user is told and who asked is not.

        A page is answered as by a user who looks at the question and lets it be: it does not learn from the answer, or
        from how soon that comes, that its name resembles one that is known here.
        """
        decision = Decision(outcome=Outcome.DENY, policies=(f"{advisers.POLICY}{by.principal}",))
        why = self._record(asked, Recorded.DENIED, decision, reason=counsel.stop)
        self._router.later(self._router.advisers.tell(asked, counsel, why))
        if not asked.origin.is_page:
            return advisers.stopped(why)
        await asyncio.sleep(self._hesitation_s())
        return _not_now(why)

    def _hesitation_s(self) -> float:
        """How long a user takes who lets a question be, seconds."""
        test = self._router.profile.test
        if test is not None and test.hesitation_s is not None:
            return test.hesitation_s
        return secrets.SystemRandom().uniform(*_HESITATION_S)

    def _approved(self, asked: Asked, answer: Approved, hello: Hello, given: Assurance) -> Consented:
        router = self._router
        read = b"" if asked.reading is None else reading.digest(asked.reading.value)
        if answer.digest != asked.digest or answer.read != read:
            why = self._record(asked, Recorded.DENIED, asked.decision, reason="the answer was to another request")
            raise ProtocolError(ErrorCode.ALTERED, "the answer was to another request", why=why)
        opened = router.unlocked()
        offered = {choice.id for choice in asked.items}
        items = tuple(item for item in answer.items if item in offered)
        if asked.each:
            if len(items) != 1:
                why = self._record(asked, Recorded.DENIED, asked.decision, reason="the answer does not say which one")
                raise ProtocolError(ErrorCode.ALTERED, "the answer does not say which one it is to", why=why)
            asked = asked.each[items[0]]
        decision = rights.confirm(opened, asked.question, asked.chain, given)
        if decision.outcome is not decision.outcome.ALLOW:
            why = self._record(asked, Recorded.DENIED, decision, reason="policy changed while the user was asked")
            raise ProtocolError(ErrorCode.DENIED, "policy no longer allows it", why=why)
        router.budget_of(asked.caller).approved()
        router.pauses.approved(asked.origin.principal.id, asked.likeness)
        why = self._record(asked, Recorded.APPROVED, decision)
        router.later(router.advisers.agreed(asked))
        return Consented(
            decision=decision,
            remember=answer.remember,
            items=items,
            why=why,
            how=HowAsked(
                at=int(opened.now()),
                assurance=_GIVEN[given],
                face=_FACES.get(hello.display, "window"),
                display=hello.display,
                protected=hello.protected,
                installed="managed" if router.is_managed else "per_user",
                test=router.profile.test is not None,
                read=read,
            ),
        )

    async def _shown(self, asked: Asked) -> tuple[Approved | Refused | Dismissed, Hello, Assurance]:
        """Shows the question; with passphrase or PIN it is shown again until that is right, or no try is left.

        With the answer comes what the user did for it. Where policy takes a finger and the user chose that, fprintd is
        asked for one meanwhile.
        """
        router = self._router
        with FingerOf(router.fingers, changed=router.dialogs.feel) as finger:
            takes_finger = asked.decision.assurance is Assurance.FINGERPRINT and router.fingers.enabled
            return await self._shown_with(asked, finger if takes_finger else None)

    async def _shown_with(
        self, asked: Asked, finger: FingerOf | None
    ) -> tuple[Approved | Refused | Dismissed, Hello, Assurance]:
        router = self._router
        request = self._request(asked)
        if asked.decision.assurance >= Assurance.FINGERPRINT:
            key = await router.vault_key()
            pin = await router.vault(VaultOperation.PIN)
            request = msgspec.structs.replace(request, key=key, pin=pin.tries_left > 0, pin_blocked=pin.tries_left == 0)
        due = self._due(asked, finger)
        while True:
            if finger is not None:
                request = msgspec.structs.replace(request, finger=finger.shown)
            answer, hello = await router.dialogs.shown(request, asked.origin.lane, due, asked.caller.extension)
            match answer:
                case Refused() | Dismissed():
                    return answer, hello, Assurance.NONE
                case Typed(use_other=True) if request.takes_other:
                    request = msgspec.structs.replace(request, pin=False, wrong=False, tries_left=-1)
                case Approved():
                    found = await self._checked(request, answer, finger)
                    if isinstance(found, Assurance):
                        return answer, hello, found
                    request = found
                case _:
                    raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog answered something else")

    def _due(self, asked: Asked, finger: FingerOf | None) -> Callable[[], None]:
        """What is done when a question's turn has come."""
        router, origin = self._router, asked.origin

        def due() -> None:
            now = asyncio.get_running_loop().time()
            router.budgets[origin.lane].must_be_heard(origin.principal.id, now)
            self._must_not_be_paused(asked, now)
            if asked.wanting and self._is_allowed(asked):
                router.budget_of(asked.caller).approved()
                raise AllowedMeanwhileError
            if finger is not None:
                finger.begin()

        return due

    async def _checked(self, request: Confirm, answer: Approved, finger: FingerOf | None) -> Assurance | Confirm:
        """What a yes is worth; or the question anew, where what was given with it is not right."""
        if not request.key:
            return Assurance.CONSENT
        if not answer.sealed and finger is not None:
            return Assurance.FINGERPRINT if finger.is_recognised else request
        operation = VaultOperation.CONFIRM_BY_PIN if request.pin else VaultOperation.CONFIRM
        reply = await self._router.vault(operation, sealed=answer.sealed)
        return _again(request, reply) if reply.code else Assurance.PIN

    def _is_allowed(self, asked: Asked) -> bool:
        opened = self._router.unlocked()
        decisions = (rights.decide(opened, question, asked.chain).decision for question in asked.wanting)
        return all(decision.outcome is Outcome.ALLOW for decision in decisions)

    def _request(self, asked: Asked) -> Confirm:
        choices = self._choices(asked)
        fields, advice = asked.fields, asked.advice
        if asked.proposal is not None:
            fields = (*fields, *asked.proposal.shown)
            advice = (*advice, *map(proposing.taken_place, self._replaced(asked)), proposing.HOW_TO_END)
        elif len(choices) > 1:
            fields = (*fields, *self._reach(asked))
            if wording.TERMINAL in choices and not asked.names_only:
                advice = (*advice, wording.OF_A_TERMINAL)
        return Confirm(
            asker=asked.asker,
            action=asked.action,
            digest=asked.digest,
            fields=fields,
            items=asked.items,
            advice=advice,
            remember=choices,
            frame=asked.frame,
            effect=asked.effect,
            reading=asked.reading,
            one=bool(asked.each),
        )

    def _choices(self, asked: Asked) -> tuple[RememberChoice, ...]:
        """For how long a yes may hold: only now, where policy would ask again all the same."""
        if asked.proposal is not None:
            return asked.proposal.choices
        choices = _choices(asked)
        opened = self._router.unlocked()
        questions = [one.question for one in asked.each.values()] or [asked.question]
        if len(choices) > 1 and not all(opened.engine.grantable(question, opened.now()) for question in questions):
            return (wording.ONCE,)
        return choices

    def _record(self, asked: Asked, outcome: Recorded, decision: Decision, *, reason: str = "") -> str:
        return self._router.recorder.decision(
            asked.caller,
            asked.question,
            decision,
            outcome,
            chain=asked.chain,
            label=self._about(asked),
            digest=asked.digest,
            sync=outcome is Recorded.APPROVED,  # whatever else it is gives nothing away
            reason=reason,
            words=asked.words,
        )

    def _where(self, asked: Asked) -> tuple[str, str] | None:
        """For which value alone a yes holds, beside the item: that of the field which the method has as its scope."""
        scope = self._router.registry.method(asked.question.action.id).compiled.scope
        if not scope or not asked.question.resource.item or asked.question.resource.kind == scope:
            return None
        value = asked.question.fields.get(scope, "")  # a yes for nobody in particular is one for nobody else
        return scope, str(value)

    def _reach(self, asked: Asked) -> tuple[ShownField, ...]:
        """What a yes that lasts would hold for."""
        where = self._where(asked)
        method = self._router.registry.method(asked.question.action.id)
        limited = asked.limit is not None
        return wording.reach(method, asked.fields, where[1] if where is not None else "", limited=limited)

    def _replaced(self, asked: Asked) -> list[Grant]:
        """The rights whose place one that is proposed takes."""
        if asked.proposal is None:
            return []
        client, where, scope = asked.origin.principal.id, self._where(asked), _scope(asked.question.resource)
        return proposing.replaced(self._router.unlocked(), client, asked.proposal.action, where, scope)

    def _about(self, asked: Asked) -> str:
        """What it is about, for records and lists: the item's name, and for which host or relying party."""
        where = self._where(asked)
        return asked.what if where is None or not where[1] else f"{asked.what}, {where[1]}"

    async def remember(self, asked: Asked, consented: Consented, actions: tuple[str, ...]) -> Grant | None:
        """Makes the grant that the user's choice asks for; it is in force, and durable where it outlives the unlock.

        Gives it back where it does.
        """
        opened = self._router.unlocked()
        scope = _scope(asked.question.resource)
        where = self._where(asked)
        what = self._about(asked)
        match consented.remember:
            case remember if (terms := asked.terms(remember, opened.now())) is not None:
                until, limit = terms
                self._router.record_now()
                for one in self._replaced(asked):
                    opened.revoke(one.id)
                    self._router.recorder.regranted(
                        asked.origin, one, asked.question.action.id, "another took its place"
                    )
                given = opened.add_grant(
                    asked.origin.principal.id,
                    actions,
                    scope,
                    Origin.ASKED,
                    until=until,
                    limit=limit,
                    where=where,
                    label=asked.origin.label,
                    what=what,
                )
                by = "" if asked.proposal is None else asked.question.action.id
                await give(self._router, asked.origin, [given], by)
                return given[0]
            case _ if asked.proposal is not None:
                return None
            case _:
                pass
        passing = passing_of(asked.origin, consented.remember)
        if passing is None:
            return None
        self._router.record_now()
        grant = opened.add_transient_grant(
            f"group:{passing.group}",
            actions,
            scope,
            lasts_s=passing.lasts_s,
            origin=Origin.ASKED,
            where=where,
            label=passing.label,
            what=what,
        )
        self._router.recorder.granted(asked.origin, grant)
        return None


class Passing(msgspec.Struct, frozen=True):
    """For whom a yes holds that ends with the lock or sooner: a set of Clients, its name for people, and how long."""

    group: str
    label: str
    lasts_s: int


def passing_of(caller: Caller, answer: str) -> Passing | None:
    """For which processes a yes holds with this answer; None for any other one."""
    match answer:
        case wording.RUNNING.id if group := caller.process_group:
            return Passing(group, caller.label, _RUNNING_S)
        case wording.TERMINAL.id if group := caller.terminal_group:
            return Passing(group, f"whatever runs in the terminal of {caller.label}", wording.HOUR_S)
        case _:
            return None


def _scope(resource: Resource) -> Scope:
    """What a right to do again what was asked for reaches: the item, or all of the Extension where there is none."""
    if resource.item:
        return Scope(ScopeType.ITEM, resource.extension, resource.item)
    return Scope(ScopeType.EXTENSION, resource.extension)


def _longest_pause_s(caller: Caller) -> float:
    if caller.lane is Lane.TYPED:
        return pauses.TYPED_S
    return pauses.LONGEST_S if caller.principal.tellable else pauses.UNTOLD_S


def _said_no(no: No, now: float) -> str:
    """That a question is not put to the user, since when and for how long."""
    times = "" if no.times == 1 else f" {no.times} times"
    return (
        f"the user refused this{times}, the last {math.ceil(now - no.at)} s ago,"
        f" and is not asked again for {math.ceil(no.until - now)} s"
    )


def _not_now(why: str) -> ProtocolError:
    return ProtocolError(ErrorCode.NOT_NOW, "the user did not answer now", why=why)


def _again(request: Confirm, reply: Reply) -> Confirm:
    """The same question after a wrong try; raises ``ProtocolError`` where no try is left."""
    match reply.code:
        case "wrong_passphrase" | "wrong_pin" | "unfit_pin":
            return msgspec.structs.replace(request, wrong=True, tries_left=reply.tries_left)
        case "pin_blocked" | "no_pin":
            is_blocked = reply.code == "pin_blocked"
            return msgspec.structs.replace(request, pin=False, pin_blocked=is_blocked, wrong=False, tries_left=-1)
        case _:
            raise vault_error(reply)


def _choices(asked: Asked) -> tuple[RememberChoice, ...]:
    """For how long a yes may hold; for who cannot be told from its neighbours, it is for a terminal at most.

    To what is about money no yes lasts without a limit, and the preset is this time alone.
    """
    question, caller = asked.question, asked.origin
    if not asked.lasting or (question.derived and not question.action.own):
        return (wording.ONCE,)
    if "amount" in question.fields:
        limit = asked.limit if question.principal.tellable else None
        return (wording.ONCE,) if limit is None else (wording.ONCE, wording.monthly(limit))
    running = [wording.RUNNING] if (asked.running or asked.names_only) and caller.process_group else []
    if question.principal.tellable:
        lasting = [wording.ONCE, *(running if asked.running else []), wording.HOUR, wording.MONTH, wording.ALWAYS]
        preset_lasts = question.principal.strength > 1 and not caller.is_page  # which a link brings, and no install
        return tuple(reversed(lasting) if preset_lasts else lasting)
    terminal = [wording.TERMINAL] if caller.terminal_group else []
    return (wording.ONCE, *terminal, *running)
