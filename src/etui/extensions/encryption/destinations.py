"""For which log-ins a key may be used that is constrained to some hosts (``restrict-destination-v00@openssh.com``).

A connection to the agent is bound to a session at each host that it goes through. Each step, from here to the first
host and from each host to the next, needs a destination that is for it; only then is the key shown, or signs.

Source: OpenSSH's PROTOCOL.agent, section 2; ``ssh-agent.c`` of OpenSSH 9.2, ``identity_permitted``,
``permitted_by_dest_constraints``, ``match_key_hop`` and ``process_sign_request2``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from etui.extensions.encryption.errors import UnfitError
from etui.standards.sshagent import (
    CertificateType,
    Destination,
    SshAgentError,
    fingerprint,
    fits,
    parse_certificate,
    parse_session_bind,
    plain_key,
    verify_session_bind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etui.standards.sshagent import Hop, SessionBind, UserauthRequest

    Destinations = Sequence[Destination]

_HERE: Final = "here"


def bindings_in(encoded: Iterable[bytes] | None) -> list[SessionBind]:
    """The bindings of a connection, each signed by its host; raises ``UnfitError``."""
    try:
        bindings = [parse_session_bind(contents) for contents in encoded or ()]
        for bind in bindings:
            verify_session_bind(bind)
    except SshAgentError as error:
        raise UnfitError(f"the connection is bound to a session that its host did not sign: {error}") from None
    return bindings


def is_visible(destinations: Destinations, bindings: Sequence[SessionBind]) -> bool:
    """Whether a connection that is bound so may know of the key: it could use it where it is, or beyond."""
    if not destinations or not bindings:
        return True
    last = bindings[-1]
    beyond = not last.is_forwarding or any(_is_at(last.host_key, one.origin) for one in destinations)
    return beyond and _leads(destinations, bindings, None)


def check(destinations: Destinations, bindings: Sequence[SessionBind], login: UserauthRequest | None) -> None:
    """Raises ``UnfitError`` unless the key may sign this log-in, over a connection that is bound so.

    ``login``: nothing where it is another signature, which no destination is for.
    """
    if not destinations:
        return
    if login is None:
        raise UnfitError("this key is for log-ins at some hosts alone, and signs nothing else")
    if not bindings:
        raise UnfitError("this key is for some hosts alone, and the connection is not bound to any")
    last = bindings[-1]
    if login.session_id != last.session_id:
        raise UnfitError("the log-in is of another session than the connection was bound to last")
    if len(bindings) > 1 and login.host_key is None:
        raise UnfitError("this key is for some hosts alone, and the log-in over a forwarded agent names none")
    if login.host_key is not None and plain_key(login.host_key) != plain_key(last.host_key):
        raise UnfitError("the log-in is at another host than the connection is bound to")
    if last.is_forwarding or not _leads(destinations, bindings, login.user):
        raise UnfitError("this key is not for a log-in at that host, as that user, by that way")


def described(destinations: Destinations) -> str:
    """The destinations in words, each with the fingerprints of its host's keys where one of that host is no more."""
    return "; ".join(_described(one) for one in destinations)


def _described(destination: Destination) -> str:
    origin, target = destination.origin, destination.target
    where = f"{target.user}@{target.host}" if target.user else target.host
    keys = ", ".join(sorted({fingerprint(plain_key(host_key.key)) for host_key in target.host_keys})[:2])
    return f"from {origin.host or _HERE} to {where} ({keys})"


def _leads(destinations: Destinations, bindings: Sequence[SessionBind], user: str | None) -> bool:
    """Whether each step has a destination; the last one for this user, where somebody logs in."""
    origin: bytes | None = None
    for bind in bindings:
        is_last = bind is bindings[-1]
        if not is_last and not bind.is_forwarding:
            return False
        if not any(_is_for(one, origin, bind.host_key, user if is_last else None) for one in destinations):
            return False
        origin = bind.host_key
    return True


def _is_for(destination: Destination, origin: bytes | None, target: bytes, user: str | None) -> bool:
    begins = not destination.origin.host if origin is None else _is_at(origin, destination.origin)
    for_user = user is None or not destination.target.user or fits(destination.target.user, user)
    return begins and for_user and _is_at(target, destination.target)


def _is_at(key: bytes, hop: Hop) -> bool:
    """Whether a host that has shown this key, or this certificate, is the one that is meant."""
    is_plain = plain_key(key) == key
    for host_key in hop.host_keys:
        if is_plain and not host_key.is_authority and host_key.key == key:
            return True
        if not is_plain and host_key.is_authority and _is_certified(key, host_key.key, hop.host):
            return True
    return False


def _is_certified(blob: bytes, authority: bytes, host: str) -> bool:
    try:
        certificate = parse_certificate(blob)
    except SshAgentError:
        return False
    principals = certificate.principals
    return (
        certificate.type is CertificateType.HOST
        and certificate.signature_key == authority
        and not certificate.critical_options
        and certificate.valid_after_s <= time.time() < certificate.valid_before_s
        and (not principals or any(fits(one.lower(), host.lower()) for one in principals))
    )
