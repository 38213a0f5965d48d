"""The Router's side of an Extension's connection, for tests: starts the real process and speaks the protocol with it.

A ``Peer`` is the Router as one Extension sees it, without policy, references or consent: it hands over the key, takes
the registration, calls what the Extension provides as any Client that a test names, and answers what the Extension asks
by the handlers that it is given. ``relay`` answers ``storage/1`` from a real storage process.
"""

import contextlib
import fcntl
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import msgspec

from etui.interfaces import Prepared, Request, Result
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    CallInfo,
    CallTable,
    ErrorCode,
    Message,
    MessageKind,
    ProtocolError,
    RemoteError,
    encode_call,
    encode_error,
    encode_result,
    error_object,
)
from etui.sdk.ends import End
from etui.sdk.wire import ConnectionLost, Wire

SOURCES = Path(__file__).parents[2] / "src"
KEY = bytes(range(32))
QUOTA_BYTES = 64 << 20
_HIGH_FD = 20
_END_S = 60

ResultT = TypeVar("ResultT", bound=Result)
Handler = Callable[[Message], bytes | None]
"""Answers a request of the Extension's; None where the test answers it later with ``Peer.answer``."""


class Peer:
    """One Extension process and the Router's end of its connection."""

    def __init__(
        self,
        module: str,
        *,
        key: bytes = KEY,
        environ: dict[str, str] | None = None,
        prefix: Sequence[str] = (),
        handlers: dict[str, Handler] | None = None,
    ) -> None:
        """Starts ``python -m module``, after ``prefix``, with descriptors 3 and 4 as an Extension has them.

        ``handlers``: by interface, as in ``{"storage/1": …}``.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        readable, writable = os.pipe2(os.O_CLOEXEC)
        self._stderr = os.memfd_create("stderr", os.MFD_CLOEXEC)
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH_FD) for fd in (theirs.fileno(), readable)]
        self.pid = os.posix_spawn(
            (prefix or [sys.executable])[0],
            [*prefix, sys.executable, "-m", module],
            {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), **(environ or {})},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
                (os.POSIX_SPAWN_DUP2, self._stderr, 2),
            ],
        )
        self._ended = os.pidfd_open(self.pid)
        theirs.close()
        for fd in (*high, readable):
            os.close(fd)
        os.write(writable, key)
        os.close(writable)
        self.status: int | None = None
        """How the process ended, as ``waitpid`` tells it."""
        self._written = ""
        self.keys: dict[str, bytes] = {}
        """Session keys of other providers, by interface: what ``wallet/1.ends`` answers."""
        self.provides: list[str] = []
        self.asked: list[str] = []
        """Methods that the Extension has asked for, in order."""
        self._key = b""
        self._handlers = {**(handlers or {}), "wallet/1": self._wallet}
        self._registered = threading.Event()
        self._calls: CallTable[_Answer] = CallTable()
        self._sending = threading.Lock()
        self._lost = False
        self._socket = ours
        self._wire = Wire(ours)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def key(self) -> bytes:
        """The Extension's session key; waits for its registration."""
        assert self._registered.wait(_END_S), self.stderr()
        return self._key

    def call(
        self,
        request: Request[ResultT],
        *,
        client: "Actor",
        item: str | None = None,
        group: str | None = None,
    ) -> ResultT:
        """What answers a client's request; ``item`` and ``group`` are the ids that its references mean."""
        items = {name: value for name, value in (("item", item), ("group", group)) if value is not None}
        params = client.end.encode(request, self.key)
        answer = self.call_raw(request.METHOD, params, client.info(items))
        return cast("ResultT", client.end.decode(request.RESULT, answer))

    def prepare(self, request: Request[Any], *, client: "Actor", item: str | None = None) -> Prepared:
        """What the Extension says beforehand of a client's request."""
        info = msgspec.structs.replace(client.info({} if item is None else {"item": item}), prepare=True)
        answer = self.call_raw(request.METHOD, client.end.encode(request, self.key), info)
        return msgspec.json.decode(answer, type=Prepared)

    def call_raw(self, method: str, params: bytes, info: CallInfo) -> bytes:
        """The encoded answer; raises ``RemoteError``, or ``ConnectionLost`` where the process ended."""
        answer = _Answer()
        with self._sending:
            if self._lost:
                raise ConnectionLost("the Extension has ended")
            number = self._calls.add(answer)
        self._wire.send(encode_call(number, msgspec.json.encode(method), params, msgspec.json.encode(info)))
        assert answer.arrived.wait(_END_S), self.stderr()
        return answer.result()

    def answer(self, message: Message, result: bytes = b"{}") -> None:
        """Answers a request of the Extension's that its handler left open."""
        assert isinstance(message.id, int)
        self._wire.send(encode_result(message.id, result))

    def stderr(self) -> str:
        """What the process has written to its standard error so far."""
        return self._written if self.status is not None else os.pread(self._stderr, 1 << 20, 0).decode()

    def kill(self) -> None:
        """Ends the process at once, as a crash does."""
        if self.status is None:
            signal.pidfd_send_signal(self._ended, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Closes the connection and waits for the process to end."""
        if self.status is not None:
            return
        with contextlib.suppress(OSError):  # the process has closed its end already
            self._socket.shutdown(socket.SHUT_RDWR)
        ended, _, _ = select.select([self._ended], [], [], _END_S)
        if not ended:
            signal.pidfd_send_signal(self._ended, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        self._reader.join()
        self._wire.close()
        os.close(self._ended)
        self._written = self.stderr()
        os.close(self._stderr)
        self.status = status

    def _read(self) -> None:
        with contextlib.suppress(ConnectionLost):
            while True:
                message = self._wire.receive()
                if message.kind is MessageKind.REQUEST:
                    self._serve(message)
                elif message.kind is not MessageKind.NOTIFICATION:
                    answer = self._calls.take(message)
                    assert answer is not None  # this one gives nothing up
                    answer.give(message)
        with self._sending:
            self._lost = True
        for answer in self._calls.drain():
            answer.arrived.set()

    def _serve(self, message: Message) -> None:
        assert isinstance(message.id, int)
        self.asked.append(message.method)
        handler = self._handlers.get(message.method.rsplit(".", 1)[0], _absent)
        try:
            result = handler(message)
        except ProtocolError as error:
            self._wire.send(encode_error(message.id, error_object(error)))
        else:
            if result is not None:
                self._wire.send(encode_result(message.id, result))

    def _wallet(self, message: Message) -> bytes:
        if message.method == wallet.Ends.METHOD:
            interface = msgspec.json.decode(message.params, type=wallet.Ends).interface
            return msgspec.json.encode(wallet.EndsResult(key=self.keys[interface], provider="test", only=True))
        registration = msgspec.json.decode(message.params, type=wallet.Register)
        self._key, self.provides = registration.key, registration.provides
        self._registered.set()
        return b"{}"


class Actor:
    """A client as an Extension sees it: a pseudonym, a session key, and how much it may keep."""

    def __init__(self, pseudonym: str, *, quota: int = QUOTA_BYTES) -> None:
        self.pseudonym = pseudonym
        self.quota = quota
        self.end = End()

    def info(self, items: dict[str, str]) -> CallInfo:
        """What the Router says of a call of this client's."""
        return CallInfo(
            id="call-1", client=self.pseudonym, name="Test", key=self.end.public, items=items, quota=self.quota
        )


class ShownSecrets:
    """The Trusted Dialog of a test: it opens what it is to show, and its user closes each window at once."""

    def __init__(self) -> None:
        self.end = End()
        self.shown: list[dialog.Reveal] = []
        self.under: list[str] = []

    def __call__(self, message: Message) -> bytes:
        self.under.append(message.under)
        self.shown.append(self.end.decode(dialog.Reveal, bytes(message.params)))
        return b"{}"


def relay(storage: Peer, *, pseudonym: str = "org.etui.secrets", quota: int = QUOTA_BYTES) -> Handler:
    """Answers ``storage/1`` from a storage process, as the Router relays it."""

    def handle(message: Message) -> bytes:
        info = CallInfo(id="call-2", client=pseudonym, quota=quota)
        return storage.call_raw(message.method, bytes(message.params), info)

    return handle


def _absent(message: Message) -> bytes:
    raise ProtocolError(ErrorCode.NO_PROVIDER, f"the test provides no {message.method}")


class _Answer:
    """The wait for one answer."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.message: Message | None = None

    def give(self, message: Message) -> None:
        self.message = message
        self.arrived.set()

    def result(self) -> bytes:
        if self.message is None:
            raise ConnectionLost("the Extension has ended")
        if not isinstance(self.message.error, msgspec.UnsetType):
            raise RemoteError.from_object(self.message.error)
        return bytes(cast("msgspec.Raw", self.message.result))
