"""A merchant: a library of a few calls for the back end of a shop (``Merchant``), and a demo shop that uses it.

A charge goes ``merchant`` (what is done in which order), ``messages`` (what is checked and sent), ``ledger`` (the
books), a line to the acquirer (``etui.counterparts.lines``), and back.
``reversals`` undoes what nobody answered; ``etui.counterparts.identity`` is keys and certificates; ``goods`` and
``shop`` are the demo, served by ``python -m etui.counterparts.merchant``.
"""

from etui.counterparts.merchant.errors import AlreadyError, MerchantError, UnfitError, UnknownError
from etui.counterparts.merchant.merchant import Merchant, Order
from etui.counterparts.merchant.records import Outcome, Result

__all__ = [
    "AlreadyError",
    "Merchant",
    "MerchantError",
    "Order",
    "Outcome",
    "Result",
    "UnfitError",
    "UnknownError",
]
