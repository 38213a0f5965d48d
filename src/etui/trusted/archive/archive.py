"""The archive of a whole wallet: every file of its profile, as it lies there, in one file.

What is sealed in a profile stays so: an archive opens nothing without the passphrase or the recovery key. It is a tar
file (POSIX.1-1988, ustar) that every machine can list, with what is in the clear in a profile too. Rules:

1. The first member, ``etui-archive.json``, names the format, the profile, and every other member in its order
   with size, mode and SHA-256. The last, ``etui-archive.sha256``, is the SHA-256 of all bytes before it. Nothing else
   is in the archive, and nothing is missing.
2. The same profile at the same moment has one archive, bit for bit: sorted, with neither owner nor time; but the state
   of the audit's ratchet comes before the segments, since a state that is older than they are still verifies them.
3. What belongs to a running wallet is left out: its lock, sockets, and files that were never finished. So is what
   belongs to this device: picture and phrase of the dialog, and the key beside them that opens them, which doors open,
   and the Shell's brand. Whoever restores the archive chooses new ones, and opens doors anew.
4. Every digest is checked before anything is written, and once more while it is written. What is restored has its name
   when all of it is there and durable; where anything fails, nothing is left.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import msgspec

from etui.trusted.archive.contents import (
    FORMAT,
    LEFT_OUT,
    OF_DEVICE,
    PIECE_BYTES,
    Advance,
    Contents,
    Folder,
    Listed,
    look_over,
    pieces_of,
    unseen,
)
from etui.trusted.archive.errors import ArchiveError, Fault
from etui.trusted.durable import sync_folder

HEADER: Final = "etui-archive.json"
TRAILER: Final = "etui-archive.sha256"
RESTORED: Final = "restored"
_MAX_HEADER_BYTES: Final = 64 << 20
_BLOCK: Final = tarfile.BLOCKSIZE


class _Format(msgspec.Struct, frozen=True):
    format: int


def write_archive(profile: Folder, contents: Contents, file: BinaryIO, advance: Advance = unseen) -> None:
    """Writes the archive; raises ``ArchiveError`` where the profile is no longer as it was looked over.

    ``advance``: is told of every byte of the profile twice, when it is written and when it is compared once more.
    """
    hashed = _Hashed(file)
    _write_member(hashed, HEADER, msgspec.json.format(msgspec.json.encode(contents)) + b"\n")
    for listed in contents.files:
        hashed.write(_member(listed.path, listed.size, listed.mode))
        digest, size = hashlib.sha256(), 0
        for piece in _read_from(profile, listed.path):
            digest.update(piece)
            size += len(piece)
            hashed.write(piece)
            advance(len(piece))
        if (size, digest.hexdigest()) != (listed.size, listed.sha256):
            raise _changed(listed.path)
        hashed.write(bytes(-size % _BLOCK))
    _write_member(hashed, TRAILER, hashed.trailer())
    hashed.write(bytes(2 * _BLOCK))
    if look_over(profile, contents.created, advance) != contents:
        raise _changed("a file")


def _read_from(profile: Folder, path: str) -> Iterator[bytes]:
    try:
        with profile.open(path) as source:
            yield from pieces_of(source)
    except OSError as error:
        raise ArchiveError(f"{profile.at(path)} cannot be read: {error.strerror}") from None


def check_archive(file: BinaryIO, advance: Advance = unseen) -> Contents:
    """What an archive holds, once every byte of it has been checked; raises ``ArchiveError``."""
    contents: Contents | None = None
    for found, listed, pieces in _read(file, advance):
        contents = found
        _check(listed, pieces)
    if contents is None:
        raise _damaged("it holds no file")
    return contents


def unpack_archive(file: BinaryIO, home: Path, advance: Advance = unseen) -> None:
    """Writes what an archive holds into a new folder; raises ``ArchiveError``, and then leaves nothing behind."""
    check_target(home)
    unfinished = home.parent / f".{home.name}.{secrets.token_hex(4)}.unfinished"
    try:
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        try:
            for _, listed, pieces in _read(file, advance):
                if listed.path in OF_DEVICE:
                    _check(listed, pieces)
                else:
                    _write(unfinished, listed, pieces)
            _mark(unfinished)
            for folder, _, _ in os.walk(unfinished):
                sync_folder(Path(folder))
            unfinished.rename(home)  # which takes the place of an empty folder, and of nothing else
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)  # it is not there any more where all went well
        sync_folder(home.parent)
    except OSError as error:
        raise ArchiveError(f"{home} cannot be written: {error.strerror}") from None


def check_target(home: Path) -> None:
    """Raises ``ArchiveError`` unless a wallet may be restored there: nothing, or an empty folder."""
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        text = f"{home} is not empty, and nothing there is overwritten: name another folder with ETUI_HOME"
        raise ArchiveError(text, Fault.USAGE)


def _changed(what: str) -> ArchiveError:
    return ArchiveError(f"{what} was changed while it was read: the wallet is in use; lock it and export again")


def _write_member(file: _Hashed, name: str, content: bytes) -> None:
    file.write(_member(name, len(content), 0o600))
    file.write(content + bytes(-len(content) % _BLOCK))


def _member(path: str, size: int, mode: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, mode
    try:
        return member.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
    except ValueError:
        raise ArchiveError(f"the name {path!r} is too long for an archive") from None


# the archive


class _Hashed:
    """A file that is read or written from its beginning to its end, and the digest of what has passed."""

    def __init__(self, file: BinaryIO, advance: Advance = unseen) -> None:
        self._file = file
        self._advance = advance
        self._digest = hashlib.sha256()
        self.at = 0

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        return self._passed(self._file.read(size))

    def write(self, content: bytes) -> None:
        """Appends."""
        self._file.write(self._passed(content))

    def trailer(self) -> bytes:
        """The digest so far, as the trailer has it."""
        return self._digest.hexdigest().encode() + b"\n"

    def _passed(self, content: bytes) -> bytes:
        self._digest.update(content)
        self.at += len(content)
        self._advance(len(content))
        return content


def _read(file: BinaryIO, advance: Advance) -> Iterator[tuple[Contents, Listed, Iterator[bytes]]]:
    """Every file of the archive in its order, with its pieces, which have to be read before the next one."""
    file.seek(0)
    hashed = _Hashed(file, advance)
    contents = _contents(hashed)
    for listed in contents.files:
        at = hashed.at
        if hashed.read(_BLOCK) != _member(listed.path, listed.size, listed.mode):
            raise _damaged(f"{listed.path!r} does not stand at byte {at}, where it belongs")
        yield contents, listed, _pieces_in(hashed, listed)
        hashed.read(-listed.size % _BLOCK)
    trailer = hashed.trailer()
    end = io.BytesIO()
    _write_member(_Hashed(end), TRAILER, trailer)
    expected = end.getvalue() + bytes(2 * _BLOCK)
    if file.read(len(expected) + 1) != expected:
        raise _damaged(f"{TRAILER} does not fit what stands before it")


def _contents(file: _Hashed) -> Contents:
    block = file.read(_BLOCK)
    try:
        member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        member = tarfile.TarInfo()
    if member.name != HEADER or member.size > _MAX_HEADER_BYTES or block != _member(HEADER, member.size, 0o600):
        raise ArchiveError(f"this is no archive of a wallet: it does not begin with {HEADER}")
    text = file.read(member.size)
    file.read(-member.size % _BLOCK)
    try:
        found = msgspec.json.decode(text, type=_Format).format
        if found != FORMAT:
            raise ArchiveError(f"the archive was written by another version of Etui (format {found}, not {FORMAT})")
        contents = msgspec.json.decode(text, type=Contents)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(f"{HEADER}: {error}") from None
    _check_paths(contents)
    return contents


def _check_paths(contents: Contents) -> None:
    """Refuses paths that lead out of the folder, twice to one place, or through a file."""
    paths = [listed.path for listed in contents.files]
    for path in paths:
        parts = path.split("/")
        if path.startswith("/") or "\0" in path or {"", ".", ".."} & set(parts) or parts[0] in LEFT_OUT:
            raise ArchiveError(f"the archive names {path!r}, which is no file of a wallet: nothing was restored")
    taken = set(paths)
    if len(taken) != len(paths) or any(str(above) in taken for path in paths for above in PurePosixPath(path).parents):
        raise ArchiveError("the archive names a file twice, or one below another: nothing was restored")


def _pieces_in(file: _Hashed, listed: Listed) -> Iterator[bytes]:
    left = listed.size
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            raise _damaged(f"it ends within {listed.path!r}")
        left -= len(piece)
        yield piece


def _check(listed: Listed, pieces: Iterator[bytes]) -> None:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    if digest.hexdigest() != listed.sha256:
        raise _damaged(f"{listed.path!r} is not as it was written")


def _write(folder: Path, listed: Listed, pieces: Iterator[bytes]) -> None:
    path = folder / listed.path
    for above in reversed(PurePosixPath(listed.path).parents[:-1]):  # mkdir's `parents` would not make them private
        (folder / above).mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with contextlib.closing(os.fdopen(descriptor, "wb")) as file:
        _check(listed, _written(file, pieces))
        file.flush()
        os.fchmod(descriptor, listed.mode)
        os.fsync(descriptor)


def _mark(folder: Path) -> None:
    """Has the wallet hold what is not sealed against its master key when it is unlocked first."""
    (folder / RESTORED).touch(mode=0o600)


def _written(file: BinaryIO, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        file.write(piece)
        yield piece


def _damaged(where: str) -> ArchiveError:
    return ArchiveError(f"the archive is damaged: {where}; nothing was restored, use another copy")
