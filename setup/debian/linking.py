"""What programs and libraries are linked to, and which Debian packages have that.

Source: ELF's dynamic section, as readelf of binutils prints it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from setup.debian.architectures import Architecture, this_architecture
from setup.debian.errors import PackageError

_SYMBOLS: Final = " .symtab "
_ELF: Final = b"\x7fELF"
_FILE: Final = re.compile(r"^File: (.*)$")
_NEEDED: Final = re.compile(r"\(NEEDED\).*\[(.*)\]$")
_OWNER: Final = re.compile(r"^([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9]+)?: ")


def linked_files(tree: Path) -> list[Path]:
    """Every program and shared library below ``tree``, in order."""
    return sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path))


def needed_by(paths: Iterable[Path]) -> dict[Path, set[str]]:
    """The names of libraries (sonames) that each of these files asks the loader for."""
    if shutil.which("readelf") is None:
        raise PackageError("readelf is missing, which tells what Qt is linked to: apt-get install binutils")
    found: dict[Path, set[str]] = {path: set() for path in paths}
    if not found:
        return found
    # A second file, so that readelf names each.
    words = ["readelf", "--dynamic", "--wide", *map(str, found), str(next(iter(found)))]
    current: set[str] = set()
    for line in subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines():
        if file := _FILE.match(line):
            current = found[Path(file[1])]
        elif needed := _NEEDED.search(line):
            current.add(needed[1])
    return found


def linked_to(begun: Iterable[Path], files: Iterable[Path]) -> set[Path]:
    """Which of ``files`` those that are begun with are linked to, and what those are linked to."""
    left, by_name = list(begun), {path.name: path for path in files}
    needed = needed_by({*left, *by_name.values()})
    found: set[Path] = set()
    while left:
        ours = {by_name[name] for name in needed[left.pop()] if name in by_name} - found
        found |= ours
        left += ours
    return found


def binutils(tool: str, architecture: Architecture) -> str:
    """The name of the tool of binutils that is for that architecture; raises ``PackageError`` where it is missing."""
    name = f"{architecture.multiarch}-{tool}"
    if shutil.which(name) is None:
        package = (
            "binutils"
            if architecture == this_architecture()
            else f"binutils-{architecture.multiarch.replace('_', '-')}"
        )
        raise PackageError(f"{name} is missing: apt-get install {package}")
    return name


def strip_symbols(paths: Iterable[Path], architecture: Architecture) -> None:
    """Removes what only debuggers and linkers read, where there is any, as Debian does of every library that it packs.

    What ``strip`` has a word to say about stays as it is: that is what patchelf has rearranged, and would be broken.

    Raises ``PackageError`` where this machine has no ``strip`` for that architecture.
    """
    strip = binutils("strip", architecture)
    for path in paths:
        sections = _ran("readelf", "--section-headers", "--wide", str(path)).stdout
        stripped = path.with_name(f"{path.name}.stripped")
        if _SYMBOLS in sections and not _ran(strip, "--strip-unneeded", "-o", str(stripped), str(path)).stderr:
            stripped.chmod(path.stat().st_mode)
            stripped.replace(path)
        stripped.unlink(missing_ok=True)


def _ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True)


def packages_of(sonames: Iterable[str]) -> set[str]:
    """The Debian packages that have these libraries on this machine; the same names hold on every architecture.

    Raises ``PackageError`` for a library that no package has.
    """
    multiarch = this_architecture().multiarch
    return {_package_of(name, multiarch) for name in sorted(sonames)}


def _package_of(soname: str, multiarch: str) -> str:
    places = [f"{root}/{multiarch}/{soname}" for root in ("/lib", "/usr/lib")]  # dpkg knows one of the two
    ran = subprocess.run(["dpkg-query", "--search", *places], capture_output=True, text=True, check=False)
    for line in ran.stdout.splitlines():
        if owner := _OWNER.match(line):
            return owner[1]
    raise PackageError(
        f"no Debian package of this machine has {soname}, to which the package is linked: "
        "apt-get install what packages/debian-run.txt names"
    )


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF
