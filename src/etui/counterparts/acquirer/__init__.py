"""An acquirer: it vouches for its merchants, and switches what they ask to the issuers of cards.

A message goes ``host`` (bytes), ``switch`` (what is done in which order), ``ledger`` and ``decisions`` (the books and
what becomes of it), a line to its issuer (``etui.counterparts.lines``, by ``routing``), and back. ``reversals`` undoes
what was not answered, ``advices`` tells issuers what was approved in their place (``stand_in``), ``movements`` posts
money, ``clearing`` says who is owed what, ``certificates`` signs for merchants.
"""

from etui.counterparts.acquirer.clearing import (
    Cleared,
    Difference,
    Owed,
    borne,
    cleared,
    clearing_records,
    differences,
    inconsistent,
    owed,
    pay_out,
)
from etui.counterparts.acquirer.errors import AcquirerError, OpenDayError, SettingsError, UnknownMerchantError
from etui.counterparts.acquirer.merchants import end, enrol, find, prepare
from etui.counterparts.acquirer.records import Key, Merchant, Posting, State, Transaction
from etui.counterparts.acquirer.routing import Issuer, Routes, read_issuers, read_merchants

__all__ = [
    "AcquirerError",
    "Cleared",
    "Difference",
    "Issuer",
    "Key",
    "Merchant",
    "OpenDayError",
    "Owed",
    "Posting",
    "Routes",
    "SettingsError",
    "State",
    "Transaction",
    "UnknownMerchantError",
    "borne",
    "cleared",
    "clearing_records",
    "differences",
    "end",
    "enrol",
    "find",
    "inconsistent",
    "owed",
    "pay_out",
    "prepare",
    "read_issuers",
    "read_merchants",
]
