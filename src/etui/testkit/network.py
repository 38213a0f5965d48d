"""A network that leads nowhere, to be laid and cut, in a network namespace of one's own: there is coverage, or none.

It is a pair of interfaces with the default route by one of them. The kernel is told in this process, since a program
that is started from a user namespace has lost what lets it (capabilities(7)).

Source: rtnetlink(7), netlink(7), veth(4); linux/rtnetlink.h, linux/if_link.h, linux/veth.h.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Final

_NEW_LINK: Final = 16
_DELETE_LINK: Final = 17
_NEW_ROUTE: Final = 24
_ERROR: Final = 2
_REQUEST, _ACKNOWLEDGED, _CREATE, _EXCLUSIVE = 0x1, 0x4, 0x400, 0x200
_UP: Final = 0x1
_NAME, _INFO = 3, 18
_INFO_KIND, _INFO_DATA, _PEER = 1, 2, 1
_OUT: Final = 4
_TABLE, _STATIC, _ON_LINK, _UNICAST = 254, 4, 253, 1
_HEADER: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ACKNOWLEDGEMENT: Final = struct.Struct("=i")
_MAX_BYTES: Final = 64 << 10
_ALIGNED: Final = 4
_ONE, _OTHER = "out", "nowhere"


def lay() -> None:
    """Lays it, in the network namespace of this thread; raises ``OSError`` where the kernel does not let it."""
    peer = _attribute(_PEER, _link() + _attribute(_NAME, _text(_OTHER)))
    info = _attribute(_INFO_KIND, b"veth") + _attribute(_INFO_DATA, peer)
    _tell(_NEW_LINK, _CREATE | _EXCLUSIVE, _link() + _attribute(_NAME, _text(_ONE)) + _attribute(_INFO, info))
    for end in (_ONE, _OTHER):
        _tell(_NEW_LINK, 0, _link(index=socket.if_nametoindex(end), flags=_UP))
    route = _ROUTE.pack(socket.AF_INET, 0, 0, 0, _TABLE, _STATIC, _ON_LINK, _UNICAST, 0)
    out = struct.pack("=i", socket.if_nametoindex(_ONE))
    _tell(_NEW_ROUTE, _CREATE | _EXCLUSIVE, route + _attribute(_OUT, out))


def cut() -> None:
    """Takes it away again; raises ``OSError`` where there is none."""
    _tell(_DELETE_LINK, 0, _link(index=socket.if_nametoindex(_ONE)))


def _tell(kind: int, flags: int, body: bytes) -> None:
    """Has the kernel do something; raises ``OSError`` with what it says."""
    message = _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST | _ACKNOWLEDGED | flags, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as kernel:
        kernel.bind((0, 0))
        kernel.send(message)
        answer = kernel.recv(_MAX_BYTES)
    (code,) = _ACKNOWLEDGEMENT.unpack_from(answer, _HEADER.size)
    if _HEADER.unpack_from(answer)[1] != _ERROR or code != 0:
        raise OSError(-code, os.strerror(-code))


def _link(*, index: int = 0, flags: int = 0) -> bytes:
    return _LINK.pack(socket.AF_UNSPEC, 0, index, flags, flags)


def _attribute(kind: int, value: bytes) -> bytes:
    padded = (len(value) + _ALIGNED - 1) // _ALIGNED * _ALIGNED
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value.ljust(padded, b"\0")


def _text(name: str) -> bytes:
    return name.encode() + b"\0"
