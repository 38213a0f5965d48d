"""Whether the reader's port can be reached from outside this machine, as far as this machine can tell.

``vpcd`` listens on every address, and takes whoever connects for a card. The kernel says on which addresses a port is
listened to, and which interfaces this network namespace has: a port is closed to the outside where it is on the
loopback alone, or where there is no other interface. A firewall cannot be seen from here without being root, so one
that does it has to be vouched for by the user.

Source: proc(5), ``/proc/net/tcp``, ``/proc/net/tcp6``, ``/proc/net/dev``.
"""

from __future__ import annotations

import ipaddress
import sys
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_LISTENS: Final = "0A"
_LOOPBACK: Final = "lo"
_ADDRESS_AT, _STATE_AT = 1, 3
_HEADER_LINES: Final = 2
_WORD: Final = 4


class Reach(Enum):
    """Who reaches a port."""

    NOBODY = "nobody listens"
    INSIDE = "this machine alone"
    OUTSIDE = "whoever reaches this machine"


def reach_of(port: int, net: Path) -> Reach:
    """Who reaches a TCP port. ``net``: the folder of a network namespace, as ``/proc/self/net``.

    A table that is not there, as that of IPv6, is empty; one that cannot be read raises ``OSError``.
    """
    addresses = [one for table in ("tcp", "tcp6") for one in _listening(net / table, port)]
    if not addresses:
        return Reach.NOBODY
    if all(one.is_loopback for one in addresses) or _is_alone(net / "dev"):
        return Reach.INSIDE
    return Reach.OUTSIDE


def _listening(table: Path, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except FileNotFoundError:
        return []
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for fields in (line.split() for line in lines):
        address, _, local_port = fields[_ADDRESS_AT].partition(":")
        if fields[_STATE_AT] == _LISTENS and int(local_port, 16) == port:
            found.append(_address(address))
    return found


def _address(digits: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as the kernel writes it: words of four bytes, each in the machine's order."""
    raw = bytes.fromhex(digits)
    words = [raw[at : at + _WORD] for at in range(0, len(raw), _WORD)]
    ordered = b"".join(int.from_bytes(word, "big").to_bytes(_WORD, sys.byteorder) for word in words)
    address = ipaddress.ip_address(ordered)
    return getattr(address, "ipv4_mapped", None) or address


def _is_alone(devices: Path) -> bool:
    """Whether this namespace has no interface but the loopback."""
    lines = devices.read_text(encoding="ascii").splitlines()[_HEADER_LINES:]
    return {line.partition(":")[0].strip() for line in lines} <= {_LOOPBACK}
