"""``secrets.*``: the same secret from Etui, from gnome-keyring and from KeePassXC."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import secretstorage
from jeepney.io.blocking import open_dbus_connection

from bench.extent import Extent
from bench.figures import Figure, ratio_of
from bench.peers import gnome_keyring, keepassxc
from bench.wallets import folder, session_bus, unlocked_wallet
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client

_SECRET = b"s" * 32
_CREATES = 12
_FEW = 10
_LOOKUPS = 12
_TOOL = ("secret-tool", "lookup", "tool", "bench")


def measure(extent: Extent) -> list[Figure]:
    """Secrets among many items, and among few."""
    return [*_among_many(extent), *_among_few(extent)]


def _among_many(extent: Extent) -> list[Figure]:
    """``secrets.dbus_ratio``, ``secrets.native_ratio`` and ``secrets.create_ratio_1000`` and ``_3000``."""
    with (
        folder() as path,
        session_bus(path) as bus,
        unlocked_wallet(path / "w", doors=("secret-service",), environ=bus) as wallet,
        gnome_keyring(path / "k") as peer,
        default_collection(bus) as ours,
        default_collection(peer) as theirs,
        wallet.connect() as client,
    ):
        for collection in (ours, theirs):
            fill_collection(collection, range(extent.items))
        get_theirs = _getter(theirs)
        figures = [
            ratio_of(
                "secrets.dbus_ratio",
                0.85,
                _getter(ours),
                get_theirs,
                peer="gnome-keyring get_secret",
                rounds=extent.rounds,
            ),
            ratio_of(
                "secrets.native_ratio",
                0.3,
                _native(client),
                get_theirs,
                peer="gnome-keyring get_secret over D-Bus",
                rounds=extent.rounds,
            ),
            _creating("secrets.create_ratio_1000", 0.10, ours, theirs, extent),
        ]
        for collection in (ours, theirs):
            fill_collection(collection, range(extent.items, extent.more_items))
        return [*figures, _creating("secrets.create_ratio_3000", 0.04, ours, theirs, extent)]


def _among_few(extent: Extent) -> list[Figure]:
    """``secrets.dbus_ratio_10``, ``secrets.keepassxc_ratio`` and ``secrets.tool_ratio``."""
    titles = {str(number): _SECRET.decode() for number in range(_FEW)}
    with (
        folder() as path,
        session_bus(path) as bus,
        unlocked_wallet(path / "w", doors=("secret-service",), environ=bus) as wallet,
        gnome_keyring(path / "k") as keyring,
        keepassxc(path / "x", titles) as keepass,
        default_collection(bus) as ours,
        default_collection(keyring) as theirs,
        default_collection(keepass) as others,
    ):
        for collection in (ours, theirs):
            fill_collection(collection, range(_FEW))
        get_ours = _getter(ours)
        few = [
            ratio_of(
                "secrets.dbus_ratio_10",
                1.05,
                get_ours,
                _getter(theirs),
                peer="gnome-keyring get_secret",
                rounds=extent.rounds,
            ),
            ratio_of(
                "secrets.keepassxc_ratio",
                1.3,
                get_ours,
                _getter(others),
                peer="KeePassXC get_secret",
                rounds=extent.rounds,
            ),
        ]
        with wallet.connect() as client:  # else a tool that is called in a session is asked about each time
            wallet.user.approves(times=1)
            client.call(wallet_interface.Set(name="open_session", value="on"))
        tool_ours, tool_theirs = _tool(bus), _tool(keyring)
        asked = len(wallet.user.asked())
        tool = ratio_of(
            "secrets.tool_ratio",
            1.2,
            tool_ours,
            tool_theirs,
            peer="secret-tool lookup in gnome-keyring",
            rounds=extent.rounds,
            count=_LOOKUPS,
        )
        if len(wallet.user.asked()) != asked:
            msg = "the user was asked while it was measured"
            raise RuntimeError(msg)
        return [*few, tool]


@contextlib.contextmanager
def default_collection(environ: dict[str, str]) -> Iterator[Any]:
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


def fill_collection(collection: Any, numbers: range) -> None:  # noqa: ANN401  # SecretStorage has no types
    """Stores an item for each number, found by its attributes ``number`` and ``service``."""
    for number in numbers:
        collection.create_item(f"Item {number}", {"number": str(number), "service": "bench"}, _SECRET)


def _getter(collection: Any) -> Callable[[], object]:  # noqa: ANN401  # as above
    item = next(iter(collection.search_items({"number": "5"})))
    if item.get_secret() != _SECRET:
        msg = "the peer gave another secret"
        raise RuntimeError(msg)
    return item.get_secret  # type: ignore[no-any-return]


def _creating(figure: str, want: float, ours: Any, theirs: Any, extent: Extent) -> Figure:  # noqa: ANN401  # as above
    return ratio_of(
        figure,
        want,
        _creator(ours),
        _creator(theirs),
        peer="gnome-keyring create_item",
        rounds=extent.rounds,
        count=_CREATES,
    )


def _creator(collection: Any) -> Callable[[], object]:  # noqa: ANN401  # as above
    made = iter(range(10**6, 10**9))

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


def _tool(bus: dict[str, str]) -> Callable[[], object]:
    """A whole ``secret-tool lookup``: process, connection, session, search and secret."""
    environ = {**os.environ, **bus}
    subprocess.run(["secret-tool", "store", "--label=Tool", "tool", "bench"], env=environ, input=_SECRET, check=True)

    def look_up() -> None:
        if subprocess.run(_TOOL, env=environ, capture_output=True, check=True).stdout != _SECRET:
            msg = "secret-tool was given another secret"
            raise RuntimeError(msg)

    return look_up
