"""What a request for a signature asks of the wallet: what its bytes say, and how the connection is bound.

A host is proven by what is signed alone: a binding says that a host has a session, which it can say of any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from etui.interfaces import ssh_1 as ssh
from etui.standards.sshagent import (
    RSA_SHA2_256,
    RSA_SHA2_512,
    SignatureAlgorithm,
    SshsigMessage,
    UserauthRequest,
    certificate_text,
    encode_session_bind,
    fingerprint,
    key_name,
    parse_certificate,
    parse_signed_for,
    plain_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.doors.ssh_agent.host_names import HostNames
    from etui.standards.sshagent import SessionBind, SignRequest

Meaning: TypeAlias = UserauthRequest | SshsigMessage
Signing: TypeAlias = ssh.Login | ssh.LoginUnproven | ssh.LoginForwarded | ssh.Sign

_SERVICE: Final = "ssh-connection"
_HASHES: Final[dict[int, str | None]] = {0: None, RSA_SHA2_256: "sha256", RSA_SHA2_512: "sha512"}


def read(request: SignRequest) -> Meaning | None:
    """What is to be signed; nothing where nobody is even asked.

    That is what is neither a log-in nor an SSH signature, and whatever would be signed by RSA with SHA-1.
    """
    key = plain_key(request.key)
    if request.flags not in _HASHES or (not request.flags and key_name(key) == SignatureAlgorithm.RSA_SHA1.value):
        return None
    return parse_signed_for(request.data, key)


def meant_by(
    request: SignRequest, meant: Meaning, item: str, bindings: Sequence[SessionBind], hosts: HostNames
) -> Signing | None:
    """The request to the Extension for a signature with the key ``item``; nothing where none is to be made."""
    parts: dict[str, Any] = {"item": item, "data": request.data, "hash": _HASHES[request.flags]}
    hops = [one for one in bindings if one.is_forwarding]
    if isinstance(meant, SshsigMessage):  # nobody could tell what a far machine has signed
        return None if hops else ssh.Sign(relying_party=meant.namespace, **parts)
    if meant.service != _SERVICE:
        return None
    parts["bindings"] = encoded(bindings)
    if meant.key != plain_key(request.key):
        parts["certificate"] = certificate_text(parse_certificate(meant.key))
    binding = next((one for one in bindings if one.session_id == meant.session_id), None)
    if meant.host_key is None:
        bound = None if binding is None else _named(binding.host_key, hosts)[:800]
        return None if hops else ssh.LoginUnproven(user=meant.user, bound=bound, **parts)
    if binding is not None and plain_key(binding.host_key) != plain_key(meant.host_key):
        return None
    host_key = plain_key(meant.host_key)
    parts["relying_party"] = f"{meant.user}@{fingerprint(host_key)}"
    parts["known_as"] = hosts.of(host_key)[:400] or None
    if not hops:
        return ssh.Login(**parts)
    through = "\n".join(_named(one.host_key, hosts) for one in hops)
    return ssh.LoginForwarded(through=through[:4000], **parts)


def encoded(bindings: Sequence[SessionBind]) -> list[bytes] | None:
    """The bindings as the Extension is told them; nothing where there are none."""
    return [encode_session_bind(one) for one in bindings] or None


def _named(host_key: bytes, hosts: HostNames) -> str:
    names = hosts.of(plain_key(host_key))
    shown = fingerprint(plain_key(host_key))
    return f"{names} ({shown})" if names else shown
