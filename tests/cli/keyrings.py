"""gnome-keyring on a bus of a test's own, filled by SecretStorage as programs do it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import secretstorage
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from jeepney.io.blocking import open_dbus_connection
from tests.cli.etui import WAIT_S, wait_until

from etui.testkit import private_bus

_SECRETS = "org.freedesktop.secrets"
_PATH = "/org/freedesktop/secrets"


class Entry(msgspec.Struct, frozen=True):
    """What a keyring has of an item."""

    collection: str
    label: str
    attributes: dict[str, str]
    value: bytes
    created: int
    modified: int


class GnomeKeyring:
    """A daemon that is unlocked, its files in ``folder``; ``environ`` leads to its bus."""

    def __init__(self, folder: Path, address: str) -> None:
        if shutil.which("gnome-keyring-daemon") is None:
            pytest.skip("needs package gnome-keyring")
        self.folder = folder
        self.address = address
        self.environ = {"DBUS_SESSION_BUS_ADDRESS": address}
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        folders = {"HOME": self.folder, "XDG_DATA_HOME": self.folder / "data", "XDG_RUNTIME_DIR": self.runtime}
        self.process = subprocess.Popen(
            [
                "gnome-keyring-daemon",
                "--foreground",
                "--unlock",
                "--components=secrets",
                f"--control-directory={self.runtime}/control",
            ],
            env={**os.environ, **{name: str(path) for name, path in folders.items()}, **self.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(b"keyring\n")
        self.process.stdin.close()
        wait_until(self._serves)

    def settle(self) -> None:
        """Has the daemon read its files anew: it adds a schema to items of none only then."""
        self.kill()
        self.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WAIT_S)

    def add(self, label: str, value: bytes, attributes: dict[str, str], **more: Any) -> None:  # noqa: ANN401
        """Stores an item in the default collection; ``content_type`` may be given."""
        with self._collection() as collection:
            collection.create_item(label, attributes, value, **more)

    def add_many(self, count: int) -> None:
        with self._collection() as collection:
            for number in range(count):
                collection.create_item(f"Item {number}", {"number": str(number)}, b"secret %d" % number)

    def make_collection(self, label: str) -> str:
        """A collection with a password of its own, unlocked, made by the daemon's way for tests; its path."""
        return asyncio.run(self._make_collection(label))

    def add_to(self, path: str, label: str, value: bytes, attributes: dict[str, str]) -> None:
        with self._connection() as connection:
            secretstorage.Collection(connection, path).create_item(label, attributes, value)

    def lock(self, path: str = _PATH + "/collection/login") -> None:
        with self._connection() as connection:
            secretstorage.Collection(connection, path).lock()

    def entries(self) -> list[Entry]:
        """All that lies in unlocked collections."""
        with self._connection() as connection:
            return [
                Entry(
                    collection.get_label(),
                    item.get_label(),
                    item.get_attributes(),
                    item.get_secret(),
                    item.get_created(),
                    item.get_modified(),
                )
                for collection in secretstorage.get_all_collections(connection)
                if not collection.is_locked()
                for item in collection.get_all_items()
            ]

    def files(self) -> dict[str, tuple[int, bytes]]:
        """The daemon's own files: when each was changed, and what is in it."""
        paths = sorted((self.folder / "data").rglob("*"))
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths if path.is_file()}

    def _serves(self) -> bool:
        with self._connection() as connection:
            return bool(secretstorage.check_service_availability(connection)) and any(
                collection.collection_path.endswith("/login")
                for collection in secretstorage.get_all_collections(connection)
            )

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = open_dbus_connection(self.address)
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def _collection(self) -> Iterator[Any]:
        with self._connection() as connection:
            yield secretstorage.get_default_collection(connection)

    async def _make_collection(self, label: str) -> str:
        bus = await MessageBus(bus_address=self.address).connect()
        try:
            opened = await _call(bus, "org.freedesktop.Secret.Service", "OpenSession", "sv", "plain", Variant("s", ""))
            properties = {"org.freedesktop.Secret.Collection.Label": Variant("s", label)}
            interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
            secret = [opened[1], b"", b"its own password", "text/plain"]
            made = await _call(bus, interface, "CreateWithMasterPassword", "a{sv}(oayays)", properties, secret)
        finally:
            bus.disconnect()
        return str(made[0])


async def _call(bus: MessageBus, interface: str, member: str, signature: str, *body: object) -> list[Any]:
    reply = await bus.call(
        Message(
            destination=_SECRETS, path=_PATH, interface=interface, member=member, signature=signature, body=list(body)
        )
    )
    assert reply.message_type is MessageType.METHOD_RETURN, reply.body
    return list(reply.body)


@contextlib.contextmanager
def gnome_keyring(folder: Path) -> Iterator[GnomeKeyring]:
    """A daemon on a bus of its own; both end with the block."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs package dbus-daemon")
    folder.mkdir(mode=0o700)
    with private_bus(folder) as bus:
        keyring = GnomeKeyring(folder, bus.address)
        try:
            yield keyring
        finally:
            keyring.kill()
