"""What is left of a secret: in which processes while the wallet is in use, and nowhere at all once it is locked."""

from __future__ import annotations

import asyncio
import base64
import http.server
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from tests.needles import CHUNK_BYTES, disguises, found_in, found_in_files, found_in_memory, found_in_swap, swaps
from tests.processes import descendants, kill, pid_of, pids_of
from tests.trusted.router.puppet import puppet
from tests.trusted.supervisor.processes import await_state, is_gone, until

from etui.interfaces import secret_1 as secret
from etui.protocol import ProtocolError
from etui.testkit import TestWallet, private_bus
from etui.testkit.user import PASSPHRASE
from etui.trusted.memory import lock_memory

MARK = 'k7Qz"ö9-WvX2nRb5'
"""In every planted secret: letters that are written otherwise in JSON, Python, URLs and UTF-16."""
SEED = bytes(range(160, 180))
HOST = "shop.etui.test"
PUPPET = puppet(uses=("dialog/1", "egress/1"))
ROUTER = "etui.trusted.router"
SECRETS = "etui.extensions.secrets"
STORAGE = "etui.extensions.storage_software"
DOOR = "etui.doors.secret_service"
SERVICE = "org.freedesktop.Secret"
_PAYS = f"""
import msgspec
typed = call.ask(dialog.AskSecret(title="Card")).secret
where = {{"secret": typed, "hosts": [{HOST!r}], "where": "header"}}
self.call(
    egress.Fetch(
        method="GET",
        host={HOST!r},
        url="http://{HOST}/",
        headers=[egress.Header(name="X-Card", value="CARD")],
        insert=msgspec.json.encode(where),
        placeholder="CARD",
    )
)
tell("paid")
"""
_SECRET_TOOL = """\
#!/bin/sh
case $1 in
    store) secret-tool store --label='On the bus' service bus ;;
    *) secret-tool lookup service bus ;;
esac
"""


@pytest.mark.parametrize("before", range(3))
def test_the_look_finds_a_text_in_each_of_its_disguises(before: int) -> None:
    for name, form in disguises(MARK).items():
        assert found_in(b"x" * before + form + b"y", [MARK]), name
    around = base64.b64encode(b"x" * before + MARK.encode() + b"y" * 5)
    assert found_in(around, [MARK])
    assert not found_in(b"nothing of the kind", [MARK])


