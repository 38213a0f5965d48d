"""The formats of JSON files in a profile: each file names its own, and each that was ever published has a reader.

Rules:

1. The format is read before anything else, so a file of a newer version is refused as that, whatever else it holds.
2. A reader returns today's value: nothing else knows an older form. Reading writes nothing; the next write is of
   today's format and takes the old file's place as a whole, so a crash leaves the one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

ValueT = TypeVar("ValueT")

Readers = Mapping[int, Callable[[bytes], ValueT]]
"""By format: what makes today's value of a whole file."""


class FormatError(Exception):
    """A file is not what its name says."""

    code = "format"


class DamagedFormatError(FormatError):
    """The text is none of any known format; the message says where it breaks."""

    code = "damaged_format"


class NewerFormatError(FormatError):
    """The file was written by a newer version, in a format that this one does not know."""

    code = "newer_format"


class _Head(msgspec.Struct, frozen=True):
    format: Annotated[int, Meta(ge=0)]


def read_format(text: bytes, readers: Readers[ValueT]) -> ValueT:
    """Today's value of a file's ``text``; raises ``NewerFormatError`` or ``DamagedFormatError``."""
    try:
        found = msgspec.json.decode(text, type=_Head).format
        if found > max(readers):
            raise NewerFormatError(
                f"it was written by a newer version of Etui (format {found}; this one reads up to {max(readers)}); "
                "use that version"
            )
        if found not in readers:
            raise DamagedFormatError(f"there never was a format {found}")
        return readers[found](text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedFormatError(str(error)) from None
    except RecursionError:
        raise DamagedFormatError("it nests too deeply") from None
