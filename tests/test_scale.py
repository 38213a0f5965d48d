"""Many items, many rights and many Clients: everything is still right, in bounded time, and nobody is starved."""

from __future__ import annotations

import contextlib
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench.crowd import Crowd, Turn
from bench.wire import call_line, connected
from tests.long_run import LongRun

from etui.cli.exits import Exit
from etui.cli.paging import grants, inventory
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

LARGE = [pytest.mark.long, pytest.mark.timeout(900)]
ITEMS = [pytest.param(1000, id="everyday"), pytest.param(10_000, id="large", marks=LARGE)]
"""Each with its maker's right to it."""
CLIENTS = [pytest.param(100, id="everyday"), pytest.param(1000, id="large", marks=LARGE)]
GIVEN = 100
SOON_S = 60.0
"""The most that one request may take here, whatever it is; how fast things are is for ``bench``."""
PAGE = 700
TURNS = 20
ROUND = 100
OUTSTANDING = 64
GENERATE = msgspec.json.encode(secret.Generate(length=20))
"""What the Router asks nobody about, and an Extension answers."""

_MAKER = """
import sys
from etui.interfaces import secret_1 as secret
from etui.sdk import Client

def attributes(number):
    # what a browser's keyring has of a password, and two more to count by
    return {
        "url": f"https://site-{number}.example/accounts/login",
        "username": f"somebody.{number}@example.org",
        "xdg:schema": "org.example.browser.Password",
        "third": str(number % 3),
        "set": "all",
    }

with Client.connect(name="maker") as wallet:
    match sys.argv[1:]:
        case ["make", count]:
            for number in range(int(count)):
                label, value = f"Item {number}", f"secret {number}".encode()
                wallet.call(secret.Create(kind="password", label=label, attributes=attributes(number), value=value))
        case ["read", *numbers]:
            for number in map(int, numbers):
                found = wallet.call(secret.Find(attributes=attributes(number)), quiet=True).items
                print(*(wallet.call(secret.Read(item=item.item), quiet=True).value.decode() for item in found))
        case ["count", name, wanted]:
            found = wallet.call(secret.Find(attributes={name: wanted}, limit=10_000), quiet=True).items
            print(len({item.item for item in found}))
"""


