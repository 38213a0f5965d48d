"""What this Extension refuses, each with the code by which it travels."""

from __future__ import annotations

from etui.sdk import ErrorCode, ProtocolError


class OperatorError(ProtocolError):
    """A request that cannot be answered with a result."""


class NoRouteError(OperatorError):
    """A payment is not routed as it was said."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.CONFLICT, "the payment goes by this route no more: ask for its route anew")


class TableError(OperatorError):
    """What the operator gave out is no table that can be used; the one that is in use stays."""

    def __init__(self, reason: str) -> None:
        super().__init__(ErrorCode.CONFLICT, f"the operator's table is not taken: {reason}")


class UnreachableError(OperatorError):
    """The operator does not give its table out now."""

    def __init__(self, status: int) -> None:
        super().__init__(
            ErrorCode.UNAVAILABLE, f"the operator does not give its table out (status {status}): try again later"
        )
