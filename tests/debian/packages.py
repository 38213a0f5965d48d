"""The package as the tests install it, built once for all workers and uncompressed, to be quick; and a later one."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
_BUILD_S: Final = 3000
LATER: Final = "99.0"


class Packages(msgspec.Struct, frozen=True):
    """The package of this checkout, and the same as a later version."""

    now: Path
    later: Path

    @property
    def version(self) -> str:
        """Of the package of this checkout."""
        return field(self.now, "Version")


def built_in(folder: Path) -> Packages:
    """Both, built in ``folder`` by whoever comes first."""
    later = folder / "later" / f"etui_{LATER}_{architecture()}.deb"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not later.exists():
            now = build(folder, "--compression", "none")
            (folder / "now").symlink_to(now)
            _as_later(now, later)
    return Packages((folder / "now").resolve(), later)


def build(output: Path, *words: str, root: Path = ROOT, before: tuple[str, ...] = (), **environ: str) -> Path:
    """Has ``./package`` of a checkout build into ``output``; what it says is the package's path."""
    command = [*before, str(root / "package"), "--output", str(output), *words]
    ran = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, timeout=_BUILD_S, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return Path(ran.stdout.strip())


def architecture() -> str:
    """This machine's, as Debian calls it."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def field(package: Path, name: str) -> str:
    """What a package's control file says."""
    return subprocess.run(
        ["dpkg-deb", "--field", str(package), name], capture_output=True, text=True, check=True
    ).stdout.strip()


def contents(package: Path) -> tarfile.TarFile:
    """What a package would put on the disk."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=True).stdout
    return tarfile.open(fileobj=BytesIO(data))


def _as_later(now: Path, later: Path) -> None:
    """The same files under a later version, whose ``etui --version`` says so too."""
    tree = later.with_suffix("")
    tree.parent.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "--raw-extract", str(now), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {LATER}", control.read_text()))
    code = tree / "usr/lib/etui/lib/python3.11/site-packages/etui"
    module = code / "__init__.py"
    module.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{LATER}"', module.read_text()))
    sums = tree / "DEBIAN" / "md5sums"
    kept = [line for line in sums.read_text().splitlines() if not line.endswith("/etui/__init__.py")]
    sums.write_text("\n".join([*kept, ""]))
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(later)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
