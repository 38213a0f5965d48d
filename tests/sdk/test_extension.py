"""An Extension as a process, with the Router's end of its connection in a test's hand."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.extensions.peer import KEY, SOURCES, Actor, Handler, Peer, ShownSecrets, _Answer

from etui.interfaces import dialog_1 as dialog
from etui.interfaces import extension_1 as extension
from etui.interfaces import secret_1 as secret
from etui.interfaces import storage_1 as storage
from etui.protocol import (
    CallInfo,
    ErrorCode,
    ErrorObject,
    Message,
    ProtocolError,
    RemoteError,
    encode_call,
    encode_error,
    encode_notification,
)
from etui.sdk import ConnectionLost, Extension, Store
from etui.sdk.ends import End

PATH = {"PYTHONPATH": f"{SOURCES}:{Path(__file__).parents[2]}"}
CLIENT = Actor("somebody")
NOBODY = CallInfo()
Start = Callable[..., Peer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the Extension of the tests, and ends it."""
    peers: list[Peer] = []

    def started(handlers: dict[str, Handler] | None = None, key: bytes = KEY, **environ: str) -> Peer:
        peers.append(Peer("tests.sdk.vending", key=key, environ={**PATH, **environ}, handlers=handlers or {}))
        return peers[-1]

    yield started
    for peer in peers:
        peer.close()


def send(peer: Peer, *lines: bytes) -> None:
    """Sends these bytes to the Extension."""
    peer._socket.sendall(b"".join(lines))


# names

NEEDED = {"call", "run", "stays", "store", "tell"}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_subclass_that_takes_a_name_which_every_extension_needs_is_refused(name: str) -> None:
    class Mixed:
        pass

    setattr(Mixed, name, None)
    for bases, names in (((Extension,), {name: None}), ((Mixed, Extension), {})):
        with pytest.raises(TypeError, match=rf"Vending\.{name} .* another name"):
            type("Vending", bases, names)


def test_a_subclass_may_give_any_other_name_its_own_meaning() -> None:
    taken = {name for name in (*vars(Extension), *vars(Extension())) if not name.startswith(("__", "_Extension__"))}
    assert taken == NEEDED | {"begin", "inventory", "locate"}


# its beginning and its end


def test_an_extension_registers_with_its_session_key_and_what_it_serves(start: Start) -> None:
    peer = start()
    assert len(peer.key) == 32
    assert peer.provides == ["extension/1", "secret/1"]


def test_it_may_call_others_before_it_serves(start: Start) -> None:
    usage = msgspec.json.encode(storage.UsageResult(records=1, bytes=2, quota_bytes=3))
    peer = start({"storage/1": lambda _: usage}, SAYS_WHEN_IT_BEGINS="yes")
    assert peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8
    assert peer.asked == ["wallet/1.register", "storage/1.usage"]


def test_it_ends_in_peace_when_the_router_goes(start: Start) -> None:
    peer = start()
    peer.call(secret.Generate(), client=CLIENT)
    peer.close()
    assert (peer.status, peer.stderr()) == (0, "")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused_with_what_helps(start: Start, length: int) -> None:
    peer = start(key=bytes(length))
    peer._reader.join(20)
    peer.close()
    assert os.waitstatus_to_exitcode(peer.status or 0) == 1
    assert f"the vault handed over {length} bytes where a key has 32: unlock the wallet again" in peer.stderr()


