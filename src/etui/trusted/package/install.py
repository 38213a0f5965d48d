"""What is installed in a profile: verified packages unpacked, updated and removed, whole or not at all.

    extensions/ID/installation.json  the installation: its id, its publisher's key, which version is in use
    extensions/ID/VERSION/           the files of that version, read-only
    extensions/…/.new-…  .gone-…     what an interrupted step left behind

Rules:

1. ``installation.json`` decides: what it names is installed, and everything beside that is left over. It is written
   in one step, after the version that it names is on the disk; so a crash leaves the old state or the new.
2. What is left over is removed by ``tidy``, which runs when nothing of it can be running: at the Router's start.
3. An installation keeps its id through updates, and loses it for good when it is removed.
4. A publisher is known by the key of what is installed: another key is refused unless that one hands over to it, for
   an update as for a further Extension of the same publisher.
5. A version never changes its content, and an older one comes only when it is asked for.
6. Nothing is executed, compiled or imported here.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from etui.interfaces import broken_promise
from etui.trusted.durable import sync_folder
from etui.trusted.package.archive import File, read_folder
from etui.trusted.package.disk import disk, make_folder, remove_tree, write_tree
from etui.trusted.package.errors import (
    BusyError,
    ContentError,
    DamagedError,
    DowngradeError,
    NotInstalledError,
    PackageError,
    ReservedError,
    VersionTakenError,
)
from etui.trusted.package.installation import RECORD, Installation, read_installation, write_installation
from etui.trusted.package.package import Package, start_of
from etui.trusted.package.signature import Verified, verify_files
from etui.trusted.package.succession import predecessor
from etui.trusted.package.versions import precedence

_NEW: Final = ".new-"
_GONE: Final = ".gone-"


class Step(Enum):
    """A moment within an installation or removal at which a crash is told apart from the ones before and after."""

    FOLDER_MADE = "folder_made"
    FILE_DUE = "file_due"
    UNPACKED = "unpacked"
    NAMED = "named"
    RECORDED = "recorded"
    SET_ASIDE = "set_aside"


class Broken(msgspec.Struct, frozen=True):
    """An Extension that is installed and cannot be used: its id, and the error that says why."""

    id: str
    error: PackageError


class Look(msgspec.Struct, frozen=True):
    """What is installed: what can be started, and what is broken; each in the order of ids."""

    packages: tuple[Package, ...]
    broken: tuple[Broken, ...]


class Extensions:
    """The Extensions installed in one profile.

    Args:
        folder: where they are; made if it is not there, its parent must be.
        reserved: ids of the Extensions that come with the wallet.
        step: called at each ``Step``, so that a test can stop there.

    """

    def __init__(
        self, folder: Path, reserved: frozenset[str] = frozenset(), step: Callable[[Step], object] = lambda _: None
    ) -> None:
        self._folder = folder.absolute()
        self._reserved = reserved
        self._step = step
        with disk(self._folder):
            make_folder(self._folder)

    def look(self) -> Look:
        """Everything that is installed, its files held against its signature; nothing is changed."""
        packages: list[Package] = []
        broken: list[Broken] = []
        for extension in self._ids():
            try:
                packages.append(self._package(extension))
            except NotInstalledError:  # what an interrupted installation left, or a removal in this moment
                continue
            except PackageError as error:
                broken.append(Broken(extension, error))
        return Look(tuple(packages), tuple(broken))

    def package(self, extension: str) -> Package:
        """The Extension of this id, its files held against its signature.

        Raises ``NotInstalledError``, or ``DamagedError`` where a file is not as it was signed.
        """
        if extension not in self._ids():
            raise _not_installed(extension)
        return self._package(extension)

    def install(self, verified: Verified, now_s: int) -> Package:
        """Install or update; the same version again changes nothing, and mends what was damaged.

        ``now_s``: seconds since 1970. Raises ``ReservedError``, ``PublisherChangedError``, ``DowngradeError``,
        ``VersionTakenError``, ``ContentError``, ``BusyError`` or ``StorageError``; what was installed stays.
        """
        with self._held():
            return self._install(verified, self.check(verified), now_s)

    def check(self, verified: Verified) -> Installation | None:
        """What the package would take the place of; raises what ``install`` would refuse it by, and changes nothing."""
        known = self._known(verified)
        if known is not None:
            if precedence(verified.manifest.version) < precedence(known.version):
                raise DowngradeError(
                    f"{known.id} {known.version} is installed, and {verified.manifest.version} is older:"
                    " no update goes back; to have the older one remove the Extension first, and with it what it keeps"
                )
            self._check_promises(verified, known)
        return known

    def remove(self, extension: str) -> Installation | None:
        """Remove an Extension; its installation, whose key is to be destroyed, or None where the record is unreadable.

        Raises ``NotInstalledError``, ``BusyError`` or ``StorageError``.
        """
        with self._held():
            if extension not in self._ids():
                raise _not_installed(extension)
            try:
                installation = read_installation(self._folder / extension)
            except DamagedError:
                installation = None
            aside = self._folder / f"{_GONE}{secrets.token_hex(8)}"
            with disk(self._folder):
                (self._folder / extension).rename(aside)
                sync_folder(self._folder)
                self._step(Step.SET_ASIDE)
                remove_tree(aside)
            return installation

    def tidy(self) -> None:
        """Remove what interrupted steps and updates left over; call it while none of these Extensions runs."""
        with self._held(), disk(self._folder):
            for entry in sorted(self._folder.iterdir()):
                if entry.name.startswith(_GONE):
                    remove_tree(entry)
            for extension in self._ids():
                self._tidy(self._folder / extension)

    def _tidy(self, folder: Path) -> None:
        try:
            kept = {RECORD, read_installation(folder).version}
        except NotInstalledError:
            remove_tree(folder)
            return
        except PackageError:
            return  # damaged or newer: everything stays for whoever looks into it
        for entry in sorted(folder.iterdir()):
            if entry.name not in kept:
                remove_tree(entry)

    def _install(self, verified: Verified, known: Installation | None, now_s: int) -> Package:
        manifest = verified.manifest
        if known is not None and precedence(known.version) == precedence(manifest.version):
            if (known.version, known.digest) != (manifest.version, verified.digest):
                raise VersionTakenError(
                    f"{manifest.id} {known.version} is installed with other content; its publisher has to give this"
                    " one a version of its own"
                )
            try:
                return self._package(manifest.id)
            except DamagedError:
                pass  # mended by what follows
        folder = self._folder / manifest.id
        with disk(folder):
            make_folder(folder)
            self._step(Step.FOLDER_MADE)
            new, place = folder / f"{_NEW}{secrets.token_hex(8)}", folder / manifest.version
            try:
                write_tree(new, self._due(verified.files))
            except OSError:
                remove_tree(new)
                raise
            self._step(Step.UNPACKED)
            remove_tree(place)
            new.rename(place)
            sync_folder(folder)
            self._step(Step.NAMED)
            write_installation(
                folder,
                Installation(
                    id=manifest.id,
                    publisher=manifest.publisher,
                    key=verified.key,
                    installation=uuid.uuid4().hex if known is None else known.installation,
                    version=manifest.version,
                    digest=verified.digest,
                    installed_s=now_s,
                ),
            )
            self._step(Step.RECORDED)
        return self._package(manifest.id)

    def _due(self, files: Iterable[File]) -> Iterator[File]:
        for file in files:
            self._step(Step.FILE_DUE)
            yield file

    def _known(self, verified: Verified) -> Installation | None:
        """What is installed under this id already, once it is sure that the package may take its place."""
        manifest = verified.manifest
        if manifest.id in self._reserved:
            raise ReservedError(f"{manifest.id} comes with the wallet; a package cannot take its name")
        installations: list[Installation] = []
        for extension in self._ids():
            try:
                installations.append(read_installation(self._folder / extension))
            except NotInstalledError:
                continue
            except DamagedError:
                if extension.startswith(f"{manifest.publisher}."):  # it may hold the key to compare with
                    raise
        known = predecessor(verified, tuple(installations))
        self._check_documents(verified)
        return known

    def _check_documents(self, verified: Verified) -> None:
        """Refuse an interface that an installed package defines otherwise: people would be asked in other words."""
        brought = {document.id: document.document for document in verified.documents}
        for package in self.look().packages if brought else ():
            if package.manifest.id == verified.manifest.id:
                continue
            for document in package.documents:
                if brought.get(document.id, document.document) != document.document:
                    raise ContentError(
                        f"{verified.manifest.id} defines {document.id} otherwise than {package.manifest.id} does, which"
                        " is installed; their publishers have to agree, or number the change as a new version"
                    )

    def _check_promises(self, verified: Verified, known: Installation) -> None:
        """Refuse an update that turns an interface into another: rights were given for what it said."""
        brought = {document.id: document.document for document in verified.documents}
        try:
            installed = self._package(known.id).documents
        except DamagedError:  # mended by the update
            return
        for document in installed:
            later = brought.get(document.id)
            if later is not None and (broken := broken_promise(document.document, later)):
                raise ContentError(
                    f"the update changes {document.id} ({broken}), which programs and rights rely on as it is; its"
                    " publisher has to number the change as a new version"
                )

    def _package(self, extension: str) -> Package:
        installation = read_installation(self._folder / extension)
        folder = self._folder / extension / installation.version
        try:
            verified = verify_files(read_folder(folder))
        except PackageError as error:
            raise DamagedError(f"{extension} is not as it was installed ({error}); install it again") from error
        if (verified.manifest.id, verified.digest, verified.key) != (extension, installation.digest, installation.key):
            raise DamagedError(f"{extension} is not the package that was installed; install it again")
        argv, code = start_of(verified.manifest, folder)
        return Package(
            manifest=verified.manifest,
            installation=installation.installation,
            principal=verified.manifest.principal,
            folder=folder,
            fingerprint=verified.fingerprint,
            supplied=False,
            installed_s=installation.installed_s,
            argv=argv,
            code=code,
            documents=verified.documents,
        )

    def _ids(self) -> tuple[str, ...]:
        with disk(self._folder), os.scandir(self._folder) as entries:
            return tuple(
                sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                )
            )

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One process at a time changes what is installed; the kernel lets go when it ends, however it ends."""
        with disk(self._folder):
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError("something else is being installed or removed just now; try again after it") from None
            yield
        finally:
            os.close(descriptor)


def _not_installed(extension: str) -> NotInstalledError:
    return NotInstalledError(f"there is no Extension {extension[:120]!r}; `etui extension list` shows those that are")
