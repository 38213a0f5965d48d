"""Which card pays: every issuer's Extension offers its own, and the one that the user prefers is taken, or the first.

Where an operator's route has the payment go by another scheme, a card of that scheme takes its place (``routes``).
An Extension whose offer cannot be had keeps the others from nothing; why it has none stands in what the user is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct

from etui.extensions.cards.errors import ConflictError
from etui.extensions.cards.routes import Route, route_of
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Item, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.interfaces import Request, Result
    from etui.sdk import Store
    from etui.standards.payments import Order

    ResultT = TypeVar("ResultT", bound=Result)


_PREFERRED: Final = ("settings", "preferred")


class Calling(Protocol):
    """Makes a call on the Extension's own account."""

    def __call__(self, request: Request[ResultT], *, provider: str = "") -> ResultT: ...  # noqa: D102


class Offer(Struct, frozen=True):
    """A card, by this Extension's reference, and the name of the Extension that keeps it."""

    card: Item
    keeper: str

    @property
    def name(self) -> str:
        """The card's label, and whose it is."""
        return f"{self.card.label}, {self.keeper}"

    @property
    def network(self) -> str:
        """The scheme by which it pays; empty where its Extension does not say."""
        return self.card.attributes.get("network", "")


class Choice(Struct, frozen=True):
    """``ranked``: the cards that could pay, the usual one first. ``route``: by which another one of them does."""

    ranked: tuple[Offer, ...]
    route: Route | None

    @property
    def offer(self) -> Offer:
        """The card that pays."""
        return self.ranked[0] if self.route is None else self.route.offer

    @property
    def candidates(self) -> list[Offer]:
        """The cards that could pay, the one first that does."""
        return sorted(self.ranked, key=lambda offer: offer is not self.offer)


class Choosing:
    """Asks the issuers' Extensions, on this Extension's own account. ``store``: keeps what the user prefers."""

    def __init__(self, call: Calling, store: Store) -> None:
        self._call = call
        self._store = store

    def choose(self, order: Order, request: str) -> Choice:
        """Which card pays an order, whose ``request`` this is; raises ``ConflictError``, with what the issuers say."""
        ranked = tuple(self.ranked(self.offers(request)))
        return Choice(ranked, route_of(order, ranked, self._call))

    def ranked(self, offers: Sequence[Offer]) -> list[Offer]:
        """The same cards, the one first that the user prefers."""
        preferred = self._store.get(*_PREFERRED)
        return sorted(offers, key=lambda offer: offer.name.encode() != preferred)

    def prefer(self, offer: Offer) -> None:
        """Takes this card from now on, where it can pay."""
        self._store.put({_PREFERRED: offer.name.encode()})

    def offers(self, request: str | None = None) -> list[Offer]:
        """The cards that could pay a request, or that are in use; raises ``ConflictError`` where there is none."""
        offers: list[Offer] = []
        reasons: list[str] = []
        for row in self._call(wallet.Providers(interface=card.INTERFACE)).providers:
            try:
                found = self._call(card.Offer(request=request), provider=row.provider)
            except ProtocolError as error:
                reasons.append(f"{row.name}: {error.message}.")
                continue
            offers += [Offer(item, row.name) for item in found.cards]
            if found.reason:
                reasons.append(f"{row.name}: {found.reason}.")
        if not offers:
            none = "no card of this wallet is in use." if request is None else "no card of this wallet can pay that."
            raise ConflictError(" ".join([none, *reasons]))
        return offers
