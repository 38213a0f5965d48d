"""Keys of an authority, an issuer and a card as the demo scheme has them, made once for all tests of a process."""

from __future__ import annotations

import datetime as dt
from functools import cache

from etui.standards import emv

PAN = "5413330089020011"
TODAY = dt.date(2026, 11, 26)
EXPIRES = dt.date(2028, 2, 1)
STATIC_DATA = bytes.fromhex("5A0854133300890200115F24032802293900")


@cache
def authority() -> emv.PrivateKey:
    return emv.PrivateKey.generate(1_984, 3)


@cache
def issuer() -> emv.PrivateKey:
    return emv.PrivateKey.generate(1_408)


@cache
def card() -> emv.PrivateKey:
    return emv.PrivateKey.generate(1_152, 3)
