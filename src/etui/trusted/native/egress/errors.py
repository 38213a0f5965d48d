"""What egress answers instead of a response, each with the code by which it travels.

A message names the rule that was broken and what to do. It never shows a header, a body, a path or an inserted secret.
"""

from __future__ import annotations

from etui.protocol import ErrorCode, ProtocolError


class EgressError(ProtocolError):
    """A request that is not answered with a response."""


class RefusedError(EgressError):
    """A rule of this room forbids the request; repeating it changes nothing."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.DENIED, message)


class MalformedError(EgressError):
    """The parameters are no request."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class UnreachableError(EgressError):
    """The host was not found, did not answer, or answered what is no HTTP."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message)


class SlowError(EgressError):
    """The answer took longer than a request may take."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.TIMED_OUT, message)


class OversizeError(EgressError):
    """Request or response are larger than they may be; nothing of the response is given out."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.TOO_LARGE, message)


class StartError(Exception):
    """Egress does not start, since what says where requests go cannot be trusted or read."""

    code = "egress_start"
