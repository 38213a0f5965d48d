"""The process as its supervisor starts it; the test is the Router at the other end of a real socket pair."""

import base64
import contextlib
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.trusted.native.egress.world import API, Host, Received, World, answering, get, response

from etui.interfaces.egress_1 import Fetch, FetchResult, Read, ReadResult
from etui.interfaces.wallet_1 import Register
from etui.protocol import (
    ErrorCode,
    FrameReader,
    Message,
    MessageKind,
    ProtocolError,
    Reassembler,
    RemoteError,
    chunks_of,
    decode_message,
    encode_call,
    encode_notification,
    encode_result,
)
from etui.sealing import ChannelKey

SOURCES = Path(__file__).parents[4] / "src"
SHOP = "shop.etui.test"
WAIT_S = 60


class RouterEnd:
    """Starts egress and speaks with it as the Router does."""

    def __init__(self, home: Path) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(WAIT_S)
        self._frames, self._chunks = FrameReader(), Reassembler()
        self._lines: list[bytes] = []
        self._number = 0
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "etui.trusted.native.egress", "--fd", str(theirs.fileno()), "--home", str(home)],
                pass_fds=[theirs.fileno()],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)},
                stderr=subprocess.PIPE,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        try:
            self.stderr = self.process.communicate(timeout=WAIT_S)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise

    def register(self) -> bytes:
        """Takes the registration; egress's session key."""
        message = self.receive()
        assert message.method == Register.METHOD
        registration = msgspec.json.decode(message.params, type=Register)
        assert registration.provides == ["egress/1"]
        assert isinstance(message.id, int)
        self.send(encode_result(message.id, b"{}"))
        return registration.key

    def start(self, params: bytes, *, method: str = Fetch.METHOD, call: dict[str, Any] | None = None) -> int:
        self._number += 1
        member = {"id": f"c-{self._number}", "client": "pseudonym", "name": "Fares", "hosts": [SHOP], **(call or {})}
        self.send(encode_call(self._number, msgspec.json.encode(method), params, msgspec.json.encode(member)))
        return self._number

    def answer(self, number: int) -> bytes:
        message = self.receive()
        assert message.id == number
        if not isinstance(message.error, msgspec.UnsetType):
            raise RemoteError.from_object(message.error)
        assert not isinstance(message.result, msgspec.UnsetType)
        return bytes(message.result)

    def fetch(self, request: Fetch, **call: Any) -> FetchResult:  # noqa: ANN401  # members of `call`
        number = self.start(msgspec.json.encode(request), call=call)
        return msgspec.json.decode(self.answer(number), type=FetchResult)

    def send(self, line: bytes) -> None:
        for part in chunks_of(line, 1):
            self._socket.sendall(part)

    def receive(self) -> Message:
        while True:
            while not self._lines:
                data = self._socket.recv(1 << 18)
                assert data, "egress closed the connection"
                self._lines += self._frames.feed(data)
            message = decode_message(self._lines.pop(0))
            if message.kind is not MessageKind.NOTIFICATION:
                return message
            whole = self._chunks.feed(message)
            if whole is not None:
                return decode_message(whole)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    (made / "profile.json").write_bytes(b'{"format":1,"id":"p"}')
    return made


@pytest.fixture
def shop(world: World, home: Path) -> Host:
    """A shop that a test profile maps, and that answers with what it was sent."""

    def answer(received: Received) -> Iterator[bytes]:
        yield response(received.body or b"fares", X_Key=received.value("X-Key") or "none")

    return mapped(world, home, answer)


def mapped(world: World, home: Path, answer: Any, *, tls: bool = True) -> Host:  # noqa: ANN401  # an Answer
    host = world.host(answer, name=SHOP, tls=tls)
    (home / "authority.pem").write_bytes(world.authority.file.read_bytes())
    header = {"format": 1, "id": "p", "test": {"hosts": {SHOP: host.port}, "ca": "authority.pem"}}
    (home / "profile.json").write_bytes(msgspec.json.encode(header))
    return host


def in_shop(path: str = "/", **more: Any) -> Fetch:  # noqa: ANN401  # Fetch's fields
    return get(f"https://{SHOP}{path}", SHOP, **more)


def test_a_request_of_an_extension_is_served(home: Path, shop: Host) -> None:
    with RouterEnd(home) as router:
        router.register()
        result = router.fetch(in_shop("/path-word?query-word"))
    assert (result.status, result.body) == (200, b"fares")
    assert shop.received[0].value("Host") == SHOP
    assert router.stderr == f"egress: Fares: GET {SHOP}: 200 5 bytes\n"
    assert router.process.returncode == 0


def test_plain_http_reaches_a_mapped_name(home: Path, world: World) -> None:
    mapped(world, home, answering(response(b"plain")), tls=False)
    with RouterEnd(home) as router:
        router.register()
        assert router.fetch(get(f"http://{SHOP}/", SHOP)).body == b"plain"


@pytest.mark.usefixtures("shop")
def test_messages_larger_than_a_frame_travel_in_chunks(home: Path) -> None:
    body = os.urandom(1 << 20)
    with RouterEnd(home) as router:
        router.register()
        assert router.fetch(in_shop(method="POST", body=body)).body == body


