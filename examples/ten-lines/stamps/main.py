"""Keeps a stamp card for each shop: ten stamps fill it, and a full one can be redeemed."""

import stamps_1 as stamps
from msgspec import json, structs

from etui.sdk import Call, ErrorCode, Extension, Item, ProtocolError, provides


class Stamps(Extension):
    def inventory(self) -> list[Item]:
        return [json.decode(card, type=Item) for _, card in self.store.names("card")]

    @provides(stamps.Open)
    def open(self, request: stamps.Open, call: Call) -> stamps.OpenResult:
        return stamps.OpenResult(card=self._add(f"{call.client} {request.shop}", 0, request.shop))

    @provides(stamps.Stamp)
    def stamp(self, request: stamps.Stamp, _: Call) -> stamps.StampResult:
        return stamps.StampResult(card=self._add(request.card, 1))

    @provides(stamps.Redeem)
    def redeem(self, request: stamps.Redeem, _: Call) -> stamps.RedeemResult:
        return stamps.RedeemResult(card=self._add(request.card, -10))

    def _add(self, number: str, more: int, shop: str = "") -> Item:
        kept = self.store.get("card", number)
        card = json.decode(kept, type=Item) if kept else Item(item=number, kind="card", label=shop)
        count = int(card.attributes.get("stamps", 0)) + more
        if count < 0:
            raise ProtocolError(ErrorCode.CONFLICT, "this card is not full yet")
        card = structs.replace(card, attributes={"stamps": str(count)})
        self.store.put({("card", number): json.encode(card)})
        return card


if __name__ == "__main__":
    Stamps().run()