def test_it_leaves_no_trace_of_its_memory(start: Start) -> None:
    peer = start()
    assert peer.key
    limits = Path(f"/proc/{peer.pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    if os.getuid() != 0:  # what cannot be dumped belongs to root
        assert Path(f"/proc/{peer.pid}/mem").stat().st_uid == 0


# what it is told of a call, and what it answers


def test_it_is_told_who_calls_and_gets_its_own_id_of_an_item(start: Start) -> None:
    answer = start().call(secret.Describe(item="r1.reference"), client=CLIENT, item="0007")
    assert answer.item.item == "0007"
    assert answer.content_type == "0007 call-1 somebody Test 32 1"


def test_a_reference_that_means_no_item_stays_what_it_was(start: Start) -> None:
    assert start().call(secret.Describe(item="r1.reference"), client=CLIENT).item.item == "r1.reference"


def test_an_item_is_prepared_before_it_is_touched(start: Start) -> None:
    peer = start()
    assert peer.prepare(secret.Delete(item="r"), client=CLIENT, item="0001").notes == ["0001 will be gone."]
    assert peer.prepare(secret.Describe(item="r"), client=CLIENT, item="0001").notes == []


def test_values_of_the_calls_own_client_open_and_no_other(start: Start) -> None:
    records: dict[str, bytes] = {}
    peer = start({"storage/1": _keeping(records)})
    peer.call(secret.Create(kind="note", label="a", value=b"hunter2"), client=CLIENT)
    assert Store(KEY, _no_call)._opened(*next(iter(records.items()))) == ("a", b"hunter2")
    thief = Actor("thief")
    stolen = CLIENT.end.encode(secret.Create(kind="note", label="b", value=b"hunter2"), peer.key)
    with pytest.raises(RemoteError) as caught:
        peer.call_raw(secret.Create.METHOD, stolen, thief.info({}))
    assert caught.value.code is ErrorCode.STALE_KEY
    assert len(records) == 1


def _keeping(records: dict[str, bytes]) -> Handler:
    def keep(message: Message) -> bytes:
        put = msgspec.json.decode(message.params, type=storage.Put)
        records.update({record.key: record.value for record in put.records if record.value is not None})
        return b"{}"

    return keep


def _no_call(request: object, *, under: str = "", provider: str = "") -> object:
    raise AssertionError((request, under, provider))


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("secret/1.trade", b"{}", ErrorCode.UNKNOWN_METHOD),
        ("wallet/1.status", b"{}", ErrorCode.UNKNOWN_METHOD),
        ("secret/1.generate", b'{"length":"8"}', ErrorCode.INVALID_PARAMS),
        ("secret/1.generate", b'{"length":3}', ErrorCode.INVALID_PARAMS),
        ("secret/1.describe", b"{}", ErrorCode.INVALID_PARAMS),
        ("secret/1.create", b'{"kind":"login","label":"x","value":"*"}', ErrorCode.INVALID_PARAMS),
        ("secret/1.create", b'{"kind":"login","label":"x","value":"AAAA"}', ErrorCode.STALE_KEY),
        ("secret/1.generate", b"{}", ErrorCode.STALE_KEY),
    ],
)
def test_a_call_that_does_not_fit_is_answered_by_an_error_and_the_next_is_served(
    start: Start, method: str, params: bytes, code: ErrorCode
) -> None:
    peer = start()
    with pytest.raises(RemoteError) as caught:
        peer.call_raw(method, params, NOBODY)
    assert caught.value.code is code
    assert peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8
    assert peer.stderr() == ""


