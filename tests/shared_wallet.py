"""A wallet that tests share, since making one takes longer than most of them do; what each leaves in it is removed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from etui.interfaces import crypto_1 as crypto
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet


class Kept(msgspec.Struct, frozen=True):
    """What tests leave in a wallet: labels of items, ids of rights and of Extensions, and the file of its settings."""

    items: frozenset[str]
    rights: frozenset[str]
    extensions: frozenset[str]
    settings: bytes


class SharedWallet:
    """One that is made when it is first wanted, and made anew where a test left it otherwise than it found it."""

    def __init__(self) -> None:
        self._wallet: TestWallet | None = None

    @contextmanager
    def lent(self) -> Iterator[TestWallet]:
        """The wallet, unlocked, with nothing in it; its user has said nothing and was shown nothing.

        What is left in it afterwards is removed: keys, secrets, rights and Extensions. Raises ``AssertionError`` where
        anything else is left. What the user has refused the Router goes on to refuse for a while, so that a test of a
        no wants a wallet of its own.
        """
        wallet = self._wallet or self._made()
        self._wallet = None
        _use(wallet)
        _begin_anew(wallet)
        before = kept(wallet)
        yield wallet
        try:
            _tidy(wallet, before)
            left = kept(wallet)
            assert left == before, "this test wants a wallet of its own"
            self._wallet = wallet
        finally:
            if self._wallet is None:
                _end(wallet)

    def end(self) -> None:
        """Ends the wallet, if there is one."""
        if self._wallet is not None:
            _end(self._wallet)

    def _made(self) -> TestWallet:
        wallet = TestWallet(Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp")))
        wallet.start()
        wallet.create()
        return wallet


def kept(wallet: TestWallet) -> Kept:
    """What is in a wallet."""
    settings = wallet.home / "settings.json"
    with wallet.connect() as client:
        return Kept(
            frozenset(item.label for item in client.call(shell.Inventory()).items),
            frozenset(row.grant for row in client.call(shell.Grants()).grants),
            frozenset(row.extension for row in client.call(wallet_interface.Extensions()).extensions),
            settings.read_bytes() if settings.exists() else b"",
        )


def _use(wallet: TestWallet) -> None:
    """Has it be unlocked, and not lock itself for want of use while the next test runs."""
    wallet.user.forgets()
    wallet.user.approves()
    wallet.unlock()
    with wallet.connect() as client:
        client.call(secret.Find(attributes={}))


def _begin_anew(wallet: TestWallet) -> None:
    wallet.user.forgets()
    wallet.user.transcript.unlink(missing_ok=True)


def _tidy(wallet: TestWallet, before: Kept) -> None:
    _begin_anew(wallet)
    wallet.user.approves()
    with wallet.connect() as client:
        for row in client.call(wallet_interface.Extensions()).extensions:
            if row.extension not in before.extensions:
                client.call(wallet_interface.Remove(extension=row.extension))
        if client.call(shell.Inventory()).items:
            for key in client.call(crypto.Find()).items:
                client.call(crypto.Delete(item=key.item))
            for item in client.call(shell.Inventory()).items:
                client.call(secret.Delete(item=item.item))
        for grant in {row.grant for row in client.call(shell.Grants()).grants} - before.rights:
            client.call(wallet_interface.Revoke(grant=grant))
    wallet.user.forgets()


def _end(wallet: TestWallet) -> None:
    wallet.end()
    shutil.rmtree(wallet.folder)
