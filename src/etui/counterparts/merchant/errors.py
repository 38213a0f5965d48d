"""What keeps a merchant from being paid, each with a stable code, beside ``PaymentError`` of the standards."""

from __future__ import annotations


class MerchantError(Exception):
    """The message says what, and what to do."""

    code = "merchant"


class UnknownError(MerchantError):
    """This merchant did not sign that, or does not know it any more."""

    code = "unknown"


class AlreadyError(MerchantError):
    """It was asked for, paid or given back before, otherwise than now."""

    code = "already"


class UnfitError(MerchantError):
    """What is offered does not pay what was asked for; what is to be given back is none of it."""

    code = "unfit"
