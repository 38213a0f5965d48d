"""The path of a request, from evidence to answer; every step in the order in which it is taken.

::

    who asks ─► which item, may this Client name it ─► prepare ─► policy ─► consent ─► audit ─► forward ─► answer

A request whose decision is known and whose provider runs passes without a task; any other takes the same steps in one,
since it waits for a process or for the user.

What the user approved is what is executed: consent carries a digest over Client, method, items and the very bytes of
the params, and those bytes are forwarded. A call made under another one has to repeat its material fields.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import msgspec

from etui.interfaces import Effect, Prepared, Seen
from etui.protocol import CallInfo, ErrorCode, Message, MessageId, ProtocolError
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.audit import RecordTemplate
from etui.trusted.policy import Assurance, Decision, LimitReached, Outcome, Question, Reservation, Resource
from etui.trusted.router import wording
from etui.trusted.router.callers import Caller, pseudonym
from etui.trusted.router.calls import ActiveCall
from etui.trusted.router.connection import Connection
from etui.trusted.router.consent import Asked, digest_of
from etui.trusted.router.references import Place, is_well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.trusted.router.registry import Method, Provider
    from etui.trusted.router.router import Router

_MAX_ROUTES: Final = 20_000
_NOTHING_LEFT: Final = Decision(outcome=Outcome.DENY, policies=("user/grant",), reason="its grant is used up")
_PREPARED: Final = msgspec.json.Decoder(Prepared)


class Route(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Where a request goes: what is kept of the first of several that are alike.

    ``items``: for each reference in params, by its field, the provider's own id. ``call``: the member ``call`` as it is
    encoded, without its id. ``template``: the audit's record of the decision.
    """

    question: Question
    provider: Provider
    method: Method
    items: dict[str, str]
    call: bytes
    decision: Decision
    template: RecordTemplate


