"""Ports of the loopback that a test holds, so that what it kills and starts again finds its port free.

A port that the system gives out for port 0 is one of its ephemeral ports: while nobody listens there, any connection
that anybody makes may get it. A held port is none of these, and another test does not get it either: it is bound here,
in a way that lets whoever sets ``SO_REUSEADDR`` bind it too and listen, as servers do.
"""

from __future__ import annotations

import itertools
import random
import socket
from pathlib import Path
from typing import Final, Self

_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST: Final = 12_000


class HeldPort:
    """A port, held until ``release``."""

    def __init__(self) -> None:
        first_ephemeral = int(_RANGE.read_text(encoding="ascii").split()[0])
        start = random.SystemRandom().randrange(_LOWEST, first_ephemeral)
        for number in itertools.chain(range(start, first_ephemeral), range(_LOWEST, start)):
            held = socket.socket()
            try:
                held.bind(("127.0.0.1", number))  # without SO_REUSEADDR: only where nobody else has it
            except OSError:
                held.close()
                continue
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.number, self._held = number, held
            return
        raise OSError(f"no port from {_LOWEST} to {first_ephemeral} is free")

    def release(self) -> None:
        """Lets others have it."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
