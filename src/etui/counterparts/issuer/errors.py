"""What an issuer cannot do as asked, each with a stable code. A transaction that is declined is none of these."""

from __future__ import annotations


class IssuerError(Exception):
    """Something is not as it has to be."""

    code = "issuer"


class KeyFileError(IssuerError):
    """The issuer's master key is not there, is no key, or lies open."""

    code = "key_file"


class UnknownCardError(IssuerError):
    """There is no such card."""

    code = "unknown_card"


class CardStateError(IssuerError):
    """A card is not in a state for this, or was enrolled otherwise before."""

    code = "card_state"


class UnknownTransactionError(IssuerError):
    """A card has no such transaction."""

    code = "unknown_transaction"


class KeyRefusedError(IssuerError):
    """A device's key for terminals is none that the issuer certifies."""

    code = "key_refused"
