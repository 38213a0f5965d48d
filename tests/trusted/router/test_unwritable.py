"""A full disk under the Router's record: who asks then is told so, and what was under way goes on."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from tests.processes import pid_of
from tests.trusted.router.puppet import puppet
from tests.trusted.router.test_many import greeted, line

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet


@pytest.fixture
def full_disk(wallet: TestWallet) -> Callable[[], AbstractContextManager[None]]:
    """Has the Router write nothing for a while."""

    @contextmanager
    def fill() -> Iterator[None]:
        router = pid_of(wallet.pid, "etui.trusted.router")
        before = resource.prlimit(router, resource.RLIMIT_FSIZE)
        resource.prlimit(router, resource.RLIMIT_FSIZE, (0, before[1]))
        yield
        resource.prlimit(router, resource.RLIMIT_FSIZE, before)

    return fill


@pytest.mark.attack(45)
@pytest.mark.parametrize("is_change", [False, True], ids=["a first read", "a change"])
def test_who_asks_is_told_at_once(
    wallet: TestWallet,
    full_disk: Callable[[], AbstractContextManager[None]],
    is_change: bool,  # noqa: FBT001  # pytest's parameter
) -> None:
    with wallet.connect() as client:
        item = client.call(secret.Create(kind="note", label="Kept", value=b"kept")).item.item
        with full_disk(), pytest.raises(ProtocolError) as caught:  # noqa: PT012  # one call of two
            if is_change:
                client.call(secret.Update(item=item, label="New"))
            else:
                client.call(secret.Read(item=item))
        assert caught.value.code is ErrorCode.UNWRITABLE
        assert client.call(secret.Describe(item=item)).item.label == "Kept"


@pytest.mark.attack(45)
def test_a_call_under_way_is_not_said_to_be_refused(
    wallet: TestWallet, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    slow = puppet("slow")
    slow.install(wallet)
    run = f"{slow.interface}.run"
    with greeted(wallet.socket) as connected:
        connected.sendall(line(1, run, {"code": "import time; time.sleep(3); tell('done')"}))
        connected.sendall(line(2, secret.Generate.METHOD, {}))
        told = heard(connected, b'"id":2,"result"')  # so the first is on record and under way
        with full_disk():
            connected.sendall(line(3, run, {"code": "tell('never')"}))
            told = heard(connected, b'"id":3,"error":{"code":-32015', told)
        heard(connected, b"done", told)


def heard(connected: socket.socket, wanted: bytes, told: bytes = b"") -> bytes:
    """What came, ``told`` before it, once this is part of it."""
    while wanted not in told:
        part = connected.recv(1 << 16)
        assert part, told
        told += part
    return told
