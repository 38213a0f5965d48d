"""What this Extension refuses, each with the code by which it travels. No message shows a key."""

from __future__ import annotations

from etui.sdk import ErrorCode, ProtocolError


class KeysError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnknownKeyError(KeysError):
    """No key has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such key: it was deleted; look for it anew")


class UnfitError(KeysError):
    """The parameters do not fit each other or the key."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class UnshownError(KeysError):
    """The text that is to be signed is not the one that was read."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.ALTERED, "this text was not shown whole in the Trusted Dialog, so it is not signed")


class NotOpenError(KeysError):
    """Something does not open with a key: one error for whatever is wrong, which nobody can learn anything from."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, "this does not open with this key")


class BoundKeyError(KeysError):
    """A key that nobody exports was to be exported."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.DENIED, "this key was made so that nobody can ever export it, you neither")


class CopiedKeyError(KeysError):
    """A key that is bound to the wallet in which it was made was to be used in a copy of that."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.CONFLICT,
            "this key is bound to the wallet in which it was made, and this one was restored from a backup: make a new"
            " key, and delete this one",
        )


class DamagedKeyError(KeysError):
    """The key is there, but its record is not or cannot be read."""

    def __init__(self, what: str) -> None:
        super().__init__(ErrorCode.INTERNAL, f"{what} is missing from the storage or damaged: restore a backup")


class NewerKeyError(KeysError):
    """The keys were written by a newer version of this Extension."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            ErrorCode.UNSUPPORTED_VERSION,
            f"a key has format {found}, and format {known} is the newest known here: update this Extension",
        )
