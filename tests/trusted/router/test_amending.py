"""Lasting rights that are changed: lower at once, higher by the user's yes to exactly that."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

_NUMBERS = itertools.count()
RAISE = "have a lasting right"


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as started:
        started.create()
        yield started
    shutil.rmtree(folder)


@pytest.fixture
def client(shared: TestWallet) -> Iterator[Client]:
    shared.user.forgets()
    shared.user.approves()
    with shared.connect() as connected:
        yield connected


@pytest.fixture
def whom() -> str:
    """A program that no other test speaks of."""
    return f"app:/opt/arcade{next(_NUMBERS)}"


@pytest.fixture
def grant(client: Client, whom: str) -> str:
    """A right that ends, is for some uses, and up to an amount."""
    asked = wallet_interface.Grant(
        client=whom,
        action="apdu/1.arm",
        uses=5,
        until=int(time.time()) + 86_400,
        limit_minor=2000,
        each_minor=500,
        currency="EUR",
    )
    return client.call(asked).grant


def told(client: Client, grant: str) -> shell_interface.GrantRow:
    return next(row for row in client.call(shell_interface.Grants()).grants if row.grant == grant)


def test_what_is_lower_works_at_once_and_for_good(shared: TestWallet, client: Client, grant: str) -> None:
    shared.user.forgets()
    shared.user.refuses()
    shared.user.approves(action_contains=OVERSEE)
    until = int(time.time()) + 3600
    assert not client.call(wallet_interface.Amend(grant=grant, limit_minor=300, uses_left=2, until=until)).raised
    row = told(client, grant)
    assert (row.limit_minor, row.each_minor, row.uses_left, row.until) == (300, 300, 2, until)
    record = client.call(shell_interface.Audit(text="wallet/1.amend", limit=1)).records[0]
    sentences = client.call(wallet_interface.Why(id=record.id)).sentences
    assert sentences[-1] == "The reason given: “lowered, 2 uses left”."
    day = datetime.fromtimestamp(until, tz=UTC)
    ends = f", 2 times in all, up to 3.00 EUR in all, until {day:%Y-%m-%d at %H:%M} UTC."
    assert [sentence for sentence in sentences if sentence.endswith(ends)]
    shared.lock()
    shared.unlock()
    with shared.connect() as again:
        assert told(again, grant).limit_minor == 300


@pytest.mark.attack(198)
@pytest.mark.parametrize(
    "change",
    [{"limit_minor": 2001}, {"each_minor": 501}, {"uses_left": 6}, {"until": 4_000_000_000}],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_higher_is_asked_even_where_the_rest_is_lower(
    shared: TestWallet, client: Client, whom: str, grant: str, change: dict[str, int]
) -> None:
    lower = {"limit_minor": 1000, "each_minor": 100, "uses_left": 1, "until": int(time.time()) + 60}
    before = told(client, grant)
    shared.user.forgets()
    shared.user.refuses(action_contains=RAISE)
    with pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Amend(grant=grant, **lower | {"limit_minor": 1500} | change))
    assert caught.value.code is ErrorCode.REFUSED
    assert told(client, grant) == before
    shown = shared.user.asked()[-1]["lines"]
    assert shown[:2] == [["Client", whom], ["May", "apdu/1.arm"]]


@pytest.mark.attack(198)
def test_a_yes_to_a_right_that_was_changed_meanwhile_is_void(shared: TestWallet, client: Client, grant: str) -> None:
    shared.user.waits(action_contains=RAISE)
    failures: list[ProtocolError] = []

    def raises() -> None:
        with shared.connect() as other, pytest.raises(ProtocolError) as caught:
            other.call(wallet_interface.Amend(grant=grant, limit_minor=9000))
        failures.append(caught.value)

    asking = threading.Thread(target=raises)
    before = len(shared.user.asked())
    asking.start()
    deadline = time.monotonic() + 20
    while len(shared.user.asked()) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    client.call(wallet_interface.Amend(grant=grant, limit_minor=100))
    shared.user.forgets()
    shared.user.approves()
    asking.join(30)
    assert [failure.code for failure in failures] == [ErrorCode.ALTERED]
    assert told(client, grant).limit_minor == 100


@pytest.mark.attack(232)
@pytest.mark.parametrize("until", [0, -1, 1000])
def test_a_right_that_ends_before_it_begins_is_refused_before_anybody_reads_of_its_end(
    shared: TestWallet, client: Client, whom: str, until: int
) -> None:
    asked = len(shared.user.asked())
    with pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Grant(client=whom, action="secret/1.read", until=until))
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    assert len(shared.user.asked()) == asked
    assert not [row for row in client.call(shell_interface.Grants()).grants if row.client == whom]


def test_what_is_no_change_of_a_right_is_refused_with_its_reason(client: Client, whom: str, grant: str) -> None:
    plain = client.call(wallet_interface.Grant(client=whom, action="secret/1.read")).grant
    for change, words in (
        (wallet_interface.Amend(grant=grant), "nothing is to be changed"),
        (wallet_interface.Amend(grant=grant, until=1000), "is past"),
        (wallet_interface.Amend(grant=grant, each_minor=3000), "no more each time"),
        (wallet_interface.Amend(grant=plain, limit_minor=100), "has no amount"),
        (wallet_interface.Amend(grant="g-none", uses_left=1), "no lasting right"),
    ):
        with pytest.raises(ProtocolError, match=words) as caught:
            client.call(change)
        assert caught.value.code is ErrorCode.INVALID_PARAMS
