"""What this Extension refuses, each with the code by which it travels."""

from __future__ import annotations

from etui.sdk import ErrorCode, ProtocolError


class GuardError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnlikeError(GuardError):
    """Two names do not look alike, so there is nothing to trust."""

    def __init__(self, name: str, like: str) -> None:
        super().__init__(
            ErrorCode.INVALID_PARAMS,
            f"{name} is not stopped for looking like {like}: give both names as they stood in what you were told",
        )


class UnknownExceptionError(GuardError):
    """No exception has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such trusted look-alike: look for them anew")
