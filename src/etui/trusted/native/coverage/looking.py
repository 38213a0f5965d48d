"""Whether there is a way to the internet now: the kernel is asked for a route, and how the interface is that it takes.

Asked for are addresses of a root server of the domain name system, which only a route to the whole internet covers.
Nothing is sent there.

Source: https://www.iana.org/domains/root/servers (a.root-servers.net).
"""

from __future__ import annotations

import socket
from typing import Final

from etui.trusted.native.coverage.netlink import (
    NEW_LINK,
    NEW_ROUTE,
    MalformedError,
    ask_link,
    ask_route,
    interface_of,
    leads_out,
    messages,
)

_ROUTING: Final = 0
"""``NETLINK_ROUTE``."""
_ANSWER_S: Final = 1.0
_MAX_BYTES: Final = 64 << 10
_OF_LINKS: Final = 0x100
"""Added to a question's number where it is about an interface."""
_FAR: Final = (
    (socket.AF_INET, socket.inet_pton(socket.AF_INET, "198.41.0.4")),
    (socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "2001:503:ba3e::2:30")),
)


def is_covered() -> bool:
    """Whether a packet to the internet would leave by an interface that carries it; False where nobody can say."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _ROUTING) as kernel:
            kernel.settimeout(_ANSWER_S)
            kernel.bind((0, 0))
            return any(_leads_out(kernel, family, address) for family, address in _FAR)
    except (OSError, MalformedError):
        return False


def _leads_out(kernel: socket.socket, family: int, address: bytes) -> bool:
    route = _answer(kernel, ask_route(family, address, family), NEW_ROUTE, family)
    index = None if route is None else interface_of(route)
    if index is None:
        return False
    link = _answer(kernel, ask_link(index, _OF_LINKS + family), NEW_LINK, _OF_LINKS + family)
    return link is not None and leads_out(link)


def _answer(kernel: socket.socket, request: bytes, wanted: int, number: int) -> bytes | None:
    """What the kernel answers; None where that is an error, as for an address that no route covers."""
    kernel.send(request)
    while True:
        for kind, answered, body in messages(kernel.recv(_MAX_BYTES)):
            if answered == number:
                return body if kind == wanted else None
