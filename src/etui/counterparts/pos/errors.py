"""What keeps a terminal from its work, each with a stable code; what a card does wrong is an outcome and no error."""

from __future__ import annotations


class PosError(Exception):
    """The terminal cannot go on as asked."""

    code = "pos"


class KernelError(PosError):
    """The kernel was told what it did not ask for: whoever drives it is wrong, and not the card."""

    code = "kernel"


class SettingsError(PosError):
    """What the terminal was set up with does not fit."""

    code = "settings"


class ReaderError(PosError):
    """There is no such reader, or it does not work."""

    code = "reader"


class CardLostError(PosError):
    """The card went away: what it was sent is not answered."""

    code = "card_lost"


class PaymentStateError(PosError):
    """A payment is in no state in which this can be done with it."""

    code = "payment_state"
