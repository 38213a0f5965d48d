"""Which logins are a page's own: those of its host, and where there are none, of its registrable domain.

A page that is neither of ``https`` nor of this machine has none: who is on the way could have made it.

Source: the Public Suffix List, as the library ``publicsuffixlist`` brings it, private section included, so that one
customer of a host of pages is not another's.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

HOST: Final = "host"
SITE: Final = "site"
USER: Final = "user"
"""The attributes of a login by which it is found."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Site(msgspec.Struct, frozen=True):
    """``host``: with the port where it is not the scheme's own. ``domain``: registrable, empty where there is none."""

    host: str
    domain: str


def site_of(origin: str) -> Site | None:
    """The site of an origin as browsers write it; nothing for one whose pages may not be filled."""
    try:
        parts = urlsplit(origin)
        name = parts.hostname or ""
    except ValueError:
        return None
    netloc = parts.netloc
    if not name or f"{parts.scheme}://{netloc}" != origin or "@" in netloc:
        return None
    bare = f"[{name}]" if ":" in name else name
    if parts.scheme == "http" and bare in _LOOPBACK:
        return Site(netloc, "")
    if parts.scheme != "https":
        return None
    return Site(netloc, "" if _is_address(name) or bare in _LOOPBACK else _suffixes().privatesuffix(name) or "")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    """Loaded when a login is first filled: it takes some hundredths of a second."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  # as said above

    return PublicSuffixList(accept_unknown=False)
