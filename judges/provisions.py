"""What judges are made of, each fetched once by its registry's own client and held to the hash that stands here.

``judges/packages`` names it: ``NAME.txt`` is a file of requirements with hashes, a folder an npm package with its lock.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_PACKAGES: Final = Path(__file__).with_name("packages")
_KEPT: Final = Path(sys.prefix) / "judges"
_PIP: Final = (sys.executable, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check")


def sources(name: str, into: Path) -> Path:
    """The unpacked sources of the one package in a file of requirements."""
    file = _PACKAGES / f"{name}.txt"
    package = file.read_text(encoding="utf-8").partition("==")[0]

    def fetch(folder: Path) -> None:
        only = ("--no-deps", "--no-binary", package, "--require-hashes", "--requirement", str(file))
        subprocess.run([*_PIP, "download", *only, "--dest", str(folder)], check=True)

    (archive,) = _kept(name, file, fetch).glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(into)  # noqa: S202  # what has this hash is known
    return into / archive.name.removesuffix(".tar.gz")


def installed(name: str) -> Path:
    """A folder with the packages of a file of requirements, which is not this environment's."""
    file = _PACKAGES / f"{name}.txt"

    def fetch(folder: Path) -> None:
        only = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(file))
        subprocess.run([*_PIP, "install", *only, "--target", str(folder)], check=True)

    return _kept(name, file, fetch)


def node_modules(name: str) -> Path:
    """A folder with the ``node_modules`` of a lock file; no script of a package is run to install it."""
    lock = _PACKAGES / name / "package-lock.json"

    def fetch(folder: Path) -> None:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(_PACKAGES / name / file, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)

    return _kept(name, lock, fetch)


def debian(*packages: str) -> Path:
    """A folder with the files of Debian packages, at the versions of the day; they are not installed."""
    return _kept("-".join(packages), None, lambda folder: _extract(packages, folder))


def _extract(packages: Sequence[str], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as archives:
        apt_get = ["apt-get", "--quiet", "--quiet"]
        if subprocess.run([*apt_get, "download", *packages], cwd=archives, check=False).returncode:
            subprocess.run([*apt_get, "update"], check=True)  # the lists of packages were never fetched, or are old
            subprocess.run([*apt_get, "download", *packages], cwd=archives, check=True)
        for archive in Path(archives).iterdir():
            subprocess.run(["dpkg-deb", "--extract", archive, folder], check=True)


def _kept(name: str, pinned: Path | None, fetch: Callable[[Path], None]) -> Path:
    """The folder that ``fetch`` filled, whole or not there; another content of ``pinned`` is another folder."""
    digest = hashlib.sha256(pinned.read_bytes() if pinned else b"").hexdigest()[:12]
    folder = _KEPT / f"{name}-{digest}"
    if not folder.is_dir():
        _KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as scratch:
            filled = Path(scratch) / "filled"
            filled.mkdir()
            fetch(filled)
            if not folder.is_dir():
                filled.rename(folder)
    return folder
