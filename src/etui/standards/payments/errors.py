"""What is no payment request, receipt or credential, each with a stable code."""

from __future__ import annotations


class PaymentError(Exception):
    """Something received does not fit; the message says what, and what to do."""

    code = "payment"


class MalformedError(PaymentError):
    """It is not formed as its specification says."""

    code = "malformed"


class UntrustedError(PaymentError):
    """Nobody vouches for who signed it, or the signature is not theirs."""

    code = "untrusted"


class ExpiredError(PaymentError):
    """It holds no more, or does not hold yet."""

    code = "expired"
