"""The Router's side of the protocol, in memory: a simulator for tests of the door alone.

It keeps items as the Router and the Extension for secrets do together, gives each Client references of its own, and
puts what belongs to others to a user, who is the test. It checks no evidence: a Client is whoever the environment
variable ``ETUI_TEST_CLIENT`` of the introduced process says.
"""

# ruff: noqa: ANN401, FBT001, PLR0913, PLR0917  # a simulator: short before strict

from __future__ import annotations

import base64
import os
import queue
import socket
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    ErrorCode,
    FrameReader,
    Message,
    MessageKind,
    ProtocolError,
    Reassembler,
    chunks_of,
    decode_message,
    encode_error,
    encode_notification,
    encode_result,
    error_object,
)
from etui.sdk.ends import End
from etui.standards.secretservice import unwrap, wrap

CLIENT_VARIABLE = "ETUI_TEST_CLIENT"
REQUESTS: dict[str, Any] = {
    request.METHOD: request
    for request in (secret.Create, secret.Find, secret.Describe, secret.Read, secret.Update, secret.Delete)
}


class Entry:
    """One stored item; ``item`` has its own id where a Client sees a reference."""

    def __init__(self, item: Item, owner: str, value: bytes, content_type: str) -> None:
        self.item = item
        self.owner = owner
        self.value = value
        self.content_type = content_type


class Dialog:
    """A question to the user: the test answers it once."""

    def __init__(self, client: str, method: str, items: list[str], line: Line, message: Message, serve: Any) -> None:
        self.client = client
        self.method = method
        self.items = items
        self.cancelled = threading.Event()
        self._line = line
        self._message = message
        self._serve = serve

    def approve(self) -> None:
        self._line.wallet.approved |= {(self.client, item) for item in self.items}
        self._line.serve(self._message, self._serve)

    def approve_first(self) -> None:
        """The user lets the Client have the first item and keeps the others back."""
        self._line.wallet.approved.add((self.client, self.items[0]))
        self._line.serve(self._message, self._serve, quiet=True)

    def refuse(self, code: ErrorCode = ErrorCode.REFUSED) -> None:
        """The user says no: a search is answered with what the Client may see without that, if there is any."""
        if self.method == secret.Find.METHOD and self._line.sees(self._message, self.client):
            self._line.serve(self._message, self._serve, quiet=True)
        else:
            self._line.fail(self._message, ProtocolError(code, "the user said no", why="d-1"))


