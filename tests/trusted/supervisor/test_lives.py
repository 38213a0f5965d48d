"""Each process of a wallet is killed as kill -9 does it, and what has to follow does, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.processes import descendants, kill
from tests.trusted.router.strangers import Stranger
from tests.trusted.supervisor.postman import HOST, POSTMAN
from tests.trusted.supervisor.processes import (
    DIALOG,
    DOOR,
    EGRESS,
    ROUTER,
    SECRETS,
    SESSION,
    STORAGE,
    VALUE,
    VAULT,
    WAIT_S,
    await_end,
    await_state,
    is_gone,
    pid_of,
    processes,
    read,
    state,
    store,
    successor,
    until,
    words_of,
)

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

KEYED = (VAULT, DIALOG, SECRETS, STORAGE)


class Site:
    """A web site of one connection at a time, that answers when the test lets it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(WAIT_S)
        self.port = self._socket.getsockname()[1]

    def accept(self) -> socket.socket:
        """The next connection, with a request that is not answered."""
        connection, _ = self._socket.accept()
        connection.settimeout(WAIT_S)
        assert connection.recv(65536)
        return connection

    def answer(self) -> None:
        """Answers the next request."""
        with self.accept() as connection:
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with contextlib.closing(Site()) as serving:
        yield serving


def test_no_process_with_a_key_outlives_the_router(wallet: TestWallet) -> None:
    before = processes(wallet)
    assert {ROUTER, *KEYED} <= set(before)
    kill(before[ROUTER])
    successor(wallet, ROUTER, before[ROUTER])
    assert [module for module in KEYED if not is_gone(before[module])] == []
    await_state(wallet, "locked")
    wallet.unlock()
    wallet.user.approves()
    assert read(wallet) == VALUE


def test_a_killed_vault_locks_the_wallet(wallet: TestWallet) -> None:
    before = processes(wallet)
    kill(before[VAULT])
    await_end(before[module] for module in (ROUTER, *KEYED))
    await_state(wallet, "locked")
    wallet.unlock()
    assert state(wallet) == "unlocked"


def test_a_router_that_does_not_lock_when_it_is_told_is_ended(wallet: TestWallet) -> None:
    before = processes(wallet)
    os.kill(before[ROUTER], signal.SIGSTOP)
    kill(before[VAULT])
    await_end(before[module] for module in (ROUTER, *KEYED))
    await_state(wallet, "locked")


def test_a_killed_dialog_is_started_again_and_the_wallet_stays_open(wallet: TestWallet) -> None:
    before = processes(wallet)
    kill(before[DIALOG])
    successor(wallet, DIALOG, before[DIALOG])
    wallet.user.approves()
    assert read(wallet) == VALUE
    after = processes(wallet)
    assert [after[module] for module in (ROUTER, VAULT)] == [before[module] for module in (ROUTER, VAULT)]


def test_a_dialog_that_is_killed_again_and_again_comes_back(wallet: TestWallet) -> None:
    router = pid_of(wallet, ROUTER)
    for _ in range(3):
        dialog = pid_of(wallet, DIALOG)
        kill(dialog)
        successor(wallet, DIALOG, dialog)
    assert processes(wallet)[ROUTER] == router


@pytest.mark.parametrize("module", [SECRETS, STORAGE])
def test_a_killed_extension_ends_alone_and_is_started_when_it_is_needed(module: str, wallet: TestWallet) -> None:
    before = processes(wallet)
    kill(before[module])
    await_end([before[module]])
    until(lambda: _fails_with(lambda: store(wallet)) == "", "a secret can be stored again")
    after = processes(wallet)
    assert after[module] != before[module]
    others = {ROUTER, VAULT, DIALOG, SECRETS, STORAGE} - {module}
    assert {name: after[name] for name in others} == {name: before[name] for name in others}


def test_an_extension_that_keeps_ending_is_not_started_for_a_while(wallet: TestWallet) -> None:
    for _ in range(12):
        if SECRETS in (running := processes(wallet)):
            kill(running[SECRETS])
            await_end([running[SECRETS]])
        if "ended early several times" in _fails_with(lambda: store(wallet)):
            break
    else:
        pytest.fail("it was started at once each time")
    until(lambda: _fails_with(lambda: store(wallet)) == "", "it was started when its time had come")


_METHODS = {"do": {"title": "Do", "effect": "none", "params": {}, "result": {}}}
_ENDS = """
import sys
sys.stderr.write("hostile was started\\n")
sys.stderr.flush()
raise SystemExit(7)
"""
_HANGS_UP = """
import os, socket, sys, time
sys.stderr.write("hostile was started\\n")
sys.stderr.flush()
for descriptor in map(int, os.listdir("/proc/self/fd")):
    try:
        socket.socket(fileno=descriptor).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
time.sleep(600)
"""


