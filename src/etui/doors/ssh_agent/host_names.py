"""Under which names a host's key is known to the user: from the files that OpenSSH looks into."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from etui.standards.sshagent import KnownHosts, SshAgentError, parse_known_hosts

_MAX_BYTES: Final = 4 << 20
_FILES: Final = (".ssh/known_hosts", ".ssh/known_hosts2")
_HASHED: Final = "a host in known_hosts, whose name is hashed there"
_UNKNOWN: Final = "an unknown host: its key is in no known_hosts"
_SYSTEM: Final = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))


class RevokedHostError(Exception):
    """A host key of which the user's files say that it is no longer to be trusted."""


class HostNames:
    """The known hosts, read again when a file changes."""

    def __init__(self, home: Path) -> None:
        self._files = tuple(map(str, (*(home / name for name in _FILES), *_SYSTEM)))
        self._stamp: tuple[tuple[int, int, int] | None, ...] | None = None
        self._known: KnownHosts = parse_known_hosts("")

    def of(self, key: bytes) -> str:
        """The names of this host key, with a comma between two; in words where there is none to be read.

        Raises ``RevokedHostError``.
        """
        known = self._read()
        if known.is_revoked(key):
            raise RevokedHostError
        if names := ", ".join(known.names(key)):
            return names
        return _HASHED if known.is_hashed(key) else _UNKNOWN

    def _read(self) -> KnownHosts:
        stamp = tuple(map(_stamp, self._files))
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._known = parse_known_hosts("\n".join(map(_text, self._files)))
            except SshAgentError:  # more than anybody has
                self._known = parse_known_hosts("")
        return self._known


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  # four times for each log-in
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _text(path: str) -> str:
    """The file's text, as far as it is a reasonable one; a file that cannot be read names no host."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe would keep everybody waiting
                return ""
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
