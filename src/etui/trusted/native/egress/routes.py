"""Which address a host stands for, where that is not the public one: test profiles, and an operator's signed mappings.

- A test profile's header (``profile.json``) maps names under ``etui.test`` to ports of the loopback, over https or
  http, and may name a file with the certificate authority that vouches for them, and for them alone.
- An operator maps names to addresses of a local network in ``operator/mappings.json``::

      {"format": 1, "mappings": [{"host": "till.example.org", "address": "10.0.0.5", "port": 8443}], "signature": "…"}

  signed with the Ed25519 key whose public half is in ``operator/key.pub`` (base64 of 32 bytes), over
  ``etui/egress-mappings/1``, a line feed and the mappings as compact JSON in exactly this order of members. The key is
  trusted because of who may write that folder. Such a host is spoken to by https, under its own name.

Both are read once, at the start. Whatever is damaged or does not verify keeps egress from starting: a mapping that
falls away in silence would send a request elsewhere.
"""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from etui.trusted.formats import DamagedFormatError, NewerFormatError, Readers, read_format
from etui.trusted.native.egress.addresses import AddressKind, kind_of
from etui.trusted.native.egress.errors import StartError
from etui.trusted.native.egress.targets import is_host
from etui.trusted.profile import FILE, ProfileError, read_profile

TEST_SUFFIX: Final = ".etui.test"
_PURPOSE: Final = b"etui/egress-mappings/1\n"
_LOOPBACK: Final = "127.0.0.1"
_NO_HOST: Final = frozenset({AddressKind.UNSPECIFIED, AddressKind.MULTICAST})

_Port = Annotated[int, Meta(ge=1, le=65_535)]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mapped host is. ``test``: by a test profile, which may use http."""

    address: str
    port: int
    test: bool


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of an operator's mappings."""

    host: str
    address: str
    port: _Port


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """Every mapping in force. ``authority``: the file that vouches for the names of a test profile."""

    by_host: dict[str, Route] = {}
    authority: Path | None = None


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: int
    mappings: Annotated[tuple[Mapping, ...], Meta(max_length=1000)]
    signature: bytes


_READERS: Final[Readers[_Signed]] = {1: msgspec.json.Decoder(_Signed).decode}


def read_routes(home: Path) -> Routes:
    """The mappings of the profile in ``home``; raises ``StartError``."""
    by_host = _operators(home / "operator")
    try:
        test = read_profile(home).test
    except ProfileError as error:
        raise StartError(str(error)) from None
    if test is None:
        return Routes(by_host=by_host)
    for host, port in test.hosts.items():
        if not host.endswith(TEST_SUFFIX) or not is_host(host):
            raise StartError(f"{home / FILE} maps {host[:80]!r}, and a test profile maps names under etui.test alone")
        by_host[host] = Route(address=_LOOPBACK, port=port, test=True)
    return Routes(by_host=by_host, authority=home / test.ca if test.ca else None)


def signed_bytes(mappings: tuple[Mapping, ...]) -> bytes:
    """What the operator's key signs."""
    return _PURPOSE + msgspec.json.encode(mappings)


def _operators(folder: Path) -> dict[str, Route]:
    path = folder / "mappings.json"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error}") from None
    try:
        signed = read_format(text, _READERS)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode((folder / "key.pub").read_bytes().strip()))
        key.verify(signed.signature, signed_bytes(signed.mappings))
    except NewerFormatError as error:
        raise StartError(f"{path} cannot be used: {error}") from None
    except InvalidSignature:
        raise StartError(f"{path} is not signed by the key in key.pub: sign it again or remove it") from None
    except (OSError, DamagedFormatError, binascii.Error, ValueError) as error:
        words = f"{path} or the key beside it cannot be read ({error}): put the originals back, or remove the file"
        raise StartError(words) from None
    by_host = {mapping.host: _checked(mapping, path) for mapping in signed.mappings}
    if len(by_host) != len(signed.mappings):
        raise StartError(f"{path} maps a host twice: drop one of the lines and sign it again")
    return by_host


def _checked(mapping: Mapping, path: Path) -> Route:
    try:
        kind = kind_of(ip_address(mapping.address))
    except ValueError:
        kind = AddressKind.UNSPECIFIED
    if not is_host(mapping.host) or kind in _NO_HOST or mapping.host.endswith(TEST_SUFFIX):
        raise StartError(f"{path} maps {mapping.host[:80]!r} to {mapping.address[:80]!r}: one of them is none")
    return Route(address=mapping.address, port=mapping.port, test=False)
