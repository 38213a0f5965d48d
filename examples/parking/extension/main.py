"""Sells permits to park in the zones of a town, and keeps them sealed."""

import secrets
import time

import parking_1 as parking
from msgspec import Struct, json

from etui.interfaces import dialog_1 as dialog
from etui.sdk import Call, ErrorCode, Extension, Item, Prepared, ProtocolError, prepares, provides

CURRENCY = "EUR"
HOUR_MINOR = {"A": 240, "B": 120}
MONTH_MINUTES = 30 * 24 * 60
MONTH_HOURS = 20  # a month costs as much as twenty hours
MINUTE_S = 60
ENDED = f"{parking.INTERFACE}.ended"
TERMS = "A permit is for one car in one zone. Who cancels it is paid back the minutes that are left."


class Permit(Struct, frozen=True):
    """A permit as it is stored."""

    number: str
    zone: str
    plate: str
    minutes: int
    amount: int
    begun: int
    code: str

    @property
    def until(self) -> int:
        return self.begun + MINUTE_S * self.minutes

    def entry(self) -> Item:
        public = {"zone": self.zone, "plate": self.plate, "until": str(self.until)}
        label = f"{self.plate} in zone {self.zone}"
        return Item(item=self.number, kind="permit", label=label, attributes=public, created=self.begun)

    def refund(self) -> int:
        minutes_left = -(-max(0, self.until - int(time.time())) // MINUTE_S)
        return self.amount * minutes_left // self.minutes


def price(zone: str, minutes: int) -> int:
    if zone not in HOUR_MINOR:
        raise ProtocolError(ErrorCode.CONFLICT, f"there is no zone {zone}; there are {', '.join(HOUR_MINOR)}")
    return min(-(-HOUR_MINOR[zone] * minutes // 60), HOUR_MINOR[zone] * MONTH_HOURS)


def money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02} {CURRENCY}"


def check_price(request: parking.Buy | parking.BuyMonth, minutes: int) -> None:
    cost = price(request.zone, minutes)
    if (request.amount, request.currency) != (cost, CURRENCY):
        raise ProtocolError(ErrorCode.CONFLICT, f"this costs {money(cost)}; ask for a new quote")


class Parking(Extension):
    def inventory(self) -> list[Item]:
        return [permit.entry() for permit in self._valid()]

    @provides(parking.Quote)
    def quote(self, request: parking.Quote, _: Call) -> parking.QuoteResult:
        return parking.QuoteResult(amount=price(request.zone, request.minutes), currency=CURRENCY)

    @prepares(parking.Buy)
    def before_buy(self, request: parking.Buy, _: Call) -> Prepared:
        return self._prepared(request, request.minutes)

    @provides(parking.Buy)
    def buy(self, request: parking.Buy, call: Call) -> parking.BuyResult:
        return parking.BuyResult(permit=self._sell(request, request.minutes, call))

    @prepares(parking.BuyMonth)
    def before_buy_month(self, request: parking.BuyMonth, _: Call) -> Prepared:
        return self._prepared(request, MONTH_MINUTES)

    @provides(parking.BuyMonth)
    def buy_month(self, request: parking.BuyMonth, call: Call) -> parking.BuyMonthResult:
        return parking.BuyMonthResult(permit=self._sell(request, MONTH_MINUTES, call))

    @provides(parking.Find)
    def find(self, request: parking.Find, _: Call) -> parking.FindResult:
        found = [permit.entry() for permit in self._valid() if request.zone in {None, permit.zone}]
        return parking.FindResult(permits=found)

    @provides(parking.Show)
    def show(self, request: parking.Show, _: Call) -> parking.ShowResult:
        permit = self._permit(request.permit)
        return parking.ShowResult(code=permit.code.encode(), zone=permit.zone, plate=permit.plate, until=permit.until)

    @prepares(parking.Cancel)
    def before_cancel(self, request: parking.Cancel, _: Call) -> Prepared:
        return Prepared(notes=[f"As of now {money(self._permit(request.permit).refund())} are paid back."])

    @provides(parking.Cancel)
    def cancel(self, request: parking.Cancel, _: Call) -> parking.CancelResult:
        permit = self._permit(request.permit)
        self._finish([permit], cancelled=True)
        return parking.CancelResult(amount=permit.refund(), currency=CURRENCY)

    @provides(parking.Present)
    def present(self, _: parking.Present, call: Call) -> parking.PresentResult:
        lines = [f"{permit.plate} in zone {permit.zone}, code {permit.code}" for permit in self._valid()]
        call.ask(dialog.Message(title="My parking permits", text="\n".join(lines) or "There is none."))
        return parking.PresentResult()

    def _prepared(self, request: parking.Buy | parking.BuyMonth, minutes: int) -> Prepared:
        check_price(request, minutes)
        return Prepared(notes=[f"That is {money(request.amount)}. The permit begins now."])

    def _sell(self, request: parking.Buy | parking.BuyMonth, minutes: int, call: Call) -> Item:
        check_price(request, minutes)
        if self.store.get("terms", "agreed") is None:
            if not call.ask(dialog.ReadText(title="Terms of the town", text=TERMS)).agreed:
                raise ProtocolError(ErrorCode.REFUSED, "the town's terms were not agreed to")
            self.store.put({("terms", "agreed"): TERMS.encode()})
        permit = Permit(
            number=secrets.token_hex(16),
            zone=request.zone,
            plate=request.plate,
            minutes=minutes,
            amount=request.amount,
            begun=int(time.time()),
            code=secrets.token_hex(4).upper(),
        )
        self.store.put({("permit", permit.number): json.encode(permit)})
        return permit.entry()

    def _valid(self) -> list[Permit]:
        """The permits that are valid; those whose time is over end here, since nothing runs this at the moment."""
        permits = [json.decode(kept, type=Permit) for _, kept in self.store.names("permit")]
        over = [permit for permit in permits if permit.until <= time.time()]
        if over:
            self._finish(over, cancelled=False)
        return [permit for permit in permits if permit not in over]

    def _finish(self, permits: list[Permit], *, cancelled: bool) -> None:
        self.store.put({("permit", permit.number): None for permit in permits})
        for permit in permits:
            self.tell(ENDED, permit.entry(), cancelled=cancelled, until=permit.until)

    def _permit(self, number: str) -> Permit:
        kept = self.store.get("permit", number)
        permit = json.decode(kept, type=Permit) if kept else None
        if permit is None or permit.until <= time.time():
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "this permit has ended")
        return permit


if __name__ == "__main__":
    Parking().run()
