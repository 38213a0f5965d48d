"""What this Extension refuses, each with the code by which it travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from etui.extensions.issuer_card.risk import Asked


class CardError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnfitError(CardError):
    """The parameters do not fit what the merchant signed."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class UnpaidError(CardError):
    """The card does not pay this: it says why, and nothing was used up."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.CONFLICT, message)


class MoreWantedError(UnpaidError):
    """A terminal asked for more than there was a yes to: ``asked`` is what it said, and ``wanted`` that amount."""

    def __init__(self, asked: Asked, wanted: str) -> None:
        super().__init__(f"the terminal asked for {wanted}, which is more: arm the card for that, and tap again")
        self.asked = asked


class NoKeysError(UnpaidError):
    """The card has no key for a payment."""

    def __init__(self) -> None:
        super().__init__("the card has no keys left: its issuer has to be reached for new ones")


class UnknownCardError(CardError):
    """No card has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such card: it was deleted; look for it anew")


class IssuerRefusedError(CardError):
    """The issuer refuses."""

    def __init__(self, reason: str) -> None:
        super().__init__(ErrorCode.DENIED, f"the issuer refuses: {reason}")


class IssuerUnusableError(CardError):
    """The issuer cannot be reached, or answers what nobody can use."""

    def __init__(self, reason: str) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, f"the issuer did not answer as it should: {reason}: try again later")
