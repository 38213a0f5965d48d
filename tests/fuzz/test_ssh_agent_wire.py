"""Malformed messages over the socket of a real SSH agent: it goes on, nothing grows, and others are served."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.doors.ssh_agent.agent import AgentWallet, Talk
from tests.fuzz.mutating import cut, mutated, raw, writes
from tests.fuzz.ssh_agent import AGENT_MUTATIONS, agent_requests, length
from tests.fuzz.test_over_the_wire import ROUTER, unharmed
from tests.long_run import LongRun
from tests.processes import pids_of

from etui.interfaces import crypto_1 as crypto
from etui.standards.sshagent import SESSION_BIND, RequestIdentities, encode_request, frame
from etui.testkit import TestWallet

DOOR: Final = "etui.doors.ssh_agent"
KEYS: Final = "etui.extensions.encryption"
AT_ONCE: Final = 32
LONGER: Final = 5
ENDLESS: Final = (0xFFFFFFFF, 0x80000000, (256 << 10) + 1)
_LOCKS: Final = b"\x16\x17"
"""SSH_AGENTC_LOCK and SSH_AGENTC_UNLOCK: locked by what nobody knows, an agent would answer no to all the rest."""
often = pytest.mark.parametrize("times", [1, pytest.param(LONGER, marks=pytest.mark.long)])
attacked = pytest.mark.attack(106)


@pytest.fixture
def agent(short_dir: Path) -> Iterator[AgentWallet]:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, doors=["ssh-agent"], environ={"HOME": str(folder), "LANG": "C.UTF-8"}) as wallet:
        wallet.create()
        wallet.user.refuses()
        yield AgentWallet(wallet)


def all_at_once(work: Callable[[int], None]) -> None:
    """Has it done on thirty-two threads; what one raises is raised."""
    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  # told below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
        assert not thread.is_alive(), "an answer is still waited for"
    assert not failed, failed[0]


def bad_message(chance: random.Random, seeds: list[bytes]) -> bytes:
    """A message of a possible length that most often says nothing that can be understood."""
    while True:
        message = raw(chance) if chance.random() < 0.05 else mutated(chance, chance.choice(seeds), AGENT_MUTATIONS)
        if 0 < len(message) <= 256 << 10 and message[0] not in _LOCKS:
            return message


def bad_stream(chance: random.Random, seeds: list[bytes]) -> bytes:
    """A message that is cut short, has another length than it says, or one that nobody can have."""
    message = chance.choice(seeds)
    match chance.randrange(3):
        case 0:
            return cut(chance, frame(message))
        case 1:
            return length(chance, frame(message)[:4]) + message
        case _:
            return chance.choice(ENDLESS).to_bytes(4, "big") + message


def ended(talk: Talk, stream: bytes, chance: random.Random) -> None:
    """Sends what is no stream of messages, and hangs up: the other end does too, whatever it answers before."""
    with contextlib.suppress(ConnectionError):
        for part in writes(chance, stream):
            talk.sock.sendall(part)
        talk.sock.shutdown(socket.SHUT_WR)
        while talk.sock.recv(1 << 16):
            pass
    talk.sock.close()


@attacked
@often
@pytest.mark.timeout(900)
def test_no_message_harms_the_agent_or_another_program(
    agent: AgentWallet, chance: random.Random, long_run: LongRun, times: int
) -> None:
    each = 2016 * times // AT_ONCE
    key = agent.key()
    seeds = [one for one in agent_requests(key) if one[0] not in _LOCKS]
    served: Counter[str] = Counter()
    seed = chance.randrange(1 << 60)

    def feed(number: int) -> None:
        mine = random.Random(seed + number)
        talk, bound = agent.connect(), False
        for _ in range(each):
            if mine.random() < 0.15:
                ended(talk, bad_stream(mine, seeds), mine)
                talk, bound = agent.connect(), False
                served["ended"] += 1
                continue
            message = bad_message(mine, seeds)
            try:
                for part in writes(mine, frame(message)):
                    talk.sock.sendall(part)
                served[type(talk.reply()).__name__] += 1
            except ConnectionError:  # one that would have been forwarded and cannot be bound is ended
                assert SESSION_BIND.encode() in message or bound
                served["unbound"] += 1
                talk.sock.close()
                talk = agent.connect()
                bound = False
            else:
                bound = SESSION_BIND.encode() in message
        talk.sock.close()

    with agent.connect() as talk:
        talk.ask(RequestIdentities())
    keys = pids_of(agent.wallet.pid, KEYS)
    with unharmed(agent.wallet, DOOR, ROUTER):
        all_at_once(feed)
    assert pids_of(agent.wallet.pid, KEYS) == keys, "the Extension that holds the keys"
    assert served.total() == each * AT_ONCE
    assert served["Failure"] > each, served
    assert served["ended"] > each, served
    with agent.connect() as talk:
        assert len(talk.keys()) == 1
    with agent.wallet.connect() as client:
        assert [item.label for item in client.call(crypto.Find()).items] == ["Work"]
    long_run.record("Malformed messages to the SSH agent, over the wire", served.total(), served.total())


@attacked
def test_thirty_two_that_say_half_and_wait_keep_nobody_from_being_served(agent: AgentWallet) -> None:
    agent.key()
    message = frame(encode_request(RequestIdentities()))
    halves = [agent.connect() for _ in range(AT_ONCE)]
    for number, talk in enumerate(halves):
        talk.sock.sendall(message[: 1 + number % 4] if number % 2 else (256 << 10).to_bytes(4, "big") + bytes(99_999))
    with agent.connect() as good:
        assert len(good.keys()) == 1
    for talk in halves:
        talk.sock.close()


@attacked
def test_one_that_asks_without_end_and_reads_nothing_is_served_no_more_than_it_reads(agent: AgentWallet) -> None:
    agent.key()
    message = frame(encode_request(RequestIdentities())) * 1000
    with agent.connect() as greedy, agent.connect() as good:
        greedy.sock.settimeout(1)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 64 << 20:
                sent += greedy.sock.send(message)
        assert sent < 64 << 20, "it is kept waiting"
        assert len(good.keys()) == 1
