"""How much a Client may leave unanswered: what it sends beyond that waits in its own socket, and nobody else waits."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from tests.trusted.router.puppet import puppet, told

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import LIMITS
from etui.testkit import TestWallet


def request(number: int, method: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method}).encode() + b"\n"


@pytest.fixture
def raw(wallet: TestWallet) -> Iterator[socket.socket]:
    """A connection that sends without waiting for answers, to a wallet whose user does not unlock it."""
    wallet.lock()
    wallet.user.waits(face="unlock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
        connected.connect(str(wallet.socket))
        connected.settimeout(60)
        yield connected


def test_who_leaves_too_much_unanswered_is_not_read_from_until_something_is_answered(
    wallet: TestWallet, raw: socket.socket
) -> None:
    waiting = range(LIMITS.outstanding)
    raw.sendall(b"".join(request(number, "wallet/1.unlock") for number in waiting))
    raw.sendall(request(LIMITS.outstanding, "wallet/1.status"))
    with wallet.connect() as other:  # its connection came later, and it is answered
        assert other.call(wallet_interface.Status()).state == "locked"
    raw.setblocking(False)  # noqa: FBT003  # the socket's own name for it
    with pytest.raises(BlockingIOError):
        raw.recv(1)

    wallet.user.forgets()
    raw.settimeout(60)
    with raw.makefile("rb") as lines:
        answers = [json.loads(lines.readline()) for _ in range(LIMITS.outstanding + 1)]
    assert sorted(answer["id"] for answer in answers) == list(range(LIMITS.outstanding + 1))
    (status,) = [answer["result"] for answer in answers if answer["id"] == LIMITS.outstanding]
    assert status["state"] == "unlocked"


def test_one_request_less_and_the_next_is_answered(raw: socket.socket) -> None:
    raw.sendall(b"".join(request(number, "wallet/1.unlock") for number in range(LIMITS.outstanding - 1)))
    raw.sendall(request(LIMITS.outstanding, "wallet/1.status"))
    with raw.makefile("rb") as lines:
        assert json.loads(lines.readline())["id"] == LIMITS.outstanding


def test_what_one_client_asks_of_an_extension_does_not_all_stand_before_what_another_asks(wallet: TestWallet) -> None:
    serves = puppet()
    serves.install(wallet)
    naps = json.dumps({"code": "import time; time.sleep(0.02)"})
    line = '{"jsonrpc":"2.0","id":%d,"method":"org.example.puppet/1.run","params":%s}\n'
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as greedy, wallet.connect() as other:
        assert told(serves, other, "tell('here')") == '["here"]'
        greedy.connect(str(wallet.socket))
        greedy.settimeout(60)
        greedy.sendall("".join(line % (number, naps) for number in range(LIMITS.outstanding)).encode())
        greedy.recv(1, socket.MSG_PEEK)  # the first is answered, so the rest stands where it stands
        assert told(serves, other, "tell('here')") == '["here"]'
        answered = greedy.recv(1 << 20).count(b"\n")
        assert 1 <= answered <= 20, "its turn came after all of the other's"
        with greedy.makefile("rb") as lines:
            for _ in range(LIMITS.outstanding - answered):
                assert "result" in json.loads(lines.readline())
