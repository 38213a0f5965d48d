"""How much an item may say of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.extensions.secrets.errors import OversizeError, UnfitError
from etui.extensions.secrets.uses import use_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ATTRIBUTES: Final = 200
SCHEMA: Final = "xdg:schema"
"""The attribute that says of which sort an item is, as org.freedesktop.Secret has it."""
_GENERIC: Final = "org.freedesktop.Secret.Generic"
"""Of no sort: gnome-keyring adds it where there is no schema, some time after an item was made."""
LASTS: Final = "etui:lasts"
"""The attribute that, with the value “session”, has an item erased when the wallet is started anew."""
MAX_NAME_CHARACTERS: Final = 200
MAX_TOTAL_BYTES: Final = 16 << 10


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Raises ``OversizeError`` for too many beside the schema, too long or together too large ones.

    ``UnfitError``: for one without a name, and for a use that cannot be meant.
    """
    count = len(attributes.keys() - {SCHEMA})
    if count > MAX_ATTRIBUTES:
        raise OversizeError("the list of attributes", count, MAX_ATTRIBUTES)
    for name in attributes:
        if not name:
            raise UnfitError("an attribute has no name: give it one or leave it out")
        if len(name) > MAX_NAME_CHARACTERS:
            raise OversizeError("the name of an attribute", len(name), MAX_NAME_CHARACTERS)
    total = sum(len(name.encode()) + len(value.encode()) for name, value in attributes.items())
    if total > MAX_TOTAL_BYTES:
        raise OversizeError("the text of all attributes (in bytes)", total, MAX_TOTAL_BYTES)
    use_of(attributes)


def told_by(attributes: Mapping[str, str]) -> dict[str, str]:
    """Those by which an item is told from others: without how long it lasts, and without the schema of no sort."""
    return {name: value for name, value in attributes.items() if name != LASTS and (name, value) != (SCHEMA, _GENERIC)}


def is_told_by_label(attributes: Mapping[str, str]) -> bool:
    """Whether such attributes tell of an item no more than its sort."""
    return attributes.keys() <= {SCHEMA}
