"""The Extensions that come with the wallet: part of its code, trusted as that, with installations of each profile.

Rules:

1. They have no signature: who can change them can change the wallet.
2. Each profile gives each of them a random installation of its own, once, in ``extensions/supplied.json``: so their
   keys differ from profile to profile. An Extension that is no longer supplied keeps its installation, and finds its
   data again when it comes back.
3. That file is never made anew where it cannot be read.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.formats import Readers
from etui.trusted.package.archive import read_folder
from etui.trusted.package.contents import check_contents
from etui.trusted.package.disk import disk, make_folder
from etui.trusted.package.errors import ContentError
from etui.trusted.package.installation import FORMAT, InstallationId, read_record, write_record
from etui.trusted.package.manifest import ETUI, Manifest, read_manifest
from etui.trusted.package.package import LIBRARY, Package, library, python_start
from etui.trusted.package.paths import MANIFEST

SUPPLIED: Final = LIBRARY / "extensions"
_MODULES: Final = "etui.extensions"
_RECORD: Final = "supplied.json"
_MADE_BY_RUNNING: Final = frozenset({"__pycache__"})
_SHARED: Final = (SUPPLIED / "__init__.py", LIBRARY / "standards")


class _Installations(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The installations of a profile by the ids of their Extensions."""

    format: int = FORMAT
    installations: dict[str, InstallationId] = {}


_READERS: Final[Readers[_Installations]] = {1: msgspec.json.Decoder(_Installations).decode}


def supplied_packages(extensions: Path) -> tuple[Package, ...]:
    """The Extensions that come with the wallet, with their installations in the profile's folder ``extensions``.

    The folder is made if it is not there; its parent must be. Raises ``DamagedError``, ``NewerFormatError`` or
    ``StorageError`` about the record, ``ManifestError`` or ``ContentError`` where the wallet itself is damaged.
    """
    manifests = supplied_manifests()
    path = extensions.absolute() / _RECORD
    with disk(path):
        make_folder(path.parent)
    known = (read_record(path, _READERS) or _Installations()).installations
    if new := {manifest.id: uuid.uuid4().hex for manifest in manifests.values() if manifest.id not in known}:
        known = known | new
        write_record(path, _Installations(installations=known))
    return tuple(_package(folder, manifest, known[manifest.id]) for folder, manifest in manifests.items())


def check_installations(extensions: Path) -> None:
    """Raises ``DamagedError``, ``NewerFormatError`` or ``StorageError`` where the record cannot be used."""
    read_record(extensions.absolute() / _RECORD, _READERS)


def supplied_manifests(folder: Path = SUPPLIED) -> dict[Path, Manifest]:
    """The manifests of the Extensions that come with the wallet, by their folders."""
    found: dict[Path, Manifest] = {}
    with disk(folder):
        for path in sorted(folder.glob(f"*/{MANIFEST}")):
            manifest = read_manifest(path.read_bytes(), str(path))
            started = manifest.python
            if manifest.publisher != ETUI or started is None or started[:2] != ("-m", f"{_MODULES}.{path.parent.name}"):
                raise ContentError(
                    f"{path} has to name the publisher {ETUI} and start the module {_MODULES}.{path.parent.name}"
                )
            if manifest.id in {other.id for other in found.values()}:
                raise ContentError(f"{path} has the id {manifest.id} of another Extension; give it one of its own")
            found[path.parent] = manifest
    return found


def supplied_ids() -> frozenset[str]:
    """The ids that no package may take."""
    return frozenset(manifest.id for manifest in supplied_manifests().values())


def _package(folder: Path, manifest: Manifest, installation: str) -> Package:
    files = {file.path: file for file in read_folder(folder, left_out=_MADE_BY_RUNNING)}
    return Package(
        manifest=manifest,
        installation=installation,
        principal=manifest.principal,
        folder=folder,
        fingerprint="",
        supplied=True,
        installed_s=0,
        argv=python_start(LIBRARY.parent, manifest.python or ()),
        code=(*library(), *_SHARED, folder),
        documents=check_contents(manifest, files),
    )
