"""Installing, updating and removing Extensions: verified, shown, consented to, and then known to policy at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import AuditRecord, Kind, Resource
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.control import VaultOperation
from etui.trusted.dialog.requests import ShownField
from etui.trusted.package import (
    DamagedError,
    Extensions,
    PackageError,
    StorageError,
    Summary,
    folder_of,
    summarise,
    supplied_ids,
    verify,
)
from etui.trusted.policy import PolicyError
from etui.trusted.router.advisers import installed_party
from etui.trusted.router.vouched import vouch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etui.interfaces.adviser_1 import Party
    from etui.trusted.package import Line, Manifest, Package, Verified
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_MAX_BYTES: Final = 64 << 20
_PIECE_BYTES: Final = 1 << 20
_QUIET_S: Final = 60.0
_BEGUN: Final = "begun"
"""The kind of row that says what was begun with an Extension, by its principal."""


def shown(summary: Summary) -> tuple[ShownField, ...]:
    """What whoever installs an Extension sees of it."""
    return (
        ShownField(title="Publisher", value=summary.publisher, material=True),
        ShownField(title="Publisher's key", value=summary.fingerprint, material=True),
        ShownField(title="In its own words", value=summary.description),
        *_lines("Provides", summary.provides),
        *_lines("Asks for", summary.asks, material=True),
        *_lines("Restricts itself", summary.narrows),
        *_lines("No longer restricted", summary.loosens, material=True),
        *_lines("No longer asks for", summary.gives_up),
    )


def _lines(title: str, lines: tuple[Line, ...], *, material: bool = False) -> tuple[ShownField, ...]:
    if not lines:
        return ()
    text = "\n".join(
        ("NEW: " if line.new else "") + line.text + (f" {line.consequence}" if line.consequence else "")
        for line in lines
    )
    return (ShownField(title=title, value=text, material=material),)


class Removable(msgspec.Struct, frozen=True):
    """An Extension that can be removed: its id, its name for people, and its provider, which a damaged one has not."""

    id: str
    name: str
    provider: Provider | None = None


class Begun(msgspec.Struct, frozen=True):
    """An Extension whose update or removal was begun: its installation, and the interfaces that it served then."""

    installation: str
    provides: tuple[str, ...]


class Installing:
    """Changes what is installed."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._extensions = Extensions(folder_of(router.home), supplied_ids())
        self._extensions.tidy()

    async def install(
        self, source: Path | socket.socket, consent: Callable[[Summary, Party], Awaitable[None]]
    ) -> Package:
        """Installs or updates from a file, or from a stream, once ``consent`` to its summary returns.

        ``consent`` gets the Extension as advisers are told of it, too. Raises ``ProtocolError``.
        """
        router = self._router
        router.unlocked()
        loop = asyncio.get_running_loop()
        try:
            verified = await loop.run_in_executor(None, _verified, source)
            self._check_folder(verified)
            await loop.run_in_executor(None, self._extensions.check, verified)
            self._check_policies(verified)
            party = installed_party(verified.manifest, _logo_of(verified))
            await consent(summarise(verified, self._installed(verified)), party)
            known = router.registry.providers.get(verified.manifest.principal)
            provided = known.provides if known is not None else []
            if known is not None:
                await self._begin(known)
                router.providers.stop_if_begun(known)
            package = await loop.run_in_executor(None, self._extensions.install, verified, int(time.time()))
        except StorageError as error:
            raise ProtocolError(ErrorCode.UNWRITABLE, str(error)) from None
        except PackageError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, str(error)) from None
        provider = router.registry.add(package)
        router.unlocked().forget_interfaces(provider.principal, set(provided).difference(provider.provides))
        router.unlocked().reload_policies(router.home)
        router.path.drop_routes()
        router.broken.pop(package.manifest.id, None)
        router.unlocked().state.owe(_BEGUN, provider.principal, None)
        self._vouch()
        self._record(provider.principal, provider.name, f"installed version {package.manifest.version}")
        return package

    def _vouch(self) -> None:
        """Vouches for what is installed now; where that fails the next unlock does, and `etui export` says so."""
        with contextlib.suppress(OSError):
            vouch(self._router.home, self._router.unlocked().keys.header)

    def _check_folder(self, verified: Verified) -> None:
        """Raises ``ProtocolError`` where the package wants a folder that lasts, and all run as users that do not."""
        if self._router.is_managed and verified.manifest.permissions.folder:
            text = (
                f"{verified.manifest.name} keeps files, for which the wallet that the machine runs has no room beside"
            )
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{text} its own storage")

    def _check_policies(self, verified: Verified) -> None:
        """Raises ``ProtocolError`` where the policies would not load with this package, before anything is written."""
        router, manifest = self._router, verified.manifest
        try:
            router.unlocked().check_policies(router.home, manifest, verified.documents)
        except PolicyError as error:
            text = f"{manifest.name} cannot be installed, since the policies do not load with it: {error}"
            raise ProtocolError(ErrorCode.INVALID_PARAMS, text) from None

    def removable(self, principal: str) -> Removable:
        """The installed Extension of this principal or id, a damaged one too; one that comes with the wallet stays."""
        for provider in self._router.registry.packages():
            package = provider.package
            if package is not None and principal in {provider.principal, package.manifest.id}:
                if package.supplied:
                    raise ProtocolError(ErrorCode.DENIED, f"{provider.name} comes with the wallet and stays")
                return Removable(package.manifest.id, provider.name, provider)
        for extension, error in self._router.broken.items():
            if principal in {extension, *_principals(extension)}:
                if not isinstance(error, DamagedError):
                    raise ProtocolError(ErrorCode.UNAVAILABLE, str(error))
                return Removable(extension, extension)
        raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"there is no Extension {principal[:120]!r}")

    async def remove(self, removable: Removable) -> None:
        """Removes an Extension; its key is destroyed, and what it sealed opens never again."""
        router, provider = self._router, removable.provider
        if provider is not None:
            await self._begin(provider)
            router.providers.stop_if_begun(provider)
        try:
            removed = await asyncio.get_running_loop().run_in_executor(None, self._extensions.remove, removable.id)
        except PackageError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, str(error)) from None
        installation = provider.installation if provider is not None else removed.installation if removed else ""
        undone, failed = "nobody can tell which it is", ""
        if any(other.installation == installation for other in router.registry.packages() if other is not provider):
            undone = "its record names that of another"
        elif installation:
            reply = await router.vault(VaultOperation.DESTROY, installation=installation)
            undone = failed = reply.message if reply.code else ""  # which is tried again at the next unlock
        if provider is not None:
            router.registry.remove(provider)
        self._vouch()
        router.broken.pop(removable.id, None)
        principals = _principals(removable.id) if provider is None else [provider.principal]
        for principal in principals:
            router.unlocked().forget_extension(principal)
        router.unlocked().reload_policies(router.home)
        router.path.drop_routes()
        what = "removed" + (f"; its key was not destroyed: {undone}" if undone else "")
        self._record(principals[0] if principals else removable.id, removable.name, what)
        if principals and not failed:
            router.unlocked().state.owe(_BEGUN, principals[0], None)
        await router.unlocked().state.durable()

    async def finish(self) -> None:
        """Goes on with what was begun when the Router ended: with an Extension its key goes, and all rights on it."""
        router, opened = self._router, self._router.unlocked()
        for principal, begun in opened.state.all(_BEGUN, Begun).items():
            extension = principal.rpartition("/")[2]
            if (provider := router.registry.providers.get(principal)) is not None:
                opened.forget_interfaces(principal, set(begun.provides).difference(provider.provides))
            elif extension not in router.broken:
                opened.forget_extension(principal)
                self._record(principal, extension, "removed, which had been begun before")
                reply = await router.vault(VaultOperation.DESTROY, installation=begun.installation)
                if reply.code:
                    continue
            opened.state.owe(_BEGUN, principal, None)

    async def _begin(self, provider: Provider) -> None:
        """Notes, durably, that an Extension is about to be updated or removed."""
        begun = Begun(installation=provider.installation, provides=provider.provides)
        await self._router.unlocked().state.put(_BEGUN, provider.principal, begun)

    def _installed(self, verified: Verified) -> Manifest | None:
        provider = self._router.registry.providers.get(verified.manifest.principal)
        return provider.package.manifest if provider is not None and provider.package is not None else None

    def _record(self, principal: str, name: str, what: str) -> None:
        self._router.recorder.event(
            AuditRecord(
                kind=Kind.REGISTRATION,
                outcome=Recorded.DONE,
                resource=Resource(principal, "", name),
                reason=what,
            ),
            sync=True,
        )


