"""Starts the wallet's own processes, each with one channel and nothing else of ours."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol, TypeAlias

_KEPT_VARIABLES: Final = (
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "ETUI_HOME",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "PATH",
    "QT_QPA_PLATFORM",
    "QT_SCALE_FACTOR",
    "TERM",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_ACTIVATION_TOKEN",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
)
_END_S: Final = 2.0


class Running(Protocol):
    """One process of the wallet, however it was started: ``pidfd`` becomes readable when it ends."""

    @property
    def pidfd(self) -> int:
        """Is -1 once it has ended and that was seen to."""

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs, or where nobody can say."""

    def kill(self) -> None:
        """Ends it at once and waits for that; it may have ended already."""

    def end(self) -> None:
        """Asks it to end, and ends it after two seconds."""


StartPart: TypeAlias = Callable[[str, Sequence[str], Mapping[str, socket.socket]], Running]
"""Starts a module's process with arguments, and channels that are named by their options."""


class Child:
    """One process of the wallet, with a descriptor that becomes readable when it ends."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        channels: Mapping[str, socket.socket],
        *,
        variables: Sequence[str] = (),
    ) -> None:
        """Starts ``python -m module``; each channel's descriptor is passed on and named by its option.

        ``variables``: which of the environment it gets beside those that every process does.
        """
        options = [text for option, sock in channels.items() for text in (option, str(sock.fileno()))]
        self.module = module
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", module, *options, *arguments],
            pass_fds=[sock.fileno() for sock in channels.values()],
            stdin=subprocess.DEVNULL,
            # Ctrl-C in a terminal is for the supervisor, which ends its children in order.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509  # it has no threads
            env={name: os.environ[name] for name in (*_KEPT_VARIABLES, *variables) if name in os.environ},
        )
        self.pidfd = os.pidfd_open(self._process.pid)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """Ends it at once and waits for that; it may have ended already."""
        if self._process.poll() is None:
            self._process.kill()
        self._reap()

    def end(self) -> None:
        """Asks it to end, and ends it after two seconds."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self.kill()

    def _reap(self) -> None:
        self._process.wait()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def stream_pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a channel on which a process speaks the Router's protocol, or a door with the supervisor."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)


def is_stream(descriptor: int) -> bool:
    """Whether this is a connected Unix stream socket."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        if (sock.family, sock.type) != (socket.AF_UNIX, socket.SOCK_STREAM):
            return False
        try:
            sock.getpeername()
        except OSError:
            return False
        return True
