"""The parts of a managed wallet, each in a unit of systemd's and under a user of its own.

A part is started by connecting to its socket, which the Router's user alone may: systemd runs the unit, and ``unit``
there takes from the connection what a child would inherit, arguments and descriptors. From then on the connection is
the part's life: it is readable here once the process has ended, and what is shut here ends the process, by the kernel.
So nobody here needs a right over units, or over processes of other users.
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.sandbox import Confinement
from etui.trusted.supervisor.children import Child, Running

MAX_BYTES: Final = 64 << 10
_END_S: Final = 2.0
_UNITS: Final = {
    "etui.trusted.vault": "vault",
    "etui.trusted.dialog": "dialog",
    "etui.trusted.native.egress": "egress",
    "etui.trusted.native.coverage": "coverage",
    "etui.trusted.supervisor.archiving": "archive",
}
"""The socket of each part that has a unit; the others are children, and run as the Router's user."""
_KILLED: Final = 128 + signal.SIGKILL
_CONFINED: Final = "extension"
_STORING: Final = "storage"
"""Of what confines an Extension that keeps files: its user lasts, as its files do."""


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To a part, with a descriptor for each of ``options``, in that order."""

    options: tuple[str, ...]
    arguments: tuple[str, ...]


class Confine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To what confines an Extension, with its channel, the pipe of its key and its log."""

    confinement: Confinement


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From what confined an Extension, at its end: the exit status."""

    status: int


class Unit:
    """One process in a unit, by the connection that is its life."""

    status: int | None = None

    def __init__(self, path: Path, message: Begin | Confine, descriptors: Sequence[int]) -> None:
        """Starts it; raises ``OSError`` where its socket does not take that."""
        self._life = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            self._life.setblocking(False)  # noqa: FBT003  # the standard library's signature
            self._life.connect(str(path))
            socket.send_fds(self._life, [msgspec.json.encode(message, enc_hook=str)], list(descriptors))
        except OSError as error:
            self._life.close()
            raise OSError(
                error.errno, f"{path} starts nothing ({error.strerror}); `systemctl status` says more"
            ) from None

    @property
    def pidfd(self) -> int:
        """What becomes readable when the process has ended; -1 once that was seen to."""
        return self._life.fileno()

    def shut(self) -> None:
        """Has the kernel end it."""
        with contextlib.suppress(OSError):  # it has ended
            self._life.shutdown(socket.SHUT_WR)

    def last_words(self, timeout_s: float) -> bytes | None:
        """What it says before it ends, empty where it says nothing; None where it takes longer than that."""
        poll = select.poll()
        poll.register(self._life, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            return None
        with contextlib.suppress(OSError):
            return self._life.recv(MAX_BYTES)
        return b""

    def close(self) -> None:
        """Gives the connection back."""
        self._life.close()

    def kill(self) -> None:
        """Ends it at once and waits for that; it may have ended already."""
        if self.pidfd >= 0:
            self.shut()
            self.last_words(_END_S)
            self.close()

    def end(self) -> None:
        """As ``kill``: no part that has a unit has anything to put in order."""
        self.kill()


class ConfinedUnit:
    """An Extension in a unit, with the face of ``sandbox.Confined``."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._status: int | None = None

    def fileno(self) -> int:
        """A descriptor that is readable once the last process inside has ended."""
        return self._unit.pidfd

    def settle(self) -> bool:
        """Says that no guard is needed: systemd ends what is in a unit."""
        return True

    def kill(self) -> None:
        """Ends every process inside, at once and without asking."""
        self._unit.shut()

    def poll(self) -> int | None:
        """The exit status if nothing inside is left, else None: 128 + n if signal n ended it."""
        return self.wait(0)

    def wait(self, timeout_s: float | None) -> int | None:
        """As ``poll``, after waiting at most ``timeout_s`` seconds; two where it is None."""
        if self._status is None:
            words = self._unit.last_words(_END_S if timeout_s is None else timeout_s)
            if words is not None:
                self._status = msgspec.json.decode(words, type=Told).status if words else _KILLED
        return self._status

    def close(self) -> None:
        """Gives the descriptor of ``fileno`` back; take it out of the event loop first."""
        self._unit.close()


class Units:
    """The units of one person's wallet. ``folder``: where their sockets are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, module: str, arguments: Sequence[str], channels: Mapping[str, socket.socket]) -> Running:
        """Starts a part with these channels, each named by its option; raises ``OSError`` where that fails."""
        name = _UNITS.get(module)
        if name is None:
            return Child(module, arguments, channels)
        descriptors = [channel.fileno() for channel in channels.values()]
        return Unit(self._folder / name, Begin(tuple(channels), tuple(arguments)), descriptors)

    def confine(self, confinement: Confinement, *, channel: int, key: int, log: int) -> ConfinedUnit:
        """Starts a confined process; raises ``OSError`` where that fails."""
        name = _CONFINED if confinement.folder is None else _STORING
        return ConfinedUnit(Unit(self._folder / name, Confine(confinement), [channel, key, log]))
