"""Builds the package: a tree as it will lie on the disk, made the same wherever it is built, and dpkg-deb over it.

What could differ between two builds is set: times are those of ``SOURCE_DATE_EPOCH``, else of the commit; the owner is
root; modes follow from whether something is a program, and not from the umask.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from setup.debian.architectures import QT, Architecture, this_architecture
from setup.debian.control import add_control
from setup.debian.errors import PackageError
from setup.debian.icu import trim_icu
from setup.debian.libraries import drop_what_never_runs, install_libraries
from setup.debian.licences import copyright_text
from setup.debian.linking import linked_files, strip_symbols
from setup.debian.pictures import trim_pillow
from setup.debian.programs import SITE, add_environment, add_units, add_what_the_code_says, write
from setup.debian.qt import trim_qt

_DOCUMENTS: Final = Path("usr/share/doc/etui")
_LEVEL: Final = {"xz": ("-z9", "-Sextreme")}
"""What of a kind of compression is asked for beyond what dpkg-deb does by itself."""
_PAGES: Final = ("README.md", "SECURITY.md")


class Wish(NamedTuple):
    """What is to be built.

    ``version``: as dpkg compares it; the one of ``pyproject.toml`` where it is empty. ``wheels``: the folder in which
    libraries are kept, one below it for each architecture. ``output``: the folder for the package. ``compression``: as
    ``dpkg-deb -Z`` takes it.
    """

    architecture: Architecture
    version: str
    wheels: Path
    output: Path
    compression: str


def build(root: Path, wish: Wish) -> Path:
    """Builds the package of the checkout ``root``; its path. Raises ``PackageError``."""
    version = wish.version or _version(root)
    _check_version(version)
    epoch_s = _epoch_s(root)
    wish.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="etui-package-") as scratch:
        tree = Path(scratch, "tree")
        add_environment(tree)
        add_units(tree)
        site = tree / SITE
        _install(root, wish.wheels, site, wish.architecture)
        add_what_the_code_says(tree, _runnable(root, wish, site, Path(scratch, "runnable")))
        _add_documents(root, tree, site)
        drop_what_never_runs(site)
        trim_pillow(site)
        if QT not in wish.architecture.without:
            trim_qt(site, site / "etui")
            trim_icu(site, wish.architecture)
        strip_symbols(linked_files(site), wish.architecture)
        add_control(tree, version, wish.architecture, root / "packages" / "debian-run.txt")
        _settle(tree, epoch_s)
        package = wish.output / f"etui_{version}_{wish.architecture.debian}.deb"
        _pack(tree, package, wish.compression, epoch_s)
    return package


def _install(root: Path, wheels: Path, site: Path, architecture: Architecture) -> None:
    """Puts the libraries, and Etui beside them, into ``site``."""
    install_libraries(root / "requirements" / "run.txt", wheels / architecture.debian, site, architecture)
    project = _project(root)
    patterns = ["**/*.py", *project["tool"]["setuptools"]["package-data"]["etui"]]
    source = root / "src" / "etui"
    for path in sorted({path for pattern in patterns for path in source.glob(pattern)}):
        target = site / "etui" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _runnable(root: Path, wish: Wish, site: Path, apart: Path) -> Path:
    """A ``site-packages`` with Etui that runs on this machine: the package's own where it is for such a one."""
    here = this_architecture()
    if here == wish.architecture:
        return site
    _install(root, wish.wheels, apart, here)
    return apart


def _add_documents(root: Path, tree: Path, site: Path) -> None:
    folder = tree / _DOCUMENTS
    write(folder / "copyright", copyright_text(root / "NOTICE", site))
    for name in _PAGES:
        write(folder / name, (root / name).read_text(encoding="utf-8"))
    (folder / "changelog.gz").write_bytes(gzip.compress((root / "CHANGELOG.md").read_bytes(), mtime=0))
    page = tree / "usr/share/man/man1/etui.1"
    page.with_suffix(".1.gz").write_bytes(gzip.compress(page.read_bytes(), mtime=0))
    page.unlink()


def _settle(tree: Path, epoch_s: int) -> None:
    """Gives every file and folder its mode and time."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            program = path.stat().st_mode & 0o100 and ".so" not in path.suffixes
            path.chmod(0o755 if path.is_dir() or program else 0o644)
        os.utime(path, (epoch_s, epoch_s), follow_symlinks=False)
    tree.chmod(0o755)
    os.utime(tree, (epoch_s, epoch_s))


def _pack(tree: Path, package: Path, compression: str, epoch_s: int) -> None:
    # One thread: what several of them compress depends on how many there are.
    words = [
        "dpkg-deb",
        "--root-owner-group",
        f"-Z{compression}",
        *_LEVEL.get(compression, ()),
        "--threads-max=1",
        "--build",
        str(tree),
        str(package),
    ]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch_s)}
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PackageError(f"dpkg-deb cannot write {package}: {ran.stderr.strip()}")


def _project(root: Path) -> dict[str, dict[str, dict[str, dict[str, list[str]]]]]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _version(root: Path) -> str:
    return str(_project(root)["project"]["version"])


def _check_version(version: str) -> None:
    ran = subprocess.run(["dpkg", "--validate-version", version], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PackageError(f"{version!r} is no version for dpkg: {ran.stderr.strip()}")


def _epoch_s(root: Path) -> int:
    """When the source was last changed, seconds since 1970."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        if not given.isascii() or not given.isdigit():
            raise PackageError(f"SOURCE_DATE_EPOCH is {given!r}: give seconds since 1970, as an integer")
        return int(given)
    words = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PackageError(
            f"git does not say when the source in {root} was last changed ({ran.stderr.strip()}): "
            "set SOURCE_DATE_EPOCH, seconds since 1970"
        )
    return int(ran.stdout)
