"""Which hosts a key is known for, by the text of a file ``known_hosts``; the file itself is read elsewhere.

Lines that are comments, empty or damaged are passed over. Hashed names cannot be read: they can only be held against a
name that somebody has in mind. Names are compared without regard to case; that of a host at another port than 22 is
written ``[host]:port``.

Source: sshd(8), section "SSH_KNOWN_HOSTS FILE FORMAT"; ssh_config(5), section "PATTERNS"; for hashed names OpenSSH's
``hostfile.c``: ``|1|``, the salt and the HMAC-SHA1 of the name under it, both in base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Final

from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, TooLargeError
from etui.standards.sshagent.keys import key_name
from etui.standards.sshagent.patterns import fits

MAX_TEXT_CHARACTERS: Final = 8 << 20
MAX_LINES: Final = 100_000
_MAX_LINE_CHARACTERS: Final = 64 << 10
_MAX_NAME_CHARACTERS: Final = 320
"""Of a name or a pattern: a host name of 253, brackets and a port, and then some."""
_HASHED: Final = "|1|"
_SHA1_BYTES: Final = 20
_FIELDS: Final = 3


class Marker(Enum):
    """What stands before the names."""

    NONE = ""
    CERT_AUTHORITY = "@cert-authority"
    REVOKED = "@revoked"


class KnownHost(Struct, frozen=True):
    """A line. ``patterns``: as they stand there, ``!`` before a negated one; none where the name is hashed.

    ``salt`` and ``digest``: of a hashed name, each of 20 bytes, or empty.
    """

    marker: Marker
    patterns: tuple[str, ...]
    key: bytes
    salt: bytes = b""
    digest: bytes = b""

    def names(self) -> tuple[str, ...]:
        """The names that can be read: no hashed one, no negated one, no pattern."""
        return tuple(one for one in self.patterns if not one.startswith("!") and "*" not in one and "?" not in one)

    def matches(self, name: str) -> bool:
        """Whether the line is for this host: one pattern is for it, and no negated one is."""
        if not 1 <= len(name) <= _MAX_NAME_CHARACTERS:
            return False
        name = name.lower()
        if self.salt:
            return hmac.compare_digest(hmac.digest(self.salt, name.encode("utf-8", "replace"), "sha1"), self.digest)
        matched = False
        for pattern in self.patterns:
            if fits(pattern.removeprefix("!").lower(), name):
                if pattern.startswith("!"):
                    return False
                matched = True
        return matched


class KnownHosts:
    """The lines of one text or of several, by key.

    What is asked for is a key as public keys are written: of a host's certificate its key, or its authority's.
    """

    __slots__ = ("_by_key",)

    def __init__(self, hosts: Iterable[KnownHost]) -> None:
        self._by_key: defaultdict[bytes, list[KnownHost]] = defaultdict(list)
        for host in hosts:
            self._by_key[host.key].append(host)

    def names(self, key: bytes) -> tuple[str, ...]:
        """The readable names that the key is known for, each once, in the order of the lines."""
        return tuple(dict.fromkeys(name for host in self._of(key, Marker.NONE) for name in host.names()))

    def is_hashed(self, key: bytes) -> bool:
        """Whether the key stands there under a name that cannot be read."""
        return any(host.salt for host in self._of(key, Marker.NONE))

    def is_known(self, key: bytes, name: str) -> bool:
        """Whether the key is known for the host, hashed or not."""
        return any(host.matches(name) for host in self._of(key, Marker.NONE))

    def is_authority(self, key: bytes, name: str) -> bool:
        """Whether the key is known as that of an authority for the host's certificates."""
        return any(host.matches(name) for host in self._of(key, Marker.CERT_AUTHORITY))

    def is_revoked(self, key: bytes) -> bool:
        """Whether the key, or an authority's, is revoked, for whatever host."""
        return bool(self._of(key, Marker.REVOKED))

    def _of(self, key: bytes, marker: Marker) -> list[KnownHost]:
        return [host for host in self._by_key.get(key, ()) if host.marker is marker]


def parse_known_hosts(text: str) -> KnownHosts:
    """The lines of a text; raises ``TooLargeError`` for one of more than 8 Mi characters or 100,000 lines."""
    if len(text) > MAX_TEXT_CHARACTERS or text.count("\n") > MAX_LINES:
        raise TooLargeError(
            f"a text of known hosts has more than {MAX_TEXT_CHARACTERS} characters or {MAX_LINES} lines"
        )
    return KnownHosts(host for line in text.split("\n") if (host := parse_line(line)) is not None)


def parse_line(line: str) -> KnownHost | None:
    """The host of a line; ``None`` for a comment, an empty line or a damaged one."""
    fields = line.split(maxsplit=4) if len(line) <= _MAX_LINE_CHARACTERS else []
    marker = _MARKERS.get(fields[0], Marker.NONE) if fields else Marker.NONE
    if marker is not Marker.NONE:
        del fields[0]
    if len(fields) < _FIELDS or fields[0].startswith(("#", "@")):
        return None
    names, key = fields[0], _key(fields[1], fields[2])
    if key is None:
        return None
    if names.startswith("|"):
        return _hashed(marker, names, key)
    patterns = tuple(one for one in names.split(",") if one and len(one) <= _MAX_NAME_CHARACTERS)
    return KnownHost(marker, patterns, key) if patterns else None


_MARKERS: Final = {marker.value: marker for marker in Marker if marker is not Marker.NONE}


def _key(name: str, encoded: str) -> bytes | None:
    """The key that a line gives in base64, if it is of the type that the line names."""
    key = _base64(encoded)
    if key is None:
        return None
    try:
        return key if key_name(key) == name else None
    except MalformedError:
        return None


def _hashed(marker: Marker, name: str, key: bytes) -> KnownHost | None:
    parts = name.removeprefix(_HASHED).split("|")
    if not name.startswith(_HASHED) or len(parts) != 2:  # noqa: PLR2004  # salt and digest
        return None
    salt, digest = map(_base64, parts)
    if salt is None or digest is None or len(salt) != _SHA1_BYTES or len(digest) != _SHA1_BYTES:
        return None
    return KnownHost(marker, (), key, salt, digest)


def _base64(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):  # what is no ASCII is the latter
        return None
