"""Pays what a merchant signed: asks the wallet, hands the merchant what pays, tells the wallet what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.doors.qr.errors import QrError, ShopError
from etui.interfaces import payment_1 as payment
from etui.sdk import ErrorCode, ProtocolError
from etui.standards.payments import ExpiredError, Order, PaymentError, read_request

if TYPE_CHECKING:
    from etui.doors.qr.shop import Shop
    from etui.sdk import Client


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """``payment``: the wallet's entry, by this Client's reference. ``outcome``: ``approved`` or ``declined``.

    ``receipt``: whether there is one. ``receipt_refused``: why the wallet did not take the one that came; empty else.
    """

    payment: str
    outcome: str
    network: str
    receipt: bool
    receipt_refused: str = ""


def order_in(token: str, now: int) -> Order:
    """The order in a signed request at a time (seconds since 1970 UTC); raises ``QrError``."""
    try:
        return read_request(token, now)
    except ExpiredError as error:
        raise QrError(f"{error}, and scan its new code") from None
    except PaymentError as error:
        raise QrError(f"the payment request is not usable: {error}") from None


def pay(client: Client, shop: Shop, order: Order, token: str) -> Paid:
    """Pays an order of which the signed request is given.

    Raises ``ProtocolError`` for what the wallet or its user refuses, and ``ShopError`` where the merchant does not say
    what became of it: the wallet then keeps the payment as pending.
    """
    asked = payment.Pay(
        payee=order.merchant.host,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=token,
    )
    paid = client.call(asked)
    try:
        ended = shop.charge(order.details.id, paid.credential)
    except ShopError as error:
        unknown = "the card has paid, and whether the merchant took it is not known: the payment stands as pending"
        raise ShopError(f"{unknown}. {error}") from None
    refused = ""
    try:
        client.call(payment.Complete(payment=paid.payment.item, outcome=ended.outcome, receipt=ended.receipt))
    except ProtocolError as error:
        if ended.receipt is None or error.code is not ErrorCode.INVALID_PARAMS:
            raise
        refused = error.message
        client.call(payment.Complete(payment=paid.payment.item, outcome=ended.outcome))
    return Paid(
        payment=paid.payment.item,
        outcome=ended.outcome,
        network=paid.network,
        receipt=ended.receipt is not None and not refused,
        receipt_refused=refused,
    )
