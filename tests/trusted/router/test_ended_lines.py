"""How a connection ends that sends what is none of the protocol: what was answered is told, nothing more is served."""

from __future__ import annotations

import asyncio
import socket

import msgspec
import pytest
from tests.fuzz.surface import descriptors
from tests.processes import pid_of

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError, encode_request
from etui.testkit import TestWallet
from etui.trusted.router.connection import Connection, Role
from etui.trusted.router.dialogs import Dialogs

STATUS = encode_request(1, "wallet/1.status", b"{}")
MANY = 16
NO_CHUNK = b'{"jsonrpc":"2.0","method":"chunk","params":{"stream":1,"seq":7,"data":"e30="}}\n'


def told(wallet: TestWallet, text: bytes) -> list[dict[str, object]]:
    """All that a connection is told that sends this, at its end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(60)
        raw.connect(str(wallet.socket))
        raw.sendall(text)
        with raw.makefile("rb") as lines:
            return [msgspec.json.decode(line) for line in lines]


@pytest.mark.attack(48)
@pytest.mark.parametrize("ending", [NO_CHUNK, b'{"jsonrpc":"2.0"\n' * MANY])
def test_what_came_before_is_answered_and_what_comes_after_is_not_served(wallet: TestWallet, ending: bytes) -> None:
    lock = encode_request(2, "wallet/1.lock", b"{}")
    first, *refusals = told(wallet, STATUS + ending + lock)
    assert first["id"] == 1
    assert "result" in first
    assert [refusal["id"] for refusal in refusals] == [None] * (1 if ending is NO_CHUNK else MANY)
    with wallet.connect() as client:
        assert client.call(wallet_interface.Status()).state == "unlocked"


@pytest.mark.attack(48)
@pytest.mark.parametrize("path", ["/", "/dev/null", "/no such file", "\0", "x" * 5000])
def test_what_is_no_package_to_install_is_refused_and_leaves_no_descriptor(wallet: TestWallet, path: str) -> None:
    router = pid_of(wallet.pid, "etui.trusted.router")
    with wallet.connect() as client:
        held = descriptors(router)
        for _ in range(5):
            with pytest.raises(ProtocolError) as caught:
                client.call(wallet_interface.Install(path=path))
            assert caught.value.code is ErrorCode.INVALID_PARAMS
        assert descriptors(router) == held


class _Nobody:
    """In the place of the Router, which has no part in a dialog's hello."""

    def __init__(self) -> None:
        self._unsent: list[Connection] = []

    def lost(self, connection: Connection) -> None:
        """Nothing is kept here."""

    def flush_soon(self, connection: Connection) -> None:
        self._unsent.append(connection)

    def flush(self) -> None:
        for unsent in self._unsent:
            unsent.send_outbox()
        self._unsent.clear()


@pytest.mark.parametrize(
    "hello", [b"{}", b'{"key":7,"display":"x11","sentence":""}', b'{"key":"*","display":"x11","sentence":""}']
)
def test_a_dialog_whose_hello_is_none_is_told_so_and_given_up(hello: bytes) -> None:
    async def given_up() -> bytes:
        faults: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context))
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        connection = Connection(_Nobody(), Role.DIALOG)  # type: ignore[arg-type]  # of which this needs no more
        dialogs = Dialogs()
        dialogs.connect(connection)
        await loop.create_unix_connection(lambda: connection, sock=ours)
        reader, writer = await asyncio.open_unix_connection(sock=theirs)
        writer.write(b'{"jsonrpc":"2.0","method":"dialog.hello","params":%b}\n' % hello)
        said = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert faults == []
        assert dialogs.hello is None
        return said

    assert b'"invalid_params"' in asyncio.run(given_up())


class _FullDisk(_Nobody):
    """In the place of a Router that cannot write what it has to before anything is sent."""

    def flush(self) -> None:
        for unsent in self._unsent:
            unsent.drop_outbox(ProtocolError(ErrorCode.UNWRITABLE, "the disk is full"))
        super().flush()


@pytest.mark.attack(45)
def test_a_connection_that_is_closed_is_sent_nothing_that_is_not_on_record() -> None:
    async def sent() -> bytes:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        connection = Connection(_FullDisk(), Role.EXTENSION)  # type: ignore[arg-type]  # as above
        await asyncio.get_running_loop().create_unix_connection(lambda: connection, sock=ours)
        reader, writer = await asyncio.open_unix_connection(sock=theirs)
        connection.forward(encode_request(1, "secret/1.update", b"{}"))
        connection.close()
        said = await reader.read()
        writer.close()
        await writer.wait_closed()
        return said

    assert asyncio.run(sent()) == b""
