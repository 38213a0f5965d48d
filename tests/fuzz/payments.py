"""What reaches a card issuer: a line of ISO 8583, and a chip's data in field 55."""

from __future__ import annotations

import contextlib

from bench.acquirer import Presented, pan, payment

from etui.counterparts.issuer.chip import read_chip
from etui.standards.emv import EmvError
from etui.standards.iso8583 import (
    Iso8583Error,
    MessageReader,
    NetworkRequest,
    answer_to,
    encode_message,
    frame,
    original_data,
    parse_message,
)
from etui.standards.iso8583.messages import ReversalRequest


def lines(data: bytes) -> None:
    """A stream in two writes, as a host reads it; what is a message is written as the same bytes."""
    reader = MessageReader()
    half = len(data) // 2
    for message in (*reader.feed(data[:half]), *reader.feed(data[half:])):
        with contextlib.suppress(Iso8583Error):
            assert encode_message(parse_message(message)) == message


def chip(data: bytes) -> None:
    """Field 55."""
    with contextlib.suppress(EmvError):
        read_chip(data)


def recorded_lines() -> list[bytes]:
    """A message of each shape."""
    paid = payment(Presented(pan=pan(1)), 1)
    names = [name for name in ReversalRequest.__struct_fields__ if hasattr(paid, name)]
    usual = {name: getattr(paid, name) for name in names}
    back = ReversalRequest(**usual, original=original_data(paid))
    echo = NetworkRequest(transmitted="1126185000", stan="000001", information="301")
    return [frame(encode_message(one)) for one in (paid, back, echo, answer_to(paid, "00", approval="A1B2C3"))]


def recorded_chip() -> list[bytes]:
    """The data of a payment."""
    return [Presented(pan=pan(1)).icc()]
