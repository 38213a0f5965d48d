"""Starts an Extension: confined, with its connection to the Router and the pipe that brings its key."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.copies import copy_of
from etui.trusted.sandbox import Confined, Confinement, python_runtime, start
from etui.trusted.supervisor.said import Said

if TYPE_CHECKING:
    from pathlib import Path

    from etui.trusted.package import Package

MIB: Final = 1 << 20
_GRACE_S: Final = 2.0
SESSION: Final = secrets.token_hex(8)
"""Names this run of the wallet to its Extensions: some of what they keep lasts no longer. It is no secret."""


class StartedExtension(msgspec.Struct, frozen=True):
    """A confined process, the Router's end of its connection, and the end of the pipe where its key is written.

    ``said``: where what it says on standard error arrives.
    """

    process: Confined
    connection: socket.socket
    key_pipe: int
    said: Said


def start_extension(package: Package, *, bubblewrap: Path, home: Path, log: int) -> StartedExtension:
    """Starts the package's process; raises ``SandboxError`` where it cannot be confined.

    ``log``: where what it says on standard error is passed on to.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    key_read, key_write = os.pipe2(os.O_CLOEXEC)
    said = Said(package.manifest.id, log)
    try:
        process = start(
            _confinement(package, home), channel=theirs.fileno(), key=key_read, log=said.end, bubblewrap=bubblewrap
        )
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
        folder = home / "storage" / package.installation
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
