"""What a signature is asked for: the login of a user, a signed file or message, or neither.

An agent signs any bytes; who wants to know what they mean has to recognise them whole. So whatever is not exactly of
one form is neither: with bytes after its end, of another number, by an algorithm that is not the key's, or with another
key in it than the one that is to sign. The two forms share no bytes: a login begins with the length of a session id, of
at most 128, and a signed message with ``SSHSIG``.

Source: RFC 4252, section 7; OpenSSH's PROTOCOL (publickey-hostbound-v00@openssh.com); OpenSSH's
PROTOCOL.sshsig, section 3; OpenSSH's PROTOCOL.certkeys (algorithms of certificates).
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import Final

from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, UnsupportedKeyError
from etui.standards.sshagent.keys import certificate_name, certified_name, key_name, plain_key
from etui.standards.sshagent.limits import MAX_SESSION_ID_BYTES
from etui.standards.sshagent.numbers import USERAUTH_REQUEST
from etui.standards.sshagent.signatures import algorithms_of
from etui.standards.sshagent.wire import Reader, boolean, string, text

_PREAMBLE: Final = b"SSHSIG"
_WHAT: Final = "what is to be signed"
_KEPT: Final = 32


class UserauthMethod(Enum):
    """How a user logs in by a key."""

    PUBLICKEY = "publickey"
    HOSTBOUND = "publickey-hostbound-v00@openssh.com"


class UserauthRequest(Struct, frozen=True):
    """The login of ``user`` to ``service`` in one session (SSH_MSG_USERAUTH_REQUEST).

    ``algorithm``: the name that the server is told. ``key``: that which signs, as public keys are written.
    ``host_key``: the server's, with the method ``HOSTBOUND`` alone.
    """

    session_id: bytes
    user: str
    service: str
    method: UserauthMethod
    algorithm: str
    key: bytes
    host_key: bytes | None = None


class MessageHash(Enum):
    """The hash of a signed message, by its name in ``hashlib``."""

    SHA256 = "sha256"
    SHA512 = "sha512"


_DIGEST_BYTES: Final = {MessageHash.SHA256: 32, MessageHash.SHA512: 64}


class SshsigMessage(Struct, frozen=True):
    """A message for a purpose (SSHSIG). ``namespace``: the purpose, such as ``file`` or ``git``; never empty.

    ``digest``: of the message. ``reserved``: of any content, to be passed over.
    """

    namespace: str
    hash_algorithm: MessageHash
    digest: bytes
    reserved: bytes = b""


def parse_signed_data(data: bytes, key: bytes) -> UserauthRequest | SshsigMessage | None:
    """What ``key`` (as public keys are written) is asked to sign; ``None`` where it is neither.

    OpenSSH's client has a plain key sign the login by its certificate where an agent has both. With the plain key that
    is neither: ``parse_signed_for`` takes it.
    """
    try:
        return _read_message(data) if data.startswith(_PREAMBLE) else _read_userauth_request(data, key)
    except MalformedError:
        return None


def parse_signed_for(data: bytes, key: bytes) -> UserauthRequest | SshsigMessage | None:
    """As ``parse_signed_data``, with a plain key that may also be asked to sign the login by a certificate of its own.

    Then the certificate is the request's ``key``; what it says, and whether its authority is trusted, is for others.
    """
    found = parse_signed_data(data, key)
    if found is not None:
        return found
    try:
        certificate = _key_of_login(data)
        if certified_name(key_name(certificate)) is None or plain_key(certificate) != key:
            return None
    except (MalformedError, UnsupportedKeyError):
        return None
    return parse_signed_data(data, certificate)


def _key_of_login(data: bytes) -> bytes:
    """The key that a login names, if it is one at all."""
    reader = Reader(data, _WHAT)
    reader.string("its session id")
    reader.byte("its number")
    for field in ("its user", "its service", "its method"):
        reader.string(field)
    reader.byte("whether it has a signature")
    reader.string("its algorithm")
    return reader.string("its key")


def _read_userauth_request(data: bytes, key: bytes) -> UserauthRequest | None:
    reader = Reader(data, _WHAT)
    session_id = reader.string("its session id")
    number = reader.byte("its number")
    user, service = reader.text("its user"), reader.text("its service")
    method = _METHODS.get(reader.text("its method"))
    has_signature = reader.byte("whether it has a signature")
    algorithm, signed_key = reader.name("its algorithm"), reader.string("its key")
    host_key = reader.string("its host key") if method is UserauthMethod.HOSTBOUND else None
    reader.end()
    if host_key is not None:
        plain_key(host_key)
    if (
        not 1 <= len(session_id) <= MAX_SESSION_ID_BYTES
        or number != USERAUTH_REQUEST
        or method is None
        or has_signature != 1
        or signed_key != key
        or algorithm not in _algorithm_names(key_name(key))
    ):
        return None
    return UserauthRequest(session_id, user, service, method, algorithm, key, host_key)


_METHODS: Final = {method.value: method for method in UserauthMethod}
_HASHES: Final = {algorithm.value: algorithm for algorithm in MessageHash}


@functools.lru_cache(_KEPT)
def _algorithm_names(name: str) -> frozenset[str]:
    """What a server may be told of a key of type ``name``."""
    plain = certified_name(name)
    names = {algorithm.value for algorithm in algorithms_of(plain or name)} or {plain or name}
    return frozenset(names if plain is None else map(certificate_name, names))


def _read_message(data: bytes) -> SshsigMessage | None:
    reader = Reader(data, _WHAT)
    reader.raw(len(_PREAMBLE), "its preamble")
    namespace, reserved = reader.text("its namespace"), reader.string("its reserved field")
    hash_algorithm = _HASHES.get(reader.text("its hash algorithm"))
    digest = reader.string("its digest")
    reader.end()
    if not namespace or hash_algorithm is None or len(digest) != _DIGEST_BYTES[hash_algorithm]:
        return None
    return SshsigMessage(namespace, hash_algorithm, digest, reserved)


def encode_signed_data(signed: UserauthRequest | SshsigMessage) -> bytes:
    """The bytes that are signed."""
    match signed:
        case UserauthRequest():
            request = (
                string(signed.session_id)
                + bytes([USERAUTH_REQUEST])
                + text(signed.user)
                + text(signed.service)
                + text(signed.method.value)
                + boolean(True)  # noqa: FBT003  # that a signature follows
                + text(signed.algorithm)
                + string(signed.key)
            )
            return request if signed.host_key is None else request + string(signed.host_key)
        case SshsigMessage():
            return (
                _PREAMBLE
                + text(signed.namespace)
                + string(signed.reserved)
                + text(signed.hash_algorithm.value)
                + string(signed.digest)
            )
