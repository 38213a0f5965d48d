"""Where a request goes: a URL of the only form that is taken, and the names of hosts.

A host is a name in lower case ASCII with at least one dot and a last label that begins with a letter, so that no
spelling of an IP address is one; an internationalised name is written in its ``xn--`` form. A URL has no user, no
password and no character outside RFC 3986; its fragment is never sent.

Source: RFC 3986, RFC 1035 section 2.3, RFC 5890 (A-labels).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from etui.trusted.native.egress.errors import MalformedError
from etui.trusted.native.egress.limits import MAX_URL_CHARACTERS

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_MAX_HOST_CHARACTERS: Final = 253
_URL: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_KEPT_IN_LOCATION: Final = "%!#$&'()*+,/:;=?@[]~"
_MAX_PORT: Final = 65_535


class Scheme(Enum):
    """How a host is spoken to."""

    HTTPS = "https"
    HTTP = "http"

    @property
    def port(self) -> int:
        """The port where a URL names none."""
        return 443 if self is Scheme.HTTPS else 80


class Target(msgspec.Struct, frozen=True):
    """One address on the web, taken apart. ``path``: path and query as they are sent, from the slash on."""

    scheme: Scheme
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[Scheme, str, int]:
        """What has to be the same for two targets to be one party (RFC 6454, section 4)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The content of ``Host``: the port stands there only if it is not the scheme's own."""
        return self.host if self.port == self.scheme.port else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme.value}://{self.authority}{self.path}"

    def __repr__(self) -> str:
        return f"Target({self.scheme.value}://{self.authority}/…)"


def is_host(name: str) -> bool:
    """Whether this is a host's name as the room takes it."""
    return len(name) <= _MAX_HOST_CHARACTERS and _HOST.fullmatch(name) is not None


def read_target(url: str) -> Target:
    """The target that a URL names; raises ``MalformedError``, which shows nothing of the URL."""
    if len(url) > MAX_URL_CHARACTERS:
        raise MalformedError(f"the URL has more than {MAX_URL_CHARACTERS} characters: shorten it")
    if not _URL.fullmatch(url):
        raise MalformedError("the URL holds a character that RFC 3986 does not allow: percent-encode it")
    try:
        parts = urlsplit(url)
        port = parts.port
        scheme = Scheme(parts.scheme)
    except ValueError:
        raise MalformedError("the URL is none of the form https://host/path: correct it") from None
    host = parts.netloc.lower().removesuffix(f":{port}" if port is not None else ":")
    if not is_host(host):
        raise MalformedError("the URL's host is no name as `api.example.org`, with nothing before it: correct it")
    if port is not None and not 1 <= port <= _MAX_PORT:
        raise MalformedError("the URL's port is not between 1 and 65535: correct it")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, host, scheme.port if port is None else port, path)


def redirected(sent: Target, location: bytes) -> Target:
    """The target of a ``Location`` field, seen from what was sent (RFC 9110, section 10.2.2).

    Bytes that a URL cannot hold are percent-encoded, as servers leave to their clients. Raises ``MalformedError``.
    """
    try:
        joined = urljoin(sent.url, quote(location, safe=_KEPT_IN_LOCATION))
    except ValueError:
        raise MalformedError("the address is none") from None
    return read_target(joined)
