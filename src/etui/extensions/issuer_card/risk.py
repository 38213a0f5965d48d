"""What the card answers a terminal that asks for a cryptogram: approved, to be approved online, or declined.

1. Nothing is answered without the holder's yes to this tap, up to an amount, in the card's currency: the terminal is
   told that the conditions are not met (6985), nothing is used up, and it can ask anew once the holder was asked.
2. The card approves by itself only what a terminal asks it to, with a signature over it, and only within its issuer's
   offline limits: of one payment, and of all since the issuer last approved one.
3. What is beyond these goes online. A terminal may ask for less than it gets, never for more (Book 3, section 10.8).

Source: EMV Book 3, sections 9.2.3, 10.8 and 10.9; the results: annex C7.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.standards.emv import Checks, CryptogramType, ResponseCode, Tag, TransactionType, read_numeric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.standards.provisioning import OfflineLimits

_ASKED: Final = {
    "": Checks(0),
    "consent": Checks.CONSENTED_ON_DEVICE,
    "fingerprint": Checks.CONSENTED_ON_DEVICE | Checks.RECOGNISED_BY_SYSTEM,
    "pin": Checks.CONSENTED_ON_DEVICE | Checks.VERIFIED_ON_DEVICE,
}


class Yes(msgspec.Struct, frozen=True):
    """What the holder said yes to: one payment of at most so many minor units of the card's currency.

    ``assurance``: what was given for it: ``consent``, ``fingerprint``, ``pin``, or nothing, where a lasting right
    allowed it.
    """

    limit_minor: int
    assurance: str = ""

    @property
    def checks(self) -> Checks:
        """The same as the card tells its issuer."""
        return _ASKED[self.assurance]


class Asked(msgspec.Struct, frozen=True):
    """What a terminal says that it wants: minor units of a currency (ISO 4217, 3 digits), by whom, and what for.

    ``merchant``: what it calls itself; nobody has verified it. ``kind``: the type of the transaction, two digits.
    ``number``: its unpredictable one, 4 bytes.
    """

    amount_minor: int
    currency_number: str
    merchant: str
    kind: int
    number: bytes = bytes(4)

    @classmethod
    def read(cls, told: Mapping[int, bytes]) -> Asked:
        """What the values of PDOL and CDOL1 say; raises ``emv.MalformedError``."""
        name = told.get(Tag.MERCHANT_NAME_AND_LOCATION, b"").rstrip(b"\0 ") or told.get(Tag.MERCHANT_IDENTIFIER, b"")
        return cls(
            read_numeric(told[Tag.AMOUNT_AUTHORISED]),
            f"{read_numeric(told[Tag.TRANSACTION_CURRENCY_CODE]):03d}",
            "".join(c for c in name.decode("ascii", "replace") if c.isprintable()).strip(),
            read_numeric(told[Tag.TRANSACTION_TYPE]),
            told[Tag.UNPREDICTABLE_NUMBER],
        )


class Spent(msgspec.Struct, frozen=True):
    """What the card approved by itself since its issuer last approved: how often, and minor units in all."""

    count: int = 0
    minor: int = 0

    def more(self, amount_minor: int) -> Spent:
        """With one more."""
        return Spent(self.count + 1, self.minor + amount_minor)


class Decision(msgspec.Struct, frozen=True):
    """What is answered, and what the issuer is told of the reasons."""

    type: CryptogramType
    checks: Checks = Checks(0)


def is_permitted(asked: Asked, yes: Yes | None, currency_number: str) -> bool:
    """Whether the holder said yes to this."""
    return yes is not None and asked.currency_number == currency_number and asked.amount_minor <= yes.limit_minor


def decide_first(
    wanted: CryptogramType, asked: Asked, spent: Spent, limits: OfflineLimits | None, *, signed: bool
) -> Decision:
    """The first answer. ``signed``: whether the terminal asked for a signature over it."""
    if wanted is CryptogramType.AAC or asked.kind != TransactionType.PURCHASE:
        return Decision(CryptogramType.AAC)
    checks = _exceeded(asked, spent, limits)
    if wanted is CryptogramType.TC and signed and _is_within(asked, limits) and not checks:
        return Decision(CryptogramType.TC)
    return Decision(CryptogramType.ARQC, checks)


def decide_offline(
    wanted: CryptogramType, asked: Asked, spent: Spent, limits: OfflineLimits | None, code: bytes
) -> Decision:
    """The second answer where the terminal did not reach the issuer, as its response code (8A) says."""
    checks = _exceeded(asked, spent, limits) | Checks.ISSUER_AUTHENTICATION_NOT_PERFORMED | Checks.UNABLE_TO_GO_ONLINE
    approved = wanted is CryptogramType.TC and code == ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED
    if approved and _is_within(asked, limits) and not _exceeded(asked, spent, limits):
        return Decision(CryptogramType.TC, checks)
    return Decision(CryptogramType.AAC, checks)


def _is_within(asked: Asked, limits: OfflineLimits | None) -> bool:
    return limits is not None and asked.amount_minor <= limits.each_minor


def _exceeded(asked: Asked, spent: Spent, limits: OfflineLimits | None) -> Checks:
    """Which of the limits of all offline payments together this one would exceed."""
    if limits is None:
        return Checks(0)
    checks = Checks(0)
    if spent.count + 1 > limits.count:
        checks |= Checks.UPPER_OFFLINE_COUNT_EXCEEDED
    if spent.minor + asked.amount_minor > limits.total_minor:
        checks |= Checks.UPPER_OFFLINE_AMOUNT_EXCEEDED
    return checks
