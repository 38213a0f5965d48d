"""Strangers' Extensions: what they may do under a call, alone, and never."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.trusted.router.puppet import code, puppet, told

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

PUPPET = puppet(uses=("dialog/1", "secret/1", "storage/1", "org.example.second/1"))
SECOND = puppet("second")
TO_WHOM = {
    "payee": {"type": "text", "title": "To", "material": True, "optional": True},
    "code": {"type": "text"},
}
PAYMENT = {"payee": "shop", "amount": 500, "currency": "EUR"}


@pytest.fixture
def wallet(made_wallet: TestWallet) -> TestWallet:
    PUPPET.install(made_wallet)
    return made_wallet


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


def asked(wallet: TestWallet) -> list[str]:
    """What the questions were about, but for those of installing."""
    leads = [f"{entry.get('heading')} {entry.get('lead')}" for entry in wallet.user.asked()]
    return [lead for lead in leads if "install" not in lead]


# the dialog


@pytest.mark.shares_wallet
@pytest.mark.attack(27)
def test_a_message_stands_in_the_extensions_own_frame(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(face="message")
    assert json.loads(told(PUPPET, client, "call.ask(dialog.Message(title='Hello', text='there')); tell('done')")) == [
        "done"
    ]
    shown = [entry for entry in wallet.user.shown() if entry.get("face") == "message"]
    assert [entry["extension"] for entry in shown] == [PUPPET.principal]


@pytest.mark.shares_wallet
@pytest.mark.attack(27)
def test_an_extension_whose_manifest_does_not_name_the_dialog_shows_nothing(wallet: TestWallet, client: Client) -> None:
    SECOND.install(wallet)
    assert json.loads(told(SECOND, client, "call.ask(dialog.Message(title='Hello', text='there'))")) == ["denied"]
    assert not [entry for entry in wallet.user.shown() if entry.get("face") == "message"]


@pytest.mark.shares_wallet
@pytest.mark.attack(27)
def test_nothing_is_shown_outside_a_call(wallet: TestWallet, client: Client) -> None:
    assert json.loads(told(PUPPET, client, "self.call(dialog.Message(title='Hello', text='there'))")) == ["denied"]
    assert not [entry for entry in wallet.user.shown() if entry.get("face") == "message"]


@pytest.mark.shares_wallet
@pytest.mark.attack(24)
def test_a_call_id_that_is_not_its_own_is_refused(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(face="message")
    text = """
        for wrong in ("c1", "", call.id + "0", call.id[:-1] + "9"):
            try:
                self.call(dialog.Message(title="x", text="y"), under=wrong)
            except ProtocolError as error:
                tell(error.code.slug)
    """
    assert json.loads(told(PUPPET, client, text)) == ["denied"] * 4


# the rights of a chain


@pytest.mark.attack(26)
def test_an_extension_reads_nothing_on_behalf_of_a_client_without_a_question(
    wallet: TestWallet, client: Client
) -> None:
    client.call(secret.Create(kind="note", label="Mine", attributes={"for": "puppet"}, value=b"secret"))
    text = "tell(len(call.ask(secret.Find(attributes={'for': 'puppet'})).items))"
    wallet.user.refuses(action_contains="Mine")
    assert json.loads(told(PUPPET, client, text)) == ["refused"]
    assert len(asked(wallet)) == 1


@pytest.mark.shares_wallet
def test_what_the_user_allows_within_a_call_holds_for_that_call_alone(wallet: TestWallet, client: Client) -> None:
    client.call(secret.Create(kind="note", label="Mine", attributes={"for": "puppet"}, value=b"secret"))
    text = """
        item = call.ask(secret.Find(attributes={'for': 'puppet'})).items[0].item
        tell(call.ask(secret.Read(item=item)).value.decode())
    """
    wallet.user.approves(action_contains="Mine")
    for count in (1, 2):
        assert json.loads(told(PUPPET, client, text)) == ["secret"]
        assert len(asked(wallet)) == count


@pytest.mark.shares_wallet
def test_what_an_extension_stores_for_itself_is_its_own(wallet: TestWallet, client: Client) -> None:
    text = """
        self.store.put({("things", "one"): b"kept"})
        self.store.forget()
        tell(self.store.get("things", "one").decode())
    """
    assert json.loads(told(PUPPET, client, text)) == ["kept"]
    assert asked(wallet) == []


# what is consented to is what is done


@pytest.mark.shares_wallet
@pytest.mark.attack(25)
@pytest.mark.parametrize("changed", [{"payee": "mallory"}, {"amount": 50_000}, {"currency": "USD"}])
def test_an_extension_cannot_change_what_was_consented_to(
    wallet: TestWallet, client: Client, changed: dict[str, object]
) -> None:
    SECOND.install(wallet)
    wallet.user.approves(action_contains="pay 5.00 EUR to shop")
    forward = f"""
        class Onward(Pay, frozen=True, kw_only=True):
            METHOD = "org.example.second/1.pay"
        call.ask(Onward(**{ {**PAYMENT, **changed}!r}))
    """
    answer = PUPPET.call(client, "pay", **PAYMENT, code=code(forward))
    assert json.loads(str(answer["told"])) == ["altered"]


@pytest.mark.shares_wallet
@pytest.mark.attack(25)
def test_what_stands_in_a_repeated_request_for_the_first_time_is_as_material(
    wallet: TestWallet, client: Client
) -> None:
    first = puppet("first", uses=(SECOND.interface,), run={"params": TO_WHOM})
    first.install(wallet)
    puppet("second", run={"params": TO_WHOM}).install(wallet)
    forward = """
        class Onward(Run, frozen=True, kw_only=True):
            METHOD = "org.example.second/1.run"
            payee: str
        call.ask(Onward(payee="mallory", code=""))
    """
    for _ in range(2):
        first.call(client, "run", code="")
    answer = first.call(client, "run", payee="shop", code=code(forward))
    assert json.loads(str(answer["told"])) == ["altered"]


def test_consent_to_a_payment_covers_it_all_the_way(wallet: TestWallet, client: Client) -> None:
    SECOND.install(wallet)
    wallet.user.approves(action_contains="pay 5.00 EUR to shop")
    forward = f"""
        class Onward(Pay, frozen=True, kw_only=True):
            METHOD = "org.example.second/1.pay"
        tell(call.ask(Onward(**{PAYMENT!r}, code="tell('paid')")).told)
    """
    answer = PUPPET.call(client, "pay", **PAYMENT, code=code(forward))
    assert json.loads(json.loads(str(answer["told"]))[0]) == ["paid"]
    assert len(asked(wallet)) == 1
    records = client.call(shell_interface.Audit(text="org.example.second/1.pay")).records
    assert [record.outcome for record in records] == ["allowed"]


# grants with limits


class Payer:
    """A program of its own that pays through the puppet, so that a lasting right can be its."""

    def __init__(self, wallet: TestWallet) -> None:
        self._wallet = wallet
        self._script = wallet.folder / "payer.py"
        self._script.write_text(PAYER, encoding="utf-8")
        self.principal = self._run(b"null")

    def pays(self, **fields: object) -> str:
        """What becomes of a payment: ``paid``, or the code of the error."""
        return self._run(msgspec.json.encode({**PAYMENT, **fields}))

    def _run(self, params: bytes) -> str:
        ran = self._wallet.run(sys.executable, str(self._script), f"{PUPPET.interface}.pay", params.decode())
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()


PAYER = """
import sys
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    if sys.argv[2] == "null":
        print(wallet.greeting.client)
    else:
        try:
            wallet.call_raw(sys.argv[1], sys.argv[2].encode())
            print("paid")
        except ProtocolError as error:
            print(error.code.slug)
