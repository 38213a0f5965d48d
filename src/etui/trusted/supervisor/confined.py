"""Starts an Extension: confined, with its connection to the Router and the pipe that brings its key."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.sandbox import Confined, Confinement, python_runtime, start

if TYPE_CHECKING:
    from pathlib import Path

    from etui.trusted.package import Package

MIB: Final = 1 << 20


class StartedExtension(msgspec.Struct, frozen=True):
    """A confined process, the Router's end of its connection, and the end of the pipe where its key is written."""

    process: Confined
    connection: socket.socket
    key_pipe: int


def start_extension(package: Package, *, bubblewrap: Path, home: Path, log: int) -> StartedExtension:
    """Starts the package's process; raises ``SandboxError`` where it cannot be confined."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    key_read, key_write = os.pipe2(os.O_CLOEXEC)
    try:
        process = start(
            _confinement(package, home), channel=theirs.fileno(), key=key_read, log=log, bubblewrap=bubblewrap
        )
    except BaseException:
        ours.close()
        os.close(key_write)
        raise
    finally:
        theirs.close()
        os.close(key_read)
    return StartedExtension(process, ours, key_write)


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
        env={"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        memory_bytes=permissions.memory_mb * MIB,
        processes=permissions.processes,
        files=256 if permissions.folder else 64,
    )
