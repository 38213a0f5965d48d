"""A full disk under the Router's record: who asks then is told so, and what was under way goes on."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest
from tests.processes import descendants, pid_of
from tests.trusted.router.puppet import puppet
from tests.trusted.router.test_many import greeted, line

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

LOOKS = 8
LOOK_S = 0.25


@pytest.fixture
def full_disk(wallet: TestWallet) -> Callable[[], AbstractContextManager[None]]:
    """Has the Router write nothing for a while, once it has confirmed what it wrote."""

    @contextmanager
    def fill() -> Iterator[None]:
        router = pid_of(wallet.pid, "etui.trusted.router")
        with wallet.connect() as client:
            client.call(wallet_interface.Verify())
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


@pytest.mark.attack(45)
def test_an_extension_shows_nothing_that_is_not_on_record(
    wallet: TestWallet, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    slow = puppet("slow", uses=("dialog/1",))
    slow.install(wallet)
    shows = """if True:
        import time
        time.sleep(3)
        try:
            call.ask(dialog.Message(title="Hello", text="there"))
            tell("shown")
        except ProtocolError as error:
            tell(error.code.slug)
        time.sleep(3)
    """
    with greeted(wallet.socket) as connected:
        connected.sendall(line(1, f"{slow.interface}.run", {"code": shows}))
        connected.sendall(line(2, secret.Generate.METHOD, {}))
        told = heard(connected, b'"id":2,"result"')  # so the first is on record and under way
        with full_disk():
            assert b"unwritable" in heard(connected, b'"id":1', told)
    assert not [entry for entry in wallet.user.shown() if entry.get("face") == "message"]


@pytest.mark.attack(45)
def test_a_question_whose_turn_has_a_record_that_cannot_be_written_is_put_all_the_same(
    wallet: TestWallet, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """A question that is lost would be waited for, and by every question after it."""
    grants = line(1, shell_interface.Grants.METHOD, {})
    quiet = msgspec.json.encode({**msgspec.json.decode(grants), "id": 2, "quiet": True}) + b"\n"
    wallet.user.approves()
    with greeted(wallet.socket) as asking, greeted(wallet.socket) as another:
        with full_disk():
            asking.sendall(grants + quiet)
            assert b'"error":{"code":-32015' in heard(asking, b'"id":2')
        another.sendall(line(3, shell_interface.Grants.METHOD, {}))
        heard(another, b'"id":3,"result"')


@pytest.mark.attack(45)
def test_who_looks_at_the_record_does_not_have_a_call_pass_that_is_not_on_it(
    wallet: TestWallet, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """The Router hears of both at once: what was prepared is about to be forwarded, and somebody asks why."""
    slow = puppet("slow")
    slow.install(wallet)
    ask, payment = f"{slow.interface}.ask", {"payee": "a", "amount": 1, "currency": "EUR", "code": "tell('paid')"}
    wallet.user.approves()
    with wallet.connect() as client:
        client.call(wallet_interface.Grant(client=client.greeting.client, action=ask))
        slow.call(client, "ask", **payment, before="pass")
    router, serves = pid_of(wallet.pid, "etui.trusted.router"), _process(wallet, slow.id)
    with ExitStack() as opened:
        paying, *looking = (opened.enter_context(greeted(wallet.socket)) for _ in range(1 + LOOKS))
        opened.enter_context(full_disk())
        os.kill(serves, signal.SIGSTOP)
        paying.sendall(line(1, ask, {**payment, "before": "pass"}))
        for number in (2, 3):  # when the second is answered, the Extension was asked to prepare
            paying.sendall(line(number, wallet_interface.Status.METHOD, {}))
            heard(paying, b'"id":%d' % number)
        os.kill(router, signal.SIGSTOP)
        os.kill(serves, signal.SIGCONT)
        for one in looking:  # some before the Extension has answered and some after it
            one.sendall(line(4, wallet_interface.Why.METHOD, {"id": "d-1"}))
            time.sleep(LOOK_S)
        os.kill(router, signal.SIGCONT)
        assert b'"id":1,"error":{"code":-32015' in heard(paying, b'"id":1')


def _process(wallet: TestWallet, extension: str) -> int:
    """The one that runs the Extension's own code."""
    said = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in descendants(wallet.pid)}
    (found,) = (pid for pid, (program, *rest) in said.items() if b"bwrap" not in program and extension in str(rest))
    return found


def heard(connected: socket.socket, wanted: bytes, told: bytes = b"") -> bytes:
    """What came, ``told`` before it, once this is part of it."""
    while wanted not in told:
        part = connected.recv(1 << 16)
        assert part, told
        told += part
    return told
