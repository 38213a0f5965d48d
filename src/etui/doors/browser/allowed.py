"""What a page's script may call: one line each. Whatever is not here, a page cannot even ask for.

A page pays and says how its payment ended, looks at payments of its own, and hands the wallet a receipt. Searches are
quiet: a page brings no question about what other programs hold.
"""

from __future__ import annotations

from typing import Final

from etui.interfaces import payment_1 as payment
from etui.interfaces import receipt_1 as receipt

ASKS: Final = frozenset({payment.Pay.METHOD, payment.Complete.METHOD, receipt.File.METHOD})
"""These bring a question to the user where policy wants one."""
QUIET: Final = frozenset({payment.Find.METHOD, payment.Show.METHOD})
"""These are answered as far as nobody has to be asked."""
METHODS: Final = ASKS | QUIET
