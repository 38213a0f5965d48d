"""A reference that is not the Client's own: nothing opens it, wherever it is named, and each try is on record."""

from __future__ import annotations

import sys

import msgspec
import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_STORES = """
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
with Client.connect() as wallet:
    made = wallet.call(secret.Create(kind="note", label="Own", attributes={"service": "own"}, value=b"own"))
    print(wallet.greeting.client, made.item.item)
"""
_TRIES = """
import sys, msgspec
from etui.interfaces import secret_1 as secret, wallet_1 as w
from etui.protocol import ProtocolError
from etui.sdk import Client
WAYS = {
    "read": lambda r: secret.Read(item=r),
    "describe": lambda r: secret.Describe(item=r),
    "update": lambda r: secret.Update(item=r, value=b"x"),
    "delete": lambda r: secret.Delete(item=r),
    "reveal": lambda r: secret.Reveal(item=r),
    "history": lambda r: secret.History(item=r),
    "grant": lambda r: w.Grant(client="app:/usr/bin/mailer", action="secret/1.read", item=r),
    "ends": lambda r: w.Ends(interface="secret/1", item=r),
}
tried = []
with Client.connect() as wallet:
    for reference in sys.argv[1:]:
        for way, request in WAYS.items():
            try:
                wallet.call(request(reference))
                tried.append((way, "done", ""))
            except ProtocolError as error:
                tried.append((way, error.code.slug, error.why))
sys.stdout.buffer.write(msgspec.json.encode(tried))
"""


def thief(wallet: TestWallet, code: str, *arguments: str) -> str:
    script = wallet.folder / "thief.py"
    script.write_text(code, encoding="utf-8")
    ran = wallet.run(sys.executable, str(script), *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def altered(reference: str) -> str:
    return reference[:-9] + ("A" if reference[-9] != "A" else "B") + reference[-8:]


@pytest.mark.attack(1)
@pytest.mark.attack(2)
@pytest.mark.attack(3)
def test_anothers_an_altered_a_guessed_and_a_revoked_reference_are_unknown_and_on_record_wherever_they_are_named(
    wallet: TestWallet,
) -> None:
    with wallet.connect() as client:
        request = secret.Create(kind="note", label="Kept", attributes={"service": "kept"}, value=b"kept")
        anothers = client.call(request).item.item
        identity, own = thief(wallet, _STORES).split(" ")
        wallet.user.approves(action_contains="lasting rights")
        assert {slug for _, slug, _ in msgspec.json.decode(thief(wallet, _TRIES, own))} & {"unknown_reference"} == set()
        _, own = thief(wallet, _STORES).split(" ")
        wrong = [anothers, altered(own), altered(anothers), "r1." + "A" * len(own.removeprefix("r1.")), own]
        client.call(wallet_interface.Revoke(client=identity))  # and its own one is none from now on
        asked = len(wallet.user.asked())
        tried = msgspec.json.decode(thief(wallet, _TRIES, *wrong))
        ways = len(tried) // len(wrong)
        assert [slug for _, slug, _ in tried] == ["unknown_reference"] * (ways * len(wrong))
        assert len(wallet.user.asked()) == asked  # and the user is not troubled with it
        told = client.call(shell_interface.Audit(text="thief.py denied", limit=200)).records
        recorded = {record.id: record.action for record in told}
        for way, _, why in tried:
            # what is sealed needs the item's key first, and is refused there
            assert recorded[why].rpartition(".")[2] in {way, "ends" if way == "update" else way}, (way, why)
        sentences = " ".join(client.call(wallet_interface.Why(id=tried[0][2])).sentences)
        assert "thief.py" in sentences
        assert "a reference that is not its own" in sentences
        assert client.call(secret.Read(item=anothers)).value == b"kept"
