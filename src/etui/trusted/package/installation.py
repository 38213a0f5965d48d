"""The record of an installation: what outlasts its versions, and which of these is in use.

Rules:

1. The id is random and belongs to the vault's key of this installation; nothing derives it from names.
2. A record that cannot be read is never replaced by a new one: the key of the old would be out of reach.
3. Below a record stands its SHA-256: one altered digit of an id would be another installation, whose key opens nothing
   of what is there. It tells damage, and not intent; a record without it is taken as it is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from etui.trusted import formats
from etui.trusted.durable import replace_file
from etui.trusted.formats import Readers, read_format
from etui.trusted.package.disk import disk
from etui.trusted.package.errors import DamagedError, NewerFormatError, NotInstalledError
from etui.trusted.package.keys import PublicKey
from etui.trusted.package.versions import precedence

RECORD: Final = "installation.json"
FORMAT: Final = 1
_MAX_BYTES: Final = 1 << 20
_HEX: Final = r"^[0-9a-f]+\Z"  # `$` would let a line break pass

InstallationId = Annotated[str, Meta(pattern=_HEX, min_length=32, max_length=32)]
_Record = TypeVar("_Record")


class Installation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An installed Extension.

    Args:
        format: of this record.
        id: of the Extension.
        publisher: as its manifest says.
        key: the publisher's public key that it is known by.
        installation: 32 hexadecimal digits, chosen at the first install.
        version: which is in use.
        digest: of what the publisher signed, SHA-256 in hexadecimal digits.
        installed_s: when this version was installed, seconds since 1970.

    """

    format: int = FORMAT
    id: str
    publisher: str
    key: PublicKey
    installation: InstallationId
    version: str
    digest: Annotated[str, Meta(pattern=_HEX, min_length=64, max_length=64)]
    installed_s: Annotated[int, Meta(ge=0)]


_READERS: Final[Readers[Installation]] = {1: msgspec.json.Decoder(Installation).decode}


def read_installation(folder: Path) -> Installation:
    """The record in ``folder``, which is named as the Extension is.

    Raises ``NotInstalledError`` where there is none, ``DamagedError`` or ``NewerFormatError``.
    """
    path = folder / RECORD
    installation = read_record(path, _READERS)
    if installation is None:
        raise NotInstalledError(f"there is no Extension {folder.name!r}; its installation was not finished")
    try:
        precedence(installation.version)  # it becomes a path, so it has to be a version
    except ValueError:
        raise damaged(path) from None
    if installation.id != folder.name:
        raise damaged(path)
    return installation


def write_installation(folder: Path, installation: Installation) -> None:
    """Put the record in ``folder``, in one step and durably; raises ``StorageError``."""
    write_record(folder / RECORD, installation)


def write_record(path: Path, record: msgspec.Struct) -> None:
    """Put a JSON record at ``path``, in one step and durably; raises ``StorageError``."""
    text = msgspec.json.encode(record)
    with disk(path.parent):
        replace_file(path, b"%s\n%s\n" % (text, _checksum(text)))


def read_record(path: Path, readers: Readers[_Record]) -> _Record | None:
    """The JSON record at ``path``, None where there is no file.

    Raises ``DamagedError``, ``NewerFormatError`` or ``StorageError``.
    """
    with disk(path):
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
    text, _, checksum = text.partition(b"\n")
    if checksum and checksum != _checksum(text) + b"\n":
        raise damaged(path)
    try:
        return read_format(text, readers)
    except formats.NewerFormatError as error:
        raise NewerFormatError(f"{path} cannot be used: {error}") from None
    except formats.DamagedFormatError:
        raise damaged(path) from None


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode("ascii")


def damaged(path: Path) -> DamagedError:
    """What to say of a record that cannot be read."""
    return DamagedError(f"{path} is damaged and was left as it is; restore it from a backup, or remove the Extension")
