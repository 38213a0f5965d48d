"""Answers on their way back: ids become references, and an item is named only as far as policy allows.

An item in a result is a disclosure of its own. A method that *creates* gives the item to the Client that made it. A
method that *decides* by another one (``find`` by ``read``) names those items that the Client may use so; what policy
would put to the user is put in one question, or in several where one has no room for so many, unless the Client asked
quietly; the rest is left out. A no is the answer where there is nothing else to tell, so that what was refused is never
taken for what is not there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.interfaces import Effect, Item
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import Resource
from etui.trusted.policy import Decision, Origin, Outcome, PrincipalType, Question, Scope, ScopeType
from etui.trusted.router import rights, wording
from etui.trusted.router.calls import Owned
from etui.trusted.router.chain import had_none
from etui.trusted.router.consent import AllowedMeanwhileError, Asked, digest_of, passing_of
from etui.trusted.router.giving import give
from etui.trusted.router.references import Place
from etui.trusted.router.reserving import is_certain, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.protocol import Message
    from etui.trusted.policy import Grant
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.registry import Method, Provider
    from etui.trusted.router.router import Router

_ONCE_S: Final = 60
_PROCESS_S: Final = 30 * 86400
_MAX_ASKED: Final = 50
_OBJECT: Final = b"{"
_MAX_ITEMS: Final = 10_000
_A_SLICE: Final = 200
_LEAVES_OUT: Final = {ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.TOO_MANY, ErrorCode.NO_DIALOG, ErrorCode.DENIED}
"""What a question ends with where the user, or policy meanwhile, did not allow what was asked about."""
T = TypeVar("T")
U = TypeVar("U")


class _Makes(msgspec.Struct, frozen=True):
    """What an Extension says before it stores a new item."""

    call: str
    item: Item


class Answers:
    """Turns providers' results into what the Client is told."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._makes = msgspec.json.Decoder(_Makes)

    def makes(self, connection: Connection, message: Message) -> None:
        """Writes the maker's right to an item while its Extension stores it; what is no such item is passed over."""
        try:
            said = self._makes.decode(message.params)
        except msgspec.DecodeError:
            return
        call = self._router.dispatch.served_by(connection, said.call)
        if self._router.opened is None or call is None or call.owned or not call.method.compiled.method.creates:
            return
        call.owned[said.item.item] = self._own(call, said.item)

    def give(self, call: ActiveCall, result: bytes | ProtocolError) -> None:
        """Answers a call."""
        if isinstance(result, ProtocolError):
            if is_certain(result):
                had_none(call)
            if not call.effective:
                settle(self._router.opened, call.reservations, result)
            self._disown(call)
            recorded = result.code is ErrorCode.DENIED or call.method.action.effect is Effect.USE
            self._send(call, self._on_record(call, result) if recorded else result)
            return
        if not call.method.compiled.item_fields:
            self._changed(call)
            self._send(call, result if result.startswith(_OBJECT) else _no_result(call, "it is no object"))
            return
        try:
            members, items = call.method.compiled.read_items(result)
        except msgspec.DecodeError as error:
            self._disown(call)
            self._send(call, _no_result(call, str(error)))
            return
        if len(items) > _MAX_ITEMS:
            self._disown(call)
            text = f"{call.provider.name} names more than {_MAX_ITEMS} items in an answer; ask for less at once"
            self._send(call, ProtocolError(ErrorCode.TOO_LARGE, text))
            return
        self._router.providers.learn(call.provider, items)
        if len(items) <= _A_SLICE and not call.method.compiled.method.creates:
            decisions = [self._decision(call, item) for item in items]
            if call.quiet or not any(map(_is_asked, decisions)):
                self._finish(call, members, [self._shown(call, *pair) for pair in zip(items, decisions, strict=True)])
                return
        task = asyncio.ensure_future(self._finish_later(call, members, items))
        call.task = task
        self._router.tasks.setdefault(call.connection, {})[call.client_id] = task
        task.add_done_callback(lambda task: self._finished(call, task))

    def _on_record(self, call: ActiveCall, error: ProtocolError) -> ProtocolError:
        """What came to nothing though it was allowed, with the id by which ``etui why`` explains it."""
        item = next(iter(call.items.values()), "")
        entry = call.provider.items.get(item)
        label = entry.label if entry is not None else ""
        try:
            why = self._router.recorder.declined(call, Resource(call.provider.principal, item, label), error.message)
        except ProtocolError:  # the audit takes nothing any more: the refusal is one all the same
            return error
        return ProtocolError(error.code, error.message, why=error.why or why)

    def _finished(self, call: ActiveCall, task: asyncio.Task[None]) -> None:
        self._router.tasks.get(call.connection, {}).pop(call.client_id, None)
        if task.cancelled():  # before its first step, so that nothing in it could answer
            self._disown(call)
            self._give_up(call)
        self._router.flush()

    def _give_up(self, call: ActiveCall) -> None:
        """Answers nobody in a lock, which cancels nothing that the provider has done: what came of it is not known."""
        if not self._router.locking:
            self._send(call, ProtocolError(ErrorCode.CANCELLED, "the request was cancelled"))

    async def _finish_later(self, call: ActiveCall, members: dict[str, msgspec.Raw], items: list[Item]) -> None:
        """Answers with what has to be waited for, or with many items, between which others have their turn."""
        try:
            if call.method.compiled.method.creates:
                owned = [call.owned.pop(item.item, None) or self._own(call, item) for item in items]
                self._disown(call)
                await self._lasting(call, [right for right in owned if right is not None])
            decisions = await _in_slices(items, lambda item: self._decision(call, item))
            decided = list(zip(items, decisions, strict=True))
            asked = [item for item, decision in decided if _is_asked(decision)]
            allowed = frozenset[str]()
            if asked and not call.quiet:
                allowed = await self._allowed(call, asked, decisions)
            shown = await _in_slices(decided, lambda pair: self._shown(call, *pair, allowed))
            self._finish(call, members, shown)
        except ProtocolError as error:
            self._send(call, error)
        except asyncio.CancelledError:
            self._give_up(call)
        except Exception as error:  # noqa: BLE001  # one answer's fault is told, the Router lives on
            self._router.note_failure(error)
            self._send(call, ProtocolError(ErrorCode.INTERNAL, f"the Router failed at {call.method.action.id}"))

    def _shown(
        self, call: ActiveCall, item: Item, decision: Decision | None, allowed: frozenset[str] = frozenset()
    ) -> Item | None:
        """An item as the Client is told it; None where it may not be told of it."""
        visible = _is_allowed(decision) or item.item in allowed
        return self.entry(call.caller, call.provider, item) if visible else None

    def _finish(self, call: ActiveCall, members: dict[str, msgspec.Raw], shown: list[Item | None]) -> None:
        self._changed(call)
        self._send(call, call.method.compiled.write_items(members, shown))

    def entry(self, caller: Caller, provider: Provider, item: Item) -> Item:
        """The entry of an item as this caller is told it: references in place of ids."""
        return msgspec.structs.replace(
            item,
            item=self.reference(caller, provider, item.item),
            group=self.reference(caller, provider, item.group) if item.group else "",
        )

    def reference(self, caller: Caller, provider: Provider, item: str) -> str:
        """The reference by which this caller may name an item."""
        opened = self._router.unlocked()
        client = caller.principal.id
        return opened.references.make(client, opened.clients.epoch(client), Place(provider.installation, item))

    # may it be named

    def _decision(self, call: ActiveCall, item: Item) -> Decision | None:
        """The decision on naming an item; None where the call itself was allowed on it."""
        method = call.method.compiled.method
        if method.decide is None:
            return None
        question = _question(call, self._deciding(call.method), item)
        return rights.decide(self._router.unlocked(), question, call.chain[:-1]).decision

    def _deciding(self, method: Method) -> Method:
        return self._router.registry.method(f"{method.action.interface}.{method.compiled.method.decide}")

    async def _allowed(self, call: ActiveCall, asked: list[Item], decisions: list[Decision | None]) -> frozenset[str]:
        """Which of these items the user lets the Client have, asked about so many at once.

        A no ends it, and keeps nothing back that was allowed before or unasked.
        """
        allowed: frozenset[str] = frozenset()
        for start in range(0, len(asked), _MAX_ASKED):
            part = asked[start : start + _MAX_ASKED]
            of = f", {start + 1} to {start + len(part)} of {len(asked)}" if len(part) < len(asked) else ""
            try:
                allowed |= await self._ask(call, part, decisions, of)
            except ProtocolError as error:
                if error.code not in _LEAVES_OUT or not (allowed or any(map(_is_allowed, decisions))):
                    raise
                break
        return allowed

    async def _ask(
        self, call: ActiveCall, asked: list[Item], decisions: list[Decision | None], of: str
    ) -> frozenset[str]:
        """Which of these items the user lets the Client have; ``of`` says which part of all that is asked about."""
        method = self._deciding(call.method)
        provider = call.provider
        strictest = max((d for d in decisions if d and d.outcome is Outcome.ASK), key=lambda d: d.assurance)
        first = asked[0]
        names = {field: wording.name_of(first, wording.kind_title(provider, first)) for field in (method.item_field,)}
        one = len(asked) == 1
        many = f"{len(asked)} items of {provider.name}{of}"
        sentence = wording.sentence(method, {}, names) if one else wording.of_many(method, method.item_field, many)
        choices = tuple(wording.described(item, wording.kind_title(provider, item)) for item in asked)
        question = Asked(
            caller=call.caller,
            question=_question(call, method, first),
            decision=strictest,
            action=sentence,
            digest=digest_of(call.caller, method.action.id, b"", tuple(item.item for item in asked)),
            items=choices,
            chain=call.chain[:-1],
            frame=wording.frame_of(provider) if provider.package is not None else None,
            what=names[method.item_field],
            wanting=tuple(_question(call, method, item) for item in asked),
        )
        try:
            consented = await self._router.consent.ask(question)
        except AllowedMeanwhileError:
            return frozenset(item.item for item in asked)
        allowed = frozenset(consented.items) if not one else frozenset({first.item})
        await self._remember(call, method, question, consented.remember, [i for i in asked if i.item in allowed])
        return allowed

    async def _remember(self, call: ActiveCall, method: Method, asked: Asked, remember: str, items: list[Item]) -> None:
        """What the user allowed holds for the process that asked, for a moment, or for as long as the user chose.

        What an Extension was allowed within a call that it serves holds for that call. Who cannot be told from its
        neighbours is allowed it for the terminal that it was started in, at most.
        """
        opened = self._router.unlocked()
        self._router.record_now()
        actions = tuple({method.action.id, *method.owner_actions[:1]})
        if call.under is not None:
            call.under.allowed |= {(action, call.provider.resource(i.item).key) for action in actions for i in items}
            return
        given: list[tuple[Grant, asyncio.Future[None]]] = []
        lasts_s = wording.LASTING.get(remember)
        until = int(opened.now()) + lasts_s if lasts_s else 0
        passing = passing_of(call.caller, remember)
        for item in items:
            scope = Scope(ScopeType.ITEM, call.provider.principal, item.item)
            if lasts_s is not None and call.caller.principal.tellable:
                grant = opened.add_grant(
                    call.caller.principal.id,
                    actions,
                    scope,
                    Origin.ASKED,
                    until=until,
                    label=call.caller.label,
                    what=item.label or asked.what,
                )
                given.append(grant)
            elif passing is not None:
                transient = opened.add_transient_grant(
                    f"group:{passing.group}",
                    actions,
                    scope,
                    lasts_s=passing.lasts_s,
                    origin=Origin.ASKED,
                    label=passing.label,
                    what=item.label or asked.what,
                )
                self._router.recorder.granted(call.caller, transient)
            elif process := call.caller.process_group:
                opened.add_transient_grant(f"group:{process}", actions, scope, lasts_s=_ONCE_S, origin=Origin.ASKED)
        await give(self._router, call.caller, given)

    # what follows from it

    def _disown(self, call: ActiveCall) -> None:
        """Takes back the right to what was said to be made and is not."""
        for right in call.owned.values():
            if right is not None and self._router.opened is not None:
                self._router.opened.revoke(right.grant)
                self._router.path.drop_routes()
        call.owned.clear()

    def _own(self, call: ActiveCall, item: Item) -> Owned | None:
        """Gives a new item to the Client that made it; the right, None where it has one already or can have none.

        To what is gone with the next lock it is a right until then, whoever makes an item of that id again.
        """
        actions = call.method.owner_actions
        caller = call.chain[0]
        if caller.principal.type is not PrincipalType.CLIENT or not actions:
            return None
        opened = self._router.unlocked()
        scope = Scope(ScopeType.ITEM, call.provider.principal, item.item)
        client = caller.principal.id
        if not caller.principal.tellable:
            if not caller.process_group:
                return None
            client = f"group:{caller.process_group}"
        elif opened.grants.at(client, scope):
            return None
        if not caller.principal.tellable or item.kind in call.provider.passing:
            right = opened.add_transient_grant(client, actions, scope, lasts_s=_PROCESS_S, origin=Origin.STORED)
            return Owned(right.id)
        grant, written = opened.add_grant(
            caller.principal.id, actions, scope, Origin.STORED, label=caller.label, what=item.label
        )
        return Owned(grant=grant.id, written=written)

    async def _lasting(self, call: ActiveCall, owned: list[Owned]) -> None:
        """Records the makers' rights that outlive the unlock, and returns when they are durable."""
        opened = self._router.unlocked()
        lasting = [right for right in owned if right.written is not None]
        for right in lasting:
            if (grant := opened.grants.get(right.grant)) is not None:
                self._router.recorder.granted(call.chain[0], grant)
        await asyncio.gather(*(right.written for right in lasting if right.written is not None))

    def _changed(self, call: ActiveCall) -> None:
        """Drops what is no longer so, and tells those who listen."""
        effect = call.method.action.effect
        if effect is Effect.REMOVE:
            for item in call.items.values():
                self._router.unlocked().forget_item(call.provider, item)
            self._router.path.drop_routes()
        changes = effect is Effect.ADD or effect is Effect.CHANGE or effect is Effect.REMOVE
        if changes and call.method.action.callers == "anyone":
            self._router.events.publish("items", {"effect": effect.value, "provider": call.provider.principal})

    def _send(self, call: ActiveCall, result: bytes | ProtocolError) -> None:
        if isinstance(result, ProtocolError):
            call.connection.fail(call.client_id, result)
        else:
            call.connection.answer(call.client_id, result)


def _question(call: ActiveCall, method: Method, item: Item) -> Question:
    """What policy is asked about naming an item to who made the call."""
    return Question(
        principal=call.caller.principal,
        action=method.action,
        resource=call.provider.resource(item.item),
        chain=tuple(member.principal.id for member in call.chain[:-1]),
        derived=call.under is not None,
    )


def _is_allowed(decision: Decision | None) -> bool:
    return decision is None or decision.outcome is Outcome.ALLOW


def _no_result(call: ActiveCall, reason: str) -> ProtocolError:
    """A provider answered what its interface does not have: nobody knows what it did."""
    text = f"{call.provider.name} answered what is no result of {call.method.action.id}: {reason}"
    return ProtocolError(ErrorCode.UNAVAILABLE, text)


def _is_asked(decision: Decision | None) -> bool:
    return decision is not None and decision.outcome is Outcome.ASK


async def _in_slices(of: list[T], make: Callable[[T], U]) -> list[U]:
    """What is made of each, with a turn for everybody else after so many."""
    made: list[U] = []
    for number, one in enumerate(of, 1):
        made.append(make(one))
        if number % _A_SLICE == 0:
            await asyncio.sleep(0)
    return made
