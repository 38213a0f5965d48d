"""Of several items that an Extension offers the user chooses one in the question, which is about that one then."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.cli.etui import wait_until
from tests.trusted.router.puppet import puppet

from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

HOST = "shop.example"
ITEM = {"type": "reference", "title": "Stamp", "policy": "item", "material": True, "optional": True}
NOTE = {"type": "text", "title": "Note", "material": True, "optional": True}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestWallet]:
    with TestWallet(tmp_path_factory.mktemp("w")) as running:
        running.create()
        running.user.approves(action_contains="install")
        puppet(order={"params": {"item": ITEM, "note": NOTE, "before": {"type": "text"}}, "ask": "order"}).install(
            running
        )
        yield running


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    shared.user.forgets()
    return shared


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


def kept(client: Client, user: str, host: str = HOST) -> Item:
    made = secret.Create(
        kind="login", label=user, value=f"of {user}".encode(), attributes={"host": host, "user": user}, replace=True
    )
    return client.call(made).item


def asked(wallet: TestWallet) -> list[dict[str, Any]]:
    return [one for one in wallet.user.asked() if "password" in str(one.get("lead"))]


def test_one_alone_is_settled_and_named_in_the_question(wallet: TestWallet, client: Client) -> None:
    kept(client, "eve", "alone.example")
    wallet.user.approves()
    before = len(asked(wallet))
    found = client.call(secret.Login(host="alone.example"), ask=True)
    assert (found.value, found.item.label) == (b"of eve", "eve")
    (question,) = asked(wallet)[before:]
    assert question["lead"] == "wants to have the password of “eve”"
    assert dict(question["lines"])["For"] == "alone.example"
    assert "User name: eve" in question["notes"]


@pytest.mark.attack(210)
def test_what_is_kept_while_the_user_is_asked_does_not_take_the_place_of_what_was_shown(
    wallet: TestWallet, client: Client
) -> None:
    kept(client, "eve", "moved.example")
    wallet.user.waits()
    before = len(asked(wallet))
    with ThreadPoolExecutor(1) as waiting, wallet.connect() as other:
        answer = waiting.submit(client.call, secret.Login(host="moved.example"), ask=True)
        wait_until(lambda: len(asked(wallet)) > before)
        kept(other, "mallory", "moved.example")
        wallet.user.approves()
        assert answer.result(30).value == b"of eve"


def test_of_several_the_one_that_the_user_chooses_is_given_recorded_and_remembered(
    wallet: TestWallet, client: Client
) -> None:
    for user in ("ada", "grace"):
        kept(client, user)
    wallet.user.approves()
    before = len(asked(wallet))
    first = client.call(secret.Login(host=HOST))
    (question,) = asked(wallet)[before:]
    assert question["lead"] == "wants to have the password of one login"
    labels = {label: item for item, label in question["items"]}
    assert set(labels) == {"ada", "grace"}
    assert first.item.label == question["items"][0][1], "the first is preset"
    other = next(label for label in labels if label != first.item.label)
    wallet.user.rule("approve", when={"face": "confirm"}, items=[labels[other]], remember="once")
    second = client.call(secret.Login(host=HOST))
    assert (second.value, second.item.label) == (f"of {other}".encode(), other)
    wallet.user.forgets()
    wallet.user.approves(action_contains="activity")
    wallet.user.approves()
    records = [one for one in client.call(shell_interface.Audit(limit=20)).records if one.action == "secret/1.login"]
    assert other in str(records[0])


def test_what_is_chosen_is_asked_about_though_there_is_a_right_and_never_of_who_asks_quietly(
    wallet: TestWallet, client: Client
) -> None:
    for user in ("ada", "grace"):
        kept(client, user)  # who made them may have them unasked
    wallet.user.approves()
    before = len(asked(wallet))
    client.call(secret.Login(host=HOST))
    assert len(asked(wallet)) == before + 1
    with pytest.raises(ProtocolError) as caught:
        client.call(secret.Login(host=HOST), quiet=True)
    assert caught.value.code is ErrorCode.DENIED
    assert len(asked(wallet)) == before + 1
    wallet.user.refuses()
    with pytest.raises(ProtocolError) as caught:
        client.call(secret.Login(host=HOST))
    assert caught.value.code is ErrorCode.REFUSED


@pytest.mark.attack(211)
@pytest.mark.parametrize(
    ("offers", "which"),
    [
        ("offer(note=['1'])", "is not what policy decides about"),
        ("offer(before=['1'])", "is not what policy decides about"),
        ("offer(item=[])", "may offer 1 to 50"),
        ("offer(item=[str(n) for n in range(51)])", "may offer 1 to 50"),
        ("offer(item=['of somebody else', 'another'])", "not there any more"),
    ],
)
def test_an_extension_offers_items_of_its_own_alone_and_for_what_policy_decides_about(
    wallet: TestWallet, client: Client, offers: str, which: str
) -> None:
    wallet.user.approves()
    before = len(wallet.user.asked())
    with pytest.raises(ProtocolError, match=which) as caught:
        puppet().call(client, "order", thing="cake", before=offers)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert len(wallet.user.asked()) == before
    assert which in " ".join(client.call(wallet_interface.Why(id=caught.value.why)).sentences)
