"""What a third party's Extension is made of: methods that serve an interface, and nothing else to learn.

::

    from secrets import token_urlsafe

    from etui.interfaces import secret_1 as secret
    from etui.sdk import Call, Extension, provides

    class Vending(Extension):
        @provides(secret.Generate)
        def generate(self, request: secret.Generate, call: Call) -> secret.GenerateResult:
            return secret.GenerateResult(value=token_urlsafe(request.length or 20).encode())

    if __name__ == "__main__":
        Vending().run()

Requests come one after the other on the main thread. A method whose interface says that it *waits* for the user runs
on a thread of its own, so that others are served meanwhile. The process starts with descriptor 3, its connection to
the Router, and descriptor 4, from which it reads its 32-byte key.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import msgspec

from etui.interfaces import Item, Prepared, Result
from etui.interfaces import extension_1 as extension
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    CallInfo,
    Consent,
    Envelope,
    ErrorCode,
    Message,
    MessageKind,
    ProtocolError,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
    error_object,
)
from etui.sdk.ends import End
from etui.sdk.exchange import Ask, Exchange, follow
from etui.sdk.marks import provides
from etui.sdk.store import Store
from etui.sdk.waiting import Waiter, Waiting
from etui.sdk.wire import ConnectionLost, Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.interfaces import Request

CHANNEL_FD: Final = 3
KEY_FD: Final = 4
_PR_SET_DUMPABLE: Final = 4
_MAX_WAITING_THREADS: Final = 24
_STACK_BYTES: Final = 1 << 20
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
"""The C library would set aside 64 MiB of address space for each thread, and 8 MiB for its stack: more than there is in
an Extension's confinement, long before there are as many threads (mallopt(3))."""
_MAX_QUEUED: Final = 1024
_KEY_BYTES: Final = 32
_PAGE_BYTES: Final = 512 << 10
_PLACES: Final = 3
_NOT_TO_OVERRIDE: Final = ("call", "run", "stays", "store", "tell")

ResultT = TypeVar("ResultT", bound=Result)


class _Cancel(msgspec.Struct, frozen=True):
    """Parameters of the notification ``cancel``."""

    id: int | str


class Call:
    """The call being served, under which the Extension may call others.

    ``id``: names the call while it is served; empty while it is prepared. ``client``: a pseudonym of who asks, the same
    for this Extension each time and another for any other. ``name``: who asks, for people. ``key``: the
    X25519 key to which sealed fields of the result go; empty where the caller gave none. ``quota``: to providers of
    what is an Extension's own, as ``storage/1``, how many bytes the calling Extension may keep; 0: none. ``consent``:
    how the user was asked about this very call and said yes; None where nobody was. ``assurance``: what the user gave
    for this call or the one that it follows from, ``consent`` or ``pin``; empty where a lasting right allowed it.
    ``decision``: the id of the record that allowed it, which ``etui why`` explains; empty where an earlier decision was
    followed once more.
    """

    id: str
    client: str
    name: str
    key: bytes
    quota: int
    consent: Consent | None
    assurance: str
    decision: str

    def __init__(self, owner: Extension, info: CallInfo, hold: Callable[[bytes], None]) -> None:
        self._owner = owner
        self._hold = hold
        self.id = info.id
        self.client = info.client
        self.name = info.name
        self.key = info.key
        self.quota = info.quota
        self.consent = info.consent
        self.assurance = info.assurance
        self.decision = info.decision

    def makes(self, item: Item) -> None:
        """Says which item this call is about to make, before it is stored and by its own id.

        Nobody has to: where it is said, the maker's right to the item is written while the item is, and not after.
        """
        self._hold(encode_notification("makes", msgspec.json.encode({"call": self.id, "item": item})))

    def ask(self, request: Request[ResultT], *, provider: str = "") -> ResultT:
        """What answers a request made under this call, as ``Client.call``."""
        return self._owner.call(request, under=self.id, provider=provider)


