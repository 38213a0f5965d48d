"""Keys that a client hands to an agent, with or without a certificate and constraints.

Source: RFC 9987, section 5.2; with a certificate ``sshkey.c``, ``sshkey_private_serialize_opt``, of OpenSSH 9.2.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from etui.standards.sshagent.constraints import NO_CONSTRAINTS, Constraints, read_constraints, write_constraints
from etui.standards.sshagent.errors import MalformedError, UnknownConstraintError
from etui.standards.sshagent.keys import SUPPORTED_KEYS, certificate_name, certified_name, fingerprint, key_name
from etui.standards.sshagent.private_keys import (
    KeyPair,
    read_certified_key_pair,
    read_key_pair,
    write_certified_key_pair,
    write_key_pair,
)
from etui.standards.sshagent.wire import Reader, string, text

_WHAT: Final = "a request"
_MAX_LABEL_CHARACTERS: Final = 200
_SECURITY_KEY: Final = "sk-"


class AddIdentity(Struct, frozen=True):
    """A key for the agent to keep (SSH_AGENTC_ADD_IDENTITY, SSH_AGENTC_ADD_ID_CONSTRAINED).

    ``comment``: for people. ``certificate``: for the key, as it is written, unverified.
    """

    key_pair: KeyPair
    comment: str
    certificate: bytes | None = None
    constraints: Constraints = NO_CONSTRAINTS

    @property
    def label(self) -> str:
        """What people call the key: its comment's first 200 characters, or its fingerprint where it has none."""
        return self.comment.strip()[:_MAX_LABEL_CHARACTERS] or fingerprint(self.key_pair.public_blob())


class AddUnsupportedIdentity(Struct, frozen=True):
    """A key of a type that is not supported: of a security key, or unknown.

    ``type``: its name. ``blob``: all that follows, comment and constraints too, since where the key ends is not known.
    """

    type: str
    blob: bytes
    constrained: bool = False

    @property
    def is_security_key(self) -> bool:
        """Whether the private half stays in a security key (OpenSSH's PROTOCOL.u2f)."""
        return self.type.startswith(_SECURITY_KEY)

    def __repr__(self) -> str:
        return f"AddUnsupportedIdentity({self.type!r}, {len(self.blob)} bytes, constrained={self.constrained})"


def read_identity(reader: Reader) -> AddIdentity | AddUnsupportedIdentity:
    """What follows the number of a request without constraints; raises ``MalformedError``."""
    return _read(reader, constrained=False)


def read_constrained_identity(reader: Reader) -> AddIdentity | AddUnsupportedIdentity:
    """What follows the number of a request with constraints; raises as ``read_constraints``."""
    return _read(reader, constrained=True)


def _read(reader: Reader, *, constrained: bool) -> AddIdentity | AddUnsupportedIdentity:
    name = reader.name("its type of key")
    certified = certified_name(name)
    certificate: bytes | None = None
    if name in SUPPORTED_KEYS:
        pair = read_key_pair(name, reader)
    elif certified in SUPPORTED_KEYS:
        certificate = reader.string("its certificate")
        if key_name(certificate) != name:
            raise MalformedError(f"{_WHAT} to add a key of type {name} has a certificate of another type")
        pair = read_certified_key_pair(certified, certificate, reader)
    else:
        return AddUnsupportedIdentity(name, reader.rest(), constrained)
    comment = reader.comment("its comment")
    constraints = read_constraints(reader) if constrained else NO_CONSTRAINTS
    if constraints.associated_certificates is not None:
        raise UnknownConstraintError("certificates are associated with keys of smart cards alone")
    return AddIdentity(pair, comment, certificate, constraints)


def write_identity(request: AddIdentity) -> bytes:
    """What follows the number of the request."""
    pair, certificate = request.key_pair, request.certificate
    if certificate is None:
        key = text(pair.name) + write_key_pair(pair)
    else:
        key = text(certificate_name(pair.name)) + string(certificate) + write_certified_key_pair(pair)
    return key + text(request.comment) + write_constraints(request.constraints)
