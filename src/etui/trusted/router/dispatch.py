"""Calls under way: forwarded to their providers, given up when they take too long or nobody waits for them.

No more than ``_ALONE`` of one process's are at providers at once, and ``_SHARING`` at one that somebody else calls as
well; its others wait here, so that they do not stand there before what that one asks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import Effect
from etui.protocol import ErrorCode, Message, MessageKind, ProtocolError, RemoteError, encode_call
from etui.trusted.router import faces
from etui.trusted.router.connection import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.protocol import CallInfo, MessageId
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.registry import Method, Provider
    from etui.trusted.router.router import Router

_FOREVER: Final = float("inf")
_LEAVING: Final = frozenset({Effect.NONE, Effect.DISCLOSE})
"""Effects that leave what is there as it is."""
_ALONE: Final = 16
_SHARING: Final = 4
_SHARED_S: Final = 0.1


class Dispatch:
    """Every call that a provider serves now, by the id that only the Router issues."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._loop = asyncio.get_running_loop()
        self._calls: dict[str, ActiveCall] = {}

    def served_by(self, connection: Connection, call_id: str) -> ActiveCall | None:
        """The call of this id, if it is served at the other end of this connection."""
        call = self._calls.get(call_id)
        return call if call is not None and call.provider.connection is connection else None

    @property
    def busy(self) -> set[Provider]:
        """Who serves a call now."""
        return {call.provider for call in self._calls.values()}

    def serves(self, provider: Provider, method: str) -> bool:
        """Whether a provider serves this method now."""
        return any(call.provider is provider and call.method.action.id == method for call in self._calls.values())

    def deadline(self, method: Method) -> float:
        """When a call that begins now has taken too long; one that waits for the user has no end."""
        waits = method.compiled.method.waits
        return _FOREVER if waits else self._loop.time() + method.compiled.method.timeout_s

    def send(self, call: ActiveCall, params: bytes, info: bytes, *, ahead: bool = False) -> None:
        """Forwards a call to its provider; ``info`` is the member ``call``, from the comma behind its id on.

        ``ahead``: before the audit is written.
        """
        if call.under is not None:
            call.under.led_on = True
        if call.provider is self._router.registry.dialog:
            self._calls[call.id] = call
            self._router.await_record(call)
            self._router.later(self._show_face(call, params))
            return
        self._note_use(call)
        if call.method.action.effect not in _LEAVING:
            call.provider.touches += 1
        if call.connection.role is Role.CLIENT and not self._has_place(call):
            call.connection.share.held[call.id] = (call, params, info)
        else:
            self._pass_on(call, params, info, ahead=ahead)
        self._calls[call.id] = call
        self._router.await_record(call)

    def _pass_on(self, call: ActiveCall, params: bytes, info: bytes, *, ahead: bool) -> None:
        """Sends a call to its provider; raises ``ProtocolError`` where that does not run, or gets nothing so long."""
        connection = call.provider.connection
        if connection is None:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{call.provider.name} does not run")

        def answered(message: Message | ProtocolError) -> None:
            if self._end(call):
                if call.method.action.effect not in _LEAVING:
                    call.provider.touches += 1
                if call.led_on or call.walking:
                    self._end_derived(call, ProtocolError(ErrorCode.CANCELLED, "the call that it was made under ended"))
                self._router.answers.give(call, _result_of(message))

        member = b'{"id":"' + call.id.encode() + b'"' + info
        call.provider_id = _forward(connection, answered, call.method, params, member, ahead=ahead)
        if call.deadline < _FOREVER:
            call.connection.share.under_way += 1

    def _note_use(self, call: ActiveCall) -> None:
        provider, client = call.provider, call.connection.share
        provider.used_at = self._loop.time()
        if provider.used_by is not client:
            if provider.used_by is not None and provider.used_by.connections:
                provider.shared_until = provider.used_at + _SHARED_S
            provider.used_by = client

    def _has_place(self, call: ActiveCall) -> bool:
        """Whether one more of this Client's may be at this provider now."""
        shared = self._loop.time() < call.provider.shared_until
        return call.connection.share.under_way < (_SHARING if shared else _ALONE)

    def _end(self, call: ActiveCall) -> bool:
        """Forgets a call, and passes on what waited for its place; whether it was one until now."""
        if self._calls.pop(call.id, None) is None:
            return False
        client = call.connection.share
        client.held.pop(call.id, None)
        if call.provider_id and call.deadline < _FOREVER:
            client.under_way -= 1
        while client.held:
            held, params, info = next(iter(client.held.values()))
            if not self._has_place(held):
                break
            del client.held[held.id]
            try:
                self._pass_on(held, params, info, ahead=False)
                self._router.await_record(held)
            except ProtocolError as error:
                self.give_up(held, error)
        return True

    async def _show_face(self, call: ActiveCall, params: bytes) -> None:
        if call.id not in self._calls:  # given up before it was shown
            return
        call.task = asyncio.current_task()
        result: bytes | ProtocolError
        try:
            result = await faces.show_face(self._router, call, params)
        except ProtocolError as error:
            result = error
        except asyncio.CancelledError:
            result = ProtocolError(ErrorCode.CANCELLED, "the request was cancelled")
        if self._end(call):
            self._router.answers.give(call, result)
            self._router.flush()

    async def ask(self, provider: Provider, method: Method, params: bytes, info: CallInfo) -> bytes:
        """What a provider answers to a request of the Router's own; it is told where nobody waits for that any more."""
        connection = provider.connection
        if connection is None:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} does not run")
        future: asyncio.Future[Message | ProtocolError] = self._loop.create_future()

        def answered(message: Message | ProtocolError) -> None:
            if not future.done():
                future.set_result(message)

        number = _forward(connection, answered, method, params, msgspec.json.encode(info))
        try:
            async with asyncio.timeout(method.compiled.method.timeout_s):
                result = _result_of(await future)
        except TimeoutError:
            raise ProtocolError(ErrorCode.TIMED_OUT, f"{provider.name} did not answer in time") from None
        finally:
            connection.give_up(number)
        if isinstance(result, ProtocolError):
            raise result
        return result

    # given up

    def cancel(self, connection: Connection, request_id: MessageId) -> None:
        """Gives up what a connection asked for under this id."""
        for call in list(self._calls.values()):
            if call.connection is connection and call.client_id == request_id:
                self.give_up(call, ProtocolError(ErrorCode.CANCELLED, "the request was cancelled"))

    def connection_lost(self, connection: Connection) -> None:
        """Gives up all that a connection asked for."""
        calls = [call for call in self._calls.values() if call.connection is connection]
        for call in calls:  # so that none of them takes the place of another
            connection.share.held.pop(call.id, None)
        for call in calls:
            self.give_up(call, ProtocolError(ErrorCode.CANCELLED, "its Client is gone"))

    def provider_ended(self, provider: Provider, error: ProtocolError) -> None:
        """Answers all that a provider served."""
        for call in list(self._calls.values()):
            if call.provider is provider:
                self.give_up(call, error)

    def give_up_late(self) -> None:
        """Gives up what takes too long."""
        now = self._loop.time()
        for call in list(self._calls.values()):
            if now > call.deadline:
                text = f"{call.provider.name} did not answer in time"
                self.give_up(call, ProtocolError(ErrorCode.TIMED_OUT, text))

    def give_up(self, call: ActiveCall, error: ProtocolError) -> None:
        """Answers a call and those made under it with an error, and forgets what their providers may still say."""
        if not self._end(call):
            return
        if call.task is not None:
            call.task.cancel()
        if call.provider.connection is not None and call.provider_id:
            call.provider.connection.give_up(call.provider_id)
        self._end_derived(call, error)
        self._router.answers.give(call, error)

    def _end_derived(self, call: ActiveCall, error: ProtocolError) -> None:
        """Gives up what was asked under a call that has ended, and takes away what of it is before the user."""
        for task in list(call.walking):
            task.cancel()
        for derived in [other for other in self._calls.values() if other.under is call]:
            self.give_up(derived, error)


def _forward(  # noqa: PLR0913  # a call has these parts
    connection: Connection,
    answered: Callable[[Message | ProtocolError], None],
    method: Method,
    params: bytes,
    member: bytes,
    *,
    ahead: bool = False,
) -> int:
    """Sends a call, ``member`` being what the Router knows of it, and has ``answered`` wait for it; its id there."""
    number = connection.waiting.add(answered)
    try:
        connection.forward(encode_call(number, method.compiled.wire_name, params, member), ahead=ahead)
    except ProtocolError:
        connection.waiting.drop(number)
        raise
    return number


def _result_of(message: Message | ProtocolError) -> bytes | ProtocolError:
    if isinstance(message, ProtocolError):
        return message
    if message.kind is MessageKind.ERROR and not isinstance(message.error, msgspec.UnsetType):
        return RemoteError.from_object(message.error)
    return bytes(message.result) if not isinstance(message.result, msgspec.UnsetType) else b"null"
