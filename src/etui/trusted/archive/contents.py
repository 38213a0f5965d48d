"""What of a profile belongs in an archive: every file, but for what only a running wallet or this device owns."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import msgspec
from msgspec import Meta

from etui.trusted.archive.errors import ArchiveError, Fault

Advance = Callable[[int], None]
"""Called with how many more bytes are done."""
FORMAT: Final = 1
LEFT_OUT: Final = frozenset({"running", "device", "restored"})
"""What no archive may name, by its name at the top of a profile: what a running wallet holds; picture and phrase of the
dialog, which open with a key that lies beside them: whoever has both can show a dialog that looks like the user's; and
the mark of a profile that was restored and not unlocked yet.
"""
OF_DEVICE: Final = frozenset({"settings.json", "shell/brand.json", "vault/login", "vault/login-tries"})
"""Which doors open with the wallet, which a question opened; how the Shell looks, for which nobody vouches; and the
slot that the login password opens: of this device. An archive that has one of them is restored without it.
"""
VOUCHED: Final = "vouched.json"
PIECE_BYTES: Final = 1 << 20
MAX_FILE_BYTES: Final = 8**11 - 1
"""One byte less than 8 GiB: a member's size is eleven octal digits (POSIX.1-1988, ustar)."""
_PROFILE: Final = "profile.json"
_FIRST: Final = "audit/ratchet"
_UNFINISHED: Final = (".new", ".unfinished")
_UNFINISHED_BEGINNINGS: Final = (".new-", ".gone-")


def unseen(count: int) -> None:
    """Tells nobody."""
    del count


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the archive. ``mode``: its permissions."""

    path: Annotated[str, Meta(min_length=1, max_length=1024)]
    size: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)]
    mode: Annotated[int, Meta(ge=0, le=0o777)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an archive says of itself. ``created``: seconds since 1970."""

    format: int
    profile: str
    created: int
    files: list[Listed]


class _Profile(msgspec.Struct, frozen=True):
    id: str


class _Vouched(msgspec.Struct, frozen=True):
    files: dict[str, str] = {}


class Folder:
    """Where a profile's files are: all below one folder, which this process may read."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def at(self, path: str) -> Path:
        """Where the file, or the folder, of this path in the profile is."""
        return self.home / path

    def open(self, path: str) -> BinaryIO:
        """A file of the profile, to be read."""
        return self.at(path).open("rb")

    def names(self, below: str) -> list[tuple[str, int]]:
        """What lies in a folder, empty or with a slash at its end: names, each with its mode; no link is followed."""
        with os.scandir(self.at(below)) as entries:
            return [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]


def size_of(home: Path) -> int:
    """How many bytes its archive will hold, as far as that can be seen; for people who wait."""
    with contextlib.suppress(OSError, ArchiveError):  # whoever reads the files says what is wrong
        return sum((home / path).stat().st_size for path in _paths(Folder(home), ""))
    return 0


def look_over(profile: Folder, created: int, advance: Advance = unseen) -> Contents:
    """What the archive of this profile holds; raises ``ArchiveError``."""
    home = profile.home
    try:
        with profile.open(_PROFILE) as file:
            name = msgspec.json.decode(file.read(), type=_Profile).id
        paths = sorted(_paths(profile, ""), key=lambda path: (path != _PROFILE, path != _FIRST, path))
        files = [_listed(profile, path, advance) for path in paths]
    except FileNotFoundError as error:
        text = f"there is no whole profile in {home}: {error.filename} is missing"
        raise ArchiveError(text, Fault.NOT_FOUND) from None
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(f"the profile in {home} cannot be read: {error}") from None
    return Contents(format=FORMAT, profile=name, created=created, files=files)


def _paths(profile: Folder, below: str) -> Iterator[str]:
    for name, mode in profile.names(below):
        path = f"{below}{name}"
        if path in LEFT_OUT or path in OF_DEVICE or _is_unfinished(name):
            continue
        if stat.S_ISDIR(mode):
            yield from _paths(profile, f"{path}/")
        elif stat.S_ISREG(mode):
            yield path
        elif not stat.S_ISSOCK(mode):
            raise ArchiveError(f"{profile.at(path)} is neither a file nor a folder, so it can be in no archive")


def _is_unfinished(name: str) -> bool:
    return name.endswith(_UNFINISHED) or name.startswith(_UNFINISHED_BEGINNINGS)


def _listed(profile: Folder, path: str, advance: Advance) -> Listed:
    digest, size = hashlib.sha256(), 0
    with profile.open(path) as file:
        status = os.fstat(file.fileno())
        if status.st_size > MAX_FILE_BYTES:
            text = f"{profile.at(path)} has {status.st_size:,} bytes, and a file in an archive has less than 8 GiB"
            raise ArchiveError(f"{text}: end the wallet (`etui stop`) and copy the whole folder {profile.home} instead")
        for piece in pieces_of(file):
            digest.update(piece)
            size += len(piece)
            advance(len(piece))
    return Listed(path=path, size=size, mode=stat.S_IMODE(status.st_mode) & 0o777, sha256=digest.hexdigest())


def check_vouched(profile: Folder, contents: Contents) -> None:
    """Raises ``ArchiveError`` where an archive would not open, since the wallet vouched for other files than it has.

    The wallet vouches at each unlock for an operator's files and for the records of what is installed.
    """
    home = profile.home
    try:
        with profile.open(VOUCHED) as file:
            vouched = msgspec.json.decode(file.read(), type=_Vouched).files
    except FileNotFoundError:
        text = f"{home / VOUCHED} is missing, and the archive would not open without it"
        raise ArchiveError(f"{text}: unlock the wallet (`etui unlock`), then export again") from None
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(f"{home / VOUCHED} cannot be read: {error}; `etui unlock` makes it anew") from None
    found = {listed.path: listed.sha256 for listed in contents.files if is_vouched(listed.path)}
    for path in sorted(found.keys() | {path for path in vouched if path.startswith("operator/")}):
        if found.get(path) != vouched.get(path):
            text = f"{profile.at(path)} was changed since the last unlock, and the archive would not open with it"
            raise ArchiveError(f"{text}: unlock the wallet (`etui unlock`), then export again")


def is_vouched(path: str) -> bool:
    """Whether a file is among those that the wallet vouches for, as ``etui.trusted.router.vouched`` has them."""
    match path.split("/"):
        case ["operator", _] | ["extensions", _, "installation.json"]:
            return True
    return False


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces of at most 1 MiB."""
    while piece := file.read(PIECE_BYTES):
        yield piece
