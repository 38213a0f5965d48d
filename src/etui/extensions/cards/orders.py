"""What a call asks to be paid, held to what the merchant signed.

The call names which request exactly is meant, by ``order``; whatever else it gives has to be what the merchant signed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from etui.extensions.cards.errors import UnfitError
from etui.standards.money import full_amount
from etui.standards.payments import Order, PaymentError, read_request

if TYPE_CHECKING:
    from etui.interfaces.payment_1 import Pay


def order_of(request: Pay) -> Order:
    """The order that a call is about; raises ``UnfitError`` where it is none, or not as the call says."""
    order = order_in(request.request)
    if request.order != order.name:
        raise UnfitError(f"`order` does not name this payment request, which is {order.name}")
    if request.payee not in {None, order.merchant.host}:
        raise UnfitError(f"the payment request is of {order.merchant.host}")
    given = (request.amount, request.currency)
    if given not in {(None, None), (order.amount_minor, order.currency)}:
        raise UnfitError(f"the payment request is over {full_amount(order.amount_minor, order.currency)}")
    return order


def order_in(token: str) -> Order:
    """The order in a merchant's request; raises ``UnfitError`` where it is none."""
    try:
        return read_request(token, int(time.time()))
    except PaymentError as error:
        raise UnfitError(f"the payment request is not usable: {error}") from None
