"""COSE_Mac0 (RFC 9052, section 6.2) by HMAC-SHA-256 (RFC 9053, section 3.1): written and read around callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from etui.standards.cose.errors import MalformedError, SignatureError, UnsupportedError
from etui.standards.cose.messages import Headers, Kind, protected_of, read, structure, written

HS256: Final = 5
_KIND: Final = Kind("COSE_Mac0", tag=17, members=4)
_CONTEXT: Final = "MAC0"


class Mac0(msgspec.Struct, frozen=True, kw_only=True):
    """What was authenticated, and the headers that came with it."""

    headers: Headers
    payload: bytes


def mac0(headers: Headers, payload: bytes, mac: Callable[[bytes], bytes], *, external: bytes = b"") -> bytes:
    """A tagged COSE_Mac0, everything in its headers protected; ``mac``: the authentication of bytes (32 bytes).

    Raises ``UnsupportedError`` for another ``alg`` than ``HS256``.
    """
    _check(headers)
    protected = protected_of(headers)
    return written(_KIND, protected, payload, mac(structure(_CONTEXT, protected, external, payload)))


def verify_mac0(message: bytes, fits: Callable[[bytes, bytes], bool], *, external: bytes = b"") -> Mac0:
    """What was authenticated; ``fits``: whether of these bytes this is the authentication.

    Raises ``MalformedError``, ``UnsupportedError``, and ``SignatureError`` where it does not fit.
    """
    found = read(message, _KIND)
    _check(found.headers)
    if found.content is None:
        raise MalformedError("a COSE_Mac0 has its payload in it")
    if not fits(structure(_CONTEXT, found.protected, external, found.content), found.proof):
        raise SignatureError("the authentication is not this key's over these bytes")
    return Mac0(headers=found.headers, payload=found.content)


def _check(headers: Headers) -> None:
    if headers.alg != HS256:
        raise UnsupportedError(f"the algorithm {headers.alg} is not supported here; HMAC 256/256 is ({HS256})")
