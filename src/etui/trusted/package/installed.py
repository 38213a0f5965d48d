"""Everything that can be started in a profile: what comes with the wallet, and what was installed."""

from __future__ import annotations

from pathlib import Path

from etui.trusted.package.install import Extensions
from etui.trusted.package.package import Package
from etui.trusted.package.supplied import supplied_ids, supplied_packages


def installed_packages(home: Path) -> tuple[Package, ...]:
    """The packages of the profile in ``home``, the supplied ones first; a broken one is left out.

    Raises ``PackageError`` where the record of the supplied ones cannot be read.
    """
    folder = home / "extensions"
    return (*supplied_packages(folder), *Extensions(folder, supplied_ids()).look().packages)
