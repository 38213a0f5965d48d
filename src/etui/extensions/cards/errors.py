"""What this Extension refuses, each with the code by which it travels."""

from __future__ import annotations

from etui.sdk import ErrorCode, ProtocolError


class CardsError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnfitError(CardsError):
    """The parameters do not fit each other, or what the merchant signed."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class ConflictError(CardsError):
    """What is asked for does not go with what is there."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.CONFLICT, message)


class UnknownPaymentError(CardsError):
    """No payment has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such payment: look for it anew")
