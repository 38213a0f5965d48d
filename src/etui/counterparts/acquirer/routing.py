"""Which issuer a card belongs to, by the first digits of its number: the longest entry that fits.

A file of issuers is TOML, and so is one of merchants::

    [[issuer]]
    name = "demo-bank"
    scheme = "etui-demo"
    prefixes = ["422222"]
    host = "127.0.0.1"
    port = 8583
    stand_in = { currency = "978", each_minor = 2500, card_minor = 5000 }

    [[merchant]]
    number = "SHOP-1"
    location = "Demo Shop             Berlin       DE"
    category = "5942"
    country = "276"
    terminals = ["WEB00001"]
    schemes = ["etui-demo", "etui-operators"]

Source: ISO/IEC 7812-1 (issuer identification numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from etui.counterparts.acquirer.errors import SettingsError
from etui.counterparts.acquirer.stand_in import Limits

_LONGEST: Final = 11
_Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
_Prefix = Annotated[str, Meta(pattern=rf"^[0-9]{{1,{_LONGEST}}}\Z")]
_File = TypeVar("_File")


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an issuer listens, and which cards are its own. ``scheme``: by whose rules they pay.

    ``stand_in``: up to what it lets this acquirer approve while it cannot be reached; None for nothing. An operator
    that issues tokens of an inter-operator scheme is an issuer as any other.
    """

    name: _Name
    scheme: _Name
    prefixes: Annotated[tuple[_Prefix, ...], Meta(min_length=1)]
    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65_535)]
    stand_in: Limits | None = None


class MerchantEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merchant as it is enrolled; what its members look like ``merchants.enrol`` says."""

    number: str
    location: str
    category: str
    country: str
    terminals: tuple[str, ...]
    schemes: tuple[_Name, ...] = ()


class _Issuers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: Annotated[tuple[Issuer, ...], Meta(min_length=1)]


class _Merchants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    merchant: tuple[MerchantEntry, ...]


class Routes:
    """The routing table; raises ``SettingsError`` for a name or a prefix that two have."""

    def __init__(self, issuers: Sequence[Issuer]) -> None:
        self.issuers = {one.name: one for one in issuers}
        self._by_prefix = {prefix: one for one in issuers for prefix in one.prefixes}
        if len(self.issuers) < len(issuers) or len(self._by_prefix) < sum(len(one.prefixes) for one in issuers):
            raise SettingsError("two issuers have one name or one prefix")

    def issuer_of(self, pan: str) -> Issuer | None:
        """The issuer of a card's number, or None."""
        for length in range(_LONGEST, 0, -1):
            if (found := self._by_prefix.get(pan[:length])) is not None:
                return found
        return None


def read_issuers(path: Path) -> Routes:
    """The routing table in a file; raises ``SettingsError``."""
    return Routes(_read(path, _Issuers).issuer)


def read_merchants(path: Path) -> tuple[MerchantEntry, ...]:
    """The merchants in a file; raises ``SettingsError``."""
    return _read(path, _Merchants).merchant


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
