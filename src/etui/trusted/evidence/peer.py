"""Which process is at the other end of a connected Unix socket.

`SO_PEERCRED` gives the process that connected (for a socket pair, the one that made it) as it was
at that moment. `SO_PEERPIDFD` (Linux 6.5) pins that process. Before, `pidfd_open` pins whoever has
the number now, and the peer is called weak.
"""

import errno
import os
import socket
import struct

from msgspec import Struct

from etui.trusted.evidence import pidfds, procfs
from etui.trusted.evidence.errors import GoneError, NotAPeerError

_SO_PEERPIDFD = 77  # include/uapi/asm-generic/socket.h; Python 3.11 has no name for it
_UCRED = struct.Struct("=iII")  # unix(7), struct ucred
_NOBODY = 2**32 - 1


class Peer(Struct, frozen=True):
    """The process that is to be examined.

    Args:
        pid: its number, or 0 if the system shows none (another pid namespace).
        uid: the user id that it had when it connected.
        gid: the group id that it had then, or None if nobody says.
        start_ticks: its start in clock ticks since boot, or None if it is not visible.
        weak: nothing pinned the process from the start; its number may have changed hands before.

    """

    pid: int
    uid: int
    gid: int | None
    start_ticks: int | None
    weak: bool


def peer_of_socket(sock: socket.socket) -> tuple[Peer, int | None]:
    """Return the peer of a connected Unix socket and its pidfd, which the caller closes.

    Args:
        sock: a connected Unix stream or seqpacket socket.

    Raises `GoneError` if the peer has ended, `NotAPeerError` if the socket has none.

    """
    if sock.family != socket.AF_UNIX:
        raise NotAPeerError("The socket is not a Unix socket")
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(credentials)
    if uid == _NOBODY:
        raise NotAPeerError("The socket is not connected")
    if pid == 0:
        return Peer(0, uid, gid, start_ticks=None, weak=True), None
    pidfd = _pidfd_of_socket(sock, pid)
    weak = pidfd is None
    if pidfd is None:
        pidfd = pidfds.opened(pid)
    started = procfs.start_ticks(pid)
    if pidfd is not None and not pidfds.alive(pidfd):
        os.close(pidfd)
        raise GoneError(pid)
    return Peer(pid, uid, gid, started, weak), pidfd


def _pidfd_of_socket(sock: socket.socket, pid: int) -> int | None:
    """Return the kernel's pidfd of the peer, or None before Linux 6.5."""
    try:
        return sock.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    except OSError as error:
        if error.errno in {errno.ESRCH, errno.EINVAL}:
            raise GoneError(pid) from error
        if error.errno in {errno.ENOPROTOOPT, errno.ENODATA}:
            return None
        raise
