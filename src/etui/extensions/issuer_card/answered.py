"""Which requests of merchants a card has answered: each once, as long as it holds.

One yes is for one payment, and who drives payments may ask the card twice under it. What the card noted is in the same
write as the key that it used up. A request holds for a day at most: what holds no more makes room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.extensions.issuer_card.errors import UnpaidError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.sdk import Store
    from etui.standards.payments import Order


def space(card_id: str) -> str:
    """The namespace of the requests that a card has answered."""
    return f"answered.{card_id}"


class Answered:
    """What each card has answered. Any method may raise the error with which the storage answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[str, dict[str, int]] = {}

    def noting(self, card_id: str, order: Order, now: int) -> Mapping[tuple[str, str], bytes | None]:
        """The records by which an order is answered at a time (seconds since 1970 UTC), and no other time.

        Raises ``UnpaidError`` where it was answered before.
        """
        held = self._of(card_id)
        name = order.digest.hex()
        if name in held:
            raise UnpaidError(f"this request of {order.merchant.host} was answered before: have it make a new one")
        over = [one for one, until in held.items() if until <= now]
        gone = {(space(card_id), one): None for one in over}
        return {**gone, (space(card_id), name): str(order.request.exp).encode()}

    def noted(self, card_id: str, order: Order, now: int) -> None:
        """Hears that these records were written."""
        held = {one: until for one, until in self._of(card_id).items() if until > now}
        self._held[card_id] = {**held, order.digest.hex(): order.request.exp}

    def _of(self, card_id: str) -> dict[str, int]:
        """Until when each request holds, by its digest."""
        if card_id not in self._held:
            self._held[card_id] = {name: int(until) for name, until in self._store.names(space(card_id))}
        return self._held[card_id]
