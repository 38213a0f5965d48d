"""The Router: every connection, every call under way, and the parts that decide, put together.

It knows no domain and no protocol but its own; what an interface means stands in the interface's document.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import socket
import sys
import time
import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, Message, MessageId, ProtocolError, RateLimiter
from etui.trusted.audit import AuditError, AuditRecord, Kind
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.control import (
    Connected,
    DoorState,
    End,
    Ended,
    FingerSaid,
    FromRouter,
    HandedOver,
    Keys,
    Link,
    LinkClosed,
    Lock,
    LockNow,
    Namespace,
    Reply,
    ToRouter,
    Unheard,
    VaultAsk,
    VaultOperation,
)
from etui.trusted.control import (
    Role as ChildRole,
)
from etui.trusted.evidence import Look, RemoteLook, look_here
from etui.trusted.layout import runtime_of
from etui.trusted.package import Package, installed, permission_lines
from etui.trusted.policy import Decision, Outcome, Question, Resource
from etui.trusted.profile import read_profile
from etui.trusted.router.admission import Admission
from etui.trusted.router.advisers import Advisers
from etui.trusted.router.anchoring import Anchoring
from etui.trusted.router.answers import Answers
from etui.trusted.router.at_login import AtLogin
from etui.trusted.router.budget import PageBudgets, PromptBudget
from etui.trusted.router.callers import Caller, door_caller, provider_caller
from etui.trusted.router.connection import Connection, Role
from etui.trusted.router.consent import Consent
from etui.trusted.router.dialogs import Dialogs
from etui.trusted.router.dispatch import Dispatch
from etui.trusted.router.events import Events
from etui.trusted.router.fingers import Fingers
from etui.trusted.router.handed import HandedStreams
from etui.trusted.router.header import LooksError, read_looks
from etui.trusted.router.installing import Installing
from etui.trusted.router.own import OwnMethods
from etui.trusted.router.own.reports import RATE
from etui.trusted.router.pages import WebPeers
from etui.trusted.router.path import RequestPath
from etui.trusted.router.pauses import Pauses
from etui.trusted.router.providers import Providers
from etui.trusted.router.recording import Recorder
from etui.trusted.router.registry import ROUTER_INTERFACES, Method, Registry, Standing
from etui.trusted.router.retention import Retention
from etui.trusted.router.turns import Lane
from etui.trusted.router.unlocking import Unlocking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from etui.trusted.audit import RecordTemplate
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.connection import Way
    from etui.trusted.router.references import Place
    from etui.trusted.router.wallet import Opened

_LOOKERS: Final = 8
_SWEEP_S: Final = 1.0
_LOCK_S: Final = 5
_DENIED: Final = Decision(outcome=Outcome.DENY, policies=("router",))


class _Cancel(msgspec.Struct, frozen=True):
    """Parameters of the notification ``cancel``; what else is in them is passed over."""

    id: MessageId


class Router:
    """One wallet's Router, from its start to its lock."""

    def __init__(  # noqa: PLR0913, PLR0915  # what a process is started with, and a line for each of its parts
        self,
        home: Path,
        listener: socket.socket,
        link: Link[Any, Any],
        notes: tuple[str, ...],
        weaknesses: tuple[str, ...] = (),
        *,
        managed_for: int | None = None,
    ) -> None:
        self.home = home
        self.profile = read_profile(home)
        found = installed(home)
        self.notes = notes
        self.broken = {broken.id: broken.error for broken in found.broken}
        is_test = self.profile.test is not None
        self.registry = Registry([package for package in found.packages if is_test or not package.for_tests])
        self.recorder = Recorder()
        self.locking = False
        self.dialogs = Dialogs()
        self.budgets = {lane: PromptBudget() for lane in Lane}
        self.pauses = Pauses()
        self._extension_budgets: defaultdict[str, PromptBudget] = defaultdict(PromptBudget.of_extension)
        self.reports = RateLimiter(RATE, asyncio.get_running_loop().time())
        self._page_budgets = PageBudgets()
        self.advisers = Advisers(self)
        self.consent = Consent(self)
        self.events = Events(self)
        self.providers = Providers(self)
        self.dispatch = Dispatch(self)
        self.path = RequestPath(self)
        self.answers = Answers(self)
        self.unlocking = Unlocking(self)
        self.at_login = AtLogin(self)
        self.anchoring = Anchoring(self)
        self.fingers = Fingers(self)
        self.installing = Installing(self)
        self.handed = HandedStreams(self)
        self.retention = Retention(self)
        self.own = OwnMethods(self)
        self.opened: Opened | None = None
        self.tasks: dict[Connection, dict[MessageId, asyncio.Task[None]]] = {}
        self.connections: set[Connection] = set()
        self.doors: dict[str, DoorState] = {}
        self.auto_lock_s = 900
        self.looking = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="evidence")
        """Where processes are looked at: nothing else may hold that up."""
        self.look: Look = look_here if managed_for is None else RemoteLook(runtime_of(managed_for) / "evidence")
        """Who looks at processes: the Router, where it has the person's own eyes."""
        self.weaknesses = weaknesses
        """What of the memory that holds keys is not protected on this machine, in sentences."""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._admission = Admission(self, listener)
        self._link: Link[FromRouter, ToRouter] = link
        self._unsent: list[Connection] = []
        self._ahead: list[tuple[ActiveCall, RecordTemplate]] = []
        self._unrecorded: list[ActiveCall] = []
        self._flush_scheduled = False
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._numbers = 0
        self._peers = 0
        self._background: set[asyncio.Future[Any]] = set()
        self._used_at = self._loop.time()

    @property
    def is_managed(self) -> bool:
        """Whether the wallet runs as users of its own."""
        return self.look is not look_here

    @property
    def made(self) -> bool:
        """Whether there is a wallet in the profile."""
        return (self.home / "vault" / "slots.json").exists()

    def unlocked(self) -> Opened:
        """What is there while the wallet is unlocked; raises ``ProtocolError`` (``locked``)."""
        if self.opened is None:
            raise self.unlocking.missing()
        return self.opened

    # start and end

    def start(self) -> None:
        """Begins to listen, to the supervisor first."""
        if self.made:
            try:
                self.recorder.open(self.home / "audit")
            except AuditError as error:  # unlocking mends what can be mended, or refuses
                self.notes = (*self.notes, f"nothing is recorded before the wallet is unlocked: {error}")
        try:
            self.dialogs.wear(read_looks(self.home))
        except LooksError as error:
            self.notes = (*self.notes, str(error))
        self._loop.add_reader(self._link.fileno(), self._hear_supervisor)
        self._admission.start()
        self._loop.call_later(_SWEEP_S, self._sweep)

    async def lock(self, reason: str) -> None:
        """Ends the process in order: tells those who listen, confirms the audit, and is gone with all keys.

        Whatever fails in this or hangs, the process ends: at the latest after ``_LOCK_S``.
        """
        if self.ended.done():
            return
        self.locking = True
        faulthandler.dump_traceback_later(_LOCK_S, exit=True)
        try:
            await self._close(reason)
        except Exception as error:  # noqa: BLE001  # the keys go all the same
            self.note_failure(error)
        finally:
            if not self.ended.done():
                self.ended.set_result(reason)

    async def _close(self, reason: str) -> None:
        if self.opened is not None:
            self.recorder.event(AuditRecord(kind=Kind.LOCK, outcome=Recorded.DONE, reason=reason), sync=True)
            await self.anchoring.write_at_lock()
        self.events.publish("locked", {"reason": reason})
        self.flush()
        self.tell_supervisor(Lock())
        if self.opened is not None:
            await self.opened.state.close()
        self.recorder.close()

    def given_up(self) -> ProtocolError:
        """What is answered of a request that was given up before anything was done for it, as all are by the lock."""
        if self.locking:
            return ProtocolError(ErrorCode.LOCKED, "the wallet is being locked; unlock it first")
        return ProtocolError(ErrorCode.CANCELLED, "the request was cancelled")

    def lock_soon(self, reason: str) -> None:
        """Locks, from where nothing can be awaited."""
        self.later(self.lock(reason))

    def permission_texts(self, package: Package) -> tuple[str, ...]:
        """What an installed Extension asks for, in sentences."""
        return tuple(line.text for line in permission_lines(package.manifest))

    def door_rows(self) -> list[wallet.DoorRow]:
        """Every door, as the supervisor last said."""
        return [
            wallet.DoorRow(door=d.name, title=d.title, enabled=d.enabled, state=d.state, detail=d.detail or None)
            for d in self.doors.values()
        ]

    def next_peer(self) -> str:
        """A handle for a peer that a door introduces."""
        self._peers += 1
        return f"p{self._peers}"

    def end_wallet(self) -> None:
        """Has the supervisor end everything."""
        self.tell_supervisor(End())

    def tell_supervisor(self, message: FromRouter) -> None:
        """Sends to the supervisor; where that has ended, so does the Router."""
        with contextlib.suppress(LinkClosed):
            self._link.send(message)

    # supervisor

    def _hear_supervisor(self) -> None:
        try:
            message, descriptor = self._link.receive()
        except LinkClosed:
            self._loop.remove_reader(self._link.fileno())
            self.later(self.lock("the supervisor ended"))
            return
        match message:
            case Connected() if descriptor is not None:
                self.later(self._adopt(message, socket.socket(fileno=descriptor)))
            case Keys() if descriptor is not None:
                self.unlocking.receive_keys(descriptor)
            case Ended():
                self._child_ended(message)
            case LockNow():
                self.later(self.lock(message.reason))
            case HandedOver() if descriptor is not None:
                self.handed.receive(message, descriptor)
            case Reply():
                future = self._replies.pop(message.number, None)
                if future is not None and not future.done():
                    future.set_result(message)
                else:
                    self.handed.drop(message.number)
            case FingerSaid():
                self.fingers.hear(message)
            case _:
                self._note_state(message)

    def _note_state(self, message: ToRouter) -> None:
        """Keeps what ``etui status`` and ``etui door`` show."""
        match message:
            case DoorState():
                self.doors[message.name] = message
            case Unheard():
                self.notes = (*self.notes, message.note)
            case _:
                pass

    def number(self) -> int:
        """Another number, for a message to the supervisor that is answered."""
        self._numbers += 1
        return self._numbers

    async def ask_supervisor(self, make: Callable[[int], FromRouter]) -> Reply:
        """What the supervisor, or the vault through it, replies to the message that ``make`` makes with a number."""
        number = self.number()
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._replies[number] = future
        try:
            self._link.send(make(number))
        except LinkClosed:
            raise ProtocolError(ErrorCode.UNAVAILABLE, "the wallet is ending") from None
        return await future

    async def vault(self, operation: VaultOperation, **parts: Any) -> Reply:  # noqa: ANN401  # VaultAsk's fields
        """What the vault replies."""
        return await self.ask_supervisor(lambda number: VaultAsk(number=number, operation=operation, **parts))

    async def vault_key(self) -> bytes:
        """The vault's session key, to which secrets for it are sealed."""
        reply = await self.vault(VaultOperation.PUBLIC)
        self.weaknesses = tuple(filter(None, reply.message.split("\n"))) or self.weaknesses  # it needs more of the same
        return reply.value

    async def _adopt(self, message: Connected, sock: socket.socket) -> None:
        """Takes a connection that the supervisor made: what is at its other end is known."""
        role = Role(message.role.value)
        connection = Connection(self, role, message.name)
        self.connections.add(connection)
        match role:  # before the first byte is read
            case Role.DIALOG:
                self.registry.dialog.connection = connection
                self.registry.dialog.standing = Standing.RUNNING
                self.dialogs.connect(connection)
            case Role.EXTENSION | Role.NATIVE:
                provider = self.registry.providers.get(message.name)
                if provider is None:  # it was removed while it was started
                    self.connections.discard(connection)
                    sock.close()
                    return
                provider.connection = connection
                connection.caller = provider_caller(provider)
            case Role.DOOR:
                connection.caller = door_caller(message.name)
                connection.web = WebPeers() if message.asserts is Namespace.WEB else None
            case Role.CLIENT:
                pass
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        await self._loop.create_unix_connection(lambda: connection, sock=sock)

    def _child_ended(self, message: Ended) -> None:
        if message.role is ChildRole.DIALOG:
            self._dialog_ended()
        provider = self.registry.providers.get(message.name)
        # A start is told before its end: who is not connected is a process that was seen to end already, or the next
        # one, which is being started.
        if provider is not None and provider.connection is not None and message.role is not ChildRole.DOOR:
            self.providers.stopped(provider, message.reason)

    def _dialog_ended(self) -> None:
        self.dialogs.disconnect()
        self.registry.dialog.standing = Standing.STOPPED

    # connections

    def receive(self, connection: Connection, message: Message) -> Way | None:
        """Serves one request of a connection, and says by which way another like it may go.

        Raises ``ProtocolError`` to have it answered with an error.
        """
        interface = message.method.rpartition(".")[0]
        method = self.registry.method(message.method)
        if message.under and connection.role is not Role.EXTENSION:
            raise self._serves_no_calls(connection, method)
        caller = self.caller(connection, message)
        if connection.web is not None:
            connection.web.admit(message.speaks_for, cast("MessageId", message.id), self._loop.time())
        if interface in ROUTER_INTERFACES:
            self.own.take(connection, caller, message, method)
            return None
        if connection.role in {Role.CLIENT, Role.DOOR} and not caller.is_page:  # a page may ask all day
            self.used()
        way = self.path.take(connection, caller, message, method)
        if way is None or connection.web is None:
            return way
        return partial(self._repeat_within, connection.web, message.speaks_for, way)

    def _repeat_within(self, web: WebPeers, handle: str, way: Way, request_id: MessageId) -> bool:
        """Takes a request that repeats an earlier one, where its page has some of its share left."""
        web.admit(handle, request_id, self._loop.time())
        return way(request_id)

    def caller(self, connection: Connection, message: Message) -> Caller:
        """Who makes a request; raises ``ProtocolError`` where nobody does whom this connection may speak for."""
        if message.speaks_for:
            caller = connection.peers.get(message.speaks_for)
            if caller is None:
                raise ProtocolError(ErrorCode.INVALID_REQUEST, "`for` names a peer that was not introduced here")
            return caller
        if connection.caller is None:
            raise ProtocolError(ErrorCode.DENIED, "this connection asks for nothing")
        return connection.caller

    def _serves_no_calls(self, connection: Connection, method: Method) -> ProtocolError:
        """What is answered to who is no Extension and names a call that it serves, on record while there are calls."""
        reason = "it names a call under which it asks, and serves no calls"
        why = ""
        if self.opened is not None and connection.caller is not None:
            why = self.record_refusal(connection.caller, method, reason)
        return ProtocolError(ErrorCode.DENIED, "only an Extension serves calls and makes others under them", why=why)

    def heard(self, connection: Connection, message: Message) -> None:
        """A notification: ``cancel`` gives a request up, ``event`` is told, ``makes`` says what is being stored.

        ``stays`` says that what is held in memory alone would be lost.
        """
        if message.method == "event" and connection.role is Role.EXTENSION:
            self.events.relay(self.registry.providers[connection.name], message)
        if message.method == "makes" and connection.role is Role.EXTENSION:
            self.answers.makes(connection, message)
        if message.method == "stays" and connection.role is Role.EXTENSION:
            self.providers.stays(self.registry.providers[connection.name], message)
        if message.method != "cancel":
            return
        try:
            cancelled = msgspec.json.decode(message.params, type=_Cancel)
        except msgspec.DecodeError:
            return
        self.cancel(connection, cancelled.id)

    def cancel(self, connection: Connection, request_id: MessageId) -> None:
        """Gives a request of a connection up, wherever it is."""
        task = self.tasks.get(connection, {}).get(request_id)
        if task is not None:
            task.cancel()
        self.dispatch.cancel(connection, request_id)

    def dismiss(self, connection: Connection, handle: str) -> None:
        """Forgets a peer, and with a native host the pages within it; what those wait for is given up."""
        connection.peers.pop(handle, None)
        if connection.web is not None:
            for page in connection.web.within(handle):
                self.dismiss(connection, page)
            for request_id in connection.web.forget(handle):
                self.cancel(connection, request_id)

    def lost(self, connection: Connection) -> None:
        """A connection has ended: what it asked for is given up, what it served is answered."""
        self.connections.discard(connection)
        self._admission.left(connection)
        for task in self.tasks.pop(connection, {}).values():
            task.cancel()
        self.dispatch.connection_lost(connection)
        if connection is self.dialogs.connection:
            self._dialog_ended()
        if connection.role in {Role.EXTENSION, Role.NATIVE}:
            provider = self.registry.providers.get(connection.name)
            if provider is None or provider.connection is not connection:
                return
            if connection.role is Role.EXTENSION:
                self.providers.broke_off(provider)
            else:
                self.providers.stopped(provider, "its connection ended")

    # audit before anything goes out

    def await_record(self, call: ActiveCall) -> None:
        """Has a call given up whose record cannot be written when this turn ends."""
        self._unrecorded.append(call)

    def record_ahead(self, call: ActiveCall, template: RecordTemplate) -> None:
        """Has a call that only reads sent by the end of this turn, and recorded then, before it can be answered."""
        self._ahead.append((call, template))

    def flush_soon(self, connection: Connection) -> None:
        """Has a connection's outbox sent once the audit is written, at the latest when this turn ends."""
        self._unsent.append(connection)
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush_scheduled_now)

    def _flush_scheduled_now(self) -> None:
        self._flush_scheduled = False
        self.flush()

    def flush(self) -> None:
        """Writes the audit, then sends what has gathered; where it cannot be written, nothing is carried out."""
        ahead, self._ahead = self._ahead, []
        for call, _ in ahead:
            if call.provider.connection is not None:
                call.provider.connection.send_ahead()
        unrecorded, self._unrecorded = self._unrecorded, []
        if not (ahead or unrecorded or self._unsent):
            return
        try:
            for _, template in ahead:
                self.recorder.repeated(template)
            self.recorder.flush()
        except ProtocolError as error:
            self._refuse(error, unrecorded)
        unsent, self._unsent = self._unsent, []
        for connection in unsent:
            connection.send_outbox()

    def record_now(self) -> None:
        """Writes the audit before something is done that outlasts this turn.

        Raises ``ProtocolError`` (``unwritable``) where it cannot be written; what else was to go out is refused then.
        """
        try:
            self.recorder.flush()
        except ProtocolError as error:
            unrecorded, self._unrecorded = self._unrecorded, []
            self._refuse(error, unrecorded)
            raise

    def _refuse(self, error: ProtocolError, unrecorded: list[ActiveCall]) -> None:
        """Answers everything that has not gone out with an error, and gives up the calls of this turn.

        What is for the dialog goes out: it is no answer and carries nothing out, and who asked would wait for ever.
        """
        for connection in self._unsent:
            if connection.role is not Role.DIALOG:
                connection.drop_outbox(error)
        for call in unrecorded:
            self.dispatch.give_up(call, error)

    def place(self, caller: Caller, method: Method, reference: str) -> Place:
        """The item that a Client's reference means; one that is not its own is on record, and raises."""
        try:
            return self.unlocked().place(caller.principal.id, reference)
        except ProtocolError as error:
            why = self.record_refusal(caller, method, "it named an item by a reference that is not its own")
            raise ProtocolError(error.code, error.message, why=why) from None

    def record_refusal(self, caller: Caller, method: Method, reason: str) -> str:
        """Records that a request was refused before policy was asked; the decision's id.

        It gives nothing away, so that nobody waits for its sync: who is refused without end costs the disk no more.
        """
        question = Question(principal=caller.principal, action=method.action, resource=Resource(extension=""))
        return self.recorder.decision(caller, question, _DENIED, Recorded.DENIED, reason=reason)

    def note_failure(self, error: BaseException) -> None:
        """Writes a fault of the Router's own to its log, without any value that a request held."""
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        places = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames))  # noqa: PTH119
        sys.stderr.write(f"router: {type(error).__name__} at {places}\n")

    # time

    def _sweep(self) -> None:
        """Once a second: calls that took too long, what nobody uses, what is too old, the lock when nobody is there."""
        self.dispatch.give_up_late()
        self.providers.stop_idle(self.dispatch.busy)
        self.retention.apply_when_due(self._loop.time())
        idle_s = self._loop.time() - self._used_at
        if self.opened is not None and self.auto_lock_s and idle_s > self.auto_lock_s:
            self.later(self.lock("nobody used the wallet for a while"))
            return
        if not self.ended.done():
            self._loop.call_later(_SWEEP_S, self._sweep)

    @property
    def locks_at(self) -> int | None:
        """When the wallet locks if nobody uses it, in seconds since 1970."""
        if self.opened is None or not self.auto_lock_s:
            return None
        return int(time.time() + self.auto_lock_s - (self._loop.time() - self._used_at))

    def budget_of(self, caller: Caller) -> PromptBudget:
        """Out of which budget this one's questions and showings are taken."""
        if caller.extension:
            return self._extension_budgets[caller.extension]
        of_lane = self.budgets[caller.lane]
        return self._page_budgets.of(caller.principal.id, of_lane) if caller.is_page else of_lane

    def used(self) -> None:
        """Notes that the wallet is in use, as at unlock."""
        self._used_at = self._loop.time()

    def later(self, work: Any) -> None:  # noqa: ANN401  # a coroutine of any result
        """Does something in a task of its own; a fault in it goes to the log."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.note_failure(error)
