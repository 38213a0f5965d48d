"""Everything that is in a profile: what comes with the wallet, and what was installed."""

from __future__ import annotations

from pathlib import Path

from etui.trusted.package.install import Extensions, Look
from etui.trusted.package.supplied import supplied_ids, supplied_packages


def installed(home: Path) -> Look:
    """What can be started in the profile in ``home``, the supplied packages first, and what is broken there.

    Raises ``PackageError`` where the record of the supplied ones cannot be read.
    """
    folder = home / "extensions"
    supplied = supplied_packages(folder)
    found = Extensions(folder, supplied_ids()).look()
    return Look((*supplied, *found.packages), found.broken)
