"""Starts an Extension: confined, with its connection to the Router and the pipe that brings its key."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from etui.trusted.copies import copy_of
from etui.trusted.sandbox import Confinement, python_runtime, start
from etui.trusted.supervisor.said import Said

if TYPE_CHECKING:
    from etui.trusted.package import Package

MIB: Final = 1 << 20
_GRACE_S: Final = 2.0
SESSION: Final = secrets.token_hex(8)
"""Names this run of the wallet to its Extensions: some of what they keep lasts no longer. It is no secret."""


class Confined(Protocol):
    """A confined process, as ``sandbox.Confined`` is one."""

    def fileno(self) -> int:
        """A descriptor that is readable once the last process inside has ended."""

    def settle(self) -> bool:
        """Whether from now on it ends with who started it, without more."""

    def kill(self) -> None:
        """Ends every process inside."""

    def poll(self) -> int | None:
        """The exit status; None while something runs inside."""

    def wait(self, timeout_s: float | None) -> int | None:
        """As ``poll``, after waiting at most so long."""

    def close(self) -> None:
        """Gives the descriptor back."""


class Confine(Protocol):
    """Starts a confined process, as ``sandbox.start`` does."""

    def __call__(self, confinement: Confinement, *, channel: int, key: int, log: int) -> Confined:
        """Raises ``SandboxError`` or ``OSError`` where that fails."""


def confine_with(bubblewrap: Path) -> Confine:
    """Confines by a bubblewrap of this machine, as this process's user; a folder that lasts is made first."""

    def confine(confinement: Confinement, *, channel: int, key: int, log: int) -> Confined:
        if confinement.folder is not None:
            confinement.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return start(confinement, channel=channel, key=key, log=log, bubblewrap=bubblewrap)

    return confine


class StartedExtension(msgspec.Struct, frozen=True):
    """A confined process, the Router's end of its connection, and the end of the pipe where its key is written.

    ``said``: where what it says on standard error arrives.
    """

    process: Confined
    connection: socket.socket
    key_pipe: int
    said: Said


def start_extension(package: Package, *, confine: Confine, home: Path, log: int) -> StartedExtension:
    """Starts the package's process; raises ``SandboxError`` where it cannot be confined.

    ``log``: where what it says on standard error is passed on to.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    key_read, key_write = os.pipe2(os.O_CLOEXEC)
    said = Said(package.manifest.id, log)
    try:
        process = confine(_confinement(package, home), channel=theirs.fileno(), key=key_read, log=said.end)
    except BaseException:
        ours.close()
        os.close(key_write)
        raise
    finally:
        theirs.close()
        os.close(key_read)
        said.handed_over()
    return StartedExtension(process, ours, key_write, said)


def end_extension(started: StartedExtension) -> int | None:
    """Ends the process, which may have ended already; its exit status, None where it takes too long."""
    started.process.kill()
    status = started.process.wait(_GRACE_S)
    started.process.close()
    started.said.finish()
    return status


def _confinement(package: Package, home: Path) -> Confinement:
    permissions = package.manifest.permissions
    folder: Path | None = None
    if permissions.folder:
        folder = (home / "storage").resolve() / package.installation
    return Confinement(
        argv=package.argv,
        code=(*python_runtime(), *package.code),
        folder=folder,
        env={
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "ETUI_SESSION": SESSION,
            "ETUI_COPY": copy_of(home, package.installation),
        },
        memory_bytes=permissions.memory_mb * MIB,
        processes=permissions.processes,
        files=256 if permissions.folder else 64,
    )
