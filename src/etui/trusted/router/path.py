"""The path of a request, from evidence to answer; every step in the order in which it is taken.

::

    who asks ─► which item, may this Client name it ─► prepare ─► policy ─► consent ─► audit ─► forward ─► answer

A request whose decision is known and whose provider runs passes without a task; any other takes the same steps in one,
since it waits for a process or for the user. One that only reads and was decided before is forwarded while its record
is written, and its answer waits for that; whatever changes something is on record before its provider hears of it.

What the user approved is what is executed: consent carries a digest over Client, method, items and the very bytes of
the params, and those bytes are forwarded. A call made under another one has to repeat its material fields.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import msgspec

from etui.interfaces import Effect, Prepared
from etui.protocol import CallInfo, ErrorCode, Message, MessageId, ProtocolError
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.dialog.requests import Effect as Leaves
from etui.trusted.policy import Assurance, Decision, LimitReached, Outcome
from etui.trusted.router import chain as inherited
from etui.trusted.router import proposing, reading, rights, wording
from etui.trusted.router.advisers import named_parties
from etui.trusted.router.callers import pseudonym
from etui.trusted.router.calls import ActiveCall, CallIds
from etui.trusted.router.consent import AllowedMeanwhileError, Asked, Consented, digest_of
from etui.trusted.router.naming import Naming
from etui.trusted.router.references import is_well_formed
from etui.trusted.router.requests import Arrival, Cleared, Request, Route
from etui.trusted.router.reserving import count, release, reserve
from etui.trusted.router.rights import Verdict
from etui.trusted.router.settling import Settling, unseen

if TYPE_CHECKING:
    from etui.interfaces import Seen
    from etui.trusted.policy import Grant, Question
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.connection import Connection, Way
    from etui.trusted.router.proposing import Proposal
    from etui.trusted.router.registry import Method
    from etui.trusted.router.router import Router

_MAX_ROUTES: Final = 20_000
_MAX_ROUTE_CHARACTERS: Final = 1024
_READING: Final = frozenset({Effect.NONE, Effect.DISCLOSE})
_UNASKED: Final = "the user would have to be asked"
_PREPARED: Final = msgspec.json.Decoder(Prepared)


class RequestPath:
    """Takes requests to their providers."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._routes: dict[tuple[object, ...], Route] = {}
        self._age = 0
        self._ids = CallIds()
        self._naming = Naming(router)
        self._settling = Settling(router, self._naming)

    def drop_routes(self) -> None:
        """Forgets what was kept, as when grants, policies, registrations or references change."""
        self._routes.clear()
        self._age += 1

    def take(self, connection: Connection, caller: Caller, message: Message, method: Method) -> Way | None:
        """Takes one request, and says by which way another like it may go.

        Raises ``ProtocolError`` where it ends here.
        """
        router = self._router
        opened = router.opened
        params = bytes(message.params)
        try:
            seen = method.compiled.see(params)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{method.action.id}: {error}") from None
        if opened is None:
            _check_references(seen)
            raise router.unlocking.missing()
        if method.compiled.read:
            reading.check(method.compiled, seen)
        arrival = Arrival(
            connection=connection, caller=caller, message=message, method=method, params=params, seen=seen
        )
        key = (caller, method, seen.references, message.provider, *seen.policy.items())
        route = None if message.under or message.ask else self._routes.get(key)
        if route is not None and self._is_open(route):
            material = self._material(arrival) if route.material is None else route.material
            self._forward_route(arrival, route, material)
            return partial(self._repeat, arrival, route, material)
        request = self._naming.request(arrival)
        verdict = self._decide(request)
        decision = verdict.decision
        waits = method.compiled.method.prepare or method.compiled.method.during or method.compiled.read or message.ask
        at_once = decision.outcome is Outcome.ALLOW and decision.until and not waits
        if not at_once or not request.provider.running:
            self._start(request)
            return None
        if not request.chain and self._naming.known(request) and _is_short(seen):
            self._keep(key, request, decision)
        why = self._record(request, decision, Recorded.ALLOWED)
        self._forward(request, Cleared(verdict=verdict, why=why))
        return None

    def _is_open(self, route: Route) -> bool:
        """Whether what was decided when the route was kept still holds, and its provider runs."""
        opened = self._router.opened
        return (
            opened is not None
            and route.age == self._age
            and route.drops == opened.engine.drops
            and route.provider.running
            and opened.now() < route.until
        )

    def _repeat(self, arrival: Arrival, route: Route, material: dict[str, bytes], request_id: MessageId) -> bool:
        """Takes a request that is one before but for its id; whether its way is still open."""
        router = self._router
        if not self._is_open(route) or router.caller(arrival.connection, arrival.message) is not arrival.caller:
            return False
        if not arrival.caller.is_page:
            router.used()
        self._forward_route(arrival, route, material, request_id)
        return True

    def _start(self, request: Request) -> None:
        """Takes the steps that wait in a task, which ends when the request is answered or given up."""
        request.task = task = asyncio.ensure_future(self._walk(request))
        tasks = self._router.tasks.setdefault(request.connection, {})
        tasks[request.id] = task
        if request.under is not None:
            request.under.walking.add(task)
            task.add_done_callback(request.under.walking.discard)

        def walked(task: asyncio.Task[None]) -> None:
            tasks.pop(request.id, None)
            if task.cancelled():  # before its first step, so that nothing in it could answer
                request.connection.fail(request.id, self._router.given_up())
            self._router.flush()

        task.add_done_callback(walked)

    async def _walk(self, request: Request) -> None:
        fail = request.connection.fail
        try:
            await self._steps(request)
        except ProtocolError as error:
            fail(request.id, error)
        except asyncio.CancelledError:
            fail(request.id, self._router.given_up())
        except Exception as error:  # noqa: BLE001  # one request's fault is answered, the Router lives on
            self._router.note_failure(error)
            fail(request.id, ProtocolError(ErrorCode.INTERNAL, f"the Router failed at {request.method.action.id}"))

    async def _steps(self, request: Request) -> None:
        router = self._router
        request.proposal = proposing.proposal_in(request, router.unlocked().now())
        self._check_during(request)
        await router.providers.ensure_running(request.provider)
        await self._naming.learn_items(request)
        advice: tuple[str, ...] = ()
        if request.method.compiled.method.prepare:
            advice = await self._prepare(request)
        if request.proposal is not None:
            request.connection.answer(request.id, await self._give(request, request.proposal, advice))
            return
        cleared = await self._clear(request, advice)
        if cleared.verdict.decision.outcome is not Outcome.ALLOW:
            raise self._denied(request, cleared.verdict.decision)
        if cleared.consent is None:
            why = self._record(request, cleared.verdict.decision, Recorded.ALLOWED, sync=bool(cleared.reservations))
            cleared = msgspec.structs.replace(cleared, why=why)
        try:
            if not request.provider.running:  # it may have ended while the user was asked
                router.record_now()
                await router.providers.ensure_running(request.provider)
            self._forward(request, cleared)
        except (ProtocolError, asyncio.CancelledError):
            release(router.unlocked(), cleared.reservations)  # nothing was forwarded
            raise

    def _check_during(self, request: Request) -> None:
        """Raises ``ProtocolError`` for what is asked during another method, where its provider does not serve that."""
        during = request.method.compiled.method.during
        if during is None or self._decide(request).decision.outcome is Outcome.DENY:  # which is said as what it is
            return
        action = request.method.action
        serving = f"{action.interface}.{during}"
        if not self._router.dispatch.serves(request.provider, serving):
            text = f"{request.provider.name} is asked {action.id} while it serves {serving}, which it does not now"
            why = self._record(request, Decision(outcome=Outcome.DENY, policies=()), Recorded.DENIED, reason=text)
            raise ProtocolError(ErrorCode.CONFLICT, text, why=why)

    async def _clear(self, request: Request, advice: tuple[str, ...]) -> Cleared:
        """Decides, takes out of grants what has a limit, and asks the user where that is what policy says."""
        opened = self._router.unlocked()
        verdict = Verdict(decision=self._strictest(request)) if request.choices else self._decide(request)
        decision = verdict.decision
        if decision.outcome is Outcome.ALLOW and (request.method.compiled.read or request.ask):
            decision = rights.without_grants(opened, request.question, request.chain, "it is asked about each time")
        elif decision.outcome is Outcome.ALLOW and verdict.alternatives:
            try:
                reservations = await reserve(opened, verdict.alternatives, request.question)
            except LimitReached as limit:
                advice = (*advice, f"A grant that covers this is used up: {limit}.")
                decision = rights.without_grants(opened, request.question, request.chain, f"its grant: {limit}")
                if request.quiet or decision.outcome is not Outcome.ASK:
                    why = self._record(request, decision, Recorded.DENIED)
                    raise ProtocolError(ErrorCode.SPENT, f"its grant is used up: {limit}", why=why) from None
            else:
                return Cleared(verdict=verdict, reservations=reservations)
        if decision.outcome is not Outcome.ASK:
            return Cleared(verdict=Verdict(decision=decision))
        wanting = (request.question,) if decision is verdict.decision and not request.choices else ()
        try:
            consented, grant = await self._ask(request, decision, advice, wanting)
        except AllowedMeanwhileError:
            return await self._clear(request, advice)
        return Cleared(
            verdict=Verdict(decision=consented.decision),
            reservations=await count(opened, grant, request.question),
            consent=consented.how,
            why=consented.why,
        )

    async def _give(self, request: Request, proposal: Proposal, advice: tuple[str, ...]) -> bytes:
        """Has the user give a right that is proposed; the result, which says what was given."""
        opened = self._router.unlocked()
        decision = self._decide(request).decision
        if decision.outcome is not Outcome.DENY and (why_not := proposing.hindrance(self._router, request, proposal)):
            decision = Decision(outcome=Outcome.DENY, policies=(), reason=why_not)
        elif decision.outcome is Outcome.ALLOW:
            decision = rights.without_grants(opened, request.question, request.chain, "it is asked about each time")
        if decision.outcome is not Outcome.ASK:
            raise self._denied(request, decision)
        consented, grant = await self._ask(request, decision, advice)
        if grant is None:
            raise ProtocolError(ErrorCode.ALTERED, "the answer was none of those offered", why=consented.why)
        return proposing.result_of(grant)

    # policy and consent

    def _decide(self, request: Request) -> Verdict:
        return rights.decide(self._router.unlocked(), request.question, request.chain)

    def _strictest(self, request: Request) -> Decision:
        """What all that the user may choose among takes; those that policy denies are no choice.

        Whatever right there is, it is for the user to say which it is: that is asked each time.
        """
        opened = self._router.unlocked()
        decisions: dict[str, Decision] = {}
        for item in request.choices:
            question = self._naming.chosen(request, item)
            decision = rights.decide(opened, question, request.chain).decision
            if decision.outcome is Outcome.ALLOW:
                decision = rights.without_grants(opened, question, request.chain, "which one it is, is asked each time")
            decisions[item] = decision
        asked = {item: decision for item, decision in decisions.items() if decision.outcome is Outcome.ASK}
        request.choices = tuple(asked)
        return max(asked.values() or decisions.values(), key=lambda decision: decision.assurance)

    async def _prepare(self, request: Request) -> tuple[str, ...]:
        """What the provider says beforehand; it changes and discloses nothing, and settles what is left open."""
        provider = request.provider
        info = self._info(request, prepare=True)
        try:
            result = await self._router.dispatch.ask(provider, request.method, request.params, info)
        except ProtocolError as error:
            raise self._declined(request, error) from None
        try:
            prepared = _PREPARED.decode(result)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} prepared nothing usable: {error}") from None
        await self._settling.settle(request, prepared.settles)
        await self._settling.offer(request, prepared.items)
        return tuple(prepared.notes)

    async def _ask(
        self, request: Request, decision: Decision, advice: tuple[str, ...], wanting: tuple[Question, ...] = ()
    ) -> tuple[Consented, Grant | None]:
        """The user's yes, and the grant that was given with it; ``wanting``: as ``Asked`` has it."""
        if request.quiet:
            why = self._record(request, decision, Recorded.DENIED, reason="the user would have had to be asked")
            raise ProtocolError(ErrorCode.DENIED, _UNASKED, why=why)
        asked = msgspec.structs.replace(self._asked(request, decision, advice), wanting=wanting)
        consented = await self._router.consent.ask(asked)
        for item in consented.items:  # the one that the user chose
            asked = asked.each[item]
        to = request.method.action.id if request.proposal is None else request.proposal.action
        grant = await self._router.consent.remember(asked, consented, (to,))
        if self._digest(request) != asked.digest:
            raise ProtocolError(
                ErrorCode.ALTERED, "the request is not the one that was consented to", why=consented.why
            )
        for item in consented.items:
            await self._settling.choose(request, item)
        return consented, grant

    def _asked(self, request: Request, decision: Decision, advice: tuple[str, ...]) -> Asked:
        provider = request.provider
        names = {
            field: wording.name_of(entry := provider.items.get(item), wording.kind_title(provider, entry))
            for field, item in request.items.items()
        }
        names |= request.settled.names
        values: dict[str, object] = msgspec.json.decode(request.params, type=dict[str, object])
        values |= request.settled.values
        proposal = request.proposal
        if proposal is not None:
            names |= proposal.in_words
        tellers = wording.Tellers(
            settled=request.settled.values.keys(),
            provider=provider.name,
            asker=request.caller.label if request.caller.is_page or not request.caller.through else "",
        )
        asked = Asked(
            caller=request.caller,
            question=request.question,
            decision=decision,
            action=wording.sentence(request.method, values, names),
            digest=self._digest(request),
            fields=wording.shown_fields(
                request.method,
                values if proposal is None else proposing.without_terms(values),
                names | {field: f"{names[field]} ({keeper})" for field, keeper in request.settled.keepers.items()},
                tellers,
            ),
            advice=advice,
            chain=request.chain,
            frame=wording.frame_of(provider) if provider.package is not None else None,
            what=next(iter(names.values()), str(request.seen.policy.get(request.method.compiled.scope, ""))),
            lasting=request.method.action.effect is not Effect.REMOVE and not request.method.compiled.read,
            running=request.method.compiled.method.running,
            reading=reading.text_read(request.method.compiled, request.seen),
            parties=named_parties(request.method.compiled, values),
            proposal=proposal,
            effect=Leaves.PASSES if proposal is None else Leaves.WIDENS,
        )
        return self._with_choices(request, asked) if request.choices else asked

    def _with_choices(self, request: Request, asked: Asked) -> Asked:
        """A question with all that the user may choose among, and what each choice makes of it."""
        provider = request.provider
        entries = [provider.items[item] for item in request.choices]
        each = {
            entry.item: msgspec.structs.replace(
                asked,
                question=self._naming.chosen(request, entry.item),
                what=wording.name_of(entry, wording.kind_title(provider, entry)),
            )
            for entry in entries
        }
        choices = tuple(wording.described(entry, wording.kind_title(provider, entry)) for entry in entries)
        return msgspec.structs.replace(asked, items=choices, each=each)

    @staticmethod
    def _digest(request: Request) -> bytes:
        action = request.method.action.id
        return digest_of(request.caller, action, request.params, tuple(request.items.values()), request.material)

    # audit and forward

    def _denied(self, request: Request, decision: Decision) -> ProtocolError:
        why = self._record(request, decision, Recorded.DENIED)
        reason = decision.reason or f"policy {', '.join(decision.policies)}"
        text = f"{request.caller.label} may not call {request.method.action.id}: {reason}"
        return ProtocolError(ErrorCode.DENIED, text, why=why)

    def _declined(self, request: Request, error: ProtocolError) -> ProtocolError:
        """What a provider refused before anybody was asked, with the id by which ``etui why`` explains it.

        A page is told why where that lies in its request alone: anything else says what there is in the wallet, and
        nobody was asked about that. One that is quiet does not even learn that it was refused.
        """
        reason = f"{request.provider.name} refused it: {error.message}"
        why = self._record(request, Decision(outcome=Outcome.DENY, policies=()), Recorded.DENIED, reason=reason)
        if not request.caller.is_page or error.code is ErrorCode.INVALID_PARAMS:
            return ProtocolError(error.code, error.message, why=why)
        if request.quiet:
            return ProtocolError(ErrorCode.DENIED, _UNASKED, why=why)
        return ProtocolError(error.code, "the wallet cannot do that: its record says why, to its user", why=why)

    def _record(
        self, request: Request, decision: Decision, outcome: Recorded, *, sync: bool = False, reason: str = ""
    ) -> str:
        """Puts a decision on record; the first disclosure to a Client is durable before it is made."""
        opened = self._router.unlocked()
        opened.met(request.caller)
        disclosed = outcome is Recorded.ALLOWED and request.method.action.effect is Effect.DISCLOSE
        first = disclosed and opened.clients.discloses_first(request.caller.principal.id)
        return self._router.recorder.decision(
            request.caller,
            request.question,
            decision,
            outcome,
            chain=request.chain,
            label=_about(request),
            sync=sync or first,
            reason=reason,
        )

    def _keep(self, key: tuple[object, ...], request: Request, decision: Decision) -> None:
        if len(self._routes) >= _MAX_ROUTES:
            self._routes.clear()
        label = _about(request)
        self._routes[key] = Route(
            age=self._age,
            drops=self._router.unlocked().engine.drops,
            provider=request.provider,
            method=request.method,
            items=request.items,
            call=self._info_bytes(request),
            material=request.material if request.method.compiled.material_is_references else None,
            granted=bool(decision.grants),
            until=decision.until,
            template=self._router.recorder.template(
                request.caller, request.question, decision, Recorded.ALLOWED, label=label
            ),
        )

    def _forward_route(
        self, arrival: Arrival, route: Route, material: dict[str, bytes], request_id: MessageId | None = None
    ) -> None:
        """Forwards along a route: at once what only reads, since its answer waits for the record."""
        router, caller = self._router, arrival.caller
        call = ActiveCall(
            id=self._ids.next(),
            connection=arrival.connection,
            client_id=cast("MessageId", arrival.message.id) if request_id is None else request_id,
            caller=caller,
            method=route.method,
            provider=route.provider,
            chain=(caller,),
            material=material,
            items=route.items,
            deadline=router.dispatch.deadline(route.method),
            quiet=arrival.message.quiet,
            consented=route.granted,
        )
        if route.method.action.effect in _READING:
            router.recorder.must_be_open()
            router.dispatch.send(call, arrival.params, route.call, ahead=True)
            if not arrival.connection.has_more and route.provider.connection is not None:
                route.provider.connection.send_ahead()  # with no other: it is served while the rest is done here
            router.record_ahead(call, route.template)
        else:
            router.recorder.repeated(route.template)
            router.dispatch.send(call, arrival.params, route.call)

    def _material(self, arrival: Arrival) -> dict[str, bytes]:
        opened, client = self._router.unlocked(), arrival.caller.principal.id
        places = {field: opened.place(client, reference) for field, reference in arrival.seen.references}
        return inherited.material_of(arrival.seen, places)

    def _forward(self, request: Request, cleared: Cleared) -> None:
        decision = cleared.verdict.decision
        question = request.question
        if request.under is not None and question.covered:
            self._spend(request, request.under)
        given = max(question.given, Assurance.NONE if cleared.consent is None else decision.assurance)
        call = ActiveCall(
            id=self._ids.next(),
            connection=request.connection,
            client_id=request.id,
            caller=request.caller,
            method=request.method,
            provider=request.provider,
            chain=(*request.chain, request.caller),
            material=request.material,
            items=request.items,
            deadline=self._router.dispatch.deadline(request.method),
            quiet=request.quiet,
            unseen=unseen(self._router.unlocked(), request, cleared),
            consented=cleared.consent is not None or bool(decision.grants) or question.covered,
            given=given,
            under=request.under,
            reservations=cleared.reservations,
        )
        if question.covered:
            inherited.has_effect(call, question.fields)
        self._router.dispatch.send(call, request.params, self._info_bytes(request, cleared, given))

    def _spend(self, request: Request, under: ActiveCall) -> None:
        """Raises ``ProtocolError`` where what the user said yes to was spent meanwhile, by another one at once."""
        if not inherited.spend(under, request.method, request.question.fields):
            reason = f"the consent to {under.method.action.id} covers it once, and it was made"
            why = self._router.record_refusal(request.caller, request.method, reason)
            raise ProtocolError(ErrorCode.DENIED, reason, why=why)

    def _info(
        self,
        request: Request,
        cleared: Cleared | None = None,
        given: Assurance = Assurance.NONE,
        *,
        prepare: bool = False,
    ) -> CallInfo:
        opened = self._router.unlocked()
        caller = request.caller
        egress = request.provider is self._router.registry.egress
        return CallInfo(
            client=pseudonym(opened.keys.state, request.provider.installation, caller.identity),
            name=caller.label,
            key=caller.key,
            items=request.items,
            prepare=prepare,
            # those of its manifest, which the user saw at install, and the one that was decided about
            hosts=[*caller.principal.hosts, str(request.seen.policy.get("host", ""))] if egress else [],
            quota=self._router.registry.quota_of(caller.principal.id) if request.method.action.own else 0,
            consent=None if cleared is None else cleared.consent,
            assurance="" if given is Assurance.NONE else given.name.lower(),
            decision="" if cleared is None else cleared.why,
        )

    def _info_bytes(self, request: Request, cleared: Cleared | None = None, given: Assurance = Assurance.NONE) -> bytes:
        """The member ``call`` without its id: everything after that, from the comma on."""
        return b"," + msgspec.json.encode(self._info(request, cleared, given))[1:]


def _is_short(seen: Seen) -> bool:
    """Whether what policy sees is worth keeping a route for: texts of any length would fill the memory."""
    return sum(len(value) for value in seen.policy.values() if isinstance(value, str)) <= _MAX_ROUTE_CHARACTERS


def _about(request: Request) -> str:
    """What a request is about, for the record: the item's label, and for which host or relying party it is."""
    entry = request.provider.items.get(request.question.resource.item)
    label = request.settled.names.get(request.method.item_field) or (entry.label if entry is not None else "")
    scope = request.method.compiled.scope
    value = str(request.question.fields.get(scope, "")) if scope else ""
    return ", ".join(part for part in (label, value) if part)


def _check_references(seen: Seen) -> None:
    if any(not is_well_formed(reference) for _, reference in seen.references):
        raise ProtocolError(ErrorCode.UNKNOWN_REFERENCE, "this is no reference")
