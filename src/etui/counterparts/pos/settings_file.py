"""The file that a terminal is set up by: TOML, each amount in minor units, each key as its scheme publishes it.

merchant = "FUEL0000001"            type = "attended"             # or "unattended"
terminal = "PUMP0007"               country = "276"
mcc = "5541"                        currency = "978"
acquirer = "123456"                 letters = "EUR"
location = "Demo Fuel, Berlin"

[[application]]                     [[key]]
identifier = "F04554554901"         rid = "F045545549"
floor_limit_minor = 5000            index = 1
cvm_limit_minor = 5000              modulus = "…"
                                    exponent = "03"
                                    check_sum = "…"
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Literal

import msgspec

from etui.counterparts.pos.errors import SettingsError
from etui.counterparts.pos.kernel import ATTENDED, UNATTENDED, Accepted, Terminal
from etui.standards.currencies import currency_number
from etui.standards.emv import AuthorityKey, EmvError, PublicKey


class _Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identifier: str
    version: int = 1
    floor_limit_minor: int = 0
    cvm_limit_minor: int = 0


class _Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rid: str
    index: int
    modulus: str
    exponent: str
    check_sum: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    merchant: str
    terminal: str
    mcc: str
    acquirer: str
    country: str
    currency: str
    letters: str
    application: tuple[_Application, ...]
    key: tuple[_Key, ...] = ()
    location: str = ""
    type: Literal["attended", "unattended"] = "attended"


class Settings(msgspec.Struct, frozen=True):
    """What a terminal is set up with, and its currency as people read it."""

    terminal: Terminal
    letters: str


def read_settings(path: Path) -> Settings:
    """What stands in a file; raises ``SettingsError``, also for a key that is not that of its check sum."""
    try:
        said = msgspec.toml.decode(path.read_bytes(), type=_File)
        keys = tuple(map(_key, said.key))
        applications = tuple(map(_application, said.application))
        number = currency_number(said.letters)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, EmvError) as error:
        raise SettingsError(f"{path}: {error}") from None
    if number != said.currency:  # what is shown would not be what the card signs
        raise SettingsError(f"{path}: {said.letters} is the currency {number}, and not {said.currency}")
    terminal = Terminal(
        merchant=said.merchant,
        terminal=said.terminal,
        mcc=said.mcc,
        acquirer=said.acquirer,
        country=said.country,
        currency=said.currency,
        applications=applications,
        keys=keys,
        location=said.location,
        type=ATTENDED if said.type == "attended" else UNATTENDED,
    )
    return Settings(terminal, said.letters)


def _application(said: _Application) -> Accepted:
    return Accepted(
        identifier=bytes.fromhex(said.identifier),
        version=said.version,
        floor_limit_minor=said.floor_limit_minor,
        cvm_limit_minor=said.cvm_limit_minor,
    )


def _key(said: _Key) -> AuthorityKey:
    key = PublicKey.from_bytes(bytes.fromhex(said.modulus), bytes.fromhex(said.exponent))
    found = AuthorityKey(bytes.fromhex(said.rid), said.index, key)
    if not hmac.compare_digest(found.check_sum(), bytes.fromhex(said.check_sum)):
        raise SettingsError(f"key {said.index} of {said.rid} is not the one of its check sum")
    return found