class Arrival(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A request as it came, with what was seen of its params."""

    connection: Connection
    caller: Caller
    message: Message
    method: Method
    params: bytes
    seen: Seen


class Request(msgspec.Struct, kw_only=True, eq=False):
    """One request on its way."""

    connection: Connection | None
    id: MessageId
    caller: Caller
    method: Method
    params: bytes
    seen: Seen
    provider: Provider
    question: Question
    items: dict[str, str]
    chain: tuple[Caller, ...]
    quiet: bool
    on_result: Callable[[bytes | ProtocolError], None] | None = None
    task: asyncio.Task[None] | None = None


class RequestPath:
    """Takes requests to their providers."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._routes: dict[tuple[object, ...], Route] = {}

    def drop_routes(self) -> None:
        """Forgets what was kept, as when grants, policies, registrations or references change."""
        self._routes.clear()

    def take(self, connection: Connection, caller: Caller, message: Message, method: Method) -> None:
        """Takes one request; raises ``ProtocolError`` where it ends here."""
        router = self._router
        opened = router.opened
        params = bytes(message.params)
        try:
            seen = method.compiled.see(params)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{method.action.id}: {error}") from None
        if opened is None:
            raise self._locked(seen)
        arrival = Arrival(
            connection=connection, caller=caller, message=message, method=method, params=params, seen=seen
        )
        key = (caller, method, seen.references, message.provider, *seen.policy.values())
        route = None if message.under else self._routes.get(key)
        if route is not None and route.provider.running and opened.now() < route.decision.until:
            router.recorder.repeated(route.template)
            self._forward_route(arrival, route)
            return
        request = self._request(arrival)
        decision = self._decide(request)
        if decision.outcome is Outcome.ALLOW and request.provider.running and not method.compiled.method.prepare:
            if decision.until and not request.chain and self._known(request):
                self._keep(key, request, decision)
            if decision.until:
                self._record(request, decision, Recorded.ALLOWED)
                self._forward(request, ())
                return
        self.start(request)

    def start(self, request: Request) -> None:
        """Takes the steps that wait in a task, which ends when the request is answered or given up."""
        task = asyncio.ensure_future(self._walk(request))
        request.task = task
        if request.connection is not None:
            self._router.tasks.setdefault(request.connection, {})[request.id] = task
        task.add_done_callback(lambda _: self._walked(request))

    def _walked(self, request: Request) -> None:
        if request.connection is not None:
            self._router.tasks.get(request.connection, {}).pop(request.id, None)
        self._router.flush()

    async def _walk(self, request: Request) -> None:
        try:
            await self._steps(request)
        except ProtocolError as error:
            self._fail(request, error)
        except asyncio.CancelledError:
            self._fail(request, ProtocolError(ErrorCode.CANCELLED, "the request was cancelled"))
        except Exception as error:  # noqa: BLE001  # one request's fault is answered, the Router lives on
            self._router.note_failure(error)
            self._fail(request, ProtocolError(ErrorCode.INTERNAL, f"the Router failed at {request.method.action.id}"))

    async def _steps(self, request: Request) -> None:
        router = self._router
        await router.ensure_running(request.provider)
        await self._learn_items(request)
        advice: tuple[str, ...] = ()
        if request.method.compiled.method.prepare:
            advice = await self._prepare(request)
        decision = self._decide(request)
        reservations: tuple[Reservation, ...] = ()
        recorded = Recorded.ALLOWED
        if decision.outcome is Outcome.ALLOW and decision.grants:
            try:
                reservations = await self._reserve(request, decision)
            except LimitReached as limit:
                advice = (*advice, f"A grant that covers this is used up: {limit}.")
                decision = self._without_grants(request)
        if decision.outcome is Outcome.ASK:
            decision = await self._ask(request, decision, advice)
            recorded = Recorded.APPROVED
        if decision.outcome is not Outcome.ALLOW:
            why = self._record(request, decision, Recorded.DENIED)
            raise ProtocolError(ErrorCode.DENIED, self._why_denied(request, decision), why=why)
        if recorded is Recorded.ALLOWED:
            self._record(request, decision, recorded, sync=bool(reservations))
        if not request.provider.running:  # it may have ended while the user was asked
            await router.ensure_running(request.provider)
        self._forward(request, reservations)

    # which item, and may this Client name it

    def _request(self, arrival: Arrival) -> Request:
        router = self._router
        message, caller, method, seen = arrival.message, arrival.caller, arrival.method, arrival.seen
        chain: tuple[Caller, ...] = ()
        parent: ActiveCall | None = None
        if message.under:
            parent = router.calls.get(message.under)
            if parent is None or parent.provider.connection is not arrival.connection:
                reason = "it names a call that it does not serve"
                why = router.record_refusal(caller, method, reason)
                raise ProtocolError(
                    ErrorCode.DENIED, f"the call named by `under` is not served here: {reason}", why=why
                )
            chain = parent.chain
            self._same_material(caller, method, parent, seen)
        items: dict[str, str] = {}
        provider: Provider | None = None
        for field, reference in seen.references:
            place = self._open_reference(caller, method, reference)
            found = router.registry.by_installation(place.installation)
            if found is None or provider not in {None, found}:
                raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"{field}: its Extension is not installed any more")
            provider = found
            items[field] = place.item
        if provider is None:
            provider = router.registry.provider_of(method.action.interface, message.provider)
        elif method.action.interface not in provider.provides:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"that item's Extension does not provide {method.action.id}")
        question = Question(
            principal=caller.principal,
            action=method.action,
            resource=self._resource(method, provider, items),
            fields=seen.policy,
            chain=tuple(member.principal.id for member in chain),
            derived=bool(chain),
        )
        return Request(
            connection=arrival.connection,
            id=cast("MessageId", message.id),
            caller=caller,
            method=method,
            params=arrival.params,
            seen=seen,
            provider=provider,
            question=question,
            items=items,
            chain=chain,
            quiet=message.quiet or (parent is not None and parent.quiet),
        )

    def _open_reference(self, caller: Caller, method: Method, reference: str) -> Place:
        opened = self._router.unlocked()
        client = caller.principal.id
        try:
            return opened.references.open(client, opened.epoch(client), reference)
        except ProtocolError as error:
            why = self._router.record_refusal(caller, method, "it named an item by a reference that is not its own")
            raise ProtocolError(error.code, error.message, why=why) from None

    def _resource(self, method: Method, provider: Provider, items: dict[str, str]) -> Resource:
        """What policy is asked about: the item of the field that is marked for it, or the Extension."""
        field = method.item_field
        item = items.get(field, "") if field else ""
        if not item:
            return Resource(extension=provider.principal)
        entry = provider.items.get(item)
        return Resource(
            extension=provider.principal,
            item=item,
            kind=entry.kind if entry is not None else "",
            group=entry.group if entry is not None else "",
        )

    def _known(self, request: Request) -> bool:
        return not request.question.resource.item or request.question.resource.item in request.provider.items

    async def _learn_items(self, request: Request) -> None:
        """Asks the provider what the named items are, where the Router has not seen them yet."""
        unknown = [item for item in request.items.values() if item not in request.provider.items]
        if unknown:
            await self._router.locate(request.provider, unknown)
            missing = [item for item in unknown if item not in request.provider.items]
            if missing:
                raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "the item is not there any more")
        if request.items:
            resource = self._resource(request.method, request.provider, request.items)
            request.question = msgspec.structs.replace(request.question, resource=resource)

    def _same_material(self, caller: Caller, method: Method, parent: ActiveCall, seen: Seen) -> None:
        for name, value in seen.material.items():
            consented = parent.material.get(name)
            if consented is not None and consented != value and name not in parent.method.compiled.references:
                reason = f"{name} is not what was consented to in {parent.method.action.id}"
                why = self._router.record_refusal(caller, method, reason)
                raise ProtocolError(ErrorCode.ALTERED, reason, why=why)

    @staticmethod
    def _locked(seen: Seen) -> ProtocolError:
        if any(not is_well_formed(reference) for _, reference in seen.references):
            return ProtocolError(ErrorCode.UNKNOWN_REFERENCE, "this is no reference")
        return ProtocolError(ErrorCode.LOCKED, "the wallet is locked; unlock it first")

    # policy

    def _decide(self, request: Request) -> Decision:
        """The decision on the caller and on every member of the chain; the strictest counts."""
        opened = self._router.unlocked()
        now = opened.now()
        decision = opened.engine.decide(request.question, opened.grants, now)
        if request.method.action.own or decision.outcome is Outcome.DENY:
            return decision
        for member in request.chain:
            question = msgspec.structs.replace(request.question, principal=member.principal)
            of_member = opened.engine.decide(question, opened.grants, now)
            if of_member.outcome is Outcome.DENY:
                return msgspec.structs.replace(of_member, reason=f"{member.label} may not have it done")
        return decision

    def _without_grants(self, request: Request) -> Decision:
        opened = self._router.unlocked()
        decision = _NOTHING_LEFT
        for assurance in (Assurance.CONSENT, Assurance.PIN):
            decision = opened.engine.confirm(request.question, assurance, opened.now())
            if decision.outcome is Outcome.ALLOW:
                return msgspec.structs.replace(decision, outcome=Outcome.ASK)
        return decision

    async def _reserve(self, request: Request, decision: Decision) -> tuple[Reservation, ...]:
        """Takes this use out of the grants that allow it and have a limit: all or none, and durable at return."""
        opened = self._router.unlocked()
        amount = request.question.fields.get("amount", 0)
        reservations: list[Reservation] = []
        written: list[asyncio.Future[None]] = []
        try:
            for grant_id in decision.grants:
                grant = opened.grants.get(grant_id)
                if grant is None or not (grant.uses or grant.limit):
                    continue
                reservations.append(
                    opened.spending.reserve(
                        grant,
                        amount_minor=amount if type(amount) is int else 0,
                        currency=str(request.question.fields.get("currency", "")),
                        now=opened.now(),
                    )
                )
                written.append(opened.state.put("spent", grant_id, opened.spending.of(grant)))
        except LimitReached:
            self._release(tuple(reservations))
            raise
        await asyncio.gather(*written)
        return tuple(reservations)

    def _release(self, reservations: tuple[Reservation, ...]) -> None:
        opened = self._router.opened
        if opened is None:
            return
        for reservation in reservations:
            row = opened.spending.release(reservation)
            if row is not None:
                opened.state.put("spent", row.grant, row).add_done_callback(lambda done: done.exception())

    def _why_denied(self, request: Request, decision: Decision) -> str:
        reason = decision.reason or f"policy {', '.join(decision.policies)}"
        return f"{request.caller.label} may not call {request.method.action.id}: {reason}"

    # consent

    async def _prepare(self, request: Request) -> tuple[str, ...]:
        """What the provider says beforehand; it changes and discloses nothing."""
        result = await self._router.call_provider(
            request.provider, request.method, request.params, self._info(request, prepare=True)
        )
        try:
            return tuple(_PREPARED.decode(result).notes)
        except msgspec.DecodeError as error:
            raise ProtocolError(
                ErrorCode.UNAVAILABLE, f"{request.provider.name} prepared nothing usable: {error}"
            ) from None

    async def _ask(self, request: Request, decision: Decision, advice: tuple[str, ...]) -> Decision:
        if request.quiet:
            why = self._record(request, decision, Recorded.DENIED, reason="the user would have had to be asked")
            raise ProtocolError(ErrorCode.DENIED, "the user would have to be asked", why=why)
        provider = request.provider
        names = {
            field: wording.name_of(entry := provider.items.get(item), wording.kind_title(provider, entry))
            for field, item in request.items.items()
        }
        values: dict[str, object] = msgspec.json.decode(request.params, type=dict[str, object])
        asked = Asked(
            caller=request.chain[0] if request.chain else request.caller,
            question=request.question,
            decision=decision,
            action=wording.sentence(request.method, values, names),
            digest=digest_of(request.caller, request.method.action.id, request.params, tuple(request.items.values())),
            fields=wording.shown_fields(request.method, values, names),
            advice=advice,
            chain=request.chain,
            what=next(iter(names.values()), ""),
            lasting=request.method.action.effect is not Effect.REMOVE,
        )
        consented = await self._router.consent.ask(asked)
        self._router.consent.remember(asked, consented, (request.method.action.id,))
        repeated = digest_of(request.caller, request.method.action.id, request.params, tuple(request.items.values()))
        if repeated != asked.digest:
            raise ProtocolError(
                ErrorCode.ALTERED, "the request is not the one that was consented to", why=consented.why
            )
        return consented.decision

    # audit, forward, answer

    def _record(
        self, request: Request, decision: Decision, outcome: Recorded, *, sync: bool = False, reason: str = ""
    ) -> str:
        entry = request.provider.items.get(request.question.resource.item)
        self._router.unlocked().met(request.caller)
        return self._router.recorder.decision(
            request.caller,
            request.question,
            decision,
            outcome,
            chain=request.chain,
            label=entry.label if entry is not None else "",
            sync=sync,
            reason=reason,
        )

    def _keep(self, key: tuple[object, ...], request: Request, decision: Decision) -> None:
        entry = request.provider.items.get(request.question.resource.item)
        if len(self._routes) >= _MAX_ROUTES:
            self._routes.clear()
        self._routes[key] = Route(
            question=request.question,
            provider=request.provider,
            method=request.method,
            items=request.items,
            call=self._info_bytes(request),
            decision=decision,
            template=self._router.recorder.template(
                request.caller,
                request.question,
                decision,
                Recorded.ALLOWED,
                label=entry.label if entry is not None else "",
            ),
        )

    def _forward_route(self, arrival: Arrival, route: Route) -> None:
        caller, message = arrival.caller, arrival.message
        call = ActiveCall(
            id=self._router.call_ids.next(),
            connection=arrival.connection,
            client_id=cast("MessageId", message.id),
            caller=caller,
            method=route.method,
            provider=route.provider,
            chain=(caller,),
            material=arrival.seen.material,
            items=route.items,
            deadline=self._router.deadline(route.method),
            quiet=message.quiet,
        )
        self._router.dispatch(call, arrival.params, route.call)

    def _forward(self, request: Request, reservations: tuple[Reservation, ...]) -> None:
        call = ActiveCall(
            id=self._router.call_ids.next(),
            connection=request.connection,
            client_id=request.id,
            caller=request.caller,
            method=request.method,
            provider=request.provider,
            chain=(*request.chain, request.caller),
            material=request.seen.material,
            items=request.items,
            deadline=self._router.deadline(request.method),
            quiet=request.quiet,
        )
        call.reservations = reservations
        call.on_result = request.on_result
        self._router.dispatch(call, request.params, self._info_bytes(request))

    def failed(self, call: ActiveCall) -> None:
        """A call that failed has spent nothing."""
        self._release(call.reservations)

    def _info(self, request: Request, *, prepare: bool = False) -> CallInfo:
        opened = self._router.unlocked()
        client = pseudonym(opened.keys.state, request.provider.installation, request.caller.identity)
        return CallInfo(
            client=client,
            name=request.caller.label,
            key=request.caller.key,
            items=request.items,
            prepare=prepare,
            hosts=self._hosts(request),
        )

    def _hosts(self, request: Request) -> list[str]:
        """What egress may reach for this caller: the hosts of its manifest, which its user saw at install."""
        registry = self._router.registry
        provider = registry.providers.get(request.caller.principal.id)
        if request.provider is not registry.egress or provider is None or provider.package is None:
            return []
        return list(provider.package.manifest.permissions.network)

    def _info_bytes(self, request: Request) -> bytes:
        """The member ``call`` without its id: everything after that, from the comma on."""
        return b"," + msgspec.json.encode(self._info(request))[1:]

    def _fail(self, request: Request, error: ProtocolError) -> None:
        if request.on_result is not None:
            request.on_result(error)
        elif request.connection is not None:
            request.connection.fail(request.id, error)