@pytest.mark.parametrize("key", [b"short", bytes(32)], ids=["short", "of low order"])
def test_a_caller_whose_key_is_none_gets_nothing_that_would_be_sealed_to_it(start: Start, key: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        start().call_raw(secret.Generate.METHOD, b"{}", CallInfo(key=key))
    assert caught.value.code is ErrorCode.STALE_KEY


def test_a_handlers_own_error_is_the_answer(start: Start) -> None:
    peer = start()
    with pytest.raises(RemoteError, match="there is no item 0001") as caught:
        peer.call(secret.Code(item="r"), client=CLIENT, item="0001")
    assert (caught.value.code, caught.value.why) == (ErrorCode.UNKNOWN_ITEM, "d-1")
    assert peer.stderr() == ""


def test_a_handler_that_fails_tells_the_caller_nothing_and_the_log_no_secret(start: Start) -> None:
    peer = start()
    with pytest.raises(RemoteError) as caught:
        peer.call(secret.Read(item="r"), client=CLIENT, item="hunter2")
    assert (caught.value.code, caught.value.message) == (ErrorCode.INTERNAL, "secret/1.read failed in the Extension")
    with pytest.raises(RemoteError):
        peer.call(secret.History(item="r"), client=CLIENT)
    assert peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8
    failed, returned_nothing = peer.stderr().splitlines()
    assert failed.startswith("secret/1.read: ValueError at vending.py:")
    assert returned_nothing.startswith("secret/1.history: AttributeError at ")
    assert "hunter2" not in peer.stderr()


def test_an_answer_over_the_limit_is_an_error_and_not_the_end(start: Start) -> None:
    peer = start()
    with pytest.raises(RemoteError, match="ask for less at once") as caught:
        peer.call(secret.Restore(item="r", version=1), client=CLIENT)
    assert caught.value.code is ErrorCode.TOO_LARGE
    assert peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8


# the inventory


def test_the_inventory_comes_in_pages_in_the_order_of_ids(start: Start) -> None:
    peer = start()
    seen: list[str] = []
    pages: list[int] = []
    after: str | None = None
    more = True
    while more:
        page = peer.call(extension.Inventory(after=after, limit=2000), client=CLIENT)
        seen += [item.item for item in page.items]
        pages.append(len(page.items))
        after, more = page.items[-1].item, page.more
    assert seen == [f"{number:04}" for number in range(1500)]
    assert len(pages) == 2  # a page has about 512 KiB
    few = peer.call(extension.Inventory(after="1497", limit=1), client=CLIENT)
    assert ([item.item for item in few.items], few.more) == (["1498"], True)
    assert peer.call(extension.Inventory(after="1499"), client=CLIENT) == extension.InventoryResult(
        items=[], more=False
    )


def test_items_are_located_by_their_ids(start: Start) -> None:
    found = start().call(extension.Locate(ids=["0003", "9999", "0001"]), client=CLIENT)
    assert [item.item for item in found.items] == ["0001", "0003"]


# what it asks itself


def test_a_request_within_a_call_names_it_and_its_provider(start: Start) -> None:
    asked: list[Message] = []

    def choose(message: Message) -> bytes:
        asked.append(message)
        return b'{"chosen":"0005"}'

    answer = start({"dialog/1": choose}).call(secret.Find(text="Which?"), client=CLIENT)
    assert [item.item for item in answer.items] == ["0005"]
    assert (asked[0].under, asked[0].provider) == ("call-1", "ext:d/d")
    assert msgspec.json.decode(asked[0].params, type=dialog.Choose).title == "Which?"


def test_calls_that_come_while_it_waits_are_served_after(start: Start) -> None:
    asked: queue.Queue[Message] = queue.Queue()
    peer = start({"dialog/1": asked.put})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(peer.call, secret.Find(text="Which?"), client=CLIENT)
        question = asked.get(timeout=60)
        later = [_Answer(), _Answer()]
        for answer in later:  # sent before the answer that it waits for
            info = msgspec.json.encode(CLIENT.info({}))
            peer._wire.send(encode_call(peer._calls.add(answer), b'"secret/1.generate"', b"{}", info))
        peer.answer(question, b'{"chosen":"0005"}')
        assert first.result(20).items[0].item == "0005"
    for answer in later:
        assert answer.arrived.wait(20)
        assert CLIENT.end.decode(secret.GenerateResult, answer.result()).value == b"x" * 8


def test_a_call_that_is_given_up_while_it_waits_for_its_turn_is_not_served(start: Start) -> None:
    asked: queue.Queue[Message] = queue.Queue()
    records: dict[str, bytes] = {}
    peer = start({"dialog/1": asked.put, "storage/1": _keeping(records)})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(peer.call, secret.Find(text="Which?"), client=CLIENT)
        question = asked.get(timeout=60)
        given_up, kept = _Answer(), _Answer()
        numbers = []
        for answer, label in ((given_up, "given up"), (kept, "kept")):
            params = CLIENT.end.encode(secret.Create(kind="note", label=label, value=b"x"), peer.key)
            numbers.append(peer._calls.add(answer))
            peer._wire.send(
                encode_call(numbers[-1], b'"secret/1.create"', params, msgspec.json.encode(CLIENT.info({})))
            )
        send(peer, *(encode_notification("cancel", b'{"id":%d}' % number) for number in (numbers[0], 999)))
        assert given_up.arrived.wait(60)
        with pytest.raises(RemoteError) as caught:
            given_up.result()
        assert caught.value.code is ErrorCode.CANCELLED
        peer.answer(question, b'{"chosen":"0005"}')
        assert first.result(20).items[0].item == "0005"
    assert kept.arrived.wait(60)
    kept.result()
    assert [Store(KEY, _no_call)._opened(*record)[0] for record in records.items()] == ["kept"]


@pytest.mark.parametrize("code", [ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.NO_DIALOG])
def test_an_error_of_what_it_asked_is_its_own_answer_where_the_handler_says_nothing(
    start: Start, code: ErrorCode
) -> None:
    def refuse(_: Message) -> bytes:
        raise ProtocolError(code, "the user said no")

    with pytest.raises(RemoteError, match="the user said no") as caught:
        start({"dialog/1": refuse}).call(secret.Find(text="x"), client=CLIENT)
    assert caught.value.code is code


def test_a_stale_key_of_a_provider_that_was_started_anew_is_asked_for_again(start: Start) -> None:
    shown = ShownSecrets()
    peer = start({"dialog/1": shown})
    peer.keys["dialog/1"] = shown.end.public
    peer.call(secret.Reveal(item="r"), client=CLIENT)
    shown.end = End()
    peer.keys["dialog/1"] = shown.end.public
    peer.call(secret.Reveal(item="r"), client=CLIENT)
    assert [request.secret for request in shown.shown] == [b"hunter2", b"hunter2"]
    ends, reveal = "wallet/1.ends", "dialog/1.reveal"
    assert peer.asked[1:] == [ends, reveal, reveal, ends, reveal]


# threads that wait


class Waiting:
    """Holds what the Extension asks of the dialog until it is told to answer."""

    def __init__(self, start: Start) -> None:
        self.held: list[Message] = []
        self.counted = threading.Semaphore(0)
        self.peer = start({"dialog/1": self._hold})
        self.peer.keys["dialog/1"] = End().public

    def _hold(self, message: Message) -> None:
        self.held.append(message)
        self.counted.release()

    def reveal(self, pool: ThreadPoolExecutor, times: int) -> list[Any]:
        """This many calls that wait, once the Extension has asked for each."""
        calls = [pool.submit(self.peer.call, secret.Reveal(item="r"), client=CLIENT) for _ in range(times)]
        for _ in calls:
            assert self.counted.acquire(timeout=60)
        return calls


def test_others_are_served_while_some_wait_for_the_user(start: Start) -> None:
    waiting = Waiting(start)
    with ThreadPoolExecutor(16) as pool:
        calls = waiting.reveal(pool, 3)
        told = waiting.peer.call(secret.Describe(item="r"), client=CLIENT)
        assert (told.content_type or "").endswith(" 4")  # the main thread and three that wait
        for message in reversed(waiting.held):
            waiting.peer.answer(message)
        for call in calls:
            assert call.result(20) == secret.RevealResult()


def test_more_than_twenty_four_that_wait_are_refused_and_places_come_free_again(start: Start) -> None:
    waiting = Waiting(start)
    with ThreadPoolExecutor(24) as pool:
        calls = waiting.reveal(pool, 24)
        with pytest.raises(RemoteError, match="too many calls wait for the user") as caught:
            waiting.peer.call(secret.Reveal(item="r"), client=CLIENT)
        assert caught.value.code is ErrorCode.TOO_MANY
        for message in waiting.held:
            waiting.peer.answer(message)
        for call in calls:
            call.result(20)
        again = waiting.reveal(pool, 1)
        waiting.peer.answer(waiting.held[-1])
        again[0].result(20)


def test_it_ends_although_some_wait_when_the_router_goes(start: Start) -> None:
    waiting = Waiting(start)
    with ThreadPoolExecutor(4) as pool:
        calls = waiting.reveal(pool, 4)
        waiting.peer.close()
        for call in calls:
            with pytest.raises(ConnectionLost):
                call.result(20)
    assert (waiting.peer.status, waiting.peer.stderr()) == (0, "")


# a Router that breaks the protocol


@pytest.mark.parametrize(
    "line",
    [
        b"hunter2\n",
        b'{"jsonrpc":"2.0","id":1,"method":"secret/1.generate","params":["hunter2"]}\n',
        b'{"jsonrpc":"2.0","id":null,"method":"a"}\n',
        b'{"jsonrpc":"2.0","id":1}\n',
        encode_notification("chunk", b'{"stream":1,"seq":7,"data":"aHVudGVyMg=="}'),
        encode_notification("chunk", b'{"stream":1,"seq":0,"last":true,"data":"aHVudGVyMg=="}'),
    ],
    ids=range(6),
)
def test_an_extension_ends_at_a_line_that_breaks_the_protocol_and_logs_no_secret(start: Start, line: bytes) -> None:
    peer = start()
    assert peer.key
    send(peer, line)
    peer._reader.join(20)
    peer.close()
    assert os.waitstatus_to_exitcode(peer.status or 0) == 1
    assert peer.stderr().startswith("the Router broke the protocol: ")
    assert len(peer.stderr().splitlines()) == 1
    assert "hunter2" not in peer.stderr()


def test_what_it_does_not_know_is_passed_over(start: Start) -> None:
    peer = start()
    assert peer.key
    send(
        peer,
        encode_notification("cancel", b'{"id":99}'),
        encode_notification("event", b'{"topic":"items"}'),
        encode_notification("news", b"{}"),
        b'{"jsonrpc":"2.0","id":99,"result":{}}\n',
        b'{"jsonrpc":"2.0","id":"x","result":{}}\n',
        encode_error(98, ErrorObject(-32603, "no")),
    )
    assert peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8
    assert peer.stderr() == ""


def test_a_call_in_chunks_is_served(start: Start) -> None:
    records: dict[str, bytes] = {}
    peer = start({"storage/1": _keeping(records)})
    peer.call(secret.Create(kind="file", label="a", value=bytes(2 << 20)), client=CLIENT)
    assert len(next(iter(records.values()))) > 2 << 20


def test_when_the_router_could_not_read_a_line_nobody_waits_for_ever(start: Start) -> None:
    waiting = Waiting(start)
    with ThreadPoolExecutor(2) as pool:
        calls = waiting.reveal(pool, 2)
        send(waiting.peer, encode_error(None, ErrorObject(ErrorCode.INVALID_REQUEST.value, "no message")))
        for call in calls:
            with pytest.raises(RemoteError, match="could not read a request: no message") as caught:
                call.result(20)
            assert caught.value.code is ErrorCode.UNAVAILABLE
    assert waiting.peer.call(secret.Generate(), client=CLIENT).value == b"x" * 8
    assert waiting.peer.stderr() == "the Router could not read a request: no message\n"
