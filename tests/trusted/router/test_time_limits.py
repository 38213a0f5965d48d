"""A provider has the time that its interface gives it, and no call waits for one that takes longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.trusted.router.puppet import puppet, told

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

HASTY = puppet("hasty", run={"timeout_s": 1}, pay={"effect": "none"})
OTHER = puppet("other")
SLEEPS = "import time; time.sleep({}); tell('late')"
PAYMENT = {"payee": "shop", "amount": 500, "currency": "EUR"}


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    HASTY.install(wallet)
    OTHER.install(wallet)
    with wallet.connect() as connected:
        yield connected


def code_of(client: Client, text: str) -> ErrorCode:
    """How a call ends that the provider does not answer in time."""
    with pytest.raises(ProtocolError) as caught:
        told(HASTY, client, text)
    return caught.value.code


@pytest.mark.attack(34)
def test_who_does_not_answer_in_its_time_is_given_up_and_others_go_on_meanwhile(
    wallet: TestWallet, client: Client
) -> None:
    with ThreadPoolExecutor(1) as waiting, wallet.connect() as stuck:
        outcome = waiting.submit(code_of, stuck, SLEEPS.format(600))
        assert json.loads(told(OTHER, client, "tell('here')")) == ["here"]
        assert client.call(secret.Create(kind="note", label="Meanwhile", value=b"x")).item.item
        assert outcome.result() is ErrorCode.TIMED_OUT
        assert json.loads(told(OTHER, stuck, "tell('here')")) == ["here"]


@pytest.mark.attack(34)
def test_an_answer_that_comes_too_late_is_nobodys(client: Client) -> None:
    assert code_of(client, SLEEPS.format(3)) is ErrorCode.TIMED_OUT
    answer = HASTY.call(client, "pay", **PAYMENT, code="tell('served')")  # which has the usual time, and waits its turn
    assert json.loads(str(answer["told"])) == ["served"]
