"""A virtual reader of smart cards: pcscd with ``vsmartcard-vpcd``, in a network and a folder of sockets of its own.

The reader listens on every address, and pcscd's socket has a fixed path. So who uses it goes into namespaces where
there is the loopback alone and no other pcscd; whatever is started from there is in them too.

Source: unshare(2), setns(2), user_namespaces(7), netdevice(7); pcsc-lite 1.9.9; vsmartcard 3.3, ``vpcd.h``.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
import subprocess
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

READER: Final = "Virtual PCD 00 00"
"""The first slot, at which the wallet's door presents its card."""
PORT: Final = 0x8C7B
"""On which that slot waits for a card."""
OTHER_READER: Final = "Virtual PCD 00 01"
OTHER_PORT: Final = PORT + 1
_PCSCD: Final = "/usr/sbin/pcscd"
_PYSCARD: Final = "/usr/lib/python3/dist-packages/smartcard"
NEEDS: Final = {
    _PCSCD: "pcscd",
    "/etc/reader.conf.d/vpcd": "vsmartcard-vpcd",
    f"{_PYSCARD}/scard/_scard{sysconfig.get_config_var('EXT_SUFFIX')}": "python3-pyscard",
}
"""What has to be there for it, each with its Debian package; the last one is for who reads cards in this Python."""
_RUN: Final = Path("/run/pcscd")
_CLONE_NEWNS: Final = 0x0002_0000
_CLONE_NEWUSER: Final = 0x1000_0000
_CLONE_NEWNET: Final = 0x4000_0000
_MS_REC: Final = 0x4000
_MS_PRIVATE: Final = 0x4_0000
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_START_S: Final = 30.0
_LOOK_S: Final = 0.02
_libc: Final = ctypes.CDLL(None, use_errno=True)


class ReaderStartError(RuntimeError):
    """pcscd did not start; the message is what it said."""


def go_apart() -> None:
    """Takes this process into namespaces of its own, for good.

    Who is not root needs a user namespace for it, which only a process of one thread may make. Raises ``OSError`` where
    this machine does not let it.
    """
    user, group = os.geteuid(), os.getegid()
    _check(_libc.unshare((_CLONE_NEWUSER if user else 0) | _CLONE_NEWNS | _CLONE_NEWNET))
    if user:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    _furnish()


@contextmanager
def apart() -> Iterator[None]:
    """Takes this thread into such namespaces, and back again; that takes root. Raises ``OSError``."""
    before = [os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in ("mnt", "net")]
    where = Path.cwd()
    _check(_libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET))
    try:
        _furnish()
        yield
    finally:
        for descriptor, kind in zip(before, (_CLONE_NEWNS, _CLONE_NEWNET), strict=True):
            _go_back(descriptor, kind)
            os.close(descriptor)
        os.chdir(where)


@contextmanager
def virtual_reader(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The virtual reader of a pcscd, which waits for a card; raises ``ReaderStartError``. ``log``: what it says."""
    with log.open("wb") as said:
        pcscd = subprocess.Popen([_PCSCD, "--foreground"], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + _START_S
        while not (_RUN / "pcscd.comm").exists() or not _listens(PORT):
            if pcscd.poll() is not None or time.monotonic() > deadline:
                raise ReaderStartError(log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(_LOOK_S)
        yield pcscd
    finally:
        pcscd.terminate()
        try:
            pcscd.wait(_START_S)
        except subprocess.TimeoutExpired:
            pcscd.kill()
            pcscd.wait(_START_S)


def pyscard_in(folder: Path) -> Path:
    """A new folder below ``folder`` in which Python finds Debian's pyscard (there is no wheel of it) and no more."""
    made = folder / "pyscard"
    made.mkdir()
    (made / "smartcard").symlink_to(_PYSCARD)
    return made


def _furnish() -> None:
    """Switches the loopback on, and has pcscd's folder empty, here alone."""
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    if os.geteuid() == 0:
        _RUN.mkdir(exist_ok=True)
    covered = _RUN if _RUN.is_dir() else _RUN.parent
    _check(_libc.mount(b"pcscd", bytes(covered), b"tmpfs", 0, None))
    _RUN.mkdir(exist_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _go_back(descriptor: int, kind: int) -> None:
    """Enters a namespace, which waits for threads that were started here and are about to end (setns(2), EINVAL)."""
    deadline = time.monotonic() + _START_S
    while _libc.setns(descriptor, kind) != 0:
        if ctypes.get_errno() != errno.EINVAL or time.monotonic() > deadline:
            _check(-1)
        time.sleep(_LOOK_S)


def _listens(port: int) -> bool:
    """Whether a port is taken; nobody connects to it, since that would be a card."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