def _principals(extension: str) -> list[str]:
    """Who an Extension of this id can be: a publisher's name has two labels or more, and the id goes on from it.

    Nobody, where it is no id: anybody may have put a folder among those of Extensions.
    """
    labels = extension.split(".")
    return [f"ext:{'.'.join(labels[:count])}/{extension}" for count in range(2, len(labels))]


def _logo_of(verified: Verified) -> bytes:
    """The PNG of a package that is not installed yet; empty where it has none."""
    return next((file.content for file in verified.files if file.path == verified.manifest.logo), b"")


def _verified(source: Path | socket.socket) -> Verified:
    return verify(_read(source) if isinstance(source, Path) else _received(source))


def _received(stream: socket.socket) -> bytes:
    """What comes by a stream, to its end."""
    parts: list[bytes] = []
    left = _MAX_BYTES + 1
    try:
        stream.settimeout(_QUIET_S)
        while left and (part := stream.recv(min(left, _PIECE_BYTES))):
            parts.append(part)
            left -= len(part)
    except OSError as error:
        text = f"the package was not handed over: {error.strerror or error}"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text) from None
    return b"".join(parts)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:  # only this one has an opener
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{path} is no file")
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "a path holds no character NUL") from None


def _without_waiting(path: str, flags: int) -> int:
    """Opens a file; a pipe does not hold this up before it is looked at."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
