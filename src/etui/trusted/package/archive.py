"""Archives of packages: files in, bytes out, and back; pure but for ``pack``, which reads a folder.

An archive (``.etuipkg``) is an uncompressed tar file of regular files in the ustar format (POSIX.1-1988), so that every
machine can list it. Rules:

1. One set of files has one archive, bit for bit: the manifest first, then by name, the signature last; no owner, no
   time, no mode but 0644 and 0755, no directories, nothing after the end.
2. Bytes that are not exactly what ``write_archive`` makes of the files in them are no archive. So there is nothing that
   two programs could read in two ways.
3. Links, devices, directories, extended headers, paths that do not go straight down, names given twice and a name that
   is both file and folder are refused by name.
4. At most 64 MiB and 4,000 files. Nothing is compressed, so nothing grows when it is read.
5. Headers are read one by one and by themselves: none can refer to another, or make the reader go back.
"""

from __future__ import annotations

import os
import re
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.package.errors import ArchiveError, StorageError
from etui.trusted.package.paths import MANIFEST, SIGNATURE, path_problem

MAX_ARCHIVE_BYTES: Final = 64 << 20
MAX_FILES: Final = 4_000

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
_PLAIN_MODE: Final = 0o644
_EXECUTABLE_MODE: Final = 0o755
_SPECIAL_BITS: Final = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
_CACHE: Final = "__pycache__"
_PACKAGE: Final = ".etuipkg"
_PRIVATE_KEY: Final = re.compile(rb"^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/]", re.MULTILINE)
_KINDS: Final = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.DIRTYPE: "a directory",
    tarfile.FIFOTYPE: "a pipe",
}


class File(msgspec.Struct, frozen=True):
    """A file of a package; ``executable`` is all of its mode that is kept."""

    path: str
    content: bytes
    executable: bool = False

    def __repr__(self) -> str:
        return f"File({self.path!r}, {len(self.content)} bytes)"


def pack(folder: Path) -> bytes:
    """The unsigned archive of the files below ``folder``.

    Caches of Python, hidden files and folders (a repository's own, those of tools), backups of editors (``NAME~``),
    packages (``NAME.etuipkg``) and a signature from before are left out, and empty folders leave no trace. Raises
    ``ArchiveError`` for a private key and for what an archive cannot hold, ``StorageError`` where the disk refuses.
    """
    files = [file for file in _read(folder, _is_part) if file.path != SIGNATURE]
    for file in files:
        if _PRIVATE_KEY.search(file.content):
            raise ArchiveError(f"{file.path!r} holds a private key, which everybody would get; keep it elsewhere")
    return write_archive(files)


def read_folder(folder: Path, left_out: frozenset[str] = frozenset()) -> tuple[File, ...]:
    """Every file below ``folder``, in the order of an archive; nothing is followed, nothing passed over.

    ``left_out``: names that are, after all. Raises ``ArchiveError`` for what an archive cannot hold, ``StorageError``
    where the disk refuses.
    """
    return _read(folder, lambda name: name not in left_out)


def _is_part(name: str) -> bool:
    """Whether a file or folder of this name belongs to an Extension, and not to the work on it."""
    return name != _CACHE and not name.startswith(".") and not name.endswith(("~", _PACKAGE))


def _read(folder: Path, is_part: Callable[[str], bool]) -> tuple[File, ...]:
    files: list[File] = []
    size = 0
    try:
        for path in _paths_below(folder, is_part):
            file = _file(folder, path)
            size += len(file.content)
            if size > MAX_ARCHIVE_BYTES or len(files) == MAX_FILES:
                raise _too_large()
            files.append(file)
    except OSError as error:
        raise StorageError(f"{error.filename or folder} cannot be read: {error.strerror}") from None
    return _in_order(files)


def write_archive(files: Iterable[File]) -> bytes:
    """The archive of ``files``, in whatever order they come. Raises ``ArchiveError`` for what it cannot hold."""
    ordered = _in_order(files)
    check_names(ordered)
    parts: list[bytes] = []
    for file in ordered:
        parts += (_header(file), file.content, bytes(-len(file.content) % _BLOCK))
    archive = b"".join((*parts, _END))
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise _too_large()
    return archive


