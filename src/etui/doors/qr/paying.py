"""Pays what a merchant signed: asks the wallet, hands the merchant what pays, tells the wallet what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.doors.qr.errors import QrError, ShopError
from etui.interfaces import payment_1 as payment
from etui.sdk import ErrorCode, ProtocolError
from etui.sdk import shop as shops
from etui.standards.payments import ExpiredError, Order, PaymentError, read_request

if TYPE_CHECKING:
    from etui.sdk import Client


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """``payment``: the wallet's entry, by this Client's reference. ``outcome``: ``approved`` or ``declined``.

    ``receipt``: whether the wallet has one. ``note``: what the wallet did not take, and why; empty for nothing.
    ``decision``: the record of the audit that allowed it.
    """

    payment: str
    outcome: str
    network: str
    receipt: bool
    note: str
    decision: str | None


def order_in(token: str, now: int) -> Order:
    """The order in a signed request at a time (seconds since 1970 UTC); raises ``QrError``."""
    try:
        return read_request(token, now)
    except ExpiredError as error:
        raise QrError(f"{error}, and scan its new code") from None
    except PaymentError as error:
        raise QrError(f"the payment request is not usable: {error}") from None


def pay(client: Client, shop: shops.Shop, order: Order, token: str, *, ask: bool = False) -> Paid:
    """Pays an order of which the signed request is given. ``ask``: whether the user is asked whatever right there is.

    Raises ``ProtocolError`` for what the wallet or its user refuses, and ``ShopError`` where the merchant does not say
    what became of it: the wallet then keeps the payment as pending.
    """
    asked = payment.Pay(
        payee=order.merchant.host,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=token,
        sent_to=shop.address_of(order.details.id),
    )
    paid = client.call(asked, ask=ask)
    try:
        ended = shop.charge(order.details.id, paid.credential)
    except shops.ShopError as error:
        unknown = "the card has paid, and whether the merchant took it is not known: the payment stands as pending"
        raise ShopError(f"{unknown}. {error}") from None
    receipt, note = _complete(client, paid.payment.item, ended)
    return Paid(
        payment=paid.payment.item,
        outcome=ended.outcome,
        network=paid.network,
        receipt=receipt,
        note=note,
        decision=paid.decision,
    )


def _complete(client: Client, item: str, ended: shops.Outcome) -> tuple[bool, str]:
    """Tells the wallet: whether it has the receipt, and what it did not take. What was paid stays paid in any case."""
    note = ""
    for receipt in (ended.receipt, None):
        try:
            client.call(payment.Complete(payment=item, outcome=ended.outcome, receipt=receipt))
        except ProtocolError as error:
            if error.code is not ErrorCode.INVALID_PARAMS:
                return False, f"the wallet was not told, and keeps it as pending: {error.message}"
            note = f"the receipt is not kept: {error.message}"
        else:
            return receipt is not None, note
    return False, note
