"""A network namespace of the tests' own, with the loopback and a network that can be cut. It takes root."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLONE_NEWNET: Final = 0x4000_0000
_PATIENCE_S: Final = 10.0
_libc: Final = ctypes.CDLL(None, use_errno=True)


class Network:
    """A pair of interfaces, by one of which there is a default route while it is joined."""

    def join(self) -> None:
        """Lays it."""
        _ip("link", "add", "here", "type", "veth", "peer", "name", "there")
        _ip("addr", "add", "192.0.2.2/24", "dev", "here")
        for end in ("here", "there"):
            _ip("link", "set", end, "up")
        _ip("route", "add", "default", "via", "192.0.2.1")
        deadline = time.monotonic() + _PATIENCE_S
        while "state UP" not in _ip("-o", "link", "show", "here"):
            assert time.monotonic() < deadline, "the pair has no carrier"
            time.sleep(0.01)

    def cut(self) -> None:
        """Takes it away."""
        _ip("link", "del", "here")


@contextmanager
def own_network() -> Iterator[Network]:
    """Has this thread, and whoever it starts meanwhile, be in a namespace where there is the loopback."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    _check(_libc.unshare(_CLONE_NEWNET))
    try:
        _ip("link", "set", "lo", "up")
        yield Network()
    finally:
        _check(_libc.setns(before, _CLONE_NEWNET))
        os.close(before)


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=_PATIENCE_S).stdout


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