class Maker:
    """A program, told from others by its script, that keeps its secrets in the wallet."""

    def __init__(self, wallet: TestWallet) -> None:
        self._wallet = wallet
        self._script = wallet.folder / "maker"
        self._script.write_text(_MAKER, encoding="utf-8")

    def run(self, *arguments: str) -> list[str]:
        ran: subprocess.CompletedProcess[str] = self._wallet.run(
            sys.executable, str(self._script), *arguments, timeout_s=600.0
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.splitlines()

    def reads(self, numbers: list[int]) -> list[str]:
        """The secrets of these, empty for what it does not find without a question."""
        return self.run("read", *map(str, numbers))

    def counts(self, attribute: str, value: str) -> int:
        """How many items with this attribute it finds without a question."""
        return int(self.run("count", attribute, value)[0])


@contextlib.contextmanager
def soon() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON_S


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        running.user.approves(action_contains=OVERSEE)
        yield running


@pytest.mark.parametrize("items", ITEMS)
def test_among_many_items_and_rights_everything_is_found_listed_and_taken_back(
    wallet: TestWallet, chance: random.Random, long_run: LongRun, items: int
) -> None:
    maker = Maker(wallet)
    maker.run("make", str(items))
    sample = chance.sample(range(items), 50)
    assert maker.reads(sample) == [f"secret {number}" for number in sample]
    assert maker.counts("third", "1") == len(range(1, items, 3))
    assert maker.counts("set", "all") == items
    assert maker.counts("set", "none") == 0
    with wallet.connect() as client:
        whom = maker_of(client, items)
        assert_inventory(client, items)
        give(wallet, client)
        assert len(grants_of(client, None)) == items + GIVEN
        assert_commands(wallet, whom, items)
        take_back_one(client, maker, whom, sample)
        take_back_all(client, maker, whom)
        assert len(grants_of(client, None)) == GIVEN
        assert_audit(client, items)
    long_run.record("Items of one wallet, found, listed and read", items, items)
    long_run.record("Rights to them, listed and taken back", items, items)


@pytest.mark.parametrize("items", ITEMS)
def test_many_items_are_there_after_a_lock_and_after_a_new_start(
    wallet: TestWallet, long_run: LongRun, items: int
) -> None:
    maker = Maker(wallet)
    maker.run("make", str(items))
    for again in (wallet.lock, lambda: started_again(wallet)):
        with soon():
            again()
        with soon():
            wallet.unlock()
        with wallet.connect() as client:
            assert len(grants_of(client, None)) == items
            assert_inventory(client, items)
        with soon():
            assert maker.reads([items // 2]) == [f"secret {items // 2}"]
    long_run.record("Items of one wallet, there after a lock and after a new start", items, items)


def started_again(wallet: TestWallet) -> None:
    wallet.end()
    wallet.start()


def maker_of(client: Client, rights: int) -> str:
    """The one Client that made everything, as the wallet knows it; it has a right to each item."""
    (whom,) = {row.client for row in grants_of(client, None)}
    assert len(grants_of(client, whom)) == rights
    return whom


def grants_of(client: Client, whom: str | None) -> list[shell_interface.GrantRow]:
    with soon():
        return grants(client, whom)


def assert_inventory(client: Client, items: int) -> None:
    with soon():
        listed = inventory(client).items
    assert {item.label for item in listed} == {f"Item {number}" for number in range(items)}
    assert len(listed) == items


def assert_commands(wallet: TestWallet, whom: str, items: int) -> None:
    """As another program than the maker: one is found among all, by what is written at it, and so are its rights."""
    name, label = f"site-{items // 2}.", f"Item {items // 2}"
    assert [item["label"] for item in told(wallet, "find", name)] == [label]
    assert [item["label"] for item in told(wallet, "find", "-a", f"username=somebody.{items // 2}@example.org")] == [
        label
    ]
    assert len(told(wallet, "find")) == items
    assert commanded(wallet, "find", "no-site").returncode == Exit.NOT_FOUND
    wallet.user.approves(face="reveal")
    grant = ("grant", "app:/usr/bin/mailer", secret.Read.METHOD, "--item", name)
    for words in (("history", name), ("reveal", name), grant):
        ran = commanded(wallet, *words)
        assert ran.returncode == 0, ran.stderr
    assert [row["what"] for row in told(wallet, "grants", "--client", "app:/usr/bin/mailer")] == [label]
    assert len(told(wallet, "grants", "--client", whom)) == items
    assert len(told(wallet, "grants")) == items + GIVEN + 1
    assert {row["client"]: row["rights"] for row in told(wallet, "clients")}[whom] == items
    (given,) = told(wallet, "grants", "--client", "app:/usr/bin/mailer")
    assert told(wallet, "revoke", given["grant"]) == {"revoked": 1}


def commanded(wallet: TestWallet, *arguments: str) -> subprocess.CompletedProcess[str]:
    with soon():
        return wallet.etui(*arguments)


def told(wallet: TestWallet, *arguments: str) -> Any:  # noqa: ANN401  # JSON
    ran = commanded(wallet, *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return msgspec.json.decode(ran.stdout)


def give(wallet: TestWallet, client: Client) -> None:
    """A right to each of many other programs, in the dialog."""
    wallet.user.approves()
    for number in range(GIVEN):
        with soon():
            client.call(wallet_interface.Grant(client=f"app:/usr/bin/program-{number}", action=secret.Read.METHOD))


def take_back_one(client: Client, maker: Maker, whom: str, sample: list[int]) -> None:
    lost, kept = sample[0], sample[1]
    (right,) = [row.grant for row in grants_of(client, whom) if row.what == f"Item {lost}"]
    with soon():
        assert client.call(wallet_interface.Revoke(grant=right)).revoked == 1
    assert maker.reads([lost, kept]) == ["", f"secret {kept}"]


def take_back_all(client: Client, maker: Maker, whom: str) -> None:
    left = len(grants_of(client, whom))
    with soon():
        assert client.call(wallet_interface.Revoke(client=whom)).revoked == left
    assert grants_of(client, whom) == []
    assert maker.counts("set", "all") == 0


def assert_audit(client: Client, items: int) -> None:
    """Every item's making is on record, once, on pages that follow each other; the chain holds."""
    made: list[str] = []
    before: str | None = None
    while True:
        with soon():
            page = client.call(shell_interface.Audit(limit=PAGE, text=secret.Create.METHOD, before=before)).records
        made += [row.id for row in page if row.action == secret.Create.METHOD and row.outcome == "allowed"]
        if len(page) < PAGE:
            break
        before = page[-1].id
    assert len(made) == len(set(made)) == items
    with soon():
        verdict = client.call(wallet_interface.Verify())
    assert verdict.ok, verdict.findings


@pytest.mark.parametrize("clients", CLIENTS)
def test_many_clients_that_call_without_a_pause_are_answered_equally_often(
    wallet: TestWallet, long_run: LongRun, clients: int
) -> None:
    with Crowd(wallet.socket, secret.Generate.METHOD, GENERATE, clients) as crowd:
        answers = [[answered for _, answered in turns] for turns in crowd.call(TURNS)]
    first_done = min(times[TURNS - 1] for times in answers)
    had = [bisect(times, first_done) for times in answers]
    assert max(had) == TURNS
    assert min(had) >= TURNS // 2, "the first is done when the last has had half of its turns"
    assert statistics.median(had) >= TURNS * 3 // 4
    long_run.record("Clients at once, none of them starved", clients, clients)


@pytest.mark.attack(18)
@pytest.mark.parametrize("calls", [500, pytest.param(20_000, id="large", marks=LARGE)])
def test_a_client_that_floods_has_few_answers_between_two_of_another(
    wallet: TestWallet, long_run: LongRun, calls: int
) -> None:
    turns: list[Turn] = []
    with Crowd(wallet.socket, secret.Generate.METHOD, GENERATE, 1) as calm, flooding(wallet) as answered:
        while len(turns) < calls:
            turns += calm.call(ROUND)[0]
    between = [bisect(answered, after) - bisect(answered, called) for called, after in turns]
    assert sum(between) > len(between), "it is no flood"
    assert statistics.median(between) <= OUTSTANDING // 2
    long_run.record("Calls of a Client while another one floods", calls, calls)


@contextlib.contextmanager
def flooding(wallet: TestWallet) -> Iterator[list[float]]:
    """While this process calls without waiting for its answers; when each of them came, by the monotonic clock."""
    answered: list[float] = []
    with connected(wallet.socket) as sock:
        threads = [
            threading.Thread(target=send_on_and_on, args=(sock,), daemon=True),
            threading.Thread(target=note_answers, args=(sock, answered), daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield answered
        sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(SOON_S)


def send_on_and_on(sock: socket.socket) -> None:
    """Calls until the connection ends."""
    lines = b"".join(call_line(number, secret.Generate.METHOD, GENERATE) for number in range(1, 1000))
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(lines)


def note_answers(sock: socket.socket, answered: list[float]) -> None:
    """Notes when each answer comes, until the connection ends."""
    with contextlib.suppress(OSError):
        while received := sock.recv(1 << 20):
            answered += [time.monotonic()] * received.count(b"\n")
