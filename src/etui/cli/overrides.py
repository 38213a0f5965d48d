"""Files of ours in the user's own folders that stand before the system's, and go again without a trace.

Rules:

1. What was there under the same name is moved aside as it is, and moved back.
2. A file of ours says in its second line how many folders were made for it and what it held when it was written. Those
   folders go with it once they are empty. One that somebody has changed since stays.
3. Placing twice is placing once, and each step can be cut off and done again.
"""

from __future__ import annotations

import hashlib
from itertools import takewhile
from pathlib import Path
from typing import Final

import msgspec

from etui.cli.exits import CommandError

_MARK: Final = "# Placed by `etui door enable secret-service`; `etui door disable secret-service` takes it away.\n"
_ASIDE: Final = ".before-etui"
_FOLDER_MODE: Final = 0o700


class Override(msgspec.Struct, frozen=True):
    """A file to place: its path, and its text without our two lines, which are comments."""

    path: Path
    text: str


class Withdrawn(msgspec.Struct, frozen=True):
    """Files that are gone, or are again what was there before, and those that somebody changed, which stay."""

    gone: list[Path]
    kept: list[Path]


def place(overrides: list[Override]) -> list[Path]:
    """Places these files; those that are there now. Raises ``CommandError`` where one cannot be written."""
    for override in overrides:
        try:
            _place(override)
        except OSError as error:
            raise CommandError(f"{override.path} cannot be written: {error.strerror}") from None
    return [override.path for override in overrides]


def withdraw(paths: list[Path]) -> Withdrawn:
    """Takes away what was placed at these paths; raises ``CommandError`` where one cannot be removed."""
    gone, kept = [], []
    for path in paths:
        try:
            placed = _read(path)
            if placed is None:
                continue
            if not placed.is_as_written:
                kept.append(path)
                continue
            path.unlink()
            _tidy(path, placed.folders)
            gone.append(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be removed: {error.strerror}") from None
    return Withdrawn(gone, kept)


class _Placed(msgspec.Struct, frozen=True):
    folders: int
    is_as_written: bool


def _place(override: Override) -> None:
    path = override.path
    placed = _read(path)
    if placed is not None and not placed.is_as_written:
        raise CommandError(f"{path} was placed by an earlier `etui door enable` and changed since: remove it first")
    aside = path.with_name(path.name + _ASIDE)
    if placed is None and path.is_symlink() | path.exists():
        if aside.is_symlink() | aside.exists():
            raise CommandError(f"{path} and {aside} are both there: remove the one that is not needed")
        path.rename(aside)
    missing = list(takewhile(lambda folder: not folder.exists(), path.parents))
    for folder in reversed(missing):
        folder.mkdir(_FOLDER_MODE)
    folders = placed.folders if placed is not None else len(missing)
    new = path.with_name(f".{path.name}.new")
    new.write_text(f"{_MARK}# {folders} {_digest(override.text)}\n{override.text}", encoding="utf-8")
    new.replace(path)


def _tidy(path: Path, folders: int) -> None:
    """What was moved aside is moved back; without that the folders go that were made."""
    aside = path.with_name(path.name + _ASIDE)
    if aside.is_symlink() or aside.exists():
        aside.rename(path)
    for folder in list(path.parents)[:folders]:
        if any(folder.iterdir()):
            return
        folder.rmdir()


def _read(path: Path) -> _Placed | None:
    """What our lines say of the file there; None where it is none of ours."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not text.startswith(_MARK):
        return None
    line, _, rest = text.removeprefix(_MARK).partition("\n")
    _, folders, digest = (*line.split(" "), "", "")[:3]
    is_number = folders.isascii() and folders.isdecimal()
    return _Placed(int(folders) if is_number else 0, is_number and digest == _digest(rest))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
