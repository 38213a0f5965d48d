"""How much an item may say of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.extensions.secrets.errors import OversizeError, UnfitError
from etui.extensions.secrets.uses import use_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ATTRIBUTES: Final = 200
MAX_NAME_CHARACTERS: Final = 200
MAX_TOTAL_BYTES: Final = 16 << 10


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Raises ``OversizeError`` for too many, too long or together too large ones.

    ``UnfitError``: for one without a name, and for a use that cannot be meant.
    """
    if len(attributes) > MAX_ATTRIBUTES:
        raise OversizeError("the list of attributes", len(attributes), MAX_ATTRIBUTES)
    for name in attributes:
        if not name:
            raise UnfitError("an attribute has no name: give it one or leave it out")
        if len(name) > MAX_NAME_CHARACTERS:
            raise OversizeError("the name of an attribute", len(name), MAX_NAME_CHARACTERS)
    total = sum(len(name.encode()) + len(value.encode()) for name, value in attributes.items())
    if total > MAX_TOTAL_BYTES:
        raise OversizeError("the text of all attributes (in bytes)", total, MAX_TOTAL_BYTES)
    use_of(attributes)
