"""Which card pays: every issuer's Extension offers its own, and the first that was offered is taken.

An Extension whose offer cannot be had keeps the others from nothing; why it has none stands in what the user is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from etui.extensions.cards.errors import ConflictError
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Item, ProtocolError

if TYPE_CHECKING:
    from etui.interfaces import Request, Result

    ResultT = TypeVar("ResultT", bound=Result)


class _Calling(Protocol):
    def __call__(self, request: Request[ResultT], *, provider: str = "") -> ResultT: ...


class Offer(Struct, frozen=True):
    """A card, by this Extension's reference, and the Extension that keeps it."""

    card: Item
    provider: str
    keeper: str


class Choosing:
    """Asks the issuers' Extensions, on this Extension's own account."""

    def __init__(self, call: _Calling) -> None:
        self._call = call

    def choose(self, request: str) -> Offer:
        """The card that pays a merchant's request; raises ``ConflictError``, with what the issuers say of it."""
        offers, reasons = self._offers(request)
        if not offers:
            raise ConflictError(" ".join(["no card of this wallet can pay that.", *reasons]))
        return offers[0]

    def _offers(self, request: str) -> tuple[list[Offer], list[str]]:
        offers: list[Offer] = []
        reasons: list[str] = []
        for row in self._call(wallet.Providers(interface=card.INTERFACE)).providers:
            try:
                found = self._call(card.Offer(request=request), provider=row.provider)
            except ProtocolError as error:
                reasons.append(f"{row.name}: {error.message}.")
                continue
            offers += [Offer(item, row.provider, row.name) for item in found.cards]
            if found.reason:
                reasons.append(f"{row.name}: {found.reason}.")
        return offers, reasons
