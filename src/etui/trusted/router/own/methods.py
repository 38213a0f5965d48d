"""``wallet/1`` and ``shell/1``: what the Router itself answers, method by method.

Narrowing (revoke, lock, close a door) is free to whoever may speak to the Router; every widening is put to the user in
the Trusted Dialog, whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, Message, MessageId, ProtocolError
from etui.trusted.router.connection import Connection, Role
from etui.trusted.router.own import (
    amending,
    beginning,
    browsers,
    fingerprints,
    holdings,
    logins,
    records,
    reports,
    rights,
    settings,
    space,
    standing,
)
from etui.trusted.router.own.asking import Asking
from etui.trusted.router.own.parts import Parts
from etui.trusted.router.pages import ITS_METHODS

if TYPE_CHECKING:
    from etui.interfaces import Result
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.registry import Method
    from etui.trusted.router.router import Router


class OwnMethods:
    """Serves ``wallet/1`` and ``shell/1``."""

    def __init__(self, router: Router) -> None:
        self.parts = Parts()
        self._router = router
        self._decoders = {request.METHOD: msgspec.json.Decoder(request) for request in (*_NOW, *_LATER)}

    def take(self, connection: Connection, caller: Caller, message: Message, method: Method) -> None:
        """Serves one request; what waits for anything is served in a task."""
        name = message.method
        if connection.role not in {Role.CLIENT, Role.DOOR} and name not in _FOR_EXTENSIONS:
            raise ProtocolError(ErrorCode.DENIED, f"{name} is not for Extensions")
        if caller.is_page and name not in ITS_METHODS:
            why = self._router.record_refusal(caller, method, "a page asks for services and does not run the wallet")
            raise ProtocolError(ErrorCode.DENIED, f"{name} is not for pages", why=why)
        try:
            request = self._decoders[name].decode(message.params)
            seen = method.compiled.see(bytes(message.params)).policy
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{name}: {error}") from None
        asking = Asking(
            connection=connection,
            caller=caller,
            method=method,
            params=bytes(message.params),
            fields=seen,
            provider=message.provider,
            peer=message.speaks_for,
            quiet=message.quiet,
        )
        request_id = cast("MessageId", message.id)
        kind = type(request)
        if kind in _NOW:
            connection.answer(request_id, msgspec.json.encode(_NOW[kind](self._router, asking, request)))
            return
        task = asyncio.ensure_future(self._serve(asking, request_id, kind, request))
        tasks = self._router.tasks.setdefault(connection, {})
        tasks[request_id] = task

        def served(task: asyncio.Task[None]) -> None:
            tasks.pop(request_id, None)
            if task.cancelled():  # before its first step, so that nothing in it could answer
                connection.fail(request_id, _cancelled())
                self._router.flush()

        task.add_done_callback(served)

    async def _serve(self, asking: Asking, request_id: MessageId, kind: type[Any], request: object) -> None:
        connection = asking.connection
        try:
            result = await _LATER[kind](self._router, asking, request)
            connection.answer(request_id, msgspec.json.encode(result))
        except ProtocolError as error:
            connection.fail(request_id, error)
        except asyncio.CancelledError:
            connection.fail(request_id, _cancelled())
        except Exception as error:  # noqa: BLE001  # one request's fault is answered, the Router lives on
            self._router.note_failure(error)
            connection.fail(request_id, ProtocolError(ErrorCode.INTERNAL, f"the Router failed at {kind.METHOD}"))
        self._router.flush()


def _cancelled() -> ProtocolError:
    return ProtocolError(ErrorCode.CANCELLED, "the request was cancelled")


_NOW: Final[dict[type[Any], Callable[[Router, Asking, Any], Result]]] = {
    wallet.Hello: beginning.hello,
    wallet.Register: beginning.register,
    wallet.Dismiss: beginning.dismiss,
    wallet.Prove: browsers.prove,
    wallet.IntroduceWithin: browsers.introduce_within,
    wallet.Subscribe: beginning.subscribe,
    wallet.Status: standing.status,
    wallet.Interfaces: beginning.interfaces,
    wallet.Document: beginning.document,
    wallet.Providers: beginning.providers,
    wallet.Extensions: holdings.extensions,
    wallet.Settings: settings.settings,
    wallet.Doors: holdings.doors,
    wallet.Allowances: rights.allowances,
    wallet.LoginUnlock: logins.login_unlock,
    shell.TurnedAway: reports.turned_away,
}
_LATER: Final[dict[type[Any], Callable[[Router, Asking, Any], Awaitable[Result]]]] = {
    wallet.Ends: beginning.ends,
    wallet.Introduce: beginning.introduce,
    wallet.Pair: browsers.pair,
    wallet.Create: standing.create,
    wallet.Unlock: standing.unlock,
    wallet.Lock: standing.lock,
    wallet.Stop: standing.stop,
    wallet.ChangePassphrase: standing.change_passphrase,
    wallet.ChangePin: standing.change_pin,
    wallet.RemovePin: standing.remove_pin,
    wallet.Fingerprint: fingerprints.fingerprint,
    wallet.LoginUnlockOn: logins.login_unlock_on,
    wallet.LoginUnlockOff: logins.login_unlock_off,
    wallet.LoginKey: logins.login_key,
    wallet.Login: logins.login,
    wallet.ReplaceRecovery: standing.replace_recovery,
    wallet.Appearance: standing.appearance,
    shell.Shelves: holdings.shelves,
    shell.Inventory: holdings.inventory,
    shell.Space: space.space,
    shell.HideLink: holdings.hide_link,
    shell.Clients: rights.clients,
    shell.AskAgain: rights.ask_again,
    shell.Grants: rights.grants,
    shell.Pairings: browsers.pairings,
    shell.Unpair: browsers.unpair,
    wallet.Grant: rights.grant,
    wallet.Amend: amending.amend,
    wallet.Revoke: rights.revoke,
    shell.Audit: records.audit,
    shell.Known: rights.known,
    wallet.Why: records.why,
    wallet.Verify: records.verify_audit,
    wallet.Install: holdings.install,
    wallet.Remove: holdings.remove,
    wallet.Export: standing.export,
    wallet.Set: settings.change,
    wallet.DoorEnable: holdings.door_enable,
    wallet.DoorDisable: holdings.door_disable,
}
_FOR_EXTENSIONS: Final = {wallet.Register.METHOD, wallet.Ends.METHOD, wallet.Providers.METHOD}
