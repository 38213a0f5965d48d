"""A petrol pump: the most that may be filled is held (0100), and what was filled is taken of it (0220).

What ran is written down before more is let through, so that what was filled is taken even where the pump's computer
ends in the middle. The pump stops where the held amount is used up. Nothing filled, nothing taken: all is given back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from etui.counterparts.pos.errors import SettingsError
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.terminal import PointOfSale

_MILLILITRES: Final = 1_000


class Pump:
    """A pump of ``terminal``. ``litre_minor``: what a litre costs; ``most_minor``: what is held, both above 0."""

    def __init__(self, terminal: PointOfSale, litre_minor: int, most_minor: int) -> None:
        if litre_minor <= 0 or most_minor <= 0:
            raise SettingsError("a litre costs more than nothing, and more than nothing is held")
        self._terminal = terminal
        self._litre_minor = litre_minor
        self._most_minor = most_minor

    def price(self, millilitres: int) -> int:
        """What so much costs, rounded to the nearest minor unit, a half up."""
        return (2 * millilitres * self._litre_minor + _MILLILITRES) // (2 * _MILLILITRES)

    async def serve(self, readings: AsyncIterator[int]) -> Payment | None:
        """Holds, fills and takes; None where no card was approved, and where nothing was filled and all is given back.

        ``readings``: of the pump's meter, in millilitres since it began, each before more is let through; it is left
        where the held amount is used up. Raises ``PaymentStateError`` for a meter that goes back.
        """
        terminal = self._terminal
        payment = await terminal.hold(self._most_minor, "Fuel")
        if payment is None:
            return None
        terminal.display.say(f"fill up to {terminal.amount(self._most_minor)}")
        async for millilitres in readings:
            used_minor = self.price(millilitres)
            payment = await terminal.use(payment, min(used_minor, self._most_minor))
            if used_minor >= self._most_minor:
                break
        payment = await terminal.complete(payment)
        terminal.display.say(f"filled: {terminal.amount(payment.final_minor)}")
        return payment if payment.final_minor else None
