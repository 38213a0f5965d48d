"""What a page's script may call: one line each. Whatever is not here, a page cannot even ask for.

A page pays and says how its payment ended, looks at payments of its own, and hands the wallet a receipt. It proposes
that it may pay unasked, and sees how that stands with itself. Searches are quiet: a page brings no question about what
other programs hold.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.interfaces import payment_1 as payment
from etui.interfaces import receipt_1 as receipt
from etui.interfaces import wallet_1 as wallet

ASKS: Final = frozenset({payment.Pay.METHOD, payment.Mandate.METHOD, payment.Complete.METHOD, receipt.File.METHOD})
"""These bring a question to the user where policy wants one."""
QUIET: Final = frozenset({payment.Find.METHOD, payment.Show.METHOD, wallet.Allowances.METHOD})
"""These are answered as far as nobody has to be asked."""
METHODS: Final = ASKS | QUIET
_UNTOLD: Final = ("decision", "route_decision")
"""Ids of the audit's records, of which no page is told (``messages.Failure``)."""
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def told(result: bytes) -> bytes:
    """What a page is told of a result."""
    members = _object.decode(result)
    if not any(name in members for name in _UNTOLD):
        return result
    return msgspec.json.encode({name: value for name, value in members.items() if name not in _UNTOLD})