@pytest.mark.attack(34)
@pytest.mark.parametrize("code", [_ENDS, _HANGS_UP], ids=["ends", "hangs up"])
def test_an_extension_that_fails_at_each_start_is_started_ever_more_rarely_and_harms_nobody(
    code: str, wallet: TestWallet
) -> None:
    hostile = Stranger("hostile", code, _METHODS)
    hostile.install(wallet)
    before = processes(wallet)

    def said() -> str:
        with wallet.connect() as client:
            return _fails_with(lambda: hostile.call(client, "do"))

    def waits_s() -> int:
        put_off = re.search(r"is started again in (\d+) s", said())
        return int(put_off[1]) if put_off else 0

    began = time.monotonic()
    assert "ended before it answered" in said()
    until(lambda: waits_s() >= 3, "it has to wait longer and longer")
    starts = wallet.log.read_text().count("hostile was started")
    assert starts >= 5
    waited_s = sum(0.5 * 2**number for number in range(starts - 2))  # before the third start, the fourth, and so on
    assert waited_s <= time.monotonic() - began
    store(wallet)
    after = processes(wallet)
    assert {name: after[name] for name in before} == before


def test_a_killed_door_is_opened_again(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    kill(before[DOOR])
    successor(open_wallet, DOOR, before[DOOR])
    until(lambda: _has_name(open_wallet), "the door has its name again")
    after = processes(open_wallet)
    assert after.pop(DOOR) != before.pop(DOOR)
    assert after == before


def test_a_killed_watch_is_started_again_and_the_wallet_stays_open(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    kill(before[SESSION])
    successor(open_wallet, SESSION, before[SESSION])
    after = processes(open_wallet)
    assert {name: after[name] for name in (ROUTER, VAULT, DOOR)} == {
        name: before[name] for name in (ROUTER, VAULT, DOOR)
    }


def test_everything_ends_with_a_killed_supervisor(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    assert {ROUTER, DOOR, SESSION, *KEYED} <= set(before)
    open_wallet.kill()
    await_end(before.values())
    open_wallet.start()
    assert state(open_wallet) == "locked"


def test_what_guards_the_start_of_an_extension_goes_when_that_is_over(wallet: TestWallet) -> None:
    started = {processes(wallet)[module] for module in (SECRETS, STORAGE)}
    until(lambda: all("/bin/sh" not in words_of(pid) for pid in descendants(wallet.pid)), "no shell is left")
    assert not any(map(is_gone, started))


def test_a_killed_egress_fails_its_call_and_is_started_for_the_next_one(short_dir: Path, site: Site) -> None:
    with TestWallet(short_dir, hosts={HOST: site.port}) as wallet:
        wallet.create()
        POSTMAN.install(wallet)
        with ThreadPoolExecutor() as pool:
            lost = pool.submit(_posts, wallet)
            connection = site.accept()
            before = processes(wallet)
            kill(before[EGRESS])
            with pytest.raises(ProtocolError) as caught:
                lost.result(WAIT_S)
            connection.close()
            assert caught.value.code is ErrorCode.UNAVAILABLE
            answered = pool.submit(_posts, wallet)
            site.answer()
            assert answered.result(WAIT_S) == {"status": 204}
            after = processes(wallet)
            assert after.pop(EGRESS) != before.pop(EGRESS)
            assert after == before
            kill(after[ROUTER])
            successor(wallet, ROUTER, after[ROUTER])
            assert EGRESS not in processes(wallet)


def test_an_egress_that_ends_at_each_start_is_not_started_for_a_while(short_dir: Path, site: Site) -> None:
    with TestWallet(short_dir, hosts={HOST: site.port}) as wallet:
        wallet.create()
        POSTMAN.install(wallet)
        mappings = wallet.home / "operator" / "mappings.json"
        mappings.parent.mkdir()
        mappings.write_text("damaged")
        said: list[str] = []

        def is_put_off() -> bool:
            said.append(_fails_with(lambda: _posts(wallet)))
            return "started again in" in said[-1]

        until(is_put_off, "egress is not started for a while")
        assert all(said)
        assert "egress ended early several times, and is started again in" in said[-1]
        assert wallet.log.read_text().count(f"egress: {mappings}") == len(said) - 1
        mappings.unlink()
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(site.answer)
            until(lambda: _fails_with(lambda: _posts(wallet)) == "", "it was started when its time had come")
            answer.result(WAIT_S)


def test_a_header_that_is_damaged_meanwhile_is_said_and_keeps_the_router_from_starting(wallet: TestWallet) -> None:
    path = wallet.home / "profile.json"
    header = path.read_bytes()
    path.write_bytes(b"damaged")
    kill(pid_of(wallet, ROUTER))
    until(lambda: f"router: {path} is not a profile's header" in wallet.log.read_text(), "the log says what is wrong")
    assert "Traceback" not in wallet.log.read_text()
    path.write_bytes(header)
    await_state(wallet, "locked")


def _posts(wallet: TestWallet) -> dict[str, object]:
    with wallet.connect() as client:
        return POSTMAN.call(client, "post")


def _fails_with(work: Callable[[], object]) -> str:
    """Why something is not available; empty where it is."""
    try:
        work()
    except ProtocolError as error:
        if error.code is not ErrorCode.UNAVAILABLE:
            raise
        return str(error)
    return ""


def _has_name(wallet: TestWallet) -> bool:
    with wallet.connect() as client:
        doors = client.call(wallet_interface.Doors()).doors
    return [door.state for door in doors if door.door == "secret-service"] == ["open"]
