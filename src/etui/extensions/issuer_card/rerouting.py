"""An operator's route at a terminal: which card of this Extension pays in place of another, and at whose terminals.

What a terminal says of its merchant comes after the user's yes. So the yes is to both cards, for one payment by one of
them, and the operator's Extension that was asked when the card was armed is asked again with what the terminal says.
Nobody has verified that: a terminal that lies has the user's other card pay, which the user saw and agreed to.

Source: EMV Book 3, annex A1: 9F01 (n 6-11, with zeros before it), 9F15, 9F16, 9F1A.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from etui.extensions.issuer_card.cards import Card
from etui.interfaces import coverage_1 as coverage
from etui.interfaces import routing_1 as routing
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ProtocolError
from etui.standards.emv import EmvError, Tag, read_numeric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from etui.interfaces import Request, Result

    ResultT = TypeVar("ResultT", bound=Result)


_ACQUIRERS: Final = 10**11
"""A code has at most 11 digits (ISO 8583, field 32), where the element has room for 12."""
_COUNTRIES: Final = 10**3


class Calling(Protocol):
    """Makes a call on the Extension's own account."""

    def __call__(self, request: Request[ResultT], *, provider: str = "") -> ResultT: ...  # noqa: D102


class Alternative(msgspec.Struct, frozen=True):
    """A card that may pay in place of another. ``operator``: whose Extension says so, and ``provider``, to policy."""

    card: Card
    operator: str
    provider: str

    @property
    def words(self) -> str:
        """What the user is shown, and consents to."""
        return f"{self.card.entry().label}, by {self.card.profile.network} of “{self.operator}”"


class Merchant(msgspec.Struct, frozen=True):
    """What a terminal says of its merchant: as ``routing/1.route`` has it."""

    acquirer: str
    number: str
    category: str
    country: str

    @classmethod
    def read(cls, told: Mapping[int, bytes]) -> Merchant | None:
        """Out of the values of the PDOL; None where the terminal says none, or what is none."""
        try:
            acquirer = read_numeric(told.get(Tag.ACQUIRER_IDENTIFIER, b""))
            category = read_numeric(told.get(Tag.MERCHANT_CATEGORY_CODE, b""))
            country = read_numeric(told.get(Tag.TERMINAL_COUNTRY_CODE, b""))
        except EmvError:
            return None
        number = told.get(Tag.MERCHANT_IDENTIFIER, b"").rstrip(b"\0 ").decode("ascii", "replace")
        if not 0 < acquirer < _ACQUIRERS or country >= _COUNTRIES or not number.isprintable():
            return None
        return cls(str(acquirer), number, f"{category:04d}", f"{country:03d}")


class Rerouting:
    """Asks the operators' Extensions, on this Extension's own account."""

    def __init__(self, call: Calling) -> None:
        self._call = call

    def alternative(self, card: Card, others: Iterable[Card]) -> Alternative | None:
        """The card out of ``others`` that an operator's route may have pay in its place, if there is one."""
        by_network = {other.profile.network: other for other in others if _can_stand_for(other, card)}
        if not by_network:
            return None
        for row in self._call(wallet.Providers(interface=routing.INTERFACE)).providers:
            try:
                standing = self._call(routing.Standing(), provider=row.provider)
            except ProtocolError as error:
                sys.stderr.write(f"{row.name} says nothing of routes: {error.message}\n")
                continue
            found = next((by_network[one] for one in standing.networks if one in by_network), None)
            if standing.state == "on" and found is not None:
                return Alternative(found, row.name, row.provider)
        return None

    def takes(self, alternative: Alternative, merchant: Merchant | None, limit_minor: int) -> bool:
        """Whether a payment of at most so much to this merchant goes by the alternative."""
        if merchant is None:
            return False
        profile = alternative.card.profile
        question = routing.Route(
            place="terminal",
            acquirer=merchant.acquirer,
            merchant=merchant.number,
            category=merchant.category,
            country=merchant.country,
            amount=limit_minor,
            currency=profile.currency,
            covered=self._is_covered(),
        )
        try:
            return self._call(question, provider=alternative.provider).network == profile.network
        except ProtocolError as error:
            sys.stderr.write(f"{alternative.operator} says nothing of a route: {error.message}\n")
            return False

    def _is_covered(self) -> bool | None:
        try:
            return self._call(coverage.Look()).covered
        except ProtocolError:
            return None


class Turns:
    """Whose turn it is of two cards that are armed for one payment of at most ``limit_minor``.

    The usual card steps back once: a terminal that comes back for it does not take the alternative, and is paid by it.
    """

    def __init__(self, rerouting: Rerouting, usual: Card, alternative: Alternative, limit_minor: int) -> None:
        self._rerouting = rerouting
        self._usual = usual
        self._alternative = alternative
        self._limit_minor = limit_minor
        self._stepped_back = False

    def of(self, card: Card, told: Mapping[int, bytes]) -> Card:
        """Whose it is, once a terminal has selected ``card`` and told this by the PDOL."""
        is_usual = card.id == self._usual.id
        routed = self._rerouting.takes(self._alternative, Merchant.read(told), self._limit_minor)
        if is_usual and self._stepped_back:
            routed = False
        self._stepped_back = is_usual and routed
        return self._alternative.card if routed else self._usual


def _can_stand_for(other: Card, card: Card) -> bool:
    """Whether the two are of different schemes and pay in one currency."""
    one, two = other.profile, card.profile
    return one.network != two.network and one.currency_number == two.currency_number