def test_a_secret_that_is_sealed_to_egress_is_inserted_and_masked(home: Path, shop: Host) -> None:
    secret = "s3cr3t-word"
    with RouterEnd(home) as router:
        key = router.register()
        plain = msgspec.json.encode({"secret": secret.encode(), "hosts": [SHOP], "where": "header"})
        caller = ChannelKey()
        sealed = caller.seal_to(key, plain, "egress/1.fetch.insert")
        headers = [{"name": "X-Key", "value": "KEY_HERE"}]
        result = router.fetch(
            msgspec.convert(
                {
                    "method": "GET",
                    "host": SHOP,
                    "url": f"https://{SHOP}/",
                    "headers": headers,
                    "insert": base64.b64encode(sealed).decode(),
                    "placeholder": "KEY_HERE",
                },
                Fetch,
            ),
            key=base64.b64encode(caller.public).decode(),
        )
    assert shop.received[0].value("X-Key") == secret
    assert next(h.value for h in result.headers if h.name == "X-Key") == "****"
    assert secret not in router.stderr


def test_a_value_that_was_sealed_to_another_session_is_stale(home: Path, shop: Host) -> None:
    other = ChannelKey()
    sealed = ChannelKey().seal_to(other.public, b"{}", "egress/1.fetch.insert")
    with RouterEnd(home) as router:
        router.register()
        with pytest.raises(ProtocolError) as refused:
            router.fetch(in_shop(insert=sealed, placeholder="KEY_HERE"), key=base64.b64encode(other.public).decode())
    assert refused.value.code is ErrorCode.STALE_KEY
    assert shop.received == []


def test_a_value_that_another_end_sealed_is_not_inserted_for_who_sends_it_again(home: Path, shop: Host) -> None:
    victim, thief = ChannelKey(), ChannelKey()
    with RouterEnd(home) as router:
        plain = msgspec.json.encode({"secret": b"s3cr3t-word", "hosts": [SHOP], "where": "header"})
        sealed = victim.seal_to(router.register(), plain, "egress/1.fetch.insert")
        with pytest.raises(ProtocolError) as refused:
            router.fetch(in_shop(insert=sealed, placeholder="KEY_HERE"), key=base64.b64encode(thief.public).decode())
    assert refused.value.code is ErrorCode.STALE_KEY
    assert shop.received == []


@pytest.mark.parametrize("call", [{"hosts": []}, {"hosts": [API]}])
def test_a_host_that_the_router_does_not_name_is_refused(home: Path, shop: Host, call: dict[str, Any]) -> None:
    with RouterEnd(home) as router:
        router.register()
        with pytest.raises(ProtocolError, match="not declared") as refused:
            router.fetch(in_shop(), **call)
    assert refused.value.code is ErrorCode.DENIED
    assert shop.received == []


def test_a_test_profile_s_authority_vouches_for_its_own_names_alone(home: Path, world: World) -> None:
    world.host(answering(response()), name=SHOP)
    host = world.host(answering(response()), name=API, address="127.0.0.1")
    key = Ed25519PrivateKey.generate()
    mappings = b'[{"host":"%b","address":"127.0.0.1","port":%d}]' % (API.encode(), host.port)
    signature = base64.b64encode(key.sign(b"etui/egress-mappings/1\n" + mappings))
    (home / "operator").mkdir()
    (home / "operator" / "key.pub").write_bytes(base64.b64encode(key.public_key().public_bytes_raw()))
    (home / "operator" / "mappings.json").write_bytes(
        b'{"format":1,"mappings":%b,"signature":"%b"}' % (mappings, signature)
    )
    mapped(world, home, answering(response()))
    with RouterEnd(home) as router:
        router.register()
        assert router.fetch(in_shop()).status == 200
        with pytest.raises(ProtocolError, match="did not prove that it is"):
            router.fetch(get(), hosts=[API])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (b"{}", ErrorCode.INVALID_PARAMS),
        (b'{"method":"TRACE","host":"a.b","url":"https://a.b/"}', ErrorCode.INVALID_PARAMS),
        (
            b'{"method":"GET","host":"shop.etui.test","url":"https://shop.etui.test/","body":"*"}',
            ErrorCode.INVALID_PARAMS,
        ),
        (b'{"method":"GET","host":"shop.etui.test","url":"https://a.b/"}', ErrorCode.DENIED),
    ],
)
def test_one_request_that_is_wrong_harms_no_other(home: Path, shop: Host, params: bytes, code: ErrorCode) -> None:
    with RouterEnd(home) as router:
        router.register()
        with pytest.raises(ProtocolError) as refused:
            router.answer(router.start(params))
        assert refused.value.code is code
        assert router.fetch(in_shop()).status == 200
    assert len(shop.received) == 1


def test_another_method_is_not_served(home: Path) -> None:
    with RouterEnd(home) as router:
        router.register()
        with pytest.raises(ProtocolError) as refused:
            router.answer(router.start(b"{}", method="egress/1.listen"))
    assert refused.value.code is ErrorCode.UNKNOWN_METHOD


