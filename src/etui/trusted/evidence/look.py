"""The look itself: pin the process, read it and its ancestors, judge, and make sure it lives.

Everything that is said was true of one and the same process, which still ran when it was said.
What it will run next, and who else holds its socket, nobody can say.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from etui.trusted.evidence import pidfds, procfs
from etui.trusted.evidence.errors import GoneError, NotAPeerError
from etui.trusted.evidence.evidence import Evidence
from etui.trusted.evidence.identity import identify
from etui.trusted.evidence.peer import Peer, peer_of_socket
from etui.trusted.evidence.process import Namespace


class View(Struct, frozen=True):
    """From where is looked.

    Args:
        wallet_uid: the user whose wallet this is.
        namespaces: those of the machine, by their links in `/proc`; None where this process has them itself.

    """

    wallet_uid: int
    namespaces: Mapping[Namespace, str] | None = None


class Look(Protocol):
    """One look at a process: taken here, or asked of a process that sees more."""

    def __call__(self, peer: Peer, pidfd: int | None, *, via_bus: bool) -> Evidence:
        """Say who `peer` is, as `look_here` does."""


def look_here(peer: Peer, pidfd: int | None, *, via_bus: bool, view: View | None = None) -> Evidence:
    """Say who `peer` is.

    Args:
        peer: whom the kernel or a bus named.
        pidfd: a descriptor that pins it, which stays the caller's, or None.
        via_bus: a message bus of the user named it.
        view: from where; by default as the user who runs this, who then is the wallet's.

    Raises as `examine`.

    """
    own = View(os.geteuid()) if view is None else view
    with _pinned(peer.pid, pidfd) as pin:
        lineage = procfs.lineage(peer.pid, own.namespaces) if peer.pid else ()
        if pin is not None and not pidfds.alive(pin):
            raise GoneError(peer.pid)
    if pin is None and peer.pid and not lineage:
        raise GoneError(peer.pid)
    if lineage and peer.start_ticks not in {None, lineage[0].start_ticks}:
        raise GoneError(peer.pid)
    return identify(lineage, peer=peer, wallet_uid=own.wallet_uid, via_bus=via_bus)


def examine(  # noqa: PLR0913 - each is a fact of its own that a bus or a door may know
    pid: int,
    uid: int,
    *,
    pidfd: int | None = None,
    start_ticks: int | None = None,
    via_bus: bool = False,
    by: Look = look_here,
) -> Evidence:
    """Say who process `pid` of user `uid` is.

    Args:
        pid: its number here, 1 or more.
        uid: its user id, as whoever named the process said.
        pidfd: a descriptor that pins it, which stays the caller's; without one the evidence is weaker.
        start_ticks: its start when it was first seen, in clock ticks since boot; another start voids it.
        via_bus: a message bus of the user named it.
        by: who looks.

    Raises `GoneError` if it has ended or another process has its number, `NotAPeerError` if `pidfd` is
    another process's, `UnsettledError` if it keeps replacing its program, `EvidenceError` if who looks does not say.

    """
    peer = Peer(pid, uid, gid=None, start_ticks=start_ticks, weak=pidfd is None)
    return by(peer, pidfd, via_bus=via_bus)


def examine_socket(sock: socket.socket, by: Look = look_here) -> Evidence:
    """Say who connected the Unix socket `sock`.

    Args:
        sock: the accepted, connected socket. The ends of a socket pair name whoever made the pair.
        by: who looks.

    Raises as `examine`, and `NotAPeerError` if `sock` is not a connected Unix socket.

    """
    peer, pidfd = peer_of_socket(sock)
    try:
        return by(peer, pidfd, via_bus=False)
    finally:
        if pidfd is not None:
            os.close(pidfd)


@contextmanager
def _pinned(pid: int, pidfd: int | None) -> Iterator[int | None]:
    """Hold process `pid` by `pidfd`, or by one of our own where the kernel has them."""
    if pidfd is not None:
        held = pidfds.pid_of(pidfd)
        if held == -1:
            raise GoneError(pid)
        if held != pid:
            raise NotAPeerError(f"Descriptor {pidfd} is not the pidfd of process {pid}")
        yield pidfd
        return
    own = pidfds.opened(pid) if pid else None
    try:
        yield own
    finally:
        if own is not None:
            os.close(own)
