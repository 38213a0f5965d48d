"""What a program can do that starts the native messaging host itself, or connects to the door in its place."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etui.doors.browser.extension_ids import ORIGIN
from etui.doors.browser.framing import Frames, frame
from etui.doors.browser.standing import host_command
from etui.protocol import find_place
from etui.testkit import TestWallet

HANDS_OVER: Final = """
import json, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect(sys.argv[1])
socket.send_fds(door, [json.dumps({"do": "host", "arguments": sys.argv[2:]}).encode()], [0, 1])
door.recv(1)
"""
"""A program that brings the browser's pipes to the door itself."""
HOST: Final = host_command(sys.executable)
FRAME_KEY: Final = X25519PrivateKey.generate().public_key().public_bytes_raw()


class HostEnd:
    """The place of a browser: it says what it likes to the door, over the pipes of a host that it has started.

    ``command``: of another program in the host's place, before the arguments that a browser adds.
    """

    def __init__(
        self, wallet: TestWallet, arguments: tuple[str, ...] = (ORIGIN,), *, command: tuple[str, ...] = HOST
    ) -> None:
        pipe = subprocess.PIPE
        self._host = subprocess.Popen([*command, *arguments], env=wallet.environ, stdin=pipe, stdout=pipe)
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._out, self._in = self._host.stdin.fileno(), self._host.stdout.fileno()
        self._frames = Frames()
        self._ready: list[bytes] = []
        self.last: dict[str, Any] = {}

    def say(self, do: str, **members: object) -> None:
        self.send(msgspec.json.encode({"do": do, **members}))

    def send(self, text: bytes) -> None:
        os.write(self._out, frame(text))

    def send_raw(self, data: bytes) -> None:
        os.write(self._out, data)

    def hear(self) -> dict[str, Any] | None:
        """The door's next message; nothing where it hung up."""
        while not self._ready:
            assert select.select([self._in], [], [], 30)[0], "the door says nothing"
            data = os.read(self._in, 65_536)
            if not data:
                return None
            self._ready += self._frames.feed(data)
        self.last = msgspec.json.decode(self._ready.pop(0))
        return self.last

    def hear_state(self, *states: str) -> dict[str, Any]:
        """The next message about how the wallet stands, which is one of these."""
        while (message := self.hear()) is not None:
            if message["is"] == "state" and message["state"] in states:
                return message
        raise AssertionError(f"the door hung up before it was {states}: {self.last}")

    def answer(self, number: int) -> dict[str, Any]:
        """What answers a call."""
        while (message := self.hear()) is not None:
            if message.get("id") == number:
                return message
        raise AssertionError("the door hung up before it answered")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._host as host:
            host.kill()


def door_of(wallet: TestWallet) -> str:
    """The path of the door's socket."""
    return str(find_place(wallet.environ, os.getuid()).runtime / "browser")


@contextmanager
def other_program(wallet: TestWallet, folder: Path) -> Iterator[HostEnd]:
    """The end of the wallet's own host, started through a program that is known by its own path."""
    path = folder / "interceptor"
    shutil.copy(Path(sys.executable).resolve(), path)
    starts = f"import subprocess, sys; subprocess.run([*{HOST!r}, *sys.argv[1:]])"
    command = ("/usr/bin/env", f"PYTHONHOME={sys.base_prefix}", str(path), "-S", "-c", starts)
    with HostEnd(wallet, command=command) as end:
        yield end


class Key:
    """The key of a browser profile, as the extension has one."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def prove(self, challenge: bytes, pairing: str) -> bytes:
        signed = b"etui/pairing/1\0" + challenge + pairing.encode()
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def run_host(wallet: TestWallet, *messages: dict[str, Any], arguments: tuple[str, ...] = (ORIGIN,)) -> list[Any]:
    """What the real host hands back to whoever starts it and says this."""
    said = b"".join(frame(msgspec.json.encode(one)) for one in messages)
    with subprocess.Popen(
        [*HOST, *arguments], env=wallet.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        host.stdin.write(said)
        host.stdin.flush()
        heard: list[Any] = []
        frames = Frames()
        wanted = sum(1 for one in messages if "id" in one)
        while sum(1 for one in heard if one["is"] == "answer") < wanted or not heard:
            data = os.read(host.stdout.fileno(), 65_536)
            if not data:
                break
            heard += map(msgspec.json.decode, frames.feed(data))
        host.stdin.close()
        host.wait(10)
    return heard
