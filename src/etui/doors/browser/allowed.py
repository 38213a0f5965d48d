"""What a page's script may call: one line each. Whatever is not here, a page cannot even ask for.

A page pays and says how its payment ended, looks at payments of its own, and hands the wallet a receipt. It proposes
that it may pay unasked, and sees how that stands with itself. Searches are quiet: a page brings no question about what
other programs hold. So is whatever no gesture of its user's led to, or comes from a frame that may not ask: it is done
where a right allows it, and brings no question.

Source: HTML, section 6.4, "Tracking user activation"; W3C Payment Request API, section 3.3, ``show()``,
and section 16, "Permissions Policy integration".
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.interfaces import payment_1 as payment
from etui.interfaces import receipt_1 as receipt
from etui.interfaces import wallet_1 as wallet

ASKS: Final = frozenset({payment.Pay.METHOD, payment.Mandate.METHOD, payment.Complete.METHOD, receipt.File.METHOD})
"""These bring a question to the user where policy wants one, and what called them may ask."""
QUIET: Final = frozenset({payment.Find.METHOD, payment.Show.METHOD, wallet.Allowances.METHOD})
"""These are answered as far as nobody has to be asked."""
METHODS: Final = ASKS | QUIET
UNASKED: Final = receipt.File.METHOD
"""Nobody is asked about this. What may not ask may do it once the wallet has paid through its page."""
OWN_PAYMENTS: Final = (payment.Find.METHOD, msgspec.json.encode(payment.Find(limit=1)))
"""The search that says whether it has."""
_UNTOLD: Final = ("decision", "route_decision")
"""Ids of the audit's records, of which no page is told (``messages.Failure``)."""
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_found: Final = msgspec.json.Decoder(payment.FindResult)


def has_paid(result: bytes) -> bool:
    """Whether the search for payments of a page's own has found one."""
    return bool(_found.decode(result).payments)


def told(result: bytes) -> bytes:
    """What a page is told of a result."""
    members = _object.decode(result)
    if not any(name in members for name in _UNTOLD):
        return result
    return msgspec.json.encode({name: value for name, value in members.items() if name not in _UNTOLD})
