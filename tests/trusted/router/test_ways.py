"""Requests that repeat an earlier one: their way is short, and everything that counts for the first counts for them."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator

import pytest
from tests.processes import pid_of

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

VALUE = b"planted-secret-value"
TIMES = 5


@pytest.fixture
def other(wallet: TestWallet) -> Iterator[Client]:
    """A second connection of the same program."""
    with wallet.connect() as client:
        yield client


@pytest.fixture
def repeat(wallet: TestWallet) -> Iterator[Callable[[], bytes | None]]:
    """Reads one secret, which was read some times already, over one connection."""
    with wallet.connect() as client:
        created = client.call(secret.Create(kind="note", label="Kept", value=VALUE)).item
        read = secret.Read(item=created.item)
        for _ in range(TIMES):
            assert client.call(read).value == VALUE
        yield lambda: client.call(read).value


def reads(client: Client) -> int:
    records = client.call(shell_interface.Audit(limit=200)).records
    return sum(record.action == secret.Read.METHOD for record in records)


CONFIRMED_S = 0.5
"""After so long without a request the audit of what was done is confirmed, on a slow machine too."""


def refusal(repeat: Callable[[], bytes | None]) -> ErrorCode:
    with pytest.raises(ProtocolError) as caught:
        repeat()
    return caught.value.code


def test_each_of_them_is_on_record(repeat: Callable[[], bytes | None], other: Client) -> None:
    before = reads(other)
    for _ in range(TIMES):
        assert repeat() == VALUE
    assert reads(other) == before + TIMES
    assert before >= TIMES
    assert other.call(wallet_interface.Verify()).ok


def test_their_way_ends_when_everything_is_taken_back(repeat: Callable[[], bytes | None], other: Client) -> None:
    other.call(wallet_interface.Revoke(client=other.greeting.client))
    assert refusal(repeat) is ErrorCode.UNKNOWN_REFERENCE


def test_their_way_ends_with_the_item(repeat: Callable[[], bytes | None], other: Client) -> None:
    found = other.call(secret.Find(text="Kept")).items
    other.call(secret.Delete(item=found[0].item))
    assert refusal(repeat) is ErrorCode.UNKNOWN_ITEM


def test_their_way_ends_with_the_lock(wallet: TestWallet, repeat: Callable[[], bytes | None], other: Client) -> None:
    assert repeat() == VALUE
    wallet.lock()
    assert refusal(repeat) is ErrorCode.UNAVAILABLE
    with pytest.raises(ProtocolError):
        other.call(wallet_interface.Status())


def test_none_is_answered_that_cannot_be_recorded(wallet: TestWallet, repeat: Callable[[], bytes | None]) -> None:
    router = pid_of(wallet.pid, "etui.trusted.router")
    time.sleep(CONFIRMED_S)
    before = resource.prlimit(router, resource.RLIMIT_FSIZE)
    resource.prlimit(router, resource.RLIMIT_FSIZE, (0, before[1]))  # as on a full disk
    assert refusal(repeat) is ErrorCode.UNWRITABLE
    assert refusal(repeat) is ErrorCode.UNWRITABLE
    resource.prlimit(router, resource.RLIMIT_FSIZE, before)
    assert repeat() == VALUE
