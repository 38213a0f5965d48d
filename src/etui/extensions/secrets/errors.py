"""What this Extension refuses, each with the code by which it travels. No message shows a value."""

from __future__ import annotations

from typing import Final

from etui.sdk import ErrorCode, ProtocolError

_OF_PLACES: Final = {"login": "login", "code": "key for one-time codes"}


class SecretsError(ProtocolError):
    """A request that cannot be answered with a result."""


class UnknownItemError(SecretsError):
    """No item has this id."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such item: it was deleted; look for it anew")


class UnfitError(SecretsError):
    """The parameters do not fit each other or the item."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_PARAMS, message)


class NothingForPlaceError(SecretsError):
    """No item of a kind is for this place."""

    def __init__(self, kind: str, host: str) -> None:
        text = f"the wallet has no {_OF_PLACES[kind]} for {host}: save one, with that as its attribute “host”"
        super().__init__(ErrorCode.UNKNOWN_ITEM, text)


class NotForPlaceError(SecretsError):
    """The item that is named is for another place, or of another kind."""

    def __init__(self, kind: str, host: str) -> None:
        super().__init__(
            ErrorCode.INVALID_PARAMS, f"the item that is named is no {_OF_PLACES[kind]} for {host}: leave it out"
        )


class NotNamedError(SecretsError):
    """A value is to be used where its item does not name that."""

    def __init__(self, what: str) -> None:
        super().__init__(
            ErrorCode.DENIED, f"the item does not name {what} for its use: `etui use-at` says where its value may go"
        )


class UnknownAnswerError(SecretsError):
    """No answer is read under this handle, for this Client and item."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.UNKNOWN_ITEM,
            "there is no more of that answer: its end was read, it was given up, or is another's",
        )


class UnknownImportError(SecretsError):
    """No import or comparison of this Client goes on under this handle."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.UNKNOWN_ITEM,
            "this import goes on no longer, since the wallet was locked or it came to its end: begin it again",
        )


class NothingImportedError(SecretsError):
    """There is no import of this name, or none at all."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.UNKNOWN_ITEM, "there is no such import: nothing was imported, or it was undone")


class OversizeError(SecretsError):
    """Something is longer than an item may have it."""

    def __init__(self, what: str, length: int, most: int) -> None:
        super().__init__(ErrorCode.TOO_LARGE, f"{what} is {length} long and may be {most}: shorten it")


class DamagedItemError(SecretsError):
    """The item is there, but its record is not or cannot be read."""

    def __init__(self, what: str) -> None:
        super().__init__(ErrorCode.INTERNAL, f"{what} is missing from the storage or damaged: restore a backup")


class UnreadableItemsError(SecretsError):
    """Nothing is found, and there are items that cannot be looked at."""

    def __init__(self, count: int) -> None:
        items = "1 damaged item does" if count == 1 else f"{count} damaged items do"
        text = f"nothing is found, but {items} not open, and it may be among them: restore a backup"
        super().__init__(ErrorCode.INTERNAL, text)


class NewerItemError(SecretsError):
    """The items were written by a newer version of this Extension."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            ErrorCode.UNSUPPORTED_VERSION,
            f"an item has format {found}, and format {known} is the newest known here: update this Extension",
        )
