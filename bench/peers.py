"""The programs that Etui is measured beside, each unlocked, with files and a message bus of its own."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import secretstorage
from jeepney.io.blocking import open_dbus_connection

from bench.wallets import session_bus

_READY_S = 30.0
_KEEPASSXC = """\
[General]
ConfigVersion=2
SingleInstance=false
RememberLastDatabases=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem=false
ConfirmDeleteItem=false
UnlockBeforeSearch=false
[GUI]
CheckForUpdates=false
ShowTrayIcon=false
[Security]
LockDatabaseIdle=false
LockDatabaseScreenLock=false
"""


@contextlib.contextmanager
def gnome_keyring(path: Path) -> Iterator[dict[str, str]]:
    """Debian's gnome-keyring; the environment that leads to it."""
    path.mkdir(mode=0o700, exist_ok=True)
    with session_bus(path) as bus:
        environ = {**_at(path), **bus}
        command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        with _running([*command, f"--control-directory={path}/c"], environ, b"peer\n"):
            yield bus


@contextlib.contextmanager
def keepassxc(path: Path, secrets: dict[str, str]) -> Iterator[dict[str, str]]:
    """Debian's KeePassXC under Xvfb, serving ``secrets``, which have their titles as attribute ``number``.

    Its Secret Service is on and asks nothing; the environment that leads to it.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    database, config = path / "peer.kdbx", path / "keepassxc.ini"
    _make_database(database, secrets)
    config.write_text(_KEEPASSXC, encoding="ascii")
    with session_bus(path) as bus, x_server() as display:
        environ = {**_at(path), **bus, **display}
        command = ["keepassxc", "--config", str(config), "--localconfig", str(path / "local.ini"), "--pw-stdin"]
        with _running([*command, str(database)], environ, b"peer\n"):
            _await_collection(bus["DBUS_SESSION_BUS_ADDRESS"])
            yield bus


@contextlib.contextmanager
def x_server() -> Iterator[dict[str, str]]:
    """An X server without a screen; the environment that leads to it."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x900x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        number = process.stdout.readline().strip()
        if not number:
            msg = "Xvfb does not start"
            raise RuntimeError(msg)
        yield {"DISPLAY": f":{number}"}
    finally:
        process.terminate()
        process.wait(10)


def _at(path: Path) -> dict[str, str]:
    """The environment of a person whose files lie in ``path``."""
    folders = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "WAYLAND_"))}
    homes = {name: str(path / folder) for name, folder in folders.items()}
    return {**kept, **homes, "HOME": str(path), "XDG_RUNTIME_DIR": str(path)}


@contextlib.contextmanager
def _running(command: list[str], environ: dict[str, str], typed: bytes) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    process.stdin.write(typed)
    process.stdin.close()
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _make_database(database: Path, secrets: dict[str, str]) -> None:
    """A database whose only group is exposed to the Secret Service, made by KeePassXC from its XML."""
    group = uuid.uuid4()
    entries = "".join(
        f"<Entry><UUID>{_uuid(uuid.uuid4())}</UUID>{_field('Title', title)}{_field('number', title)}"
        f"{_field('service', 'bench')}{_field('Password', value)}</Entry>"
        for title, value in secrets.items()
    )
    exposed = f"<Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{{{group}}}</Value></Item>"
    source = database.with_suffix(".xml")
    source.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><KeePassFile><Meta><Generator>bench</Generator>'
        f"<DatabaseName>peer</DatabaseName><CustomData>{exposed}</CustomData></Meta>"
        f"<Root><Group><UUID>{_uuid(group)}</UUID><Name>peer</Name>{entries}</Group></Root></KeePassFile>",
        encoding="utf-8",
    )
    subprocess.run(
        ["keepassxc-cli", "import", "--set-password", str(source), str(database)],
        input=b"peer\npeer\n",
        capture_output=True,
        check=True,
    )


def _uuid(value: uuid.UUID) -> str:
    return base64.b64encode(value.bytes).decode()


def _field(key: str, value: str) -> str:
    protected = ' ProtectInMemory="True"' if key == "Password" else ""
    return f"<String><Key>{key}</Key><Value{protected}>{value}</Value></String>"


def _await_collection(address: str) -> None:
    """Waits until a collection is there: KeePassXC has its name on the bus before its database is open."""
    deadline = time.monotonic() + _READY_S
    with contextlib.closing(open_dbus_connection(address)) as connection:
        while not _serves_a_collection(connection):
            if time.monotonic() > deadline:
                msg = "KeePassXC does not open its database"
                raise RuntimeError(msg)
            time.sleep(0.05)


def _serves_a_collection(connection: object) -> bool:
    if not secretstorage.check_service_availability(connection):
        return False
    return any(not collection.is_locked() for collection in secretstorage.get_all_collections(connection))
