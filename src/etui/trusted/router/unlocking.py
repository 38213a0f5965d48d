"""Making, unlocking and re-keying the wallet: dialog, vault and state, in the order in which each is due.

What is typed goes from the dialog to the vault sealed; the Router relays it. Several Clients may wait for one unlock;
the question is taken away when the last of them has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.sealing import Secret, derive
from etui.trusted.audit import (
    AuditDamagedError,
    AuditError,
    AuditFolder,
    AuditMissingError,
    AuditRecord,
    AuditUnwritableError,
    Kind,
    create_audit,
    public_key_of,
    restore_public,
    restore_ratchet,
)
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.control import PrepareSpares, VaultOperation
from etui.trusted.dialog.requests import (
    Approved,
    ChangeAppearance,
    Create,
    Created,
    Dismissed,
    Looks,
    NewLogin,
    NewPassphrase,
    NewPin,
    Refused,
    ShowRecovery,
    Typed,
    Unlock,
)
from etui.trusted.policy import PolicyError
from etui.trusted.router import retention
from etui.trusted.router.giving import give
from etui.trusted.router.header import (
    HeaderError,
    LooksError,
    NewerLooksError,
    check_header,
    read_looks,
    seal_header,
    write_looks,
)
from etui.trusted.router.state import StateError
from etui.trusted.router.turns import Turns
from etui.trusted.router.unlock_question import (
    AGAIN,
    first_question,
    next_question,
    operation_of,
    other_question,
)
from etui.trusted.router.vouched import VouchedError, check_restored, settle_restored, vouch
from etui.trusted.router.wallet import Keys, Opened

if TYPE_CHECKING:
    from etui.trusted.control import Reply
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.router import Router

KEYS_BYTES: Final = 96
NO_WALLET: Final = "there is no wallet yet; make one with `etui init`"
_KEYS_S: Final = 10.0
_TELL_S: Final = 0.1
_NEW_RECOVERY: Final = "make a new recovery key"
_CODES: Final = {
    "locked_out": ErrorCode.LOCKED_OUT,
    "slow_down": ErrorCode.LOCKED_OUT,
    "no_wallet": ErrorCode.NO_WALLET,
    "exists": ErrorCode.CONFLICT,
    "storage": ErrorCode.UNWRITABLE,
    "wrong_login": ErrorCode.WRONG_SECRET,
    "login_too_soon": ErrorCode.LOCKED_OUT,
    "login_blocked": ErrorCode.LOCKED_OUT,
    "no_login": ErrorCode.DENIED,
}


_NewT = TypeVar("_NewT", NewPassphrase, NewPin, NewLogin)


def audit_private_key(keys: Keys) -> Secret:
    """The key that reads the audit."""
    return Secret(derive(keys.audit, "etui/audit/read/1"))


def audit_first_key(keys: Keys) -> Secret:
    """The first key of the audit's ratchet, which verifies it."""
    return Secret(derive(keys.audit, "etui/audit/ratchet/1"))


