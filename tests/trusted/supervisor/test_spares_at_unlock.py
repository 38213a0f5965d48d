"""Keyless spares in a whole wallet, whose user takes a while to type the passphrase."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.processes import descendants, kill
from tests.trusted.router.puppet import puppet, told
from tests.trusted.router.strangers import Stranger
from tests.trusted.supervisor.processes import (
    SECRETS,
    STORAGE,
    VALUE,
    WAIT_S,
    await_end,
    is_gone,
    processes,
    read,
    state,
    until,
    words_of,
)

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.moment import this_moment
from etui.trusted.vault.tries import LIMIT, Tries, TryCounter


def waiting(wallet: TestWallet, *modules: str) -> dict[str, int]:
    """The spares of these modules, or of both, waited for: each is there once it is no bubblewrap any more."""
    found: dict[str, int] = {}

    def are_there() -> bool:
        running = processes(wallet)
        found.update({module: running[module] for module in modules or (SECRETS, STORAGE) if module in running})
        return len(found) == len(modules or (SECRETS, STORAGE)) and all(
            words_of(pid)[0] == sys.executable for pid in found.values()
        )

    until(are_there, "the spares wait")
    return found


@contextmanager
def asked(wallet: TestWallet) -> Iterator[None]:
    """A locked wallet whose user was asked for the passphrase, and types it when the block ends."""
    wallet.user.waits(face="unlock")
    shown = len(wallet.user.shown())
    with ThreadPoolExecutor(1) as pool, wallet.connect() as client:
        unlocking = pool.submit(client.call, wallet_interface.Unlock())
        until(lambda: len(wallet.user.shown()) > shown, "the dialog shows")
        yield
        wallet.user.forgets()
        unlocking.result(WAIT_S)


def test_what_ran_before_the_lock_waits_while_the_passphrase_is_typed_and_answers_then(wallet: TestWallet) -> None:
    wallet.lock()
    assert not {SECRETS, STORAGE} & set(processes(wallet))
    with asked(wallet):
        spares = waiting(wallet)
        assert state(wallet) == "locked"
        until(lambda: all("/bin/sh" not in words_of(pid) for pid in descendants(wallet.pid)), "no guard is left")
        assert not any(map(is_gone, spares.values()))
    wallet.user.approves()
    assert read(wallet) == VALUE
    assert {module: processes(wallet)[module] for module in spares} == spares


def test_a_wallet_that_was_just_started_prepares_storage_alone(wallet: TestWallet) -> None:
    wallet.end()
    wallet.start()
    with asked(wallet):
        spare = waiting(wallet, STORAGE)[STORAGE]
        assert SECRETS not in processes(wallet)
    wallet.user.approves()
    assert read(wallet) == VALUE
    assert processes(wallet)[STORAGE] == spare


def test_a_wrong_try_starts_nothing_anew(wallet: TestWallet) -> None:
    wallet.lock()
    with asked(wallet):
        spares = waiting(wallet)
        for pid in spares.values():
            kill(pid)
        shown = len(wallet.user.shown())
        wallet.user.waits(face="unlock", wrong=True)
        wallet.user.rule("type", when={"face": "unlock", "wrong": False}, secret="not the passphrase")
        until(lambda: len(wallet.user.shown()) >= shown + 2, "it was wrong, and is asked for again")
        assert not {SECRETS, STORAGE} & set(processes(wallet))


def test_nothing_is_prepared_for_a_passphrase_that_opens_nothing_any_more(wallet: TestWallet) -> None:
    wallet.end()
    files = VaultDirectory.open(wallet.home / "vault")
    TryCounter(files)._write(Tries(LIMIT, this_moment(), assumed=False))
    files.close()
    wallet.start()
    with wallet.connect() as client:
        for spares in (True, False):  # the vault says so with the first try
            with pytest.raises(ProtocolError) as caught:
                client.call(wallet_interface.Unlock())
            assert caught.value.code is ErrorCode.LOCKED_OUT
            assert (STORAGE in processes(wallet)) is spares
            if spares:
                kill(waiting(wallet, STORAGE)[STORAGE])
                until(lambda: STORAGE not in processes(wallet), "it is gone")
        wallet.user.rule("type", when={"face": "unlock", "recovery": True}, secret=wallet.user.recovery_key)
        wallet.user.dismisses(face="new_passphrase")
        client.call(wallet_interface.Unlock(recovery=True))
        assert STORAGE in processes(wallet)


def test_spares_that_nobody_used_end_with_the_lock(wallet: TestWallet) -> None:
    wallet.lock()
    with asked(wallet):
        spares = waiting(wallet).values()
    assert not any(map(is_gone, spares))
    wallet.lock()
    assert all(map(is_gone, spares))


@pytest.mark.attack(57)
@pytest.mark.parametrize("end", [TestWallet.end, TestWallet.kill], ids=["in order", "killed"])
def test_spares_end_with_the_wallet(end: Callable[[TestWallet], None], wallet: TestWallet) -> None:
    wallet.lock()
    wallet.user.waits(face="unlock")
    with ThreadPoolExecutor(1) as pool, wallet.connect() as client:
        unlocking = pool.submit(client.call, wallet_interface.Unlock())
        spares = waiting(wallet).values()
        end(wallet)
        with pytest.raises(ProtocolError):
            unlocking.result(WAIT_S)
    await_end(spares)


def test_a_killed_spare_harms_nobody(wallet: TestWallet) -> None:
    wallet.lock()
    with asked(wallet):
        spares = waiting(wallet)
        for pid in spares.values():
            kill(pid)
    wallet.user.approves()
    assert read(wallet) == VALUE
    assert not set(spares.values()) & set(processes(wallet).values())
    assert "Traceback" not in wallet.log.read_text()


def running(wallet: TestWallet, stranger: Stranger) -> list[int]:
    return [pid for pid in descendants(wallet.pid) if any(stranger.id in word for word in words_of(pid))]


@pytest.mark.attack(57)
def test_a_spare_does_not_outlive_the_update_or_the_removal_of_its_extension(wallet: TestWallet) -> None:
    stranger = puppet()
    stranger.install(wallet)
    with wallet.connect() as client:
        assert told(stranger, client, "tell('old')") == '["old"]'
    stranger.code = stranger.code.replace("json.dumps(told)", "json.dumps([*told, 'new'])")
    file = wallet.folder / "update.etuipkg"
    file.write_bytes(stranger.package("1.0.1"))

    def spare() -> int:
        wallet.lock()
        with asked(wallet):
            until(lambda: running(wallet, stranger), "it waits")
            return running(wallet, stranger)[0]

    before_update = spare()
    wallet.user.approves(action_contains="update")
    with wallet.connect() as client:
        client.call(wallet_interface.Install(path=str(file)))
        assert is_gone(before_update)
        assert told(stranger, client, "tell('and')") == '["and", "new"]'
    before_removal = spare()
    wallet.user.approves(action_contains="remove")
    with wallet.connect() as client:
        client.call(wallet_interface.Remove(extension=stranger.principal))
        until(lambda: is_gone(before_removal), "its spare ends")
        with pytest.raises(ProtocolError) as caught:
            told(stranger, client, "tell('gone')")
    assert caught.value.code in {ErrorCode.NO_PROVIDER, ErrorCode.UNKNOWN_METHOD}
