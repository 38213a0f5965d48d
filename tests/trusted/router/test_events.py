"""Events: told to who subscribed and may know of it, and to nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.trusted.router.puppet import puppet, told

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

_LISTENER = """
import sys
from etui.sdk import Client
with Client.connect() as wallet:
    wallet.events(["secret/1.created", "secret/1.changed", "secret/1.deleted", "locked"])
    print("listening", flush=True)
    while True:
        event = wallet.next_event()
        label = event.item.label if event.item else ""
        print(event.topic, label, flush=True)
        if event.topic == "locked":
            break
"""


def test_who_stored_an_item_is_told_what_becomes_of_it(wallet: TestWallet) -> None:
    with wallet.connect() as client, wallet.connect() as listener:
        listener.events(["secret/1.created", "secret/1.changed", "secret/1.deleted"])
        item = client.call(secret.Create(kind="note", label="Mine", value=b"1")).item
        client.call(secret.Update(item=item.item, value=b"2"))
        wallet.user.approves(action_contains="delete")
        client.call(secret.Delete(item=item.item))
        events = [listener.next_event() for _ in range(3)]
    assert [event.topic for event in events] == ["secret/1.created", "secret/1.changed", "secret/1.deleted"]
    assert [event.item.label for event in events if event.item is not None] == ["Mine", "Mine", "Mine"]
    assert events[0].item is not None
    assert events[0].item.item == item.item, "by the reference that this Client has"


def test_another_program_is_told_nothing_of_it(wallet: TestWallet) -> None:
    script = wallet.folder / "listener.py"
    script.write_text(_LISTENER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)], env=wallet.environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        with wallet.connect() as client:
            item = client.call(secret.Create(kind="note", label="Mine", value=b"1")).item
            client.call(secret.Update(item=item.item, value=b"2"))
        wallet.lock()
        assert process.stdout.read() == "locked \n"
    assert wallet.user.asked() == []


def test_a_topic_that_is_none_is_refused(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        for topic in ("secret/1.stolen", "secret/9.created", "nothing", "", "org.example.none/1.x"):
            with pytest.raises(ProtocolError) as caught:
                client.events([topic])
            assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_a_strangers_events_are_told_and_those_of_others_are_not_its_to_tell(wallet: TestWallet) -> None:
    stranger = puppet(events={"moved": {"title": "It moved", "fields": {"to": {"type": "text"}}}})
    stranger.install(wallet)
    with wallet.connect() as client, wallet.connect() as listener:
        listener.events([f"{stranger.interface}.moved", "secret/1.created", "locked"])
        forged = """
            from etui.interfaces import Item
            self.tell("locked")
            self.tell("secret/1.created", Item(item="x", kind="note", label="forged"))
            self.tell("org.example.puppet/1.never")
            self.tell("org.example.puppet/1.moved", Item(item="x", kind="note"))
            self.tell("org.example.puppet/1.moved", to="there")
        """
        told(stranger, client, forged)
        event = listener.next_event()
        assert (event.topic, bytes(event.data)) == (f"{stranger.interface}.moved", b'{"to":"there"}')
        assert client.call(wallet_interface.Status()).state == "unlocked"


@pytest.mark.attack(167)
def test_what_is_told_during_a_call_is_heard_from_who_serves_it_alone(wallet: TestWallet) -> None:
    moved = {"title": "It moved", "during": "pay", "fields": {"to": {"type": "text"}}}
    stranger = puppet(events={"moved": moved}, pay={"waits": True})
    stranger.install(wallet)
    wallet.user.approves(action_contains="pay 5.00 EUR to shop", times=1)
    tells = "self.tell('org.example.puppet/1.moved', to='{}')"
    with wallet.connect() as client, wallet.connect() as listener:
        listener.events([f"{stranger.interface}.moved"])
        told(stranger, client, tells.format("nowhere"))
        stranger.call(client, "pay", payee="shop", amount=500, currency="EUR", code=tells.format("there"))
        assert bytes(listener.next_event().data) == b'{"to":"there"}'