"""


@pytest.fixture
def payer(wallet: TestWallet) -> Payer:
    wallet.user.refuses(action_contains="pay ")
    return Payer(wallet)


def give(wallet: TestWallet, client: Client, to: Payer, **limits: Any) -> None:  # noqa: ANN401  # fields of a request
    wallet.user.approves(action_contains="lasting rights", times=1)
    client.call(wallet_interface.Grant(client=to.principal, action=f"{PUPPET.interface}.pay", **limits))


def test_a_grant_is_used_up_and_then_the_user_is_asked(wallet: TestWallet, client: Client, payer: Payer) -> None:
    give(wallet, client, payer, uses=2)
    assert [payer.pays() for _ in range(3)] == ["paid", "paid", "refused"]
    assert "used up" in " ".join(wallet.user.asked()[-1]["notes"])


def test_a_grant_bounds_each_amount_and_all_together(wallet: TestWallet, client: Client, payer: Payer) -> None:
    give(wallet, client, payer, limit_minor=1200, each_minor=500, currency="EUR")
    amounts = {500: "paid", 501: "refused", 499: "paid", 498: "refused", 201: "paid", 1: "refused"}
    assert {amount: payer.pays(amount=amount) for amount in amounts} == amounts
    assert payer.pays(amount=0, currency="USD") == "refused"


def test_limits_hold_after_lock_and_unlock_and_kill_9(wallet: TestWallet, client: Client, payer: Payer) -> None:
    give(wallet, client, payer, uses=2)
    assert payer.pays() == "paid"
    wallet.lock()
    wallet.unlock()
    assert payer.pays() == "paid"
    wallet.kill()
    wallet.start()
    wallet.unlock()
    assert payer.pays() == "refused"


@pytest.mark.attack(35)
def test_what_certainly_failed_is_given_back_and_what_may_have_been_done_is_not(
    wallet: TestWallet, client: Client, payer: Payer
) -> None:
    give(wallet, client, payer, uses=2)
    assert payer.pays(code=7) == "invalid_params"
    assert payer.pays(code="import os; os._exit(1)") == "unavailable"
    assert payer.pays() == "paid"
    assert payer.pays() == "refused"


def test_a_revoked_grant_is_worth_nothing(wallet: TestWallet, client: Client, payer: Payer) -> None:
    give(wallet, client, payer)
    assert payer.pays() == "paid"
    client.call(wallet_interface.Revoke(client=payer.principal))
    assert payer.pays() == "refused"


# ends


@pytest.mark.attack(34)
@pytest.mark.usefixtures("wallet")
def test_a_crash_harms_one_extension_and_it_starts_again(client: Client) -> None:
    with pytest.raises(ProtocolError) as caught:
        told(PUPPET, client, "import os; os.kill(os.getpid(), 9)")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert json.loads(told(PUPPET, client, "tell('again')")) == ["again"]


@pytest.mark.attack(32)
def test_a_later_extension_of_the_same_name_inherits_nothing(wallet: TestWallet, client: Client) -> None:
    reference = client.call(
        secret.Create(kind="note", label="Mine", attributes={"for": "puppet"}, value=b"secret")
    ).item.item
    assert reference
    wallet.user.approves(action_contains="Mine")
    kept = """
        self.store.put({("things", "one"): b"kept"})
        tell(call.ask(secret.Find(attributes={'for': 'puppet'})).items[0].item)
    """
    (old,) = json.loads(told(PUPPET, client, kept))
    wallet.user.approves(action_contains="remove")
    client.call(wallet_interface.Remove(extension=PUPPET.principal))
    with pytest.raises(ProtocolError) as caught:
        told(PUPPET, client, "tell('still here')")
    assert caught.value.code is ErrorCode.NO_PROVIDER
    PUPPET.install(wallet)
    wallet.user.refuses(action_contains="Mine")
    inherited = f"""
        tell(self.store.get("things", "one"))
        call.ask(secret.Read(item={old!r}))
    """
    assert json.loads(told(PUPPET, client, inherited)) == [None, "unknown_reference"]


@pytest.mark.attack(34)
def test_an_extension_that_never_answers_holds_nobody_else_up(wallet: TestWallet, client: Client) -> None:
    with Client.connect(wallet.socket, timeout_s=0.3) as stuck:
        with pytest.raises(TimeoutError):
            told(PUPPET, stuck, "import time; time.sleep(600)")
        assert client.call(secret.Create(kind="note", label="Meanwhile", value=b"x")).item.item
        assert client.call(wallet_interface.Status()).state == "unlocked"
