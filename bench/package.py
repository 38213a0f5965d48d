"""``managed.deb_mb``: how large the Debian package is, built of this checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from bench.extent import Extent
from bench.figures import Figure
from bench.placement import placement

_ROOT: Final = Path(__file__).parent.parent
_WANT_MB: Final = 40.0


def package_in(path: Path, extent: Extent) -> Path:
    """The package, built into a folder; in a sample it is not compressed, which takes a minute."""
    command = [str(_ROOT / "package"), "--output", str(path), "--compression", extent.compression]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip())


def size_of(package: Path) -> Figure:
    """Megabytes (10^6 bytes) of the file that is downloaded."""
    size_mb = round(package.stat().st_size / 1e6, 2)
    return Figure(
        id="managed.deb_mb",
        value=size_mb,
        want=_WANT_MB,
        unit="MB",
        p50=size_mb,
        p95=size_mb,
        p99=size_mb,
        runs=1,
        placement=placement(),
    )