class Extension:
    """Base of an Extension; a subclass has a method for each request that it serves.

    ``store`` keeps its sealed records. ``begin`` is called once, when the key is there and before the first request.
    ``begin``, ``inventory`` and ``locate`` may be overridden; a subclass that has a ``call``, ``run``, ``stays``,
    ``store`` or ``tell`` of its own is refused with ``TypeError``. Every other name is free: what is private here is
    mangled.
    """

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        for name in _NOT_TO_OVERRIDE:
            if getattr(cls, name) is not getattr(Extension, name):
                msg = f"{cls.__qualname__}.{name} would replace what every Extension needs: give it another name"
                raise TypeError(msg)

    def __init__(self) -> None:
        self.__serves: dict[str, tuple[type[Request[Any]], Callable[..., Result]]] = {}
        self.__prepares: dict[str, tuple[type[Request[Any]], Callable[..., Result]]] = {}
        for name in dir(type(self)):
            function = getattr(type(self), name)
            if (request := getattr(function, "_serves", None)) is not None:
                self.__serves[request.METHOD] = (request, getattr(self, name))
            if (request := getattr(function, "_prepares", None)) is not None:
                self.__prepares[request.METHOD] = (request, getattr(self, name))
        self.__end = End()
        self.__exchange = Exchange(self.__end)
        self.__waiting = Waiting()
        self.__queue: deque[Message] = deque()
        self.__main = 0
        self.__threads = threading.BoundedSemaphore(_MAX_WAITING_THREADS)
        self.__wire: Wire
        self.__info = msgspec.json.Decoder(CallInfo)
        self.__cancel = msgspec.json.Decoder(_Cancel)
        self.__store: Store

    @property
    def store(self) -> Store:
        """Its sealed records, from ``begin`` on."""
        return self.__store

    def begin(self) -> None:
        """Called once before the first request is served; a subclass loads here what it keeps in memory."""

    def inventory(self) -> Sequence[Item]:
        """Every item with its own id; an Extension that holds items overrides it."""
        return ()

    @provides(extension.Inventory)
    def __inventory(self, request: extension.Inventory, _: Call) -> extension.InventoryResult:
        after = request.after or ""
        items = sorted((i for i in self.inventory() if i.item > after), key=lambda i: i.item)
        page: list[Item] = []
        size = 0
        for item in items[: request.limit or 500]:
            size += len(msgspec.json.encode(item))
            if page and size > _PAGE_BYTES:
                break
            page.append(item)
        return extension.InventoryResult(items=page, more=len(page) < len(items))

    @provides(extension.Locate)
    def __locate(self, request: extension.Locate, _: Call) -> extension.LocateResult:
        return extension.LocateResult(items=self.locate(request.ids))

    def locate(self, ids: Sequence[str]) -> list[Item]:
        """The entries of the items with these ids; override it where there are many."""
        wanted = set(ids)
        return [item for item in self.inventory() if item.item in wanted]

    def run(self, *, channel: int = CHANNEL_FD, key: int = KEY_FD) -> None:
        """Registers with the Router and serves until the connection ends."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
        threading.stack_size(_STACK_BYTES)
        self.__main = threading.get_ident()
        self.__wire = Wire(socket.socket(fileno=channel))
        provided = sorted({method.rsplit(".", 1)[0] for method in (*self.__serves, *self.__prepares)})
        try:
            self.__start(provided, key)
            while True:
                self.__receive_ready()
                while not self.__queue:
                    self.__receive()
                self.__serve(self.__queue.popleft())
        except ConnectionLost as lost:
            self.__wire.close()
            self.__waiting.end(lost)

    def call(self, request: Request[ResultT], *, under: str = "", provider: str = "") -> ResultT:
        """What answers a request of this Extension's own; ``Call.ask`` makes one under a call that it serves."""
        return follow(self.__exchange.call(request, Envelope(under=under, provider=provider)), self.__ask)

    def tell(self, event: str, item: Item | None = None, **data: object) -> None:
        """Tells who subscribed to an event of an interface that this Extension provides, as in ``secret/1.changed``.

        ``item``: the entry of the item that it is about, where the interface says that it is about one; ``data``: the
        event's fields. Nobody waits for it, and it is not repeated.
        """
        params: dict[str, object] = {"topic": event, "data": data}
        if item is not None:
            params["item"] = item
        self.__wire.send(encode_notification("event", msgspec.json.encode(params)))

    def stays(self, needed: bool) -> None:  # noqa: FBT001  # the state
        """Says whether it holds in memory alone what would be lost if it were stopped for want of use.

        Where it does, it runs until it says otherwise, the wallet locks, or it fails.
        """
        self.__wire.send(encode_notification("stays", msgspec.json.encode({"stays": needed})))

    def __start(self, provided: list[str], key: int) -> None:
        with open(key, "rb") as pipe:  # a descriptor, not a path
            own_key = pipe.read()
        if len(own_key) != _KEY_BYTES:
            sys.exit(
                f"the vault handed over {len(own_key)} bytes where a key has {_KEY_BYTES}: unlock the wallet again"
            )
        self.__store = Store(own_key, self.call)
        register = wallet.Register(key=self.__end.public, provides=provided)
        self.__ask(Ask(wallet.Register.METHOD, msgspec.json.encode(register), Envelope()))
        self.begin()

    def __ask(self, ask: Ask) -> bytes:
        waiter = Waiter()
        number = self.__waiting.add(waiter)
        try:
            self.__wire.send(encode_request(number, ask.method, ask.params, ask.envelope))
        except ProtocolError:
            self.__waiting.drop(number)
            raise
        if threading.get_ident() == self.__main:
            while waiter.answer is None:
                self.__receive()
        else:
            waiter.arrived.wait()
        return waiter.result()

    def __receive(self) -> None:
        """Waits for one message and takes it."""
        try:
            self.__take(self.__wire.receive())
        except ProtocolError as error:
            _break_off(error)

    def __receive_ready(self) -> None:
        """Takes what came while a call was served: it may say that nobody waits for one of the next any more."""
        try:
            while len(self.__queue) < _MAX_QUEUED and (message := self.__wire.receive_ready()) is not None:
                self.__take(message)
        except ProtocolError as error:
            _break_off(error)

    def __take(self, message: Message) -> None:
        """Hands an answer over, keeps what is to be served, and drops of that what was given up."""
        match message.kind:
            case MessageKind.REQUEST:
                self.__queue.append(message)
            case MessageKind.NOTIFICATION:
                if message.method == "cancel":
                    self.__drop(message.params)
            case _:
                if (reason := self.__waiting.give(message)) is not None:
                    sys.stderr.write(f"{reason.message}\n")

    def __drop(self, cancel: bytes) -> None:
        """Answers a call that waits here to be served, and never serves it; one that is being served goes on."""
        try:
            given_up = self.__cancel.decode(cancel).id
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"no cancel: {error}") from None
        for place, message in enumerate(self.__queue):
            if message.id == given_up:
                del self.__queue[place]
                unserved = ProtocolError(ErrorCode.CANCELLED, "it was given up before it was served")
                self.__wire.send(encode_error(_id(message), error_object(unserved)))
                return

    def __serve(self, message: Message) -> None:
        handled = self.__serves.get(message.method) or self.__prepares.get(message.method)
        if handled is not None and handled[0].WAITS:
            self.__serve_on_thread(message)
        else:
            self.__reply(message)

    def __serve_on_thread(self, message: Message) -> None:
        if not self.__threads.acquire(blocking=False):
            self.__refuse_to_wait(message)
            return

        def serve() -> None:
            try:
                with contextlib.suppress(ConnectionLost):
                    self.__reply(message)
            finally:
                self.__threads.release()

        try:
            threading.Thread(target=serve, daemon=True).start()
        except RuntimeError:  # the confinement has no room for one more
            self.__threads.release()
            self.__refuse_to_wait(message)

    def __refuse_to_wait(self, message: Message) -> None:
        error = ProtocolError(ErrorCode.TOO_MANY, "too many calls wait for the user already")
        self.__wire.send(encode_error(_id(message), error_object(error)))

    def __reply(self, message: Message) -> None:
        try:
            self.__wire.send(self.__answer(message))
        except ConnectionLost:
            raise
        except ProtocolError as error:
            failure = ProtocolError(error.code, f"{message.method}: {error.message}: ask for less at once")
            self.__wire.send(encode_error(_id(message), error_object(failure)))

    def __answer(self, message: Message) -> bytes:
        try:
            info = self.__info.decode(message.call) if message.call else CallInfo()
            result = self.__handle(message, info)
            return encode_result(_id(message), self.__end.encode(result, info.key))
        except ProtocolError as error:
            return encode_error(_id(message), error_object(error))
        except Exception as error:  # noqa: BLE001  # one request's fault is answered, the Extension lives on
            sys.stderr.write(f"{message.method}: {type(error).__name__} at {_place(error)}\n")
            failure = ProtocolError(ErrorCode.INTERNAL, f"{message.method} failed in the Extension")
            return encode_error(_id(message), error_object(failure))

    def __handle(self, message: Message, info: CallInfo) -> Result:
        handled = self.__serves.get(message.method)
        if info.prepare:
            handled = self.__prepares.get(message.method)
            if handled is None:
                return Prepared()
        if handled is None:
            raise ProtocolError(ErrorCode.UNKNOWN_METHOD, f"this Extension does not serve {message.method}")
        kind, function = handled
        request = self.__end.decode(kind, bytes(message.params), sender=info.key)
        for field in kind.REFERENCES:
            if (item := info.items.get(kind.on_the_wire(field))) is not None:
                msgspec.structs.force_setattr(request, field, item)
        return function(request, Call(self, info, self.__wire.hold))


def _break_off(error: ProtocolError) -> NoReturn:
    """Ends the process where the Router broke the protocol; where the connection is lost, that goes on being raised."""
    if isinstance(error, ConnectionLost):
        raise error
    sys.exit(f"the Router broke the protocol: {error.message}")  # nothing it says can be used


def _place(error: BaseException) -> str:
    """Where an exception was raised, the innermost call first; of its values nothing, since those may be secrets."""
    places: list[str] = []
    step = error.__traceback__
    while step is not None:
        places.append(f"{os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}")  # noqa: PTH119
        step = step.tb_next
    return " < ".join(places[: -_PLACES - 1 : -1])


def _id(message: Message) -> int | str:
    if isinstance(message.id, (int, str)):
        return message.id
    raise ProtocolError(ErrorCode.INVALID_REQUEST, "a request without an id")
