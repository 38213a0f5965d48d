"""Keys of single payments, fetched from the issuer before they run out, beside what is served meanwhile.

A card that asked only when its last key is used would have one payment in so many wait for its issuer, and would pay
nothing where the issuer cannot be reached then. What the thread writes may cross a payment: the counter alone decides
whether a key may be used, so that at worst some are fetched once more.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

from etui.extensions.issuer_card.errors import NoKeysError
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from etui.extensions.issuer_card.cards import Card, Cards
    from etui.standards.provisioning import PaymentKey

_FEW: Final = 5
"""With so many left, more are fetched."""
_PAUSE_S: Final = 0.1
"""The payment that took a key is answered first."""


class Supply:
    """``fetch`` asks the issuer of a card for keys, and raises ``ProtocolError``."""

    def __init__(self, cards: Cards, fetch: Callable[[Card], tuple[PaymentKey, ...]]) -> None:
        self._cards = cards
        self._fetch = fetch
        self._fetching: set[str] = set()

    def take(self, card: Card, also: Mapping[tuple[str, str], bytes | None] | None = None) -> PaymentKey:
        """The key of a payment on the net, with which ``also`` is written.

        Waits for the issuer where there is none, and raises what ``fetch`` does.
        """
        try:
            taken = self._cards.take(card, also=also)
        except NoKeysError:
            self._cards.replenish(card, self._fetch(card))
            taken = self._cards.take(card, also=also)
        self._refresh(card, taken.left)
        return taken.key

    def ready(self, card: Card) -> None:
        """Has a card have a key before a terminal asks for one; raises what ``fetch`` does where it gets none."""
        left = self._cards.keys_left(card)
        if not left:
            self._cards.replenish(card, self._fetch(card))
        else:
            self._refresh(card, left)

    def _refresh(self, card: Card, left: int) -> None:
        """Has more fetched soon where few are left; where the issuer cannot be reached, the next payment tries."""
        if left > _FEW or card.id in self._fetching:
            return
        self._fetching.add(card.id)
        fetching = threading.Timer(_PAUSE_S, self._fetch_more, (card.id,))
        fetching.daemon = True
        try:
            fetching.start()
        except RuntimeError:  # the confinement has no room for one more thread
            self._fetching.discard(card.id)

    def _fetch_more(self, name: str) -> None:
        try:
            if (card := self._cards.look_up(name)) is not None:
                self._cards.replenish(card, self._fetch(card))
        except ProtocolError as error:
            sys.stderr.write(f"no more keys for a card yet: {error.message}\n")
        finally:
            self._fetching.discard(name)
