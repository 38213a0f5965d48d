"""What a hostile Extension says to the Router: whatever it is, its own calls fail and others go on."""

from __future__ import annotations

import base64
import json
import os
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.hostile.bystanders import NEIGHBOUR
from tests.hostile.intruder import Intruder
from tests.processes import pid_of

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import Envelope, ErrorCode, ProtocolError
from etui.sdk import Client
from etui.sdk.ends import End
from etui.testkit import TestWallet

_MIB = 1 << 20

# lines that are no messages, or none that anybody waits for

NONSENSE = {
    "a line that is too long": "channel.sendall(b'[' * (2 << 20))",
    "a line that never ends": "[channel.sendall(b'{' * 65536) for _ in range(64)]",
    "bytes that are no text": "channel.sendall((bytes(range(128, 256)) + b'\\n') * 40)",
    "what is no JSON": "channel.sendall(b'{]\\n' * 40)",
    "what is no message": "channel.sendall(b'[]\\n' * 40)",
    "nesting without end": "channel.sendall((b'[' * 100_000 + b'\\n') * 20)",
    "members twice": 'channel.sendall(b\'{"jsonrpc":"2.0","id":1,"id":2,"result":{}}\\n\' * 40)',
    "members that nobody knows": "[say(id=1, result={}, more=1) for _ in range(40)]",
    "integers beyond all bounds": 'channel.sendall(b\'{"jsonrpc":"2.0","id":%d,"result":{}}\\n\' % 10**40 * 40)',
    "answers to what was never asked": "[say(id=number, result={'told': '[]'}) for number in range(10_000, 10_040)]",
    "answers under ids that are none": "[say(id=name, result={}) for name in ('x', '', '1', None, True, [], -1) * 6]",
    "errors that nobody waits for": "[say(id=9_999, error={'code': 1, 'message': 'x'}) for _ in range(40)]",
    "chunks out of their order": "notify('chunk', stream=1, seq=1, data='eA==')",
    "more chunked messages than there may be": "[notify('chunk', stream=n, seq=0, data='eA==') for n in range(9)]",
    "a chunked message that is too long": "[notify('chunk', stream=1, seq=n, data='eHh4' * 65536) for n in range(40)]",
    "a message in chunks that is none": "[notify('chunk', stream=1, seq=0, data='eA==', last=True) for _ in range(40)]",
    "the end of its connection": "channel.shutdown(2)",
}


@pytest.mark.attack(54)
@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE.keys())
def test_who_says_what_is_no_message_is_given_up_alone(client: Client, intruder: Intruder, sent: str) -> None:
    assert intruder.fails(client, f"silent = True\n{sent}") is ErrorCode.UNAVAILABLE


# answers that are not what was asked for

ANSWERS = {
    "a list": "[]",
    "nothing": "null",
    "a number": "7",
    "text": "'{}'",
    "no items but a text": "{'items': 'none'}",
    "no items but numbers": "{'items': [1, 2]}",
    "an item without an id": "{'items': [{'kind': 'thing'}]}",
    "an item with an empty id": "{'items': [{'item': '', 'kind': 'thing'}]}",
    "an item whose kind is markup": "{'items': [{'item': 'a', 'kind': '<b>'}]}",
    "an id that is too long": "{'items': [{'item': 'a' * 513, 'kind': 'thing'}]}",
    "a label that is too long": "{'items': [{'item': 'a', 'kind': 'thing', 'label': 'x' * 1001}]}",
    "attributes that are none": "{'items': [{'item': 'a', 'kind': 'thing', 'attributes': [1]}]}",
    "a time that is none": "{'items': [{'item': 'a', 'kind': 'thing', 'created': 'now'}]}",
}


