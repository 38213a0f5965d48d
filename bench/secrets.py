"""``secrets.*``: the same secret from Etui and from gnome-keyring."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import secretstorage
from jeepney.io.blocking import open_dbus_connection

from bench.figures import Figure, ratio_of
from bench.wallets import folder, gnome_keyring, session_bus, unlocked_wallet
from etui.interfaces import secret_1 as secret
from etui.sdk import Client

_SECRET = b"s" * 32
_CREATES = 12


def measure(items: int) -> list[Figure]:
    """``secrets.dbus_ratio``, ``secrets.native_ratio`` and ``secrets.create_ratio_N``."""
    with (
        folder() as path,
        session_bus(path) as bus,
        unlocked_wallet(path / "w", doors=("secret-service",), environ=bus) as wallet,
        gnome_keyring(path / "k") as peer,
        _collection(bus) as ours,
        _collection(peer) as theirs,
        wallet.connect() as client,
    ):
        _fill(ours, items)
        _fill(theirs, items)
        get_ours, get_theirs = _getter(ours), _getter(theirs)
        return [
            ratio_of("secrets.dbus_ratio", 1.0, get_ours, get_theirs, peer="gnome-keyring get_secret"),
            ratio_of(
                "secrets.native_ratio", 0.3, _native(client), get_theirs, peer="gnome-keyring get_secret over D-Bus"
            ),
            ratio_of(
                f"secrets.create_ratio_{items}",
                0.10,
                _creator(ours, items),
                _creator(theirs, items),
                peer="gnome-keyring create_item",
                count=_CREATES,
            ),
        ]


@contextlib.contextmanager
def _collection(environ: dict[str, str]) -> Iterator[Any]:
    """The default collection by SecretStorage, over one kept connection and one encrypted session."""
    connection = open_dbus_connection(environ["DBUS_SESSION_BUS_ADDRESS"])
    _await_service(connection)
    try:
        collection = secretstorage.get_default_collection(connection)
        if collection.is_locked():
            collection.unlock()
        yield collection
    finally:
        connection.close()


def _await_service(connection: Any) -> None:  # noqa: ANN401  # jeepney's
    """Waits until somebody serves the Secret Service on this bus."""
    deadline = time.monotonic() + 10
    while not secretstorage.check_service_availability(connection):
        if time.monotonic() > deadline:
            msg = "nobody serves org.freedesktop.secrets"
            raise RuntimeError(msg)
        time.sleep(0.02)


def _fill(collection: Any, items: int) -> None:  # noqa: ANN401  # SecretStorage has no types
    for number in range(items):
        collection.create_item(f"Item {number}", {"number": str(number), "service": "bench"}, _SECRET)


def _getter(collection: Any) -> Callable[[], object]:  # noqa: ANN401  # as above
    item = next(iter(collection.search_items({"number": "5"})))
    if item.get_secret() != _SECRET:
        msg = "the peer gave another secret"
        raise RuntimeError(msg)
    return item.get_secret  # type: ignore[no-any-return]


def _creator(collection: Any, items: int) -> Callable[[], object]:  # noqa: ANN401  # as above
    made = iter(range(items, 10**9))

    def create() -> None:
        number = next(made)
        collection.create_item(f"Item {number}", {"number": str(number), "service": "bench"}, _SECRET)

    return create


def _native(client: Client) -> Callable[[], object]:
    """The same secret by the SDK, by a Client with a standing grant."""
    created = client.call(
        secret.Create(kind="password", label="native", attributes={"service": "native"}, value=_SECRET)
    )
    request = secret.Read(item=created.item.item)
    if client.call(request).value != _SECRET:
        msg = "the wallet gave another secret"
        raise RuntimeError(msg)
    return lambda: client.call(request)
