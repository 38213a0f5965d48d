"""By which scheme a payment goes: an operator's route, where there is one, in place of the scheme of the usual card.

Every operator's Extension is asked, in the order in which they were installed, and the first counts whose scheme the
merchant takes and a card of this wallet pays by. Where all cards that could pay are of one scheme, nobody is asked. An
operator that does not answer keeps nobody from paying.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from etui.interfaces import coverage_1 as coverage
from etui.interfaces import routing_1 as routing
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.extensions.cards.choosing import Calling, Offer
    from etui.standards.payments import Order


class Route(Struct, frozen=True, kw_only=True):
    """``operator``: the name of the Extension that says so, and ``provider`` who that is to policy.

    ``offer``: the card that pays; ``instead_of``: the one that would have paid. ``reason``: in the operator's words.
    ``covered``: whether there was a network; None where nobody could say.
    """

    operator: str
    provider: str
    offer: Offer
    instead_of: Offer
    reason: str
    covered: bool | None

    @property
    def words(self) -> str:
        """What the user is shown, and consents to."""
        return f"{self.offer.network} by “{self.operator}”, in place of {self.instead_of.network}"

    @property
    def notes(self) -> list[str]:
        """The same at more length."""
        said = [f"“{self.operator}” says: {self.reason}"] if self.reason else []
        usual = f"Without this route {self.instead_of.name} would pay by {self.instead_of.network}"
        return [*said, f"{usual}; “etui routes off” switches such routes off."]

    def take(self, order: Order) -> routing.Take:
        """The call that says that a payment goes this way."""
        merchant = order.merchant
        return routing.Take(
            route=self.words,
            payee=merchant.host,
            amount=order.amount_minor,
            currency=order.currency,
            order=order.name,
            network=self.offer.network,
            acquirer=merchant.acquirer,
            merchant=merchant.number,
            category=merchant.category,
            country=merchant.country,
            covered=self.covered,
        )


def route_of(order: Order, ranked: Sequence[Offer], call: Calling) -> Route | None:
    """The route of an order, if it has one. ``ranked``: the cards that could pay it, the usual one first."""
    usual = ranked[0]
    others = {offer.network: offer for offer in reversed(ranked) if offer.network != usual.network}
    if not others:
        return None
    covered = _is_covered(call)
    question = _question(order, covered)
    for row in call(wallet.Providers(interface=routing.INTERFACE)).providers:
        try:
            said = call(question, provider=row.provider)
        except ProtocolError as error:
            sys.stderr.write(f"{row.name} says nothing of routes: {error.message}\n")
            continue
        if (offer := others.get(said.network or "")) is not None:
            return Route(
                operator=row.name,
                provider=row.provider,
                offer=offer,
                instead_of=usual,
                reason=said.reason or "",
                covered=covered,
            )
    return None


def _is_covered(call: Calling) -> bool | None:
    """Whether this device has a network now; None where nobody can say."""
    try:
        return call(coverage.Look()).covered
    except ProtocolError as error:
        sys.stderr.write(f"whether there is coverage is not known: {error.message}\n")
        return None


def _question(order: Order, covered: bool | None) -> routing.Route:  # noqa: FBT001  # what is known of it
    merchant = order.merchant
    return routing.Route(
        place="net",
        acquirer=merchant.acquirer,
        merchant=merchant.number,
        category=merchant.category,
        country=merchant.country,
        amount=order.amount_minor,
        currency=order.currency,
        covered=covered,
    )