@pytest.mark.attack(54)
@pytest.mark.parametrize("result", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_result_of_another_type_is_no_result(client: Client, intruder: Intruder, result: str) -> None:
    assert intruder.fails(client, f"say(id=request['id'], result={result})", method="list") is ErrorCode.UNAVAILABLE
    assert intruder.told(client, "tell('goes on')") == ["goes on"]


@pytest.mark.attack(54)
@pytest.mark.parametrize("result", ["[[]]", "null", "7", "'{}'"])
def test_a_result_that_is_no_object_is_none(client: Client, intruder: Intruder, result: str) -> None:
    said = f"silent = True\nsay(id=request['id'], result={result})"
    assert intruder.fails(client, said) is ErrorCode.UNAVAILABLE
    assert intruder.told(client, "tell('goes on')") == ["goes on"]


@pytest.mark.attack(54)
def test_an_answer_with_more_than_the_document_says_harms_nobody(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    wallet.user.approves(action_contains="show")
    more = "answer(told='[1]', more='x' * 500_000, item={'item': 'a', 'kind': 'thing'}, why='d1-1', call={'id': 'c'})"
    assert intruder.told(client, f"silent = True\n{more}") == [1]
    listed = "answer(items=[{'item': 'a', 'kind': 'thing', 'secret': 'x', 'owner': 'me'}], others=[], items2=[])"
    client.call_raw(f"{intruder.interface}.list", json.dumps({"code": listed}).encode())


@pytest.mark.attack(54)
def test_a_second_answer_and_a_late_one_are_nobodys(client: Client, intruder: Intruder) -> None:
    assert intruder.told(client, "silent = True\nanswer(told='[1]')\nanswer(told='[2]')") == [1]
    assert intruder.fails(client, "silent = True", method="brief") is ErrorCode.TIMED_OUT
    answers_the_one_before = "say(id=request['id'] - 1, result={'told': '[\"late\"]'})\ntell('now')"
    assert intruder.told(client, answers_the_one_before) == ["now"]
    assert intruder.told(client, "tell('and again')") == ["and again"]


@pytest.mark.attack(54)
def test_answers_in_another_order_go_to_who_asked(wallet: TestWallet, client: Client, intruder: Intruder) -> None:
    swaps = """
        silent = True
        second = hear()
        say(id=second["id"], result={"told": '["to the second"]'})
        say(id=request["id"], result={"told": '["to the first"]'})
    """
    with ThreadPoolExecutor(1) as waiting, wallet.connect() as other:
        first = waiting.submit(intruder.told, client, swaps)
        until_served(intruder, wallet)
        assert intruder.told(other, "tell('never run')") == ["to the second"]
        assert first.result() == ["to the first"]


@pytest.mark.attack(54)
def test_a_value_that_was_not_sealed_to_who_asked_opens_for_nobody(client: Client, intruder: Intruder) -> None:
    method = f"{intruder.interface}.whisper"
    for value in (b"", b"plain", bytes(200), End().seal(b"yours", End().public, f"{method}.value")):
        text = base64.b64encode(value).decode()
        raw = client.call_raw(method, json.dumps({"code": f"answer(value={text!r})"}).encode())
        assert json.loads(raw) == {"value": text}
        with pytest.raises(ProtocolError) as caught:
            client._exchange._end.open(value, f"{method}.value")
        assert caught.value.code is ErrorCode.STALE_KEY


# floods


@pytest.mark.attack(54)
@pytest.mark.parametrize(
    "flood",
    [
        "[notify('event', topic=own[0] + '.noise') for _ in range(20_000)]",
        "[notify('event', topic=own[0] + '.moved', item={'item': str(n), 'kind': 'thing'}) for n in range(20_000)]",
        "[notify('event', topic=own[0] + '.noise', data={'x': 'y' * 60_000}) for _ in range(500)]",
        "[notify('event', topic='secret/1.created', item={'item': 'x', 'kind': 'note'}) for _ in range(20_000)]",
        "[notify('makes', call=call['id'], item={'item': str(n), 'kind': 'thing'}) for n in range(20_000)]",
        "[notify('makes', call='c1', item={'item': 'x' * 10_000, 'kind': 'thing'}) for _ in range(500)]",
        "[notify('stays', stays=bool(n % 2)) or notify('stays', stays=[n]) for n in range(10_000)]",
        "[notify('cancel', id=n) for n in range(20_000)]",
        "[notify('nothing', of='this') for _ in range(20_000)]",
        "[notify('dialog.close', number=n) or notify('dialog.hello', key='') for n in range(1000)]",
    ],
    ids=[
        "events",
        "events of items",
        "large events",
        "others' events",
        "makes",
        "large makes",
        "stays",
        "cancels",
        "none",
        "dialog",
    ],
)
def test_a_flood_of_what_nobody_answers_delays_nobody_else(
    wallet: TestWallet, client: Client, intruder: Intruder, flood: str
) -> None:
    with wallet.connect() as listener, wallet.connect() as other:
        listener.events([f"{intruder.interface}.noise", f"{intruder.interface}.moved", "secret/1.created"])
        with ThreadPoolExecutor(1) as waiting:
            done = waiting.submit(intruder.told, client, f"{flood}\ntell('done')")
            while not done.done():
                assert other.call(wallet_interface.Status()).state == "unlocked"
            assert done.result() == ["done"]


@pytest.mark.attack(54)
def test_calls_beyond_what_may_be_outstanding_are_refused_and_what_it_does_not_read_ends_it(
    client: Client, intruder: Intruder
) -> None:
    counted = """
        for number in range(5000):
            say(id=number, method="secret/1.generate", params={})
        codes = [answer["error"]["data"]["code"] if "error" in answer else "served"
                 for answer in (hear(number) for number in range(5000))]
        tell(sorted(set(codes)))
    """
    assert set(intruder.told(client, counted)[0]) <= {"served", "too_many", "denied"}
    never_reads = """
        silent = True
        channel.settimeout(20)
        line = json.dumps({"jsonrpc": "2.0", "id": "x" * 60, "method": "secret/1.find", "params": {"text": "y" * 60}})
        while True:
            channel.sendall((line + "\\n").encode() * 100)
    """
    assert intruder.fails(client, never_reads) is ErrorCode.UNAVAILABLE


# items


@pytest.mark.attack(54)
def test_items_without_end_and_of_any_size_fill_no_memory_but_its_own(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    router = pid_of(wallet.pid, "etui.trusted.router")
    before = resident_bytes(router)
    for number in range(24):
        listed = f"""
            items = [
                {{"item": f"{number}-{{n}}", "kind": "thing", "label": "\\U0001f98a" * 1000,
                  "attributes": {{"a": "\\U0001f98a" * 20_000}}}}
                for n in range(40)
            ]
            answer = {{"jsonrpc": "2.0", "id": request["id"], "result": {{"items": items}}}}
            data = json.dumps(answer, ensure_ascii=False).encode()
            for place in range(0, len(data), 1 << 19):
                part = base64.b64encode(data[place : place + (1 << 19)]).decode()
                notify("chunk", stream=1, seq=place >> 19, data=part, last=place + (1 << 19) >= len(data))
        """
        code = json.dumps({"code": textwrap.dedent(listed)}).encode()
        client.call_raw(f"{intruder.interface}.list", code, Envelope(quiet=True))
    assert resident_bytes(router) - before < 60 * _MIB


@pytest.mark.attack(55)
def test_an_item_that_it_names_is_its_own_whatever_id_that_has(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    mine = client.call(secret.Create(kind="note", label="Mine", value=b"secret")).item
    for claimed in (mine.item, "1", "org.etui.secrets/1", f"{NEIGHBOUR.id}/1"):
        listed = f"answer(items=[{{'item': {claimed!r}, 'kind': 'thing', 'group': {mine.item!r}}}])"
        wallet.user.approves(action_contains="show")
        raw = client.call_raw(f"{intruder.interface}.list", json.dumps({"code": listed}).encode())
        (item,) = json.loads(raw)["items"]
        assert item["item"] != claimed
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Read(item=item["item"]))
        assert caught.value.code is ErrorCode.INVALID_PARAMS
        with pytest.raises(ProtocolError) as caught:
            client.call(secret.Delete(item=item["group"]))
        assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert client.call(secret.Read(item=mine.item)).value == b"secret"


@pytest.mark.attack(55)
def test_saying_that_it_makes_what_it_does_not_gives_nobody_a_right(client: Client, intruder: Intruder) -> None:
    mine = client.call(secret.Create(kind="note", label="Mine", value=b"secret")).item
    before = len(client.call(shell_interface.Grants()).grants)
    for claimed in (mine.item, "x"):
        says = f"notify('makes', call=call['id'], item={{'item': {claimed!r}, 'kind': 'thing'}})"
        intruder.told(client, says)  # whose method makes nothing
        fails = f"{says}\nsay(id=request['id'], error={{'code': 1, 'message': 'no', 'data': {{'code': 'conflict'}}}})"
        assert intruder.fails(client, fails, method="make") is ErrorCode.CONFLICT
    assert len(client.call(shell_interface.Grants()).grants) == before


# helpers


def until_served(intruder: Intruder, wallet: TestWallet) -> None:
    """Waits until the intruder is busy with a call."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with wallet.connect() as looking:
            rows = looking.call(wallet_interface.Extensions()).extensions
            if any(row.extension == intruder.principal and row.state == "running" for row in rows):
                return
        time.sleep(0.01)
    pytest.fail("the intruder never ran")


def resident_bytes(pid: int) -> int:
    """What a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