def test_the_look_finds_a_text_in_a_swap_file_wherever_it_is_cut(tmp_path: Path) -> None:
    table, file = tmp_path / "swaps", tmp_path / "a file"
    table.write_text(f"Filename Type Size Used Priority\n{tmp_path}/a\\040file file 8 0 -2\n/none/such file 8 0 -3\n")
    half = MARK.encode()[: len(MARK.encode()) // 2]
    with file.open("wb") as swap:
        swap.seek(CHUNK_BYTES - 4)
        swap.write(half)
    assert swaps(table) == [file]
    assert found_in_swap([MARK], [file])
    assert found_in_swap([f"{PASSPHRASE} of nobody"], [file]) == []


class Shop(http.server.BaseHTTPRequestHandler):
    """A site, and the card of whoever asks it for something."""

    cards: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.cards.append(self.headers["X-Card"].encode("latin-1").decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def shop() -> Iterator[int]:
    """A web site, by its port."""
    Shop.cards.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def wallet(shop: int) -> Iterator[TestWallet]:
    """One with a door, whose temporary files lie with the rest."""
    if shutil.which("dbus-daemon") is None or shutil.which("secret-tool") is None:
        pytest.skip("needs package dbus-daemon, libsecret-tools")
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name:
        folder = Path(name) / "w"
        folder.mkdir(mode=0o700)
        with private_bus(Path(name)) as bus:
            environ = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "HOME": str(folder), "TMPDIR": str(folder)}
            with TestWallet(folder, doors=["secret-service"], environ=environ, hosts={HOST: shop}) as running:
                running.create()
                yield running


def handled(wallet: TestWallet) -> list[str]:
    """Has a secret go each of the ways that there are; what to look for of those that no mark could be put in."""
    wallet.user.approves()
    with wallet.connect() as client:
        made = client.call(secret.Create(kind="login", label="Mail", value=f"{MARK} native".encode())).item.item
        client.call(secret.Update(item=made, value=f"{MARK} updated".encode()))
        assert client.call(secret.Read(item=made)).value == f"{MARK} updated".encode()
        wallet.user.approves(face="reveal")
        client.call(secret.Reveal(item=made))
        seed = base64.b32encode(SEED).decode()
        uri = f"otpauth://totp/x?secret={seed}"
        code = client.call(secret.Create(kind="code", label="Code", value=uri.encode())).item.item
        client.call(secret.Code(item=code))
        generated = client.call(secret.Generate(length=40)).value.decode()
        client.call(secret.Create(kind="password", label="Generated", value=generated.encode()))
        with pytest.raises(ProtocolError):  # an error on the way
            client.call(secret.Create(kind="code", label="No code", value=f"otpauth://totp/{MARK}?secret=0".encode()))
        PUPPET.install(wallet)
        wallet.user.rule("type", when={"face": "ask_secret"}, secret=f"{MARK} typed")
        assert PUPPET.call(client, "run", code=_PAYS)["told"] == '["paid"]'
    assert Shop.cards == [f"{MARK} typed"]
    assert wallet.etui("use", "mail", "--stdin", "--", "cat").stdout == f"{MARK} updated"
    script = wallet.folder / "mailer"
    script.write_text(_SECRET_TOOL, encoding="utf-8")
    for word, given, shown in (("store", f"{MARK} bus", ""), ("lookup", "", f"{MARK} bus")):
        ran = subprocess.run(
            ["sh", str(script), word], env=wallet.environ, input=given, capture_output=True, text=True, check=True
        )
        assert ran.stdout == shown
    return [MARK, seed, SEED.hex(), generated]


@pytest.mark.attack(39)
@pytest.mark.attack(40)
def test_a_secret_is_where_it_has_to_be_while_the_wallet_is_in_use_and_nowhere_once_it_is_locked(
    wallet: TestWallet,
) -> None:
    swapped_to = swaps()
    if swapped_to and not lock_memory().held:
        swapped_to = []  # what is there may be of this process
    texts = handled(wallet)
    recovery = wallet.user.recovery_key
    assert found_in_memory(pids_of(wallet.pid, SECRETS)[-1], [MARK]), "the look finds nothing even where it is"

    egress = pid_of(wallet.pid, "etui.trusted.native.egress")  # which may have it until the lock

    # In use: those who only pass it on never had it, nor is it in a file or in a command line.
    relays = [ROUTER, STORAGE, DOOR, "etui.trusted.native.session"]
    for pid in [wallet.pid, *(pid for module in relays for pid in pids_of(wallet.pid, module))]:
        assert found_in_memory(pid, [*texts, PASSPHRASE, recovery]) == []
    assert found_in_memory(pid_of(wallet.pid, "etui.trusted.vault"), texts) == []
    own = [wallet.user.script, wallet.user.script.with_name("recovery")]
    assert found_in_files(wallet.folder, [*texts, PASSPHRASE, recovery], besides=own) == []

    # Cut off: an Extension that is killed, a Client that sends in the clear, an author who raises it.
    kill(pids_of(wallet.pid, SECRETS)[-1])
    with socket.socket(socket.AF_UNIX) as careless:
        careless.connect(str(wallet.socket))
        params = {"kind": "note", "label": "Clear", "value": f"{MARK} in the clear", "attributes": 7}
        request = {"jsonrpc": "2.0", "id": 1, "method": "secret/1.create", "params": params}
        careless.sendall(msgspec.json.encode(request) + b"\n" + f"{MARK} no frame\n".encode())
        assert MARK not in careless.recv(65536).decode()
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        PUPPET.call(client, "run", code=f"raise ValueError({MARK + ' raised'!r})")
    assert not found_in(str(caught.value).encode(), [MARK])

    # An archive of all of it, for which the wallet locks; then nothing runs that had a key.
    archive = wallet.folder / "wallet.etui"
    for path in own:
        path.write_text("")
    exported = wallet.etui("export", str(archive))
    assert exported.returncode == 0, exported.stderr
    await_state(wallet, "locked")
    assert is_gone(egress)
    for pid in [wallet.pid, *descendants(wallet.pid)]:
        assert found_in_memory(pid, [*texts, PASSPHRASE, recovery]) == []
    assert found_in_files(wallet.folder, [*texts, PASSPHRASE, recovery]) == []
    assert found_in_swap([texts[-1], recovery], swapped_to) == [], "no earlier run had these two"


async def kept_in_the_clear(address: str, value: bytes) -> None:
    """Stores and reads a secret in a plain session of the Secret Service."""
    bus = await MessageBus(bus_address=address).connect()

    async def call(path: str, interface: str, member: str, signature: str, *body: object) -> list[Any]:
        name = f"{SERVICE}.{interface}"
        message = Message("org.freedesktop.secrets", path, name, member, signature=signature, body=[*body])
        reply = await bus.call(message)
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return reply.body

    root = "/org/freedesktop/secrets"
    _, session = await call(root, "Service", "OpenSession", "sv", "plain", Variant("s", ""))
    named = {f"{SERVICE}.Item.Label": Variant("s", "Plain")}
    given, replace = [session, b"", value, "text/plain"], False
    item, _ = await call(f"{root}/aliases/default", "Collection", "CreateItem", "a{sv}(oayays)b", named, given, replace)
    [secret_read] = await call(item, "Item", "GetSecret", "o", session)
    assert secret_read[2] == value
    bus.disconnect()


@pytest.mark.attack(72)
def test_what_passes_in_a_plain_session_is_in_the_door_and_in_no_other_process(wallet: TestWallet) -> None:
    """Outside of what is promised: the door outlives the lock, and what was in its memory may be there still."""
    asyncio.run(kept_in_the_clear(wallet.environ["DBUS_SESSION_BUS_ADDRESS"], f"{MARK} plain".encode()))
    door = pid_of(wallet.pid, DOOR)
    assert found_in_memory(door, [MARK])
    relays = [wallet.pid, *pids_of(wallet.pid, ROUTER), *pids_of(wallet.pid, STORAGE)]
    assert [what for pid in relays for what in found_in_memory(pid, [MARK])] == []
    wallet.lock()
    others = [wallet.pid, *(pid for pid in descendants(wallet.pid) if pid != door)]
    assert [what for pid in others for what in found_in_memory(pid, [MARK])] == []
    assert found_in_files(wallet.folder, [MARK]) == []


@pytest.mark.attack(40)
def test_a_process_that_is_aborted_leaves_no_core_where_others_would(short_dir: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))  # as large as it may be
    try:
        with TestWallet(short_dir) as wallet:
            wallet.create()
            with wallet.connect() as client:
                client.call(secret.Create(kind="note", label="Mail", value=f"{MARK} native".encode()))
            for module in (SECRETS, STORAGE, "etui.trusted.dialog", "etui.trusted.vault"):
                _abort(pid_of(wallet.pid, module))
            await_state(wallet, "locked")  # which the end of the vault comes to, with another Router
            _abort(pid_of(wallet.pid, ROUTER))
            started = descendants(wallet.pid)
            _abort(wallet.pid)
            until(lambda: all(map(is_gone, started)), "what it started has ended")
            assert found_in_files(short_dir, [MARK]) == []
            wallet.end()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def _abort(pid: int) -> None:
    """Ends a process as a fault of its own would, and looks where its core would lie."""
    limit = Path(f"/proc/{pid}/limits").read_text().partition("Max core file size")[2].split()[:2]
    assert all(int(most) <= 1 for most in limit), limit  # 1: too small for a file, and for a pipe
    folder = Path(f"/proc/{pid}/cwd").resolve()
    before = set(folder.glob("core*"))
    os.kill(pid, signal.SIGABRT)
    until(lambda: is_gone(pid), "it ended")
    assert set(folder.glob("core*")) == before
