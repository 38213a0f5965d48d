"""Everything that is in a profile: what comes with the wallet, and what was installed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from etui.trusted.package.install import Extensions, Look
from etui.trusted.package.supplied import supplied_ids, supplied_packages

_FOLDER: Final = "extensions"
_BESIDE: Final = Path("..", _FOLDER)


def folder_of(home: Path) -> Path:
    """Where the Extensions of the profile in ``home`` are: in it, or beside it, where the machine made such a link."""
    folder = home / _FOLDER
    is_beside = folder.is_symlink() and folder.readlink() == _BESIDE
    return home.parent / _FOLDER if is_beside else folder


def installed(home: Path) -> Look:
    """What can be started in the profile in ``home``, the supplied packages first, and what is broken there.

    Raises ``PackageError`` where the record of the supplied ones cannot be read.
    """
    folder = folder_of(home)
    supplied = supplied_packages(folder)
    found = Extensions(folder, supplied_ids()).look()
    return Look((*supplied, *found.packages), found.broken)
