"""Web origins as browsers write them: by what a page is known, each in one spelling alone; pure.

Rules:

1. `https://HOST` or `https://HOST:PORT`. Plain `http` is for this very machine alone: nobody else can have changed a
   page of its own on the way.
2. Lower case, international names as punycode, addresses in their shortest form, no port that the scheme implies:
   another spelling of the same would be another Client.
3. Everything else is refused: user information, a path, a query, a final dot, `null` and other schemes.

Sources: HTML, "Origin", its serialization; URL Standard, "Host serializing"; RFC 3492 (punycode).
"""

import ipaddress
import re
import unicodedata

from msgspec import Struct

from etui.trusted.evidence.errors import EvidenceError

_MAX_CHARACTERS = 267
_FORM = re.compile(r"(https?)://([a-z0-9_.-]+|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IMPLIED = {"https": 443, "http": 80}
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MAX_PORT = 65535
_MAX_HOST = 253
_ENCODED = "xn--"


class OriginError(EvidenceError):
    """A text is no origin, or not as browsers write it."""

    code = "origin"


class Origin(Struct, frozen=True):
    """An origin: its one spelling, and `place`, which is host and port without the scheme."""

    text: str
    host: str
    place: str


def read_origin(text: str) -> Origin:
    """The origin that `text` is; raises `OriginError` for any other text, or spelling."""
    found = _FORM.fullmatch(text) if len(text) <= _MAX_CHARACTERS else None
    if found is None:
        raise OriginError(f"{text[:80]!r} is no origin as browsers write it, such as https://shop.example:8443")
    scheme, host, port = found.groups()
    if scheme == "http" and host not in _THIS_MACHINE:
        raise OriginError(f"{text!r} is not encrypted: pages of other machines ask over https alone")
    if port is not None and (int(port) > _MAX_PORT or int(port) == _IMPLIED[scheme]):
        raise OriginError(f"{text!r} names a port as no browser writes it")
    if not _is_address(host) and not _is_name(host):
        raise OriginError(f"{text!r} names a host as no browser writes it")
    return Origin(text=text, host=host, place=text.partition("://")[2])


def _is_address(host: str) -> bool:
    try:
        if host.startswith("["):
            return str(ipaddress.IPv6Address(host[1:-1])) == host[1:-1]
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= _MAX_HOST and not _NUMBER.fullmatch(labels[-1]) and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    if not _LABEL.fullmatch(label):
        return False
    return not label.startswith(_ENCODED) or _encodes_once(label.removeprefix(_ENCODED))


def _encodes_once(encoded: str) -> bool:
    """Whether this is the punycode of a text that no browser would have written otherwise."""
    try:
        text = encoded.encode("ascii").decode("punycode")
        return (
            not text.isascii()
            and text == unicodedata.normalize("NFC", text).lower()
            and text.encode("punycode").decode("ascii") == encoded
        )
    except (UnicodeError, ValueError, OverflowError):
        return False
