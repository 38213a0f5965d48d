"""The package's own set of Python libraries: those of ``requirements/run.txt``, as wheels whose hashes stand there.

pip fetches them into a folder that lasts, and installs from that folder alone, checking the hashes once more; where all
of them lie there already, nothing is fetched. Which wheel of several is taken depends on Debian 12 and on the machine
that the package is for, and not on the machine that builds it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from setup.debian.architectures import Architecture
from setup.debian.errors import PackageError

_PIP: Final = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
_NOT_RUN: Final = frozenset({".a", ".c", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx"})
"""What is there for those who compile or check against a library."""
_OF_SERVERS: Final = frozenset({"psycopg", "psycopg-binary"})
"""What no wallet has a use for: PostgreSQL, in which shops, acquirers and issuers may keep their books."""
_SECOND: Final = "rapidfuzz/**/*_avx2.*.so"
"""The same code once more, for newer processors: rapidfuzz does without, and is faster by it in whole lists alone."""
_OF_PIP: Final = ("RECORD", "INSTALLER", "REQUESTED")
"""What pip notes for itself, and which dpkg keeps for the package."""
_WORDS: Final = Path("xkcdpass", "static")
_LIST: Final = "eff-long"
"""The one list of words that passphrases are made of; the others are of 30 languages, and 9 MB."""


def install_libraries(requirements: Path, wheels: Path, target: Path, architecture: Architecture) -> None:
    """Installs what ``requirements`` pins into ``target``, from the folder ``wheels``, which is filled where it lacks.

    Raises ``PackageError`` where a wheel cannot be had, or is not the one whose hash is written down.
    """
    _require_pip()
    wheels.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix="etui-requirements-", suffix=".txt") as pins:
        pins.write(_without(requirements.read_text(encoding="utf-8"), _OF_SERVERS | architecture.without))
        pins.flush()
        _install(Path(pins.name), requirements, wheels, target, architecture)


def drop_what_never_runs(target: Path) -> None:
    """Removes programs, sources, stubs, second copies, pip's notes and unused lists of words from libraries."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for path in (target / _WORDS).iterdir():
        if path.name != _LIST:
            path.unlink()
    for path in target.glob(_SECOND):
        path.unlink()
    for path in sorted(target.rglob("*"), reverse=True):
        if path.suffix in _NOT_RUN or (path.parent.suffix == ".dist-info" and path.name in _OF_PIP):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _install(pins: Path, requirements: Path, wheels: Path, target: Path, architecture: Architecture) -> None:
    chosen = _choice(pins, architecture)
    offline = ("--no-index", "-f", str(wheels))
    into = ("--target", str(target), "--no-compile", "--root-user-action", "ignore")
    if _pip("--isolated", "install", *offline, *into, *chosen, capture=True):
        return
    shutil.rmtree(target, ignore_errors=True)
    if not _pip("download", "--dest", str(wheels), *chosen):
        raise PackageError(f"pip cannot fetch what {requirements} pins (see above)")
    if not _pip("--isolated", "install", *offline, *into, *chosen):
        raise PackageError(f"pip cannot install from {wheels} what {requirements} pins (see above)")


def _without(requirements: str, names: frozenset[str]) -> str:
    """The pins without those of these names, each with the lines of its hashes."""
    pins = re.split(r"(?m)^(?=[a-z0-9])", requirements)
    return "".join(pin for pin in pins if pin.partition("==")[0] not in names)


def _choice(requirements: Path, architecture: Architecture) -> list[str]:
    words = ["--requirement", str(requirements), "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    words += ["--implementation", "cp", "--python-version", "3.11"]
    for abi in ("cp311", "abi3", "none"):
        words += ["--abi", abi]
    for platform in architecture.wheel_platforms:
        words += ["--platform", platform]
    return words


def _pip(*words: str, capture: bool = False) -> bool:
    return subprocess.run([*_PIP, *words], capture_output=capture, check=False).returncode == 0


def _require_pip() -> None:
    if not _pip("--version", capture=True):
        raise PackageError(f"{sys.executable} lacks its pip module. On Debian: apt-get install python3-pip")
