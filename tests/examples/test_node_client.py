"""The Client in plain Node.js, against a real wallet: what it keeps, who is asked, and what passes over its socket."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Final, Self

import pytest

from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

ROOT: Final = Path(__file__).parents[2]
CLIENT: Final = ROOT / "examples/node-client/client.mjs"
SECRET: Final = "planted-secret, line\u2028separator \N{KEY} and more".encode() + b"\n\xff\x00"


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs package nodejs")
    return found


def kept(wallet: TestWallet, node: str, value: bytes, at: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """What became of the Client when it was given a secret on its standard input."""
    return subprocess.run(
        [node, str(CLIENT)],
        env={**wallet.environ, "ETUI_SOCKET": str(at or wallet.socket)},
        input=value,
        capture_output=True,
        timeout=60,
        check=False,
    )


def found(wallet: TestWallet) -> list[tuple[Item, bytes | None]]:
    """The items that this test's own program finds and reads."""
    with wallet.connect() as client:
        items = client.call(secret.Find(attributes={"service": "node-client"})).items
        return [(item, client.call(secret.Read(item=item.item)).value) for item in items]


def code_of(path: Path) -> list[str]:
    """Its lines, without those that are empty or comments alone."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("//", "/**"))]


def test_it_has_as_many_lines_of_code_as_the_pages_say() -> None:
    speaks, seals = code_of(CLIENT), code_of(CLIENT.with_name("seal.mjs"))
    assert len(speaks) == 20
    assert all(line.count(";") <= 1 for line in speaks), "one statement a line"
    for page, words in (
        ("README.md", f"speaks in {len(speaks)} lines, and seals in {len(seals)} more"),
        ("docs/protocol.md", f"in {len(speaks)} lines of Node.js, and {len(seals)} more for sealing"),
        ("examples/node-client/README.md", f"values in {len(seals)}."),
    ):
        assert words in (ROOT / page).read_text(encoding="utf-8")


def test_it_prints_what_it_stored_sealed_found_and_read_back(wallet: TestWallet, node: str) -> None:
    ran = kept(wallet, node, SECRET)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == SECRET
    assert wallet.user.asked() == []


def test_the_wallet_holds_it_and_asks_when_another_program_wants_it(wallet: TestWallet, node: str) -> None:
    kept(wallet, node, SECRET)
    wallet.user.approves()
    [(item, value)] = found(wallet)
    assert (item.kind, item.label, item.attributes) == ("password", "From Node.js", {"service": "node-client"})
    assert value == SECRET
    [question] = wallet.user.asked()
    assert "From Node.js" in question["lead"]
    assert "client.mjs" not in question["principal"]


def test_another_program_that_the_user_refuses_gets_nothing(wallet: TestWallet, node: str) -> None:
    kept(wallet, node, SECRET)
    wallet.user.refuses()
    with pytest.raises(ProtocolError) as caught:
        found(wallet)
    assert caught.value.code is ErrorCode.REFUSED


def test_a_second_secret_takes_the_place_of_the_first(wallet: TestWallet, node: str) -> None:
    kept(wallet, node, b"first")
    assert kept(wallet, node, b"second").stdout == b"second"
    assert wallet.user.asked() == []
    wallet.user.approves()
    [(_, value)] = found(wallet)
    assert value == b"second"


def test_a_locked_wallet_is_unlocked_first(wallet: TestWallet, node: str) -> None:
    wallet.lock()
    assert kept(wallet, node, SECRET).stdout == SECRET


def test_it_says_which_request_failed_and_why(wallet: TestWallet, node: str) -> None:
    wallet.lock()
    wallet.user.dismisses(face="unlock")
    ran = kept(wallet, node, SECRET)
    assert ran.returncode != 0
    assert ran.stdout == b""
    assert b"wallet/1.unlock" in ran.stderr
    assert b"(not_now)" in ran.stderr


def test_the_secret_passes_over_the_socket_sealed_alone(wallet: TestWallet, node: str) -> None:
    with Tap(wallet.folder / "tap", wallet.socket) as tap:
        assert kept(wallet, node, SECRET, at=tap.path).stdout == SECRET
    assert b"secret/1.create" in tap.passed
    assert b"planted-secret" not in tap.passed
    for start in range(3):  # each way in which base64 may have it
        assert base64.b64encode(SECRET[start : start + 15]) not in tap.passed


class Tap:
    """A socket before the wallet's own that passes one connection on and keeps a copy of what passed, either way."""

    def __init__(self, path: Path, wallet: Path) -> None:
        self.path = path
        self._wallet = wallet
        self._there: list[bytes] = []
        self._back: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.settimeout(60)
        self._thread = threading.Thread(target=self._serve)

    @property
    def passed(self) -> bytes:
        """All that passed so far: the Client's lines, then the Router's."""
        return b"".join([*self._there, *self._back])

    def __enter__(self) -> Self:
        self._listener.bind(str(self.path))
        self._listener.listen(1)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)
        self._listener.close()

    def _serve(self) -> None:
        outside, _ = self._listener.accept()
        with outside, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as inside:
            inside.connect(str(self._wallet))
            back = threading.Thread(target=_pass_on, args=(inside, outside, self._back))
            back.start()
            _pass_on(outside, inside, self._there)
            back.join(60)


def _pass_on(source: socket.socket, sink: socket.socket, copy: list[bytes]) -> None:
    while data := source.recv(65536):
        copy.append(data)
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
