"""A network and a folder of sockets of this process's own, with the virtual reader in them.

The reader listens on every address, and pcscd's socket has a fixed path: so both are in namespaces of their own, which
the test's main thread enters and leaves again; who it starts meanwhile is in them. That takes root.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from etui.doors.contactless.vpcd import PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PCSCD: Final = "/usr/sbin/pcscd"
_DRIVER: Final = Path("/etc/reader.conf.d/vpcd")
_PYSCARD: Final = Path("/usr/lib/python3/dist-packages/smartcard")
_RUN: Final = Path("/run/pcscd")
_CLONE_NEWNS: Final = 0x0002_0000
_CLONE_NEWNET: Final = 0x4000_0000
_MS_REC: Final = 0x4000
_MS_PRIVATE: Final = 0x4_0000
_PATIENCE_S: Final = 30.0
_libc: Final = ctypes.CDLL(None, use_errno=True)


def must_have_reader() -> None:
    """Skips the test where a virtual reader cannot be had."""
    if shutil.which(_PCSCD) is None:
        pytest.skip("needs package pcscd")
    if not _DRIVER.exists():
        pytest.skip("needs package vsmartcard-vpcd")
    if not _PYSCARD.exists():
        pytest.skip("needs package python3-pyscard")
    if os.geteuid() != 0:
        pytest.skip("namespaces of its own take root")


@contextmanager
def surroundings() -> Iterator[None]:
    """Namespaces in which there is the loopback, and no pcscd yet."""
    before = [os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in ("mnt", "net")]
    where = Path.cwd()
    _RUN.mkdir(exist_ok=True)
    _check(_libc.unshare(_CLONE_NEWNS | _CLONE_NEWNET))
    try:
        _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        _check(_libc.mount(b"pcscd", bytes(_RUN), b"tmpfs", 0, None))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=_PATIENCE_S)
        yield
    finally:
        for descriptor, kind in zip(before, (_CLONE_NEWNS, _CLONE_NEWNET), strict=True):
            _check(_libc.setns(descriptor, kind))
            os.close(descriptor)
        os.chdir(where)


@contextmanager
def virtual_reader(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """pcscd with the virtual reader, which listens for a card."""
    with log.open("wb") as said:
        pcscd = subprocess.Popen([_PCSCD, "--foreground"], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while not (_RUN / "pcscd.comm").exists() or not _listens():
            assert pcscd.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield pcscd
    finally:
        pcscd.terminate()
        try:
            pcscd.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            pcscd.kill()
            pcscd.wait(_PATIENCE_S)


def _listens() -> bool:
    """Whether the reader's port is taken; nobody connects to it, since that would be a card."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return True
    return False


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
