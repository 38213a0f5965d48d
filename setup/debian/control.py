"""What dpkg is told of the package: name, version, what it depends on, the sums of its files.

Source: Debian Policy, chapters 3 to 7; deb-control(5), deb-md5sums(5).
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from setup.debian.architectures import Architecture
from setup.debian.linking import linked_files, needed_by, packages_of

_CONTROL: Final = """\
Package: etui
Version: {version}
Architecture: {architecture}
Maintainer: The Etui authors <etui@etui.example>
Installed-Size: {size_kib}
Depends: {depends}
Recommends: {recommends}
Suggests: {suggests}
Section: utils
Priority: optional
Description: open terminal wallet
 Passwords, keys, one-time codes, cards and receipts behind one guarded door: every
 program that wants one is looked at, decided about, and written down, and a dialog
 that proves itself to its user asks where a rule does not answer.
 .
 Each person has a wallet of their own, made by `etui run`. Programs of the desktop
 find it as their keyring (org.freedesktop.secrets), ssh and git as their agent,
 browsers by an extension.
"""
_LOADED: Final = ("libdbus-1-3", "libseccomp2", "python3.11")
"""What no library is linked to: Qt and the sandbox load the former by name, and the last runs all of it."""
_RECOMMENDED: Final = ("fonts-dejavu-core",)
_OF_A_CHECKOUT: Final = frozenset({"python3-venv"})
"""What only ``.venv`` needs."""
_SCRIPTS: Final = ("prerm", "postinst")
_PACKAGE: Final = re.compile(r"^[a-z0-9][a-z0-9+.-]+", re.MULTILINE)


def dependencies(tree: Path) -> set[str]:
    """The Debian packages without which what lies in ``tree`` does not run."""
    files = linked_files(tree)
    asked = {name for names in needed_by(files).values() for name in names}
    return {*packages_of(asked - {path.name for path in files}), *_LOADED}


def add_control(tree: Path, version: str, architecture: Architecture, run_list: Path) -> None:
    """Adds the folder ``DEBIAN`` to a tree that is otherwise complete.

    ``run_list``: ``packages/debian-run.txt``, of which the package suggests what it does not depend on.
    """
    depends = dependencies(tree)
    listed = set(_PACKAGE.findall(run_list.read_text(encoding="utf-8")))
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    sums = [f"{_md5(path)}  {path.relative_to(tree)}\n" for path in files]
    size_kib = sum(-(-path.stat().st_size // 1024) for path in files)
    text = _CONTROL.format(
        version=version,
        architecture=architecture.debian,
        size_kib=size_kib,
        depends=_listing(depends),
        recommends=_listing(_RECOMMENDED),
        suggests=_listing(listed - depends - {*_RECOMMENDED} - _OF_A_CHECKOUT),
    )
    folder = tree / "DEBIAN"
    folder.mkdir()
    (folder / "control").write_text(text, encoding="utf-8")
    (folder / "md5sums").write_text("".join(sums), encoding="utf-8")
    settings = [f"/{path.relative_to(tree)}\n" for path in files if path.relative_to(tree).parts[0] == "etc"]
    (folder / "conffiles").write_text("".join(settings), encoding="utf-8")
    for name in _SCRIPTS:
        shutil.copyfile(Path(__file__).with_name(name), folder / name)
        (folder / name).chmod(0o755)


def _listing(packages: Iterable[str]) -> str:
    return ", ".join(sorted(packages))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
