"""The payment card manager: gathers the cards of all issuers, chooses, and has the one pay.

It holds no card's data. Payee, amount, currency and order are the merchant's: what the user consented to binds the call
that it makes to the card, which looks at the merchant's signature itself.
"""

from etui.extensions.cards.provider import Cards

__all__ = ["Cards"]