class RouterPeer:
    """A wallet for one door: its items, whether it is locked, and the dialogs that are open."""

    def __init__(self) -> None:
        self.locked = False
        self.entries: dict[str, Entry] = {}
        self.approved: set[tuple[str, str]] = set()
        self.dialogs: queue.Queue[Dialog] = queue.Queue()
        self.open_dialogs: dict[tuple[Line, int], Dialog] = {}
        self.calls: list[tuple[str, str, bool]] = []
        """Client, method and whether it was quiet, of every request for secrets."""
        self.introduced: list[wallet.Introduce] = []
        self.dismissed: queue.Queue[str] = queue.Queue()
        self.knows_peers = True
        """Whether it takes introductions, which a Router without keys need not."""
        self.ask_for: set[str] = set()
        """Methods that are put to the user even for the owner."""
        self.hold: set[str] = set()
        """Methods that are taken and not answered; ``held`` has them."""
        self.held: queue.Queue[str] = queue.Queue()
        self.end = End()
        self.lock = threading.RLock()
        self._lines: list[Line] = []
        self._ids = 0

    def connect(self) -> socket.socket:
        """The door's end of a new connection."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with self.lock:
            line = Line(self, ours)
            self._lines.append(line)
        threading.Thread(target=line.run, daemon=True).start()
        return theirs

    def renew_provider(self) -> None:
        """The Extension is started anew: it has another session key."""
        self.end = End()

    def unlock(self) -> None:
        with self.lock:
            self.locked = False
            self.publish("unlocked")

    def lock_wallet(self) -> None:
        """Says that it is locked, and ends its connections, as the Router's process does."""
        with self.lock:
            self.locked = True
            self.publish("locked")
            self.renew_provider()
            self.cut()

    def cut(self) -> None:
        """Every connection ends."""
        with self.lock:
            lines, self._lines = self._lines, []
            for line in lines:
                line.close()

    def publish(self, topic: str) -> None:
        for line in self._lines:
            line.send(encode_notification("event", msgspec.json.encode({"topic": topic, "data": {}})))

    def add(self, owner: str, label: str, attributes: dict[str, str], value: bytes, **fields: Any) -> str:
        """Stores an item; its id."""
        with self.lock:
            self._ids += 1
            now = int(time.time())
            kind = fields.pop("kind", "password")
            content_type = fields.pop("content_type", "")
            item = Item(
                item=f"i{self._ids}",
                kind=kind,
                label=label,
                attributes=attributes,
                created=now,
                modified=now,
                **fields,
            )
            self.entries[item.item] = Entry(item, owner, value, content_type)
            return item.item

    def reference(self, client: str, item: str) -> str:
        text = f"{client}\0{item}\0padding-and-more"
        return "r1." + base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    def opened(self, client: str, reference: str) -> Entry:
        """The entry that a Client's reference means."""
        body = reference.removeprefix("r1.")
        try:
            named, item, _ = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().split("\0")
        except ValueError:
            named, item = "", ""
        if not reference.startswith("r1.") or named != client:
            raise ProtocolError(ErrorCode.UNKNOWN_REFERENCE, "this reference is not known; find the item again")
        entry = self.entries.get(item)
        if entry is None:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "the item is not there any more")
        return entry

    def shown(self, client: str, item: Item) -> Item:
        group = self.reference(client, item.group) if item.group else ""
        return msgspec.structs.replace(item, item=self.reference(client, item.item), group=group)

    def may(self, client: str, entry: Entry) -> bool:
        return entry.owner == client or (client, entry.item.item) in self.approved