def read_archive(archive: bytes) -> tuple[File, ...]:
    """The files in ``archive``, the manifest first. Raises ``ArchiveError``, which names what is not as it must be."""
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise _too_large()
    files: list[File] = []
    at = 0
    while (block := archive[at : at + _BLOCK]) != _END[:_BLOCK]:
        if len(files) == MAX_FILES:
            raise _too_large()
        entry = _entry(block, at)
        at += _BLOCK
        content = archive[at : at + entry.size]
        if len(content) != entry.size:
            raise ArchiveError(f"the archive ends within {entry.name}; fetch it again")
        files.append(File(entry.name, content, executable=entry.mode == _EXECUTABLE_MODE))
        at += entry.size + -entry.size % _BLOCK
    if write_archive(files) != archive:
        raise ArchiveError(
            "the archive is not written as packages are: order, padding, owner or time of an entry differ, or something"
            " follows the end; make it with `etui extension pack`"
        )
    return tuple(files)


def check_names(files: Sequence[File]) -> None:
    """Raise ``ArchiveError`` unless ``files``, in the order of an archive, can stand in one by number and names."""
    if len(files) > MAX_FILES:
        raise _too_large()
    if not files or files[0].path != MANIFEST:
        raise ArchiveError(f"there is no {MANIFEST}; a package has one at its top")
    names: set[str] = set()
    for file in files:
        if problem := path_problem(file.path):
            raise ArchiveError(f"the path {file.path!r} {problem}")
        if file.path in names:
            raise ArchiveError(f"{file.path!r} is there twice; a package names each file once")
        names.add(file.path)
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in names:
                raise ArchiveError(f"{folder!r} is both a file and a folder; rename one of the two")


def _entry(block: bytes, at: int) -> tarfile.TarInfo:
    try:
        entry = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, ValueError):
        raise ArchiveError(f"there is no entry of a package at byte {at}; fetch the file again") from None
    name = repr(entry.name)
    if entry.type != tarfile.REGTYPE:
        raise ArchiveError(f"{name} is {_KINDS.get(entry.type, 'of a special kind')}; a package holds plain files only")
    if problem := path_problem(entry.name):
        raise ArchiveError(f"the path {name} {problem}")
    if entry.mode not in {_PLAIN_MODE, _EXECUTABLE_MODE}:
        raise ArchiveError(f"{name} has the mode {entry.mode:04o}; a package has 0644 and 0755 only")
    if not 0 <= entry.size <= MAX_ARCHIVE_BYTES:
        raise _too_large()
    return entry


def _header(file: File) -> bytes:
    entry = tarfile.TarInfo(file.path)
    entry.size = len(file.content)
    entry.mode = _EXECUTABLE_MODE if file.executable else _PLAIN_MODE
    try:
        return entry.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
    except ValueError:
        raise ArchiveError(f"the path {file.path!r} is too long for an archive; shorten its folders or name") from None


def _in_order(files: Iterable[File]) -> tuple[File, ...]:
    return tuple(sorted(files, key=lambda file: (file.path != MANIFEST, file.path == SIGNATURE, file.path)))


def _paths_below(folder: Path, is_part: Callable[[str], bool]) -> Iterator[str]:
    """Paths of all that is below ``folder`` and no directory, links to directories among it."""
    for top, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = filter(is_part, folders)
        links = [name for name in folders if Path(top, name).is_symlink()]
        for name in (*links, *filter(is_part, names)):
            yield Path(top, name).relative_to(folder).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _file(folder: Path, path: str) -> File:
    if problem := path_problem(path):
        raise ArchiveError(f"the path {path!r} {problem}")
    # O_NONBLOCK: a pipe in the tree must not stop us before it is looked at.
    try:
        descriptor = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if stat.S_ISREG((folder / path).lstat().st_mode):
            raise
        raise ArchiveError(f"{path!r} is no plain file; a package holds plain files only") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ArchiveError(f"{path!r} is no plain file; a package holds plain files only")
        if found.st_mode & _SPECIAL_BITS:
            raise ArchiveError(f"{path!r} has the mode {stat.S_IMODE(found.st_mode):04o}; take its special bits away")
        return File(path, file.read(MAX_ARCHIVE_BYTES + 1), executable=bool(found.st_mode & stat.S_IXUSR))


def _too_large() -> ArchiveError:
    return ArchiveError(
        f"the package is larger than {MAX_ARCHIVE_BYTES >> 20} MiB or has more than {MAX_FILES} files; make it smaller"
    )
