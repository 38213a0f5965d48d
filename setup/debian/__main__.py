"""``./package``: builds the Debian package of this checkout."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from setup.debian.architectures import ARCHITECTURES, this_architecture
from setup.debian.build import Wish, build
from setup.debian.errors import PackageError

_ROOT: Final = Path(__file__).parents[2]
_PYTHON: Final = (3, 11)


def main() -> int:
    """Builds it, and says where it lies; the exit status."""
    parser = argparse.ArgumentParser(prog="./package", add_help=False)
    parser.add_argument("--arch", choices=ARCHITECTURES)
    parser.add_argument("--version", default="")
    parser.add_argument("--output", type=Path, default=_ROOT / "dist")
    parser.add_argument("--compression", choices=["xz", "zstd", "gzip", "none"], default="xz")
    words = parser.parse_args()
    try:
        _require_python()
        architecture = ARCHITECTURES[words.arch] if words.arch else this_architecture()
        print(build(_ROOT, Wish(architecture, words.version, _cache() / "wheels", words.output, words.compression)))
    except PackageError as error:
        print(f"./package: {error}", file=sys.stderr)
        return 1
    return 0


def _require_python() -> None:
    if sys.version_info[:2] != _PYTHON:
        raise PackageError(f"the package is for Debian 12's Python 3.11, and this is {sys.version.split()[0]}")


def _cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "etui"


if __name__ == "__main__":
    sys.exit(main())
