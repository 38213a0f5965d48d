"""Routing messages of the kernel: what is asked, and what an answer says. Bytes in, values out.

::

    RTM_GETROUTE an address ──► RTM_NEWROUTE: its type and the interface that it leaves by, or an error: no route
    RTM_GETLINK an interface ──► RTM_NEWLINK: its flags

The kernel looks a route up as for a packet, by every rule and table that there is. Numbers are in this machine's order.

Source: rtnetlink(7), netlink(7), netdevice(7); linux/rtnetlink.h, linux/if_link.h, linux/netlink.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

NEW_LINK: Final = 16
NEW_ROUTE: Final = 24
ERROR: Final = 2
_GET_LINK: Final = 18
_GET_ROUTE: Final = 26
_REQUEST: Final = 1
_UNICAST: Final = 1
_DST: Final = 1
_OIF: Final = 4
_UP: Final = 0x1
_LOOPBACK: Final = 0x8
_RUNNING: Final = 0x40
_LOWER_UP: Final = 0x1_0000
_HEADER: Final = struct.Struct("=IHHII")
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_LINK: Final = struct.Struct("=BxHiII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_INDEX: Final = struct.Struct("=I")
_BITS: Final = 8
_ALIGNED: Final = 4


class MalformedError(ValueError):
    """Bytes that are no message of netlink."""


def ask_route(family: int, address: bytes, number: int) -> bytes:
    """By which way a packet to an address would leave. ``number``: 32 bits, which the answer repeats."""
    route = _ROUTE.pack(family, len(address) * _BITS, 0, 0, 0, 0, 0, 0, 0)
    return _request(_GET_ROUTE, number, route + _attribute(_DST, address))


def ask_link(index: int, number: int) -> bytes:
    """How an interface is."""
    return _request(_GET_LINK, number, _LINK.pack(0, 0, index, 0, 0))


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The messages in a datagram: type, number and what is in each; raises ``MalformedError``."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise MalformedError("a message ends in its header")
        size, kind, _, number, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= size <= len(data) - at:
            raise MalformedError("a message is longer than its datagram, or shorter than its header")
        yield kind, number, data[at + _HEADER.size : at + size]
        at += _padded(size)


def interface_of(route: bytes) -> int | None:
    """The index of the interface that a route leaves by; None where it leads nowhere. Raises ``MalformedError``."""
    if len(route) < _ROUTE.size:
        raise MalformedError("a route ends in its header")
    if _ROUTE.unpack_from(route)[7] != _UNICAST:
        return None
    index = dict(_attributes(route[_ROUTE.size :])).get(_OIF, b"")
    return int(_INDEX.unpack(index)[0]) if len(index) == _INDEX.size else None


def leads_out(link: bytes) -> bool:
    """Whether an interface is up, has its carrier, and is not the loopback; raises ``MalformedError``."""
    if len(link) < _LINK.size:
        raise MalformedError("an interface ends in its header")
    flags: int = _LINK.unpack_from(link)[3]
    return flags & (_UP | _RUNNING | _LOWER_UP | _LOOPBACK) == _UP | _RUNNING | _LOWER_UP


def _request(kind: int, number: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST, number, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value.ljust(_padded(len(value)), b"\0")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while len(data) - at >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= size <= len(data) - at:
            raise MalformedError("an attribute is longer than its message, or shorter than its header")
        yield kind, data[at + _ATTRIBUTE.size : at + size]
        at += _padded(size)


def _padded(size: int) -> int:
    return (size + _ALIGNED - 1) // _ALIGNED * _ALIGNED