def test_what_only_prepares_sends_nothing(home: Path, shop: Host) -> None:
    with RouterEnd(home) as router:
        router.register()
        assert router.answer(router.start(msgspec.json.encode(in_shop()), call={"prepare": True})) == b"{}"
    assert shop.received == []


def waiting_shop(world: World, home: Path) -> tuple[Host, threading.Semaphore]:
    """A shop that answers nobody, and what is released each time that it is asked."""
    asked = threading.Semaphore(0)

    def answer(_: Received) -> Iterator[bytes]:
        asked.release()
        host.ending.wait()
        yield b""

    host = mapped(world, home, answer)
    return host, asked


def test_a_cancelled_request_is_given_up_and_answered(home: Path, world: World) -> None:
    _, asked = waiting_shop(world, home)
    with RouterEnd(home) as router:
        router.register()
        number = router.start(msgspec.json.encode(in_shop()))
        assert asked.acquire(timeout=WAIT_S)
        router.send(encode_notification("cancel", b'{"id":%d}' % number))
        with pytest.raises(ProtocolError) as refused:
            router.answer(number)
    assert refused.value.code is ErrorCode.CANCELLED


def test_one_caller_does_not_take_every_place(home: Path, world: World) -> None:
    _, asked = waiting_shop(world, home)
    with RouterEnd(home) as router:
        router.register()
        for _ in range(8):
            router.start(msgspec.json.encode(in_shop()))
        with pytest.raises(ProtocolError) as refused:
            router.answer(router.start(msgspec.json.encode(in_shop())))
        assert refused.value.code is ErrorCode.TOO_MANY
        for _ in range(8):
            assert asked.acquire(timeout=WAIT_S)
        with pytest.raises(ProtocolError, match="not declared"):
            router.fetch(in_shop(), client="another", hosts=[])
    assert router.process.returncode == 0


def test_egress_ends_with_the_router_though_requests_are_on_their_way(home: Path, world: World) -> None:
    _, asked = waiting_shop(world, home)
    with RouterEnd(home) as router:
        router.register()
        router.start(msgspec.json.encode(in_shop()))
        assert asked.acquire(timeout=WAIT_S)
    assert router.process.returncode == 0
    assert router.stderr == ""


def test_the_process_leaves_no_core_and_is_not_read_by_others(home: Path) -> None:
    with RouterEnd(home) as router:
        router.register()
        pid = router.process.pid
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        if os.getuid() != 0:  # root reads everything
            with pytest.raises(PermissionError):
                Path(f"/proc/{pid}/environ").read_bytes()


def test_hardening_leaves_a_process_undumpable() -> None:
    program = (
        "import ctypes; from etui.trusted.memory import harden;"
        "harden(); print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}
    shown = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert shown.stdout == "0\n"


@pytest.mark.parametrize("header", [b"{", b'{"format":1,"id":"p","test":{"hosts":{"api.example.org":443}}}'])
def test_a_profile_that_is_damaged_keeps_egress_from_starting(home: Path, header: bytes) -> None:
    (home / "profile.json").write_bytes(header)
    with RouterEnd(home) as router:
        ended = os.pidfd_open(router.process.pid)
        assert select.select([ended], [], [], WAIT_S)[0]
        os.close(ended)
    assert router.process.returncode == 1
    assert router.stderr.startswith("egress: ")
    assert "Traceback" not in router.stderr


def test_a_router_that_breaks_the_protocol_is_left(home: Path) -> None:
    with RouterEnd(home) as router:
        router.register()
        with contextlib.suppress(OSError):
            router.send(b"no message\n")
        ended = os.pidfd_open(router.process.pid)
        assert select.select([ended], [], [], WAIT_S)[0]
        os.close(ended)
    assert router.process.returncode == 1
    assert "Traceback" not in router.stderr


def test_sigterm_ends_the_process(home: Path) -> None:
    with RouterEnd(home) as router:
        router.register()
        router.process.send_signal(signal.SIGTERM)
    assert router.process.returncode == -signal.SIGTERM


def resident(pid: int) -> int:
    """How many bytes of memory a process has, with what it shares."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def test_a_body_without_end_waits_for_who_reads_it_and_fills_no_memory(home: Path, world: World) -> None:
    sent = 0

    def answer(_: Received) -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"x" * (1 << 20)
            sent += 1

    host = mapped(world, home, answer)
    with RouterEnd(home) as router:
        router.register()
        before = resident(router.process.pid)
        rest, read = router.fetch(in_shop(stream=True)).rest, 0
        while sent < 64:
            number = router.start(msgspec.json.encode(Read(rest=str(rest))), method=Read.METHOD)
            part = msgspec.json.decode(router.answer(number), type=ReadResult)
            rest, read = part.rest, read + len(part.body)
        held = -1
        while sent > held:  # nobody reads any more: soon it cannot send any more either
            held = sent
            host.ending.wait(0.5)
        assert (sent << 20) - read < 32 << 20, "what it sent and nobody read"
        assert resident(router.process.pid) - before < 16 << 20
