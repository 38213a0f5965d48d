"""Wallets to measure: real processes in folders of their own, ended with the measurement."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from etui.interfaces import secret_1 as secret
from etui.sdk import Client
from etui.testkit import TestWallet, private_bus


@contextlib.contextmanager
def folder(place: str = "/tmp") -> Iterator[Path]:
    """A private folder with a short path."""
    path = Path(tempfile.mkdtemp(prefix="bench-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def session_bus(path: Path) -> Iterator[dict[str, str]]:
    """A private session bus; the environment that leads to it."""
    with private_bus(path) as bus:
        yield {"DBUS_SESSION_BUS_ADDRESS": bus.address}


@contextlib.contextmanager
def unlocked_wallet(
    path: Path, *, doors: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> Iterator[TestWallet]:
    """A wallet that is made, unlocked and warm; its user says yes."""
    path.mkdir(mode=0o700, exist_ok=True)
    with TestWallet(path, doors=doors, environ=environ) as wallet:
        wallet.create()
        wallet.user.approves(remember="always")
        yield wallet


def fill(client: Client, items: int) -> None:
    """Puts items into a wallet, as its measurements want them there."""
    for number in range(items):
        client.call(secret.Create(kind="note", label=f"Item {number}", value=b"s" * 32))
