"""A card issuer: its cards, their keys, and the host that authorises what they are presented for.

A message goes ``lines`` (bytes), ``asking`` (chip, cryptogram), ``ledger`` (the books), ``decisions`` and ``effects``
(what becomes of it), and back. ``cards`` enrols, ``clearing`` settles and reconciles, ``holds`` lets lapse,
``disputes`` notes.
"""

from etui.counterparts.issuer.cards import (
    Profile,
    delete,
    enrol,
    find,
    issue_keys,
    prepare,
    resume,
    suspend,
)
from etui.counterparts.issuer.clearing import Difference, Totals, clearing_records, differences, totals
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.disputes import Dispute, dispute, disputes
from etui.counterparts.issuer.errors import (
    CardStateError,
    IssuerError,
    KeyFileError,
    UnknownCardError,
    UnknownTransactionError,
)
from etui.counterparts.issuer.holds import lapse_holds
from etui.counterparts.issuer.records import Card, CardStatus, Key, Posting

__all__ = [
    "Card",
    "CardStateError",
    "CardStatus",
    "Difference",
    "Dispute",
    "IssuerError",
    "Key",
    "KeyFileError",
    "MasterKey",
    "Posting",
    "Profile",
    "Totals",
    "UnknownCardError",
    "UnknownTransactionError",
    "clearing_records",
    "delete",
    "differences",
    "dispute",
    "disputes",
    "enrol",
    "find",
    "issue_keys",
    "lapse_holds",
    "prepare",
    "resume",
    "suspend",
    "totals",
]
