"""A parking meter: time is paid by a tariff, and the ticket says until when."""

from __future__ import annotations

import datetime as dt

import msgspec

from etui.counterparts.pos.errors import SettingsError
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.terminal import PointOfSale


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What time costs: each begun step, after what is free, up to the longest time; in minutes and minor units."""

    step_minutes: int
    step_minor: int
    most_minutes: int
    free_minutes: int = 0

    def __post_init__(self) -> None:
        """Raises ``SettingsError``."""
        if self.step_minutes <= 0 or self.step_minor <= 0 or not 0 <= self.free_minutes < self.most_minutes:
            raise SettingsError("a tariff has steps of time and of money, and a longest time beyond what is free")

    def price(self, minutes: int) -> int:
        """What so many minutes cost, 0 where they are free; raises ``SettingsError`` for none, and for too many."""
        if not 0 < minutes <= self.most_minutes:
            raise SettingsError(f"one parks for 1 to {self.most_minutes} minutes")
        return -(-max(0, minutes - self.free_minutes) // self.step_minutes) * self.step_minor


class Ticket(msgspec.Struct, frozen=True):
    """Until when one may park, and what was paid for it; nothing where it is free."""

    until: dt.datetime
    payment: Payment | None


class Meter:
    """A meter of ``terminal``."""

    def __init__(self, terminal: PointOfSale, tariff: Tariff) -> None:
        self._terminal = terminal
        self._tariff = tariff

    async def serve(self, minutes: int) -> Ticket | None:
        """A ticket for so many minutes from now on; None where it was not paid. Raises ``SettingsError``."""
        price_minor = self._tariff.price(minutes)
        until = self._terminal.now() + dt.timedelta(minutes=minutes)
        payment = None
        if price_minor:
            payment = await self._terminal.pay(price_minor, f"Parking until {until:%Y-%m-%d %H:%M}")
            if payment is None:
                return None
        self._terminal.display.say(f"park until {until:%H:%M}")
        return Ticket(until, payment)
