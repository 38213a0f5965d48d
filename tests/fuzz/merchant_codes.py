"""Codes of merchants, as a picture brings them."""

from __future__ import annotations

import binascii
import contextlib

from tests.standards.emvqr.codes import SHOP
from tests.standards.emvqr.test_vectors import EMVCO, OF_A_LIBRARY, PIX

from etui.standards.emvqr import EmvQrError, claimed_amount, decode, encode, fee_on, order_place


def take(data: bytes) -> None:
    """As it is, and with a checksum that fits; what is read is written and read again."""
    for payload in (data, data[:-4] + f"{binascii.crc_hqx(data[:-4], 0xFFFF):04X}".encode()):
        with contextlib.suppress(EmvQrError):
            code = decode(payload)
            assert decode(encode(code)) == code
            order_place(code)
            fee_on(code, claimed_amount(code) or 0)


def good() -> list[bytes]:
    """One of ours, and those that others published."""
    return [encode(SHOP), *(text.encode() for text in (EMVCO, PIX, OF_A_LIBRARY))]