class Line:
    """One connection of the door."""

    def __init__(self, wallet_: RouterPeer, sock: socket.socket) -> None:
        self.wallet = wallet_
        self._sock = sock
        self._peers: dict[str, str] = {}
        self._topics: list[str] = []
        self._key = b""
        self._streams = 0
        self._chunks = Reassembler()

    def run(self) -> None:
        frames = FrameReader()
        while True:
            try:
                data = self._sock.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            with self.wallet.lock:
                for line in frames.feed(data):
                    self.receive(decode_message(line))

    def close(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def send(self, line: bytes) -> None:
        self._streams += 1
        for part in chunks_of(line, self._streams):
            try:
                self._sock.sendall(part)
            except OSError:
                return

    def receive(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFICATION and message.method == "chunk":
            whole = self._chunks.feed(message)
            if whole is not None:
                self.receive(decode_message(whole))
        elif message.kind is MessageKind.NOTIFICATION:
            self._cancel(msgspec.json.decode(message.params)["id"])
        elif message.method.startswith("wallet/1."):
            self.serve(message, self._own)
        else:
            client = self._peers.get(message.speaks_for, "")
            self.wallet.calls.append((client, message.method, message.quiet))
            if message.method in self.wallet.hold:
                self.wallet.held.put(message.method)
            else:
                self.serve(message, self._secret)

    def serve(self, message: Message, serve: Any, *, quiet: bool | None = None) -> None:
        with self.wallet.lock:
            try:
                result = serve(message, message.quiet if quiet is None else quiet)
            except ProtocolError as error:
                self.fail(message, error)
            else:
                if result is not None:
                    self.send(encode_result(_id(message), result))

    def fail(self, message: Message, error: ProtocolError) -> None:
        self.send(encode_error(_id(message), error_object(error)))

    def _cancel(self, call_id: int) -> None:
        dialog = self.wallet.open_dialogs.pop((self, call_id), None)
        if dialog is not None:
            dialog.cancelled.set()

    def _ask(self, message: Message, client: str, items: list[str], serve: Any) -> None:
        dialog = Dialog(client, message.method, items, self, message, serve)
        self.wallet.open_dialogs[self, _id(message)] = dialog
        self.wallet.dialogs.put(dialog)

    def _own(self, message: Message, _: bool) -> bytes | None:
        params = bytes(message.params)
        match message.method:
            case wallet.Hello.METHOD:
                self._key = msgspec.json.decode(params, type=wallet.Hello).key or b""
                result: Any = wallet.HelloResult(
                    version=1,
                    router="simulator",
                    client="door:secret_service",
                    label="door",
                    strength="verified",
                    locked=self.wallet.locked,
                    test=True,
                )
            case wallet.Subscribe.METHOD:
                self._topics = msgspec.json.decode(params, type=wallet.Subscribe).topics
                result = {}
            case wallet.Introduce.METHOD:
                result = self._introduce(msgspec.json.decode(params, type=wallet.Introduce))
            case wallet.Status.METHOD:
                result = wallet.StatusResult(
                    state="locked" if self.wallet.locked else "unlocked",
                    installed="",
                    display="",
                    test=True,
                    dialog="none",
                    notes=[],
                    version="0",
                )
            case wallet.Dismiss.METHOD:
                peer = msgspec.json.decode(params, type=wallet.Dismiss).peer
                self.wallet.dismissed.put(self._peers.pop(peer, ""))
                result = {}
            case wallet.Ends.METHOD:
                self._check_unlocked()
                result = wallet.EndsResult(key=self.wallet.end.public, provider="secrets", only=True)
            case wallet.Unlock.METHOD:
                if self.wallet.locked:
                    self._ask(message, self._peers.get(message.speaks_for, ""), [], self._unlocked)
                    return None
                result = {}
            case _:
                raise ProtocolError(ErrorCode.UNKNOWN_METHOD, message.method)
        return msgspec.json.encode(result)

    def _unlocked(self, _message: Message, _: bool) -> bytes:
        self.wallet.unlock()
        return b"{}"

    def _introduce(self, request: wallet.Introduce) -> wallet.IntroduceResult:
        if not self.wallet.knows_peers:
            raise ProtocolError(ErrorCode.LOCKED, "the wallet is locked; unlock it first")
        self.wallet.introduced.append(request)
        peer = f"p{len(self.wallet.introduced)}"
        client = _client_of(request.pid)
        self._peers[peer] = client
        strength = "claimed" if client.startswith("script:") else "observed"
        return wallet.IntroduceResult(peer=peer, client=client, label=client, strength=strength)

    def _check_unlocked(self) -> None:
        if self.wallet.locked:
            raise ProtocolError(ErrorCode.LOCKED, "the wallet is locked; unlock it first")

    def _secret(self, message: Message, quiet: bool) -> bytes | None:
        self._check_unlocked()
        client = self._peers.get(message.speaks_for)
        if client is None:
            raise ProtocolError(ErrorCode.INVALID_REQUEST, "`for` names a peer that was not introduced here")
        request: Any = self.wallet.end.decode(REQUESTS[message.method], bytes(message.params))
        if isinstance(request, secret.Find):
            return self._find(message, client, request, quiet)
        if not isinstance(request, secret.Create):
            entry = self.wallet.opened(client, request.item)
            own = self.wallet.may(client, entry) and (
                message.method not in self.wallet.ask_for or (client, entry.item.item) in self.wallet.approved
            )
            if not own:
                self._not_own(message, client, [entry.item.item], quiet)
                return None
        elif message.method in self.wallet.ask_for and (client, "") not in self.wallet.approved:
            self._not_own(message, client, [""], quiet)
            return None
        result = getattr(self, "_" + message.method.rpartition(".")[2])(client, request)
        return self.wallet.end.encode(result, self._key)

    def _not_own(self, message: Message, client: str, items: list[str], quiet: bool) -> None:
        if quiet:
            raise ProtocolError(ErrorCode.DENIED, "the user would have to be asked")
        self._ask(message, client, items, self._secret)

    def sees(self, message: Message, client: str) -> bool:
        """Whether a search finds something that the Client may see unasked."""
        request = self.wallet.end.decode(secret.Find, bytes(message.params))
        return any(self.wallet.may(client, entry) for entry in self._matching(client, request))

    def _matching(self, client: str, request: secret.Find) -> list[Entry]:
        group = self.wallet.opened(client, request.group).item.item if request.group else None
        return [
            entry
            for entry in self.wallet.entries.values()
            if (request.attributes or {}).items() <= entry.item.attributes.items()
            and request.kind in {None, entry.item.kind}
            and ("" if request.ungrouped else group) in {None, entry.item.group}
            and entry.item.attributes.keys().isdisjoint(request.without or [])
        ][: request.limit]

    def _find(self, message: Message, client: str, request: secret.Find, quiet: bool) -> bytes | None:
        found = self._matching(client, request)
        others = [entry.item.item for entry in found if not self.wallet.may(client, entry)]
        if others and not quiet:
            self._ask(message, client, others, self._secret)
            return None
        mine = [self.wallet.shown(client, entry.item) for entry in found if self.wallet.may(client, entry)]
        return msgspec.json.encode(secret.FindResult(items=mine))

    def _create(self, client: str, request: secret.Create) -> secret.CreateResult:
        value = self._given(request) or b""
        group = self.wallet.opened(client, request.group).item.item if request.group else ""
        attributes = request.attributes or {}
        if request.replace and attributes:
            for entry in self.wallet.entries.values():
                if entry.owner == client and entry.item.attributes == attributes and entry.item.group == group:
                    entry.value, entry.content_type = value, request.content_type or ""
                    entry.item = msgspec.structs.replace(entry.item, label=request.label)
                    return secret.CreateResult(item=self.wallet.shown(client, entry.item), replaced=True)
        item = self.wallet.add(
            client,
            request.label,
            attributes,
            value,
            kind=request.kind,
            group=group,
            content_type=request.content_type or "",
        )
        return secret.CreateResult(item=self.wallet.shown(client, self.wallet.entries[item].item))

    def _describe(self, client: str, request: secret.Describe) -> secret.DescribeResult:
        entry = self.wallet.opened(client, request.item)
        return secret.DescribeResult(item=self.wallet.shown(client, entry.item))

    def _read(self, client: str, request: secret.Read) -> secret.ReadResult:
        entry = self.wallet.opened(client, request.item)
        content_type = entry.content_type or None
        if request.wrap_key is None:
            return secret.ReadResult(value=entry.value, content_type=content_type)
        iv = os.urandom(16)
        wrapped = wrap(request.wrap_key, iv, entry.value)
        return secret.ReadResult(wrap_iv=iv, wrap_value=wrapped, content_type=content_type)

    def _update(self, client: str, request: secret.Update) -> secret.UpdateResult:
        entry = self.wallet.opened(client, request.item)
        value = self._given(request)
        if value is not None:
            entry.value = value
        if request.content_type is not None:
            entry.content_type = request.content_type
        changes: dict[str, Any] = {"modified": int(time.time())}
        if request.label is not None:
            changes["label"] = request.label
        if request.attributes is not None:
            changes["attributes"] = request.attributes
        entry.item = msgspec.structs.replace(entry.item, **changes)
        return secret.UpdateResult(item=self.wallet.shown(client, entry.item))

    def _delete(self, client: str, request: secret.Delete) -> secret.DeleteResult:
        gone = self.wallet.opened(client, request.item).item.item
        for item in [i for i, entry in self.wallet.entries.items() if gone in {i, entry.item.group}]:
            del self.wallet.entries[item]
        return secret.DeleteResult()

    def _given(self, request: secret.Create | secret.Update) -> bytes | None:
        if request.wrap_key is None:
            return request.value
        return unwrap(request.wrap_key, request.wrap_iv or b"", request.wrap_value or b"")


def _id(message: Message) -> int:
    assert isinstance(message.id, int)
    return message.id


def _client_of(pid: int) -> str:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it is gone already
        variables = []
    for variable in variables:
        name, _, value = variable.partition(b"=")
        if name == CLIENT_VARIABLE.encode():
            return value.decode()
    return "somebody"
