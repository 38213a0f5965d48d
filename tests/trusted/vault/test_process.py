"""The vault's process: whom it hands keys to, it does not wait for."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from etui.sealing import ChannelKey
from etui.trusted.control import HandKey, Link, LinkClosed, Reply, ToVault, VaultAsk, VaultOperation
from etui.trusted.vault.__main__ import VaultProcess

WAIT_S = 20.0


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Link[ToVault, Reply]]:
    """The other end of an open vault."""
    ours, theirs = Link.pair()
    ours.settimeout(WAIT_S)
    process = VaultProcess(Link(theirs, ToVault), tmp_path / "vault", ())

    def serve() -> None:
        with suppress(LinkClosed):
            process.serve()

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    link: Link[ToVault, Reply] = Link(ours, Reply)
    session = ChannelKey()
    sealed = session.seal_to(process._session.public, b"correct horse battery staple", "vault.passphrase")
    link.send(
        VaultAsk(number=1, operation=VaultOperation.CREATE, sealed=sealed, dialog_key=session.public, profile="0" * 32)
    )
    assert not link.receive()[0].code
    yield link
    ours.shutdown(socket.SHUT_RDWR)
    serving.join(WAIT_S)
    process._link.close()
    ours.close()


def handed(vault: Link[ToVault, Reply], installation: str, reader: int, writer: int) -> bytes:
    """What arrives in a pipe into which the vault was to write a key."""
    vault.send(HandKey(installation=installation, publisher="org.example"), writer)
    os.close(writer)
    vault.send(VaultAsk(number=2, operation=VaultOperation.PUBLIC))
    assert vault.receive()[0].number == 2
    with open(reader, "rb") as pipe:  # a descriptor
        return pipe.read()


@pytest.mark.attack(74)
def test_a_pipe_that_its_reader_has_filled_holds_up_nobody_elses_key(vault: Link[ToVault, Reply]) -> None:
    reader, writer = os.pipe2(os.O_CLOEXEC)
    other = os.open(f"/proc/self/fd/{reader}", os.O_WRONLY | os.O_NONBLOCK)  # as an Extension may, of its own pipe
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(other, b"x" * 4096)
    os.close(other)
    assert handed(vault, "0" * 32, reader, writer) == b"x" * filled
    assert len(handed(vault, "1" * 32, *os.pipe2(os.O_CLOEXEC))) == 32
