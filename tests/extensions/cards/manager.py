"""A stranger's card manager, which asks the card three times under one yes."""

from __future__ import annotations

from typing import Final

from tests.trusted.router.strangers import Stranger

_CODE: Final = """
from msgspec import Raw, json

from etui.interfaces import Prepared, Request, Result
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Call, Extension, ProtocolError, prepares, provides


class SeeResult(Result, frozen=True, kw_only=True):
    label: str


class See(Request[SeeResult], frozen=True, kw_only=True):
    METHOD = "org.example.manager/1.see"
    RESULT = SeeResult


class BuyResult(Result, frozen=True, kw_only=True):
    credentials: list[str]


class Buy(Request[BuyResult], frozen=True, kw_only=True):
    METHOD = "org.example.manager/1.buy"
    RESULT = BuyResult
    payee: str
    amount: int
    currency: str
    order: str
    request: str


class Manager(Extension):
    @provides(See)
    def see(self, request: See, call: Call) -> SeeResult:
        (keeper,) = self.call(wallet.Providers(interface=card.INTERFACE)).providers
        (self.card,) = call.ask(card.Find(), provider=keeper.provider).cards
        return SeeResult(label=self.card.label)

    @prepares(Buy)
    def before_buy(self, request: Buy, call: Call) -> Prepared:
        return Prepared(notes=[], settles={"card": Raw(json.encode(self.card.item))})

    @provides(Buy)
    def buy(self, request: Buy, call: Call) -> BuyResult:
        return BuyResult(credentials=[self.pays(request, call) for _ in range(3)])

    def pays(self, request: Buy, call: Call) -> str:
        authorise = card.Authorise(
            card=self.card.item,
            payee=request.payee,
            amount=request.amount,
            currency=request.currency,
            order=request.order,
            request=request.request,
        )
        try:
            return call.ask(authorise).credential
        except ProtocolError as error:
            return error.message


Manager().run()
"""


def _material(kind: str, title: str, **members: object) -> dict[str, object]:
    return {"type": kind, "title": title, "material": True, **members}


_METHODS: Final[dict[str, object]] = {
    "see": {"title": "See", "effect": "none", "params": {}, "result": {"label": {"type": "text", "max": 200}}},
    "buy": {
        "title": "Buy",
        "ask": "pay {amount} {currency} to {payee}",
        "effect": "use",
        "prepare": True,
        "params": {
            "card": _material("reference", "Card", policy="item", optional=True),
            "payee": _material("text", "To", max=253, policy="payee", scope=True),
            "amount": _material("integer", "Amount", min=1, policy="amount"),
            "currency": _material("text", "Currency", max=3, policy="currency"),
            "order": _material("text", "Order", max=120),
            "request": {"type": "text", "max": 65536},
        },
        "result": {"credentials": {"type": "list", "of": {"type": "text", "max": 8192}, "max": 3}},
    },
}
MANAGER: Final = Stranger("manager", _CODE, _METHODS, uses=("card/1",))
