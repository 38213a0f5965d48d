"""A drive-thru: ordered at the speaker, paid at the window.

The card is asked for the total that is paid, and for no other. Where that is no longer the one which was said at the
speaker, both are said, and no card is waited for before who pays agrees to the new one.
"""

from __future__ import annotations

import msgspec

from etui.counterparts.pos.errors import SettingsError
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.terminal import PointOfSale
from etui.standards.money import MAX_MINOR


class Order(msgspec.Struct, frozen=True):
    """What was ordered: names and prices in minor units."""

    items: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        """Raises ``SettingsError`` for a total that nobody pays."""
        if not 1 <= self.total_minor <= MAX_MINOR or any(price < 0 for _, price in self.items):
            raise SettingsError("an order comes to more than nothing, and no price is negative")

    @property
    def total_minor(self) -> int:
        """What it comes to."""
        return sum(price for _, price in self.items)


class Window:
    """The window of ``terminal``'s drive-thru."""

    def __init__(self, terminal: PointOfSale) -> None:
        self._terminal = terminal

    async def serve(self, said: Order, served: Order) -> Payment | None:
        """Takes what is served; ``said``: the order as it was said at the speaker. None where it was not paid."""
        terminal = self._terminal
        before, now = terminal.amount(said.total_minor), terminal.amount(served.total_minor)
        if said.total_minor != served.total_minor and not terminal.display.agrees(
            f"at the speaker it was {before}, now it is {now}: do you agree to {now}?"
        ):
            terminal.display.say("not agreed: nothing is taken")
            return None
        return await terminal.pay(served.total_minor, ", ".join(name for name, _ in served.items))
