"""Receipts: kept as the merchant signed them, looked at each time, tied to their payment and to what was given back.

Nothing is believed of a receipt but what its signature covers. Who vouches for a merchant the cards of the wallet say,
once, when it is filed; of one for which nobody did that is told wherever it is shown or added up.
"""

from etui.extensions.receipts.provider import Receipts

__all__ = ["Receipts"]
