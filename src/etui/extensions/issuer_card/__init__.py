"""An issuer's card: a token, a counter that never goes back, and keys for single payments, each used once.

It looks at the merchant's signature itself, so that whoever hands a payment on can change nothing of it, and answers to
the merchant alone.
"""

from etui.extensions.issuer_card.provider import IssuerCard

__all__ = ["IssuerCard"]
