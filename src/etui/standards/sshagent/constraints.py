"""What a key may be used for, as the one who adds it to an agent says.

A constraint that is not known here has no end that could be found, so that the whole request is refused. One that comes
twice is refused, as OpenSSH does.

Source: RFC 9987, section 5.2.7; OpenSSH's PROTOCOL.agent, sections 2 (restrict-destination-v00@openssh.com) and 3
(associated-certs-v00@openssh.com); the reserved strings, and that each destination is a string, from ``ssh-agent.c``,
``parse_dest_constraint``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, TooLargeError, UnknownConstraintError
from etui.standards.sshagent.keys import key_name
from etui.standards.sshagent.limits import MAX_ASSOCIATED_CERTIFICATES, MAX_DESTINATIONS, MAX_HOST_KEYS
from etui.standards.sshagent.numbers import ConstraintNumber
from etui.standards.sshagent.wire import Reader, boolean, string, text, uint32

RESTRICT_DESTINATION: Final = "restrict-destination-v00@openssh.com"
ASSOCIATED_CERTS: Final = "associated-certs-v00@openssh.com"
_HOP: Final = "a hop of a destination constraint"
_DESTINATION: Final = "a destination constraint"


class HostKey(Struct, frozen=True):
    """A host's public key, or that of an authority for certificates of hosts."""

    key: bytes
    is_authority: bool = False


class Hop(Struct, frozen=True):
    """Where a connection comes from or goes to. ``user``: empty for any, and always where it comes from."""

    host: str = ""
    host_keys: tuple[HostKey, ...] = ()
    user: str = ""


class Destination(Struct, frozen=True):
    """One step that a key may be used for. An empty ``origin`` is the host that the agent runs on."""

    origin: Hop
    target: Hop


class AssociatedCertificates(Struct, frozen=True):
    """Certificates for the keys of a smart card. ``only``: without the keys by themselves."""

    certificates: tuple[bytes, ...]
    only: bool = False


class Constraints(Struct, frozen=True):
    """All constraints of a key.

    ``lifetime_s``: seconds until it is forgotten. ``confirm``: the user is asked each time. ``destinations``: the steps
    that it may be used for; none stand for any. ``associated_certificates``: with keys of smart cards alone.
    """

    lifetime_s: int | None = None
    confirm: bool = False
    destinations: tuple[Destination, ...] = ()
    associated_certificates: AssociatedCertificates | None = None


NO_CONSTRAINTS: Final = Constraints()


def read_constraints(reader: Reader) -> Constraints:
    """The constraints at the end of a request.

    Raises ``UnknownConstraintError``, ``MalformedError`` and ``TooLargeError``.
    """
    found: dict[str, object] = {}
    while reader:
        name, value = _read_constraint(reader)
        if name in found:
            raise MalformedError(f"the constraint {name} comes twice")
        found[name] = value
    return Constraints(**found)  # type: ignore[arg-type]  # each reader makes the type of its field


def _read_constraint(reader: Reader) -> tuple[str, object]:
    """The field of ``Constraints`` that it is for, and its value."""
    match reader.byte("a constraint's number"):
        case ConstraintNumber.LIFETIME:
            return "lifetime_s", reader.uint32("a lifetime")
        case ConstraintNumber.CONFIRM:
            return "confirm", True
        case ConstraintNumber.EXTENSION:
            return _read_extension(reader)
        case number:
            raise UnknownConstraintError(f"the constraint of number {number} is not known here")


def _read_extension(reader: Reader) -> tuple[str, object]:
    name = reader.name("a constraint's name")
    if name == RESTRICT_DESTINATION:
        return "destinations", _read_destinations(reader.string("its destinations"))
    if name == ASSOCIATED_CERTS:
        only = reader.boolean("whether certificates alone")
        return "associated_certificates", _read_certificates(reader.string("its certificates"), only=only)
    raise UnknownConstraintError(f"the constraint {name} is not known here")


