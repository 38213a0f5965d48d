"""What this Extension refuses, each with the code by which it travels, and what is wrong with a receipt."""

from __future__ import annotations

from etui.sdk import ErrorCode, ProtocolError


class ReceiptsError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnfitError(ReceiptsError):
    """What is to be filed is no receipt, or was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class UnknownReceiptError(ReceiptsError):
    """No receipt has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such receipt: it was deleted; look for it anew")


class TooLargeError(ReceiptsError):
    """An export passes what is sent in one piece."""

    def __init__(self, most: int) -> None:
        super().__init__(
            ErrorCode.CONFLICT, f"that would be more than {most >> 10} KiB: give `since` and `until`, for less of it"
        )


class FullError(ReceiptsError):
    """As many receipts are here as are taken for which nobody vouches: any program may file one.

    ``by``: of whom no more are taken, where others' still are.
    """

    def __init__(self, most: int, by: str = "") -> None:
        whose = f" that {by} filed" if by else ""
        super().__init__(
            ErrorCode.CONFLICT,
            f"{most} receipts{whose} are here for which no scheme vouches, and no more are taken: delete some",
        )


class AlteredError(Exception):
    """A receipt is not what its merchant signed; the message says what is wrong, for people."""

    code = "altered"
