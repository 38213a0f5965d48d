"""What a terminal is set up with, and what is bought: which cards it takes, up to which amounts, and whose keys it has.

Amounts are whole minor units of the terminal's one currency. TAC: which findings mean that a card is refused, that its
issuer is asked, and that it is refused where the issuer cannot be asked.

Source: EMV Book 3, section 10.7 (TAC); Book 4, annex A1 (terminal type); EMV Contactless Book A, section 5.7 (9F66).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import msgspec

from etui.counterparts.pos.errors import SettingsError
from etui.standards.emv import AuthorityKey, TerminalCapabilities, TransactionType, Tvr
from etui.standards.money import MAX_MINOR

MAX_NAME_BYTES: Final = 16
MIN_NAME_BYTES: Final = 5
NUMBER_BYTES: Final = 4
ATTENDED: Final = 0x22
UNATTENDED: Final = 0x25
"""Terminal types: of a merchant, online with offline capability, with somebody at the till or with nobody."""
CAPABILITIES: Final = TerminalCapabilities.NO_CVM | TerminalCapabilities.DDA | TerminalCapabilities.CDA

DENIAL: Final = Tvr.CDA_FAILED | Tvr.DDA_FAILED | Tvr.SERVICE_NOT_ALLOWED | Tvr.APPLICATION_NOT_YET_EFFECTIVE
ONLINE: Final = (
    Tvr.OFFLINE_DATA_AUTHENTICATION_NOT_PERFORMED
    | Tvr.ICC_DATA_MISSING
    | Tvr.APPLICATION_EXPIRED
    | Tvr.APPLICATION_VERSIONS_DIFFER
    | Tvr.CARDHOLDER_VERIFICATION_FAILED
    | Tvr.UNRECOGNISED_CVM
    | Tvr.FLOOR_LIMIT_EXCEEDED
    | Tvr.MERCHANT_FORCED_ONLINE
)
DEFAULT: Final = ONLINE & ~Tvr.APPLICATION_VERSIONS_DIFFER

_DIGITS: Final = {
    "country": re.compile("[0-9]{3}"),
    "currency": re.compile("[0-9]{3}"),
    "mcc": re.compile("[0-9]{4}"),
    "acquirer": re.compile("[0-9]{1,11}"),
    "merchant": re.compile("[!-~](?:[ -~]{0,13}[!-~])?"),
    "terminal": re.compile("[!-~]{1,8}"),
    "location": re.compile("(?:[ -~]{0,39}[!-~])?"),
}


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """An application that the terminal takes.

    ``identifier``: 5 to 16 bytes; the card's name of it begins so. ``version``: 0 to 65,535 (9F09).
    ``floor_limit_minor``: from here on the issuer is asked. ``cvm_limit_minor``: above it the cardholder has to be
    verified. ``denial``, ``online``, ``default``: the TAC.
    """

    identifier: bytes
    version: int = 1
    floor_limit_minor: int = 0
    cvm_limit_minor: int = 0
    denial: Tvr = DENIAL
    online: Tvr = ONLINE
    default: Tvr = DEFAULT

    def __post_init__(self) -> None:
        """Raises ``SettingsError``."""
        if not MIN_NAME_BYTES <= len(self.identifier) <= MAX_NAME_BYTES:
            raise SettingsError(f"an application is named by {MIN_NAME_BYTES} to {MAX_NAME_BYTES} bytes")
        if not 0 <= self.version <= 0xFFFF:  # noqa: PLR2004  # two bytes
            raise SettingsError("an application's version is 0 to 65,535")
        if not all(0 <= limit <= MAX_MINOR for limit in (self.floor_limit_minor, self.cvm_limit_minor)):
            raise SettingsError(f"a limit is 0 to {MAX_MINOR} minor units")


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal: whose it is, where it stands, and what it takes.

    ``merchant``: at most 15 printable characters; ``terminal``: at most 8; ``location``: name and place, at most 40.
    ``mcc``: the merchant's category, 4 digits (ISO 18245). ``acquirer``: 1 to 11 digits. ``country``, ``currency``: 3
    digits (ISO 3166, 4217). ``type``: 9F35. ``keys``: of the schemes' authorities.
    """

    merchant: str
    terminal: str
    mcc: str
    acquirer: str
    country: str
    currency: str
    applications: tuple[Accepted, ...]
    keys: tuple[AuthorityKey, ...] = ()
    location: str = ""
    type: int = ATTENDED

    def __post_init__(self) -> None:
        """Raises ``SettingsError``."""
        for name, form in _DIGITS.items():
            if not form.fullmatch(getattr(self, name)):
                raise SettingsError(f"a terminal's {name} is not formed as it should be")
        if not self.applications:
            raise SettingsError("a terminal takes at least one application")

    def key(self, identifier: bytes, index: int) -> AuthorityKey | None:
        """The key of this index of the scheme whose application it is; None where the terminal has none."""
        return next((one for one in self.keys if identifier.startswith(one.rid) and one.index == index), None)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid: an amount above 0, when, and a number of the terminal's that nobody can foresee, 4 bytes.

    ``asks_issuer``: the issuer is asked in any case, as for an amount of which less may be taken in the end.
    """

    amount_minor: int
    at: dt.datetime
    number: bytes
    asks_issuer: bool = False
    type: TransactionType = TransactionType.PURCHASE

    def __post_init__(self) -> None:
        """Raises ``SettingsError``."""
        check_amount(self.amount_minor)
        if len(self.number) != NUMBER_BYTES:
            raise SettingsError(f"an unpredictable number has {NUMBER_BYTES} bytes")


def check_amount(amount_minor: int) -> None:
    """Raises ``SettingsError`` for what no card is asked to pay."""
    if not 1 <= amount_minor <= MAX_MINOR:
        raise SettingsError(f"an amount is 1 to {MAX_MINOR} minor units, not {amount_minor}")
