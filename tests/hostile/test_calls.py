"""What a hostile Extension asks of the wallet: under which call, for whom, and about whom."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.hostile.bystanders import NEIGHBOUR
from tests.hostile.intruder import Intruder
from tests.processes import descendants
from tests.trusted.router import puppet
from tests.trusted.router.strangers import Stranger

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

PAYMENT = {"payee": "shop", "amount": 500}


# calls under others


@pytest.mark.attack(24)
def test_a_call_that_ended_was_guessed_or_is_anothers_gives_nothing(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    wallet.user.approves(face="message")
    other = Intruder(f"{intruder.id.rpartition('.')[2]}other")
    other.install(wallet)
    (ended,) = intruder.told(client, "tell(call['id'])")
    with ThreadPoolExecutor(1) as waiting:
        served = waiting.submit(other.told, client, "tell(call['id'])\ntime.sleep(1)")
        prefix, _, number = ended.rpartition("-")
        near = [f"{prefix}-{int(number) + step}" for step in (-1, 1, 2, 3, 4)]
        guessed = [ended, *near, "", "c1", "c" + "0" * 16 + "-1", prefix, "x" * 64]
        with wallet.connect() as second:
            tried = intruder.told(
                second,
                f"""
                for number, under in enumerate({guessed!r}):
                    if under != call["id"]:
                        answer = ask(number, "dialog/1.message", {{"title": "x", "text": "y"}}, under=under)
                        tell(answer)
                """,
            )
        assert served.result()
    assert set(tried) == {"denied"}
    assert not [entry for entry in wallet.user.shown() if entry.get("extension") == intruder.principal]


@pytest.mark.attack(24)
def test_what_it_asks_under_a_call_ends_with_that_call(wallet: TestWallet, client: Client, intruder: Intruder) -> None:
    wallet.user.waits(face="message")
    first = """
        say(id="m", method="dialog/1.message", params={"title": "x", "text": "y"}, under=call["id"])
        kept["before"] = call["id"]
    """
    intruder.told(client, first)
    second = """
        tell(hear("m")["error"]["data"]["code"])
        tell(ask("n", "dialog/1.message", {"title": "x", "text": "y"}, under=kept["before"]))
    """
    assert intruder.told(client, second) == ["cancelled", "denied"]


@pytest.mark.attack(24)
def test_members_that_are_for_doors_and_for_the_router_give_it_nothing(client: Client, intruder: Intruder) -> None:
    asks = """
        info = {"id": call["id"], "hosts": ["evil.example"], "quota": 1 << 40, "client": "another"}
        fetch = {"method": "GET", "host": "evil.example", "url": "https://evil.example/"}
        tell(ask(1, "egress/1.fetch", fetch, quiet=True, call=info, under=call["id"]))
        tell(ask(2, "secret/1.find", {}, **{"for": "p1"}))
        tell(ask(3, "secret/1.find", {}, to="native:dialog"))
        tell(ask(4, "secret/1.find", {}, to="ext:org.example/nobody"))
        tell(ask(5, "wallet/1.introduce", {"pid": 1, "uid": 0, "start": 0}))
        tell(ask(6, "extension/1.inventory", {}))
    """
    refused = ["denied", "invalid_request", "no_provider", "no_provider", "denied", "denied"]
    assert intruder.told(client, asks) == refused


# what it may know


@pytest.mark.attack(56)
def test_it_does_not_learn_who_else_is_there(wallet: TestWallet, client: Client, intruder: Intruder) -> None:
    client.call(secret.Create(kind="note", label="Mine", value=b"x"))
    names = [
        "status",
        "extensions",
        "interfaces",
        "document",
        "why",
        "doors",
    ]
    names += ["settings", "verify", "subscribe", "hello"]
    asked: list[tuple[str, dict[str, str]]] = [(f"wallet/1.{name}", {}) for name in names]
    asked += [(f"shell/1.{name}", {}) for name in ("shelves", "inventory", "space", "clients", "grants", "audit")]
    asked += [("shell/1.hide_link", {}), ("wallet/1.amend", {}), ("wallet/1.grant", {}), ("wallet/1.revoke", {})]
    asked += [("wallet/1.ends", {"interface": NEIGHBOUR.interface}), ("wallet/1.ends", {"interface": "extension/1"})]
    asked += [(f"{NEIGHBOUR.interface}.run", {"code": "tell(1)"})]
    told = intruder.told(client, f"for n, (method, params) in enumerate({asked!r}): tell(ask(n, method, params))")
    assert told == ["denied"] * len(asked)
    wallet.user.refuses(action_contains="Mine")
    found = intruder.told(client, "tell(ask(1, 'secret/1.find', {}, quiet=True))\ntell(ask(2, 'storage/1.list', {}))")
    assert found[0] == {"items": []}
    assert "Mine" not in json.dumps(found)


@pytest.mark.attack(56)
def test_two_extensions_know_one_client_by_different_names(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    other = Intruder(f"{intruder.id.rpartition('.')[2]}twin")
    other.install(wallet)
    known = [one.told(client, "tell(call['client'])")[0] for one in (intruder, intruder, other)]
    assert known[0] == known[1] != known[2]


@pytest.mark.attack(56)
def test_it_does_not_lock_stop_narrow_or_widen_anything(client: Client, intruder: Intruder) -> None:
    before = client.call(wallet_interface.Settings())
    names = ["lock", "stop", "unlock", "create", "revoke", "remove", "install", "grant", "set", "door_enable"]
    names += [
        "door_disable",
        "change_passphrase",
        "change_pin",
        "remove_pin",
        "login_unlock_on",
        "login_unlock_off",
        "login_key",
        "login",
        "replace_recovery",
        "appearance",
        "introduce",
        "dismiss",
    ]
    asked = [f"wallet/1.{name}" for name in names]
    told = intruder.told(client, f"for n, method in enumerate({asked!r}): tell(ask(n, method, {{}}))")
    assert told == ["denied"] * len(asked)
    assert client.call(wallet_interface.Settings()) == before


@pytest.mark.attack(56)
@pytest.mark.parametrize("provided", ["dialog/1", "egress/1", "wallet/1", "extension/1", "secret/1"])
def test_it_registers_for_nothing_that_its_manifest_does_not_name(
    client: Client, intruder: Intruder, provided: str
) -> None:
    key = "base64.b64encode(bytes(32)).decode()"
    asks = f"tell(ask(1, 'wallet/1.register', {{'key': {key}, 'provides': own + [{provided!r}]}}))"
    assert intruder.told(client, asks) == (["denied"] if provided != "extension/1" else [{"quota_bytes": 64 << 20}])
    asks = "tell(ask(2, 'wallet/1.register', {'key': 'c2hvcnQ=', 'provides': own}))"
    assert intruder.told(client, asks) == ["invalid_params"]


@pytest.mark.attack(56)
def test_what_others_keep_in_the_storage_is_not_there_for_it(client: Client, intruder: Intruder) -> None:
    stored = "self.store.put({('things', 'one'): b'theirs'}); tell(self.store._place('things', 'one'))"
    (place,) = json.loads(puppet.told(NEIGHBOUR, client, stored))
    keys = [place, place.partition("/")[0] + "/", "../" + place, "%", "_", "\\0", "'; DROP TABLE records; --"]
    asks = f"""
        theirs = {keys!r}
        for number, asked in enumerate(theirs):
            answer = ask(number, "storage/1.get", {{"keys": [asked]}})
            tell([record.get("value") for record in answer["records"]] if isinstance(answer, dict) else answer)
            answer = ask(number, "storage/1.list", {{"prefix": asked, "values": True}})
            tell(answer["records"] if isinstance(answer, dict) else answer)
            ask(number, "storage/1.put", {{"records": [{{"key": asked, "value": "bWluZQ=="}}]}})
            ask(number, "storage/1.put", {{"records": [{{"key": asked}}]}})
    """
    answers = intruder.told(client, asks)
    assert not [answer for answer in answers if answer not in ([], [None], "invalid_params")], answers
    kept = "self.store.forget(); tell(self.store.get('things', 'one').decode())"
    assert json.loads(puppet.told(NEIGHBOUR, client, kept)) == ["theirs"]


# what prepare settles


@pytest.mark.attack(25)
@pytest.mark.parametrize(
    "prepared",
    [
        "say(id=request['id'], result={'notes': ['x' * 1001]})",
        "say(id=request['id'], result={'notes': 'x'})",
        "say(id=request['id'], result=[])",
        "say(id=request['id'], result={'settles': []})",
        "say(id=request['id'], result={'settles': {'payee': 'r1.' + 'A' * 60}})",
        "say(id=request['id'], error={'code': 1, 'message': 'x' * 100_000})",
    ],
    ids=["a long note", "no notes", "a list", "nothing settled", "a reference of nobody's", "a long error"],
)
def test_what_it_prepares_wrongly_ends_its_own_call(
    wallet: TestWallet, client: Client, intruder: Intruder, prepared: str
) -> None:
    wallet.user.refuses(action_contains="pay")
    ending = intruder.fails(client, f"silent = True\n{prepared}", method="pay", **PAYMENT)
    assert ending in {ErrorCode.UNAVAILABLE, ErrorCode.UNKNOWN_REFERENCE, ErrorCode.INTERNAL, ErrorCode.REFUSED}


# ends


@pytest.mark.attack(57)
@pytest.mark.parametrize("breaks_off", ["channel.shutdown(2)", "os.close(3)", "channel.sendall(b'{]\\n' * 40)"])
def test_who_breaks_off_does_not_live_on(
    client: Client, wallet: TestWallet, intruder: Intruder, breaks_off: str
) -> None:
    leaves = f"""
        silent = True
        for number in signal.valid_signals() - {{signal.SIGKILL, signal.SIGSTOP}}:
            attempt(signal.signal, number, signal.SIG_IGN)
        attempt(os.setsid), libc.prctl(1, 0)
        threading.Thread(target=lambda: time.sleep(600)).start()
        {breaks_off}
        time.sleep(600)
    """
    assert processes_of(wallet, intruder) == []
    assert intruder.fails(client, leaves) is ErrorCode.UNAVAILABLE
    until(lambda: processes_of(wallet, intruder) == [])


@pytest.mark.attack(57)
def test_who_is_removed_while_it_serves_does_not_live_on(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    with ThreadPoolExecutor(1) as waiting, wallet.connect() as other:
        served = waiting.submit(intruder.fails, other, "time.sleep(600)")
        until(lambda: "running" in states_of(client, intruder))
        wallet.user.approves(action_contains="remove")
        client.call(wallet_interface.Remove(extension=intruder.principal))
        assert served.result() is ErrorCode.UNAVAILABLE
    until(lambda: processes_of(wallet, intruder) == [])


@pytest.mark.attack(57)
def test_who_is_removed_before_it_ever_registers_does_not_live_on(wallet: TestWallet, client: Client) -> None:
    nothing = {"nothing": {"title": "Nothing", "effect": "none", "params": {}, "result": {}}}
    mute = Stranger("mute", "import sys, time\nsys.stderr.write('here\\n')\ntime.sleep(600)\n", nothing)
    mute.install(wallet)
    with ThreadPoolExecutor(1) as waiting, wallet.connect() as other:
        served = waiting.submit(mute.call, other, "nothing")
        until(lambda: f"{mute.id}: here" in wallet.log.read_text(encoding="utf-8"))
        assert states_of(client, mute) == {"starting"}
        wallet.user.approves(action_contains="remove")
        client.call(wallet_interface.Remove(extension=mute.principal))
        until(lambda: processes_of(wallet, mute) == [])
        with pytest.raises(ProtocolError, match="it was stopped") as caught:  # and not: it did not register in time
            served.result()
        assert caught.value.code is ErrorCode.UNAVAILABLE


def until(done: Callable[[], bool]) -> None:
    """Waits, within bounds, for something that follows."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if done():
            return
        time.sleep(0.02)
    pytest.fail("it did not come about")


def states_of(client: Client, intruder: Stranger) -> set[str]:
    """Whether it runs, as the wallet says, and that it is started where it is no more than that."""
    rows = client.call(wallet_interface.Extensions()).extensions
    return {row.state for row in rows if row.extension == intruder.principal}


def processes_of(wallet: TestWallet, intruder: Stranger) -> list[int]:
    """The processes that run its code, bubblewrap's among them."""
    return [pid for pid in descendants(wallet.pid) if _is_of(pid, intruder)]


def _is_of(pid: int, intruder: Stranger) -> bool:
    try:
        return intruder.id.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
