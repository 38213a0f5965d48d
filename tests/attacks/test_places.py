"""Somebody else's wallet in the place of one's own, and somebody else at the socket of this one."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from tests.processes import descendants
from tests.sdk.router_end import RouterEnd
from tests.trusted.router import strangers
from tests.trusted.router.puppet import puppet, told
from tests.trusted.router.strangers import Stranger

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode
from etui.sdk import Client, ConnectionLost
from etui.sdk.aio import AsyncClient
from etui.testkit import TestWallet
from etui.trusted.package import Extensions, PublisherKey, verify

NOBODY = 65534
SECRET = "planted-in-the-wrong-wallet"
WAIT_S = 60
only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
# Listens as another user and prints how many bytes it was sent.
_FAKE = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
os.chmod(sys.argv[1], 0o666)
print("listening", flush=True)
while True:
    connection, _ = listening.accept()
    print(len(connection.recv(65536)), flush=True)
"""


@contextmanager
def anothers_wallet(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-I", "-c", _FAKE, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake:
        try:
            assert fake.stdout is not None
            assert fake.stdout.readline() == "listening\n"
            yield fake
        finally:
            fake.kill()


def etui(socket_path: Path, *words: str, stdin: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "ETUI_SOCKET": str(socket_path)}
    command = [sys.executable, "-I", "-m", "etui.cli", *words]
    return subprocess.run(
        command, env=environ, input=stdin, capture_output=True, text=True, timeout=WAIT_S, check=False
    )


@only_root
@pytest.mark.attack(60)
def test_a_wallet_that_another_user_put_in_its_place_is_sent_nothing(short_dir: Path) -> None:
    short_dir.chmod(0o777)
    path = short_dir / "router"
    with anothers_wallet(path) as fake:
        with pytest.raises(ConnectionLost, match="another user's"):
            Client.connect(path)
        with pytest.raises(ConnectionLost, match="another user's"):
            asyncio.run(AsyncClient.connect(path))
        ran = etui(path, "add", "Mail", stdin=SECRET)
        assert ran.returncode != 0
        assert "another user's" in ran.stderr
        assert fake.stdout is not None
        assert [fake.stdout.readline() for _ in range(3)] == ["0\n"] * 3


@pytest.mark.attack(61)
def test_a_wallet_that_a_program_of_the_same_user_put_in_its_place_is_told_what_is_meant_for_it(
    short_dir: Path,
) -> None:
    """Outside of what is promised: nothing but the place tells one program of the user from another."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(short_dir / "router"))
        listening.listen()
        got: list[bytes | None] = []

        def lie() -> None:
            with RouterEnd(listening.accept()[0]) as router:  # `etui add` looks whether anybody answers, and goes
                router.greet()
            with RouterEnd(listening.accept()[0]) as router:
                router.greet()
                while not got:
                    message = router.receive()
                    if message.method == wallet_interface.Ends.METHOD:
                        answer = wallet_interface.EndsResult(key=router.end.public, provider="ext:etui/x", only=True)
                        router.answer(message, answer)
                    elif message.method == secret.Create.METHOD:
                        got.append(router.end.decode(secret.Create, bytes(message.params)).value)
                    else:
                        router.fail(message, ErrorCode.INTERNAL)

        liar = threading.Thread(target=lie, daemon=True)
        liar.start()
        etui(short_dir / "router", "add", "Mail", stdin=SECRET)
        liar.join(WAIT_S)
    assert got == [SECRET.encode()]


@pytest.mark.attack(60)
def test_no_process_of_the_wallet_listens_where_no_folder_keeps_others_out(wallet: TestWallet) -> None:
    inodes = set()
    for pid in [wallet.pid, *descendants(wallet.pid)]:
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                target = str(path.readlink())
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
    named = [
        fields[7]
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]
        if len(fields := line.split()) > 7 and fields[6] in inodes
    ]
    assert str(wallet.socket) in named
    assert [name for name in named if name.startswith("@")] == []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        assert [line for line in lines if line.split()[9] in inodes] == []


def unpacked(stranger: Stranger, folder: Path) -> Path:
    """What a program that was asked by nobody lays out as the wallet does what it installs."""
    folder.mkdir()
    Extensions(folder).install(verify(stranger.package()), 0)
    return folder / stranger.id


def _record(path: Path) -> dict[str, object]:
    """The record of an installation, without its checksum: whoever writes there writes none, or the right one."""
    record: dict[str, object] = msgspec.json.decode(path.read_bytes().split(b"\n")[0])
    return record


@pytest.mark.attack(73)
def test_an_extension_that_is_put_into_the_profile_runs_and_has_the_key_of_the_one_in_whose_place_it_is(
    wallet: TestWallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of what is promised: whoever writes in the profile changes code that you run."""
    honest, added = puppet(uses=("storage/1",)), puppet("added")
    honest.install(wallet)
    with wallet.connect() as client:
        kept = "self.store.put({('things', 'one'): b'kept'}); tell('kept')"
        assert told(honest, client, kept) == '["kept"]'
    wallet.end()

    monkeypatch.setattr(strangers, "KEY", PublisherKey.generate())
    installed = wallet.home / "extensions"
    unpacked(added, wallet.folder / "added").rename(installed / added.id)
    evil = unpacked(honest, wallet.folder / "evil")
    record = evil / "installation.json"
    known = _record(installed / honest.id / record.name)["installation"]
    record.write_bytes(msgspec.json.encode(_record(record) | {"installation": known}))
    shutil.rmtree(installed / honest.id)
    evil.rename(installed / honest.id)

    wallet.start()
    asked = len(wallet.user.asked())
    wallet.unlock()
    with wallet.connect() as client:
        assert told(added, client, "tell('runs')") == '["runs"]'
        assert told(honest, client, "tell(self.store.get('things', 'one').decode())") == '["kept"]'
    assert len(wallet.user.asked()) == asked