class Unlocking:
    """The wallet's ways from none to unlocked."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._keys: asyncio.Future[Keys] | None = None
        self._unlocking: asyncio.Task[None] | None = None
        self._waiters = 0
        self._busy = Turns()
        self._opening = asyncio.Lock()
        self._locked_out = False

    def receive_keys(self, descriptor: int) -> None:
        """Reads the keys that the vault wrote into this pipe."""
        task = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(None, _read_keys, descriptor))
        task.add_done_callback(self._have_keys)

    def _have_keys(self, done: asyncio.Future[Keys | None]) -> None:
        keys = done.result()
        if self._keys is None or self._keys.done():
            return
        if keys is None:
            self._keys.set_exception(ProtocolError(ErrorCode.UNAVAILABLE, "the vault gave no keys"))
        else:
            self._keys.set_result(keys)

    # unlock

    def missing(self) -> ProtocolError:
        """Why nothing else can be done yet: the wallet is locked, or there is none, which is ``locked`` too."""
        text = "the wallet is locked; unlock it first" if self._router.made else NO_WALLET
        return ProtocolError(ErrorCode.LOCKED, text)

    async def unlock(self, caller: Caller, *, recovery: bool) -> None:
        """Returns once the wallet is unlocked; raises ``ProtocolError`` where it stays locked."""
        if self._router.locking:
            raise ProtocolError(ErrorCode.LOCKED, "the wallet is being locked; unlock it in a moment")
        if self._router.opened is not None:
            return
        if not self._router.made:
            raise ProtocolError(ErrorCode.NO_WALLET, NO_WALLET)
        if self._unlocking is None or self._unlocking.done():
            self._take(caller)
            self._unlocking = asyncio.ensure_future(self._unlock(caller, recovery=recovery))
        self._waiters += 1
        try:
            await asyncio.shield(self._unlocking)
        except asyncio.CancelledError:
            if self._is_taken_away(self._unlocking):
                return
            if self._waiters == 1 and not self._unlocking.done():
                self._unlocking.cancel()
            raise
        finally:
            self._waiters -= 1

    async def _unlock(self, caller: Caller, *, recovery: bool) -> None:
        async with self._busy.turn(caller.lane):
            key = await self._router.vault_key()
            budget, asker = self._router.budgets[caller.lane], caller.asker
            request = Unlock(key=key, asker=asker, recovery=recovery)
            if not recovery:
                request = first_question(request, await self._router.vault(VaultOperation.UNLOCK_PIN))
            due = _nothing if self._locked_out and not recovery else self._prepare_spares
            while True:
                answer = await self._router.dialogs.show(request, caller.lane, due)
                due = _nothing  # what was started then still waits
                if isinstance(answer, Dismissed) and answer.silence:
                    budget.silence(caller.principal.id, asyncio.get_running_loop().time())
                if isinstance(answer, Dismissed | Refused) or not isinstance(answer, Typed):
                    raise ProtocolError(ErrorCode.NOT_NOW, "the wallet was not unlocked now")
                if answer.use_other:
                    request = other_question(request)
                    continue
                reply = await self.opened_by(operation_of(request), answer.sealed)
                if reply is None or not reply.code:
                    break
                self.record_try(reply)
                self._locked_out = self._locked_out or reply.code == "locked_out"
                following = next_question(request, reply)
                if following is None:
                    raise vault_error(reply)
                request = following
            await self._router.installing.finish()
            budget.approved()
            self._router.at_login.tell()
            if request.recovery:
                await self._new_passphrase_after(caller, answer.sealed)

    async def opened_by(self, operation: VaultOperation, sealed: bytes, how: str = "") -> Reply | None:
        """Has the vault try what was sealed to it, and opens the wallet where that is right; what the vault replied.

        One try at a time: None where another one has opened the wallet meanwhile. ``how``: for the audit. Raises
        ``ProtocolError`` where the wallet cannot be opened although it is right.
        """
        async with self._opening:
            if self._router.opened is not None:
                return None
            self._keys = asyncio.get_running_loop().create_future()
            reply = await self._router.vault(operation, sealed=sealed)
            if not reply.code:
                await self._open(await self._awaited_keys(), new=self._was_cut_short(), how=how)
                await self._router.anchoring.check()
            return reply

    def _is_taken_away(self, unlocking: asyncio.Task[None]) -> bool:
        """Whether the question was taken away since something else opened the wallet."""
        return unlocking.cancelled() and self._router.opened is not None

    def take_question_away(self) -> None:
        """Ends the question for the passphrase, since the wallet was opened by something else."""
        if self._unlocking is not None and not self._unlocking.done():
            self._unlocking.cancel()

    def _prepare_spares(self) -> None:
        """Has Extensions start, without keys, while the user types the passphrase."""
        self._router.tell_supervisor(PrepareSpares())

    def _was_cut_short(self) -> bool:
        """Whether the making of this wallet ended between the vault's part and the Router's: nothing is there yet.

        Then no Extension has a key either; where one has, somebody took the Router's part away, whose header counts.
        """
        home = self._router.home
        recorded = (home / "audit" / "public").exists() or AuditFolder(home / "audit").has_segments
        made = recorded or (home / "router" / "state.db").exists()
        return not made and not any((home / "vault" / "keys").glob("*"))

    async def _new_passphrase_after(self, caller: Caller, recovery: bytes) -> None:
        """Who had to use the recovery key chooses a new passphrase at once."""
        key = await self._router.vault_key()
        answer = await self._router.dialogs.show(NewPassphrase(key=key, recovered=True), caller.lane)
        if isinstance(answer, Typed):
            reply = await self._router.vault(
                VaultOperation.CHANGE_BY_RECOVERY, sealed=recovery, sealed_new=answer.sealed_new
            )
            if reply.code:
                raise ProtocolError(ErrorCode.WRONG_SECRET, reply.message)

    # create

    async def create(self, caller: Caller) -> None:
        """Makes the wallet with what the user chooses in the dialog; it is unlocked afterwards."""
        router = self._router
        if router.made:
            raise ProtocolError(ErrorCode.CONFLICT, "there is a wallet in this profile already")
        self._keep_newer_looks()
        self._take(caller)
        async with self._busy.turn(caller.lane):
            key = await router.vault_key()
            answer = await router.dialogs.show(Create(key=key), caller.lane)
            if not isinstance(answer, Created):
                raise ProtocolError(ErrorCode.NOT_NOW, "no wallet was made")
            self._keys = asyncio.get_running_loop().create_future()
            reply = await router.vault(
                VaultOperation.CREATE,
                sealed=answer.sealed,
                dialog_key=await router.dialogs.key(),
                profile=router.profile.id,
            )
            if reply.code:
                raise vault_error(reply)
            keys = await self._awaited_keys()
            try:
                self._wear(answer.looks)
            except ProtocolError as error:
                raise self._given_up(error) from None
            await self._open(keys, new=True)
            try:
                if answer.open_session:
                    await give(router, caller, router.unlocked().open_session(), wallet.Create.METHOD)
            finally:
                router.budgets[caller.lane].approved()
                await router.dialogs.show(ShowRecovery(sealed=reply.value), caller.lane)

    async def _open(self, keys: Keys, *, new: bool, how: str = "") -> None:
        """Opens what the keys open; where that fails the wallet locks again, keys and all."""
        router = self._router
        try:
            check_restored(router.home, keys.header)
            if new:
                seal_header(router.home, keys.header)
                public = public_key_of(audit_private_key(keys))
                create_audit(router.home / "audit", public_key=public, ratchet_key=audit_first_key(keys))
                router.recorder.open(router.home / "audit")
            else:
                check_header(router.home, keys.header)
                self._mend_audit(keys)
            router.opened = Opened(router.home, keys, router.registry)
            vouch(router.home, keys.header)
            settle_restored(router.home)
            self._record_opening(new=new, how=how)
        except (HeaderError, VouchedError, StateError, AuditError, ProtocolError) as error:
            raise self._given_up(error) from None
        except PolicyError as error:
            text = f"{error}; mend or remove it in {router.home / 'operator'}"
            raise self._given_up(ProtocolError(ErrorCode.UNAVAILABLE, text)) from None
        except OSError as error:
            text = f"{error.filename or router.home}: {error.strerror}; make room or make the folder writable"
            raise self._given_up(ProtocolError(ErrorCode.UNWRITABLE, text)) from None
        router.auto_lock_s = int(router.unlocked().settings.get("auto_lock_s", router.auto_lock_s))
        router.retention.days = int(router.unlocked().settings.get(retention.SETTING, "0"))
        router.used()
        router.events.publish("unlocked", {})

    def _given_up(self, error: Exception) -> ProtocolError:
        """What to say where a wallet cannot be opened; then all that was handed a key ends."""
        lock_soon, reason = self._router.lock_soon, f"it could not be opened: {error}"
        asyncio.get_running_loop().call_later(_TELL_S, lock_soon, reason)
        match error:
            case ProtocolError():
                code = error.code
            case AuditUnwritableError():
                code = ErrorCode.UNWRITABLE
            case _:
                code = ErrorCode.UNAVAILABLE
        return ProtocolError(code, f"the wallet cannot be opened: {error}")

    def _record_opening(self, *, new: bool, how: str) -> None:
        """Puts on record that the wallet is open, durably; raises ``ProtocolError`` where that cannot be."""
        router = self._router
        router.recorder.event(AuditRecord(kind=Kind.UNLOCK, outcome=Recorded.DONE, reason=how), sync=True)
        if not new and router.unlocked().state.is_new:
            text = f"{router.home / 'router' / 'state.db'} was gone or empty: the rights that it held have ended"
            router.recorder.event(AuditRecord(kind=Kind.ERROR, outcome=Recorded.FAILED, reason=text), sync=True)
        if damaged := router.unlocked().state.damaged:
            text = f"{damaged} rows of {router.home / 'router' / 'state.db'} were damaged and are dropped"
            router.recorder.event(AuditRecord(kind=Kind.ERROR, outcome=Recorded.FAILED, reason=text), sync=True)
        if foreign := router.unlocked().pairings.foreign:
            text = f"paired no more ({len(foreign)}): browsers of the wallet that this is a copy of"
            router.recorder.event(AuditRecord(kind=Kind.GRANT, outcome=Recorded.DONE, reason=text), sync=True)
        router.record_now()

    def _mend_audit(self, keys: Keys) -> None:
        """Opens an audit that did not open at the start, with what it lacks made anew; raises ``AuditError``."""
        recorder, folder = self._router.recorder, AuditFolder(self._router.home / "audit")
        mended = ["its public key"] if restore_public(folder, public_key_of(audit_private_key(keys))) else []
        if recorder.writer is None:
            try:
                recorder.open(folder.directory)
            except (AuditDamagedError, AuditMissingError):
                restore_ratchet(folder, audit_first_key(keys))
                recorder.open(folder.directory)
                mended.append("the state of its checkpoints")
        for what in mended:
            reason = f"the audit goes on, but {what} was lost and made anew"
            recorder.event(AuditRecord(kind=Kind.ERROR, outcome=Recorded.FAILED, reason=reason), sync=True)

    # settings of the vault

    async def change_passphrase(self, caller: Caller) -> None:
        """A new passphrase in place of the old one."""
        await self.renew(caller, NewPassphrase, VaultOperation.CHANGE, "the passphrase")

    async def change_pin(self, caller: Caller) -> None:
        """A PIN, where there is none or in place of the old one; the passphrase is asked for."""
        await self.renew(caller, NewPin, VaultOperation.SET_PIN, "the PIN")

    async def change_unlock_pin(self, caller: Caller) -> None:
        """A PIN that unlocks, with the TPM; the passphrase is asked for."""
        kind = partial(NewPin, unlocks=True)
        await self.renew(caller, kind, VaultOperation.SET_UNLOCK_PIN, "the PIN for unlocking")

    async def renew(self, caller: Caller, kind: Callable[..., _NewT], operation: VaultOperation, what: str) -> None:
        """Has the user give the passphrase and what is new, until the vault takes it or no try is left."""
        router = self._router
        router.unlocked()
        self._take(caller)
        async with self._busy.turn(caller.lane):
            request = kind(key=await router.vault_key())
            while True:
                answer = _typed(await router.dialogs.show(request, caller.lane), f"{what} was not changed")
                reply = await router.vault(operation, sealed=answer.sealed, sealed_new=answer.sealed_new)
                if not reply.code:
                    break
                request = self._again(request, reply)
            self.record_change(caller, f"{what} was changed")

    async def remove_pin(self, caller: Caller) -> None:
        """No PIN any more: the passphrase confirms, which asks for more than before and needs no yes."""
        await self.narrow(caller, VaultOperation.REMOVE_PIN, "the PIN was removed")

    async def remove_unlock_pin(self, caller: Caller) -> None:
        """No PIN unlocks any more: the passphrase does, as before."""
        await self.narrow(caller, VaultOperation.REMOVE_UNLOCK_PIN, "the PIN for unlocking was removed")

    async def narrow(self, caller: Caller, operation: VaultOperation, what: str) -> None:
        """Has the vault give a way up, which needs no yes; ``what`` goes on record."""
        router = self._router
        router.unlocked()
        async with self._busy.turn(caller.lane):
            reply = await router.vault(operation)
            if reply.code:
                raise vault_error(reply)
            self.record_change(caller, what)

    async def replace_recovery(self, caller: Caller) -> None:
        """A new recovery key in place of the old one once the user has it; the passphrase is asked for."""
        router = self._router
        router.unlocked()
        self._take(caller)
        async with self._busy.turn(caller.lane):
            key = await router.vault_key()
            request = Unlock(key=key, asker=caller.asker, purpose=_NEW_RECOVERY)
            while True:
                answer = _typed(await router.dialogs.show(request, caller.lane), "the recovery key was not replaced")
                reply = await router.vault(
                    VaultOperation.NEW_RECOVERY, sealed=answer.sealed, dialog_key=await router.dialogs.key()
                )
                if not reply.code:
                    break
                if reply.code not in AGAIN:
                    raise vault_error(reply)
                request = Unlock(
                    key=key,
                    asker=caller.asker,
                    purpose=_NEW_RECOVERY,
                    wrong=True,
                    tries_left=reply.tries_left,
                    wait_s=float(reply.wait_s),
                )
            shown = await router.dialogs.show(ShowRecovery(sealed=reply.value), caller.lane)
            if not isinstance(shown, Approved):
                raise ProtocolError(ErrorCode.NOT_NOW, "the recovery key was not replaced; the one of before stays")
            kept = await router.vault(VaultOperation.KEEP_RECOVERY)
            if kept.code:
                raise vault_error(kept)
            self.record_change(caller, "the recovery key was replaced")

    async def confirm(self, caller: Caller, purpose: str, caution: str, otherwise: str) -> None:
        """Has the user give the passphrase for a purpose; raises ``ProtocolError``, with ``otherwise`` where not."""
        router = self._router
        self._take(caller)
        async with self._busy.turn(caller.lane):
            request = Unlock(key=await router.vault_key(), asker=caller.asker, purpose=purpose, caution=caution)
            while True:
                answer = _typed(await router.dialogs.show(request, caller.lane), otherwise)
                reply = await router.vault(VaultOperation.CONFIRM, sealed=answer.sealed)
                if not reply.code:
                    return
                if reply.code not in AGAIN:
                    raise vault_error(reply)
                left, wait_s = reply.tries_left, float(reply.wait_s)
                request = msgspec.structs.replace(request, wrong=True, tries_left=left, wait_s=wait_s)

    async def change_appearance(self, caller: Caller) -> None:
        """Another picture, phrase and colour."""
        router = self._router
        router.unlocked()
        self._keep_newer_looks()
        self._take(caller)
        answer = await router.dialogs.show(ChangeAppearance(), caller.lane)
        if not isinstance(answer, Looks):
            raise ProtocolError(ErrorCode.NOT_NOW, "picture and phrase stay as they are")
        self._wear(answer)
        self.record_change(caller, "picture, phrase and colour were changed")

    def _wear(self, looks: Looks) -> None:
        """Keeps new looks and shows them; raises ``ProtocolError`` (``unwritable``) with the old ones as they are."""
        try:
            write_looks(self._router.home, looks)
        except OSError as error:
            folder = self._router.home / "device"
            text = f"picture and phrase cannot be written ({error.strerror}): make room or make {folder} writable"
            raise ProtocolError(ErrorCode.UNWRITABLE, text) from None
        self._router.dialogs.wear(looks)

    def _keep_newer_looks(self) -> None:
        """Raises ``ProtocolError`` (``unavailable``) where new looks would replace those of a newer version."""
        try:
            read_looks(self._router.home)
        except NewerLooksError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, str(error)) from None
        except LooksError:
            pass  # damaged ones are what new ones are chosen for

    def _take(self, caller: Caller) -> None:
        """Takes a showing out of the budget; raises ``ProtocolError`` (``not_now``)."""
        self._router.budgets[caller.lane].take(caller.principal.id, asyncio.get_running_loop().time())

    def _again(self, request: _NewT, reply: Reply) -> _NewT:
        if reply.code not in AGAIN:
            raise vault_error(reply)
        return msgspec.structs.replace(request, wrong=True, tries_left=reply.tries_left)

    def record_change(self, caller: Caller, what: str) -> None:
        """Puts on record how the wallet was changed."""
        self._router.budgets[caller.lane].approved()
        record = AuditRecord(kind=Kind.SETTINGS, outcome=Recorded.DONE, subject=caller.subject, reason=what)
        self._router.recorder.event(record, sync=True)

    def record_try(self, reply: Reply) -> None:
        """Puts a try that opened nothing on record."""
        self._router.recorder.event(
            AuditRecord(kind=Kind.UNLOCK, outcome=Recorded.FAILED, reason=reply.message), sync=True
        )

    async def _awaited_keys(self) -> Keys:
        if self._keys is None:
            raise ProtocolError(ErrorCode.UNAVAILABLE, "the vault was not asked for keys")
        try:
            async with asyncio.timeout(_KEYS_S):
                return await self._keys
        except TimeoutError:
            raise ProtocolError(ErrorCode.UNAVAILABLE, "the vault gave no keys in time") from None


def vault_error(reply: Reply) -> ProtocolError:
    """What a Client is told where the vault refused for good."""
    return ProtocolError(_CODES.get(reply.code, ErrorCode.UNAVAILABLE), reply.message)


def _nothing() -> None:
    """When a question's turn has come, as most do."""


def _typed(answer: object, otherwise: str) -> Typed:
    if isinstance(answer, Typed):
        return answer
    if isinstance(answer, Approved | Created | Looks):
        raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog answered something else")
    raise ProtocolError(ErrorCode.NOT_NOW, otherwise)


def _read_keys(descriptor: int) -> Keys | None:
    with open(descriptor, "rb") as pipe:  # a descriptor, not a path
        text = pipe.read(KEYS_BYTES + 1)
    if len(text) != KEYS_BYTES:
        return None
    return Keys(text[:32], text[32:64], text[64:])
