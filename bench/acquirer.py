"""An acquirer's side of a line to an issuer, and cards to present: for measurements, and for tests of the issuer.

A card here is its session keys and its counter, as a device holds them. The issuer's host is the real one, started as a
process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import msgspec
from pyemv import tlv

from etui.counterparts.issuer import MasterKey, Profile
from etui.standards.emv import CryptogramType
from etui.standards.iso8583 import (
    FinancialRequest,
    Message,
    MessageReader,
    encode_message,
    frame,
    parse_message,
)

MASTER: Final = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
KEYS: Final = MasterKey(MASTER)
_START_S: Final = 60.0
_ANSWER_S: Final = 60.0
_SRC: Final = Path(__file__).parent.parent / "src"


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal tells the chip, and what the chip answers it with."""

    pan: str
    sequence: int = 1
    atc: int = 1
    amount_minor: int = 1250
    currency: str = "978"
    transaction_type: str = "00"
    kind: CryptogramType = CryptogramType.ARQC
    keys: MasterKey = KEYS

    def icc(self, *without: str, **with_other: bytes) -> bytes:
        """Field 55; without these tags, and with other values than the cryptogram was made over."""
        values = {
            "9F02": bytes.fromhex(f"{self.amount_minor:012d}"),
            "9F03": bytes(6),
            "9F1A": bytes.fromhex("0276"),
            "95": bytes(5),
            "5F2A": bytes.fromhex(f"0{self.currency}"),
            "9A": bytes.fromhex("261126"),
            "9C": bytes.fromhex(self.transaction_type),
            "9F37": bytes.fromhex("12345678"),
            "82": bytes.fromhex("1980"),
            "9F36": self.atc.to_bytes(2, "big"),
            "9F10": bytes.fromhex("0FA501") + bytes([0x80 | self.kind << 4]) + bytes(12) + b"\x0f" + bytes(15),
        }
        session = self.keys.session(self.pan, self.sequence, self.atc)
        values["9F26"] = session.cryptogram(b"".join(values.values()))
        values["9F27"] = bytes([self.kind << 6])
        values |= with_other
        return tlv.encode({tag: value for tag, value in values.items() if tag not in without})


def profile(number: int, **members: object) -> Profile:
    """The card of this number, with 10,000.00 euros and wide limits."""
    usual = Profile(
        card=pan(number),
        sequence=1,
        expiry="3012",
        currency="978",
        opening_minor=1_000_000,
        transaction_limit_minor=50_000,
        day_limit_minor=1_000_000,
        day_limit_count=1_000_000,
    )
    return msgspec.structs.replace(usual, **members)


def pan(number: int) -> str:
    """The number of a card: 16 digits, the last one not checked by anybody here."""
    return f"476173{number:010d}"


def payment(presented: Presented, stan: int, **members: object) -> FinancialRequest:
    """A payment with what was presented."""
    usual = FinancialRequest(
        transmitted="1126185000",
        stan=f"{stan % 1_000_000:06d}",
        pan=presented.pan,
        processing_code="000000",
        amount_minor=presented.amount_minor,
        acquirer="123456",
        rrn=f"{stan:012d}",
        terminal="PUMP0007",
        merchant="FUEL0000001",
        currency=presented.currency,
        expiry="3012",
        mcc="5541",
        entry_mode="071",
        card_sequence=f"{presented.sequence:03d}",
        icc=presented.icc(),
    )
    return msgspec.structs.replace(usual, **members)


class AcquirerLine:
    """One connection to a host, which waits for its answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = MessageReader()
        self._answers: list[Message] = []

    def send(self, *messages: Message) -> None:
        """Sends them in one piece."""
        self.socket.sendall(b"".join(frame(encode_message(message)) for message in messages))

    def answer(self) -> Message:
        """The next message; raises ``ConnectionError`` where the line is closed."""
        while not self._answers:
            data = self.socket.recv(65_536)
            if not data:
                raise ConnectionError("the line is closed")
            self._answers += map(parse_message, self._reader.feed(data))
            if self._reader.broken is not None:
                raise self._reader.broken
        return self._answers.pop(0)

    def ask(self, message: Message) -> Message:
        """Sends it, and returns what is answered."""
        self.send(message)
        return self.answer()

    def close(self) -> None:
        """Closes it."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RunningHost(msgspec.Struct, frozen=True):
    """A host that listens."""

    process: subprocess.Popen[str]
    port: int

    def line(self) -> AcquirerLine:
        """A connection to it."""
        return AcquirerLine(self.port)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def start_host(address: str, folder: Path, *arguments: str, port: int = 0) -> RunningHost:
    """A host on the books at ``address``, whose key is written into ``folder``."""
    key = folder / "imk"
    if not key.exists():
        key.touch(0o600)
        key.write_text(MASTER.hex())
    command = [sys.executable, "-m", "etui.counterparts.issuer", "--db", address, "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--imk-file", str(key), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_SRC)},
    )
    said = ""
    if process.stdout is not None:
        with process.stdout as out:
            said = out.readline() if select.select([out], [], [], _START_S)[0] else ""
    if not said:
        process.kill()
        process.wait(10)
        raise RuntimeError("the host does not start")
    return RunningHost(process, int(said.rpartition(":")[2]))


@contextlib.contextmanager
def running_host(address: str, folder: Path, *arguments: str) -> Iterator[RunningHost]:
    """The same, ended at the end."""
    host = start_host(address, folder, *arguments)
    try:
        yield host
    finally:
        host.process.terminate()
        try:
            host.process.wait(20)
        finally:
            host.process.kill()
