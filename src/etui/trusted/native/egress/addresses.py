"""Which addresses are public: everything that is not named here, seen through every form that hides an IPv4 address.

Source: the IANA special-purpose address registries (RFC 6890 and its successors); RFC 4291 sections 2.4 and 2.5.5,
RFC 6052 and RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 section 4 (Teredo). The tables stand here, since those of the
standard library differ between versions of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from etui.trusted.native.egress.errors import RefusedError, UnreachableError


class AddressKind(Enum):
    """What an address is for; the value is the word in sentences."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    RESERVED = "reserved"


_IPV4: Final = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/32", AddressKind.UNSPECIFIED),
        ("0.0.0.0/8", AddressKind.RESERVED),
        ("10.0.0.0/8", AddressKind.PRIVATE),
        ("100.64.0.0/10", AddressKind.PRIVATE),  # shared behind a carrier's translator
        ("127.0.0.0/8", AddressKind.LOOPBACK),
        ("169.254.0.0/16", AddressKind.LINK_LOCAL),
        ("172.16.0.0/12", AddressKind.PRIVATE),
        ("192.0.0.0/24", AddressKind.RESERVED),
        ("192.0.2.0/24", AddressKind.RESERVED),
        ("192.88.99.0/24", AddressKind.RESERVED),
        ("192.168.0.0/16", AddressKind.PRIVATE),
        ("198.18.0.0/15", AddressKind.RESERVED),
        ("198.51.100.0/24", AddressKind.RESERVED),
        ("203.0.113.0/24", AddressKind.RESERVED),
        ("224.0.0.0/4", AddressKind.MULTICAST),
        ("240.0.0.0/4", AddressKind.RESERVED),
    )
)
_IPV6: Final = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", AddressKind.UNSPECIFIED),
        ("::1/128", AddressKind.LOOPBACK),
        ("64:ff9b:1::/48", AddressKind.PRIVATE),  # NAT64 of a local network
        ("fc00::/7", AddressKind.PRIVATE),
        ("fec0::/10", AddressKind.PRIVATE),
        ("fe80::/10", AddressKind.LINK_LOCAL),
        ("ff00::/8", AddressKind.MULTICAST),
        ("2001::/23", AddressKind.RESERVED),
        ("2001:db8::/32", AddressKind.RESERVED),
        ("3fff::/20", AddressKind.RESERVED),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_WORD: Final = 0xFFFF_FFFF


def kind_of(address: IPv4Address | IPv6Address) -> AddressKind:
    """What an address is for; one that carries IPv4 addresses is public only if all of them are."""
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _IPV4 if address in network), AddressKind.PUBLIC)
    carried = _carried(address)
    if carried:
        kinds = [kind_of(inner) for inner in carried]
        return next((kind for kind in kinds if kind is not AddressKind.PUBLIC), AddressKind.PUBLIC)
    otherwise = AddressKind.PUBLIC if address in _GLOBAL_UNICAST else AddressKind.RESERVED
    return next((kind for network, kind in _IPV6 if address in network), otherwise)


def public_addresses(host: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """The addresses of a host as they were resolved, if every one of them is public.

    A name with a public and a private address is refused whole: nobody has an honest reason for one. Raises
    ``RefusedError``, and ``UnreachableError`` where there is no address.
    """
    if not addresses:
        raise UnreachableError(f"{host} has no address: check the name and the network")
    for text in addresses:
        kind = kind_of(ip_address(text))
        if kind is not AddressKind.PUBLIC:
            raise RefusedError(
                f"{host} resolves to a {kind.value} address, and requests go to public ones alone: "
                "an operator's signed mapping can name a host of a local network"
            )
    return tuple(addresses)


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses within an IPv6 address that a translator or a tunnel would send to."""
    value = int(address)
    if address in _MAPPED or address in _NAT64:
        return (IPv4Address(value & _WORD),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address(value >> 80 & _WORD),)
    if address in _TEREDO:  # its server, and the client with every bit turned over
        return IPv4Address(value >> 64 & _WORD), IPv4Address(~value & _WORD)
    return ()