def _read_destinations(data: bytes) -> tuple[Destination, ...]:
    reader = Reader(data, RESTRICT_DESTINATION)
    destinations: list[Destination] = []
    while reader:
        if len(destinations) == MAX_DESTINATIONS:
            raise TooLargeError(f"{RESTRICT_DESTINATION} has more than {MAX_DESTINATIONS} destinations")
        destinations.append(_read_destination(reader.string("a destination")))
    if not destinations:  # else a key that may be used nowhere would be taken for one that may be used anywhere
        raise MalformedError(f"{RESTRICT_DESTINATION} has no destination")
    return tuple(destinations)


def _read_destination(data: bytes) -> Destination:
    reader = Reader(data, _DESTINATION)
    origin, target = _read_hop(reader.string("its origin")), _read_hop(reader.string("its target"))
    _no_more(reader, _DESTINATION)
    if origin.user or bool(origin.host) != bool(origin.host_keys):
        raise MalformedError(f"{_DESTINATION} has an origin with a user, or with a host or keys alone")
    if not target.host or not target.host_keys:
        raise MalformedError(f"{_DESTINATION} has a target without a host or without its keys")
    return Destination(origin, target)


def _read_hop(data: bytes) -> Hop:
    reader = Reader(data, _HOP)
    user, host = reader.text("its user"), reader.text("its host")
    if reader.string("its reserved field"):
        raise UnknownConstraintError(f"{_HOP} says more than is known here")
    host_keys: list[HostKey] = []
    while reader:
        if len(host_keys) == MAX_HOST_KEYS:
            raise TooLargeError(f"{_HOP} has more than {MAX_HOST_KEYS} keys")
        key = reader.string("a key")
        key_name(key)
        host_keys.append(HostKey(key, reader.boolean("whether it is an authority's")))
    return Hop(host, tuple(host_keys), user)


def _read_certificates(data: bytes, *, only: bool) -> AssociatedCertificates:
    reader = Reader(data, ASSOCIATED_CERTS)
    certificates: list[bytes] = []
    while reader:
        if len(certificates) == MAX_ASSOCIATED_CERTIFICATES:
            raise TooLargeError(f"{ASSOCIATED_CERTS} has more than {MAX_ASSOCIATED_CERTIFICATES} certificates")
        certificates.append(reader.string("a certificate"))
        key_name(certificates[-1])
    return AssociatedCertificates(tuple(certificates), only)


def _no_more(reader: Reader, what: str) -> None:
    """Refuses what is reserved for later: it may restrict, so that passing over it would widen."""
    if reader.string("its reserved field"):
        raise UnknownConstraintError(f"{what} says more than is known here")
    reader.end()


def write_constraints(constraints: Constraints) -> bytes:
    """The constraints as they stand at the end of a request."""
    parts: list[bytes] = []
    if constraints.lifetime_s is not None:
        parts.append(bytes([ConstraintNumber.LIFETIME]) + uint32(constraints.lifetime_s))
    if constraints.confirm:
        parts.append(bytes([ConstraintNumber.CONFIRM]))
    if constraints.destinations:
        written = b"".join(string(_write_destination(one)) for one in constraints.destinations)
        parts.append(_extension(RESTRICT_DESTINATION) + string(written))
    if (certificates := constraints.associated_certificates) is not None:
        written = b"".join(map(string, certificates.certificates))
        parts.append(_extension(ASSOCIATED_CERTS) + boolean(certificates.only) + string(written))
    return b"".join(parts)


def _extension(name: str) -> bytes:
    return bytes([ConstraintNumber.EXTENSION]) + text(name)


def _write_destination(destination: Destination) -> bytes:
    return string(_write_hop(destination.origin)) + string(_write_hop(destination.target)) + string(b"")


def _write_hop(hop: Hop) -> bytes:
    written = b"".join(string(host_key.key) + boolean(host_key.is_authority) for host_key in hop.host_keys)
    return text(hop.user) + text(hop.host) + string(b"") + written
