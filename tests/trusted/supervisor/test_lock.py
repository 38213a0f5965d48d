"""A lock: what may hold a key is gone, and what others hold on to is still there."""

from __future__ import annotations

import socket

from tests.processes import kill
from tests.trusted.supervisor.processes import (
    DIALOG,
    DOOR,
    ROUTER,
    SECRETS,
    SESSION,
    STORAGE,
    VAULT,
    await_end,
    await_state,
    processes,
    until,
)

from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet


def door_states(wallet: TestWallet) -> list[str]:
    with wallet.connect() as client:
        doors = client.call(wallet_interface.Doors()).doors
    return [door.state for door in doors if door.door == "secret-service"]


def test_a_lock_ends_all_that_may_hold_a_key_and_nothing_else(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    open_wallet.lock()
    await_end(before[module] for module in (ROUTER, VAULT, DIALOG, SECRETS, STORAGE))
    until(lambda: set(processes(open_wallet)) == {ROUTER, DIALOG, DOOR, SESSION}, "Router and dialog are there again")
    after = processes(open_wallet)
    assert (after[DOOR], after[SESSION]) == (before[DOOR], before[SESSION])


def test_each_new_router_is_connected_to_the_door(open_wallet: TestWallet) -> None:
    for _ in range(3):
        open_wallet.lock()
        open_wallet.unlock()
        until(lambda: door_states(open_wallet) == ["open"], "the new Router knows the door")
    ran = open_wallet.run(
        "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", *READ_COLLECTIONS
    )
    assert ran.returncode == 0, ran.stderr


READ_COLLECTIONS = (
    "/org/freedesktop/secrets",
    "org.freedesktop.DBus.Properties.Get",
    "string:org.freedesktop.Secret.Service",
    "string:Collections",
)


def test_who_connects_while_there_is_no_router_is_served_by_the_next_one(wallet: TestWallet) -> None:
    where = wallet.socket.stat().st_ino
    kill(processes(wallet)[ROUTER])
    with wallet.connect() as client:
        assert client.call(wallet_interface.Status()).state == "locked"
    assert wallet.socket.stat().st_ino == where


def test_a_connection_ends_with_the_lock(wallet: TestWallet) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(wallet.socket))
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{}}\n')
        assert connection.recv(1)
        wallet.lock()
        while connection.recv(65536):
            pass
    await_state(wallet, "locked")


def test_locks_one_after_the_other_are_no_failures_that_put_the_next_router_off(wallet: TestWallet) -> None:
    """As many failures would: a start would be half a minute away."""
    for _ in range(10):
        wallet.lock()
        wallet.unlock()
