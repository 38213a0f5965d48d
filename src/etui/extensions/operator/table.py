"""The operator's table: with which acquirers there is an agreement, and what it is about. Values in, values out.

It is TOML; what a member means stands at ``Agreement``::

    number = 1
    operator = "Demo Operator"
    network = "etui-operators"

    [[agreement]]
    acquirer = "400001"
    name = "Demo Acquirer"
    countries = ["DE", "276"]
    currency = "EUR"
    most_minor = 50000

A table is taken whole or not at all. What it does not know goes as it would without it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.extensions.operator.errors import TableError

MAX_BYTES: Final = 256 << 10
_MOST: Final = 10_000
_NETWORK: Final = r"^[a-z0-9][a-z0-9-]{0,39}\Z"
_MAX_MINOR: Final = 999_999_999_999
_Country = Annotated[str, Meta(pattern=r"^([A-Z]{2}|[0-9]{3})\Z")]
_Category = Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]
_Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about: as the parameters of ``routing/1.route``. ``covered``: False also where it is not known."""

    acquirer: str
    merchant: str
    category: str
    country: str
    amount: int
    currency: str
    covered: bool


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is agreed with one acquirer.

    ``acquirer``: its institution code. ``name``: for people. ``countries``: where its merchants are, by either form of
    ISO 3166-1. ``currency``: ISO 4217. ``most_minor``: the most that one payment comes to, in minor units.
    ``merchants``: those alone, by their numbers; empty for all. ``not_categories``: categories that are left out.
    ``without_coverage``: whether it holds where the device has no network, too.
    """

    acquirer: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,10}\Z")]
    name: _Name
    countries: Annotated[tuple[_Country, ...], Meta(min_length=1, max_length=500)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    most_minor: Annotated[int, Meta(ge=0, le=_MAX_MINOR)]
    merchants: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=15)], ...], Meta(max_length=_MOST)] = ()
    not_categories: Annotated[tuple[_Category, ...], Meta(max_length=_MOST)] = ()
    without_coverage: bool = False

    def covers(self, payment: Payment) -> bool:
        """Whether a payment is one that the agreement is about."""
        return (
            payment.country in self.countries
            and payment.currency == self.currency
            and payment.amount <= self.most_minor
            and (not self.merchants or payment.merchant in self.merchants)
            and payment.category not in self.not_categories
            and (self.without_coverage or payment.covered)
        )


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``number``: higher for a later one. ``operator``: for people. ``network``: the scheme that all of it is about."""

    number: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    operator: _Name
    network: Annotated[str, Meta(pattern=_NETWORK)]
    agreement: Annotated[tuple[Agreement, ...], Meta(max_length=_MOST)] = ()

    def agreement_for(self, payment: Payment) -> Agreement | None:
        """The agreement by which a payment goes by the operator's scheme, if there is one."""
        return next((one for one in self.agreement if one.acquirer == payment.acquirer and one.covers(payment)), None)


def read_table(text: bytes) -> Table:
    """A table; raises ``TableError``, which says what is wrong with it."""
    if len(text) > MAX_BYTES:
        raise TableError(f"it has more than {MAX_BYTES} bytes")
    try:
        return msgspec.toml.decode(text, type=Table)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TableError(str(error)[:200]) from None
