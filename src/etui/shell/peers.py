"""Whose program is at the other end of a connection of the loopback, as the kernel tells.

Source: proc(5), /proc/net/tcp.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

_TABLE: Final = Path("/proc/net/tcp")
_LOOPBACK: Final = f"{int.from_bytes(bytes([127, 0, 0, 1]), sys.byteorder):08X}"
"""127.0.0.1, as the table writes it: a number of the machine's own order of bytes."""
_ESTABLISHED: Final = "01"


def uid_of(port: int, to_port: int) -> int | None:
    """Whose connection it is that 127.0.0.1 has from ``port`` to ``to_port``; None where there is none."""
    wanted = [f"{_LOOPBACK}:{port:04X}", f"{_LOOPBACK}:{to_port:04X}", _ESTABLISHED]
    for line in _TABLE.read_text(encoding="ascii").splitlines():
        columns = line.split()
        if columns[1:4] == wanted:
            return int(columns[7])
    return None
