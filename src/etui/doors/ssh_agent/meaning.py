"""What a request for a signature asks of the wallet: what its bytes say, and how the connection is bound.

A host is proven by what is signed alone: a binding says that a host has a session, which it can say of any. RSA with
SHA-1 is a request of its own, and for a log-in at a host that is told at least by a binding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from etui.doors.ssh_agent.host_names import RevokedHostError
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
Signing: TypeAlias = ssh.Login | ssh.LoginUnproven | ssh.LoginForwarded | ssh.LoginSha1 | ssh.Sign

_SERVICE: Final = "ssh-connection"
_HASHES: Final[dict[int, str | None]] = {0: None, RSA_SHA2_256: "sha256", RSA_SHA2_512: "sha512"}


def read(request: SignRequest) -> Meaning | None:
    """What is to be signed; nothing where nobody is even asked, since it is neither a log-in nor an SSH signature."""
    return parse_signed_for(request.data, plain_key(request.key)) if request.flags in _HASHES else None


def meant_by(
    request: SignRequest, meant: Meaning, item: str, bindings: Sequence[SessionBind], hosts: HostNames
) -> Signing | None:
    """The request to the Extension for a signature with the key ``item``; nothing where none is to be made."""
    try:
        return _meant_by(request, meant, item, bindings, hosts)
    except RevokedHostError:
        return None


def _meant_by(
    request: SignRequest, meant: Meaning, item: str, bindings: Sequence[SessionBind], hosts: HostNames
) -> Signing | None:
    parts: dict[str, Any] = {"item": item, "data": request.data}
    is_sha1 = not request.flags and key_name(plain_key(request.key)) == SignatureAlgorithm.RSA_SHA1.value
    if not is_sha1:
        parts["hash"] = _HASHES[request.flags]
    hops = [one for one in bindings if one.is_forwarding]
    if isinstance(meant, SshsigMessage):  # nobody could tell what a far machine has signed
        return None if hops or is_sha1 else ssh.Sign(relying_party=meant.namespace, **parts)
    if meant.service != _SERVICE or (hops and is_sha1):
        return None
    parts["bindings"] = encoded(bindings)
    if meant.key != plain_key(request.key):
        parts["certificate"] = certificate_text(parse_certificate(meant.key))
    binding = next((one for one in bindings if one.session_id == meant.session_id), None)
    if meant.host_key is None and not is_sha1:
        bound = None if binding is None else _named(binding.host_key, hosts)[:800]
        return None if hops else ssh.LoginUnproven(user=meant.user, bound=bound, **parts)
    said = (meant.host_key, None if binding is None else binding.host_key)
    told = {plain_key(host_key) for host_key in said if host_key is not None}
    if len(told) != 1:
        return None
    host_key = told.pop()
    parts["relying_party"] = f"{meant.user}@{fingerprint(host_key)}"
    parts["known_as"] = hosts.of(host_key)[:400]
    if hops:
        through = "\n".join(_named(one.host_key, hosts) for one in hops)
        return ssh.LoginForwarded(through=through[:4000], **parts)
    return ssh.LoginSha1(**parts) if is_sha1 else ssh.Login(**parts)


def encoded(bindings: Sequence[SessionBind]) -> list[bytes] | None:
    """The bindings as the Extension is told them; nothing where there are none."""
    return [encode_session_bind(one) for one in bindings] or None


def _named(host_key: bytes, hosts: HostNames) -> str:
    return f"{hosts.of(plain_key(host_key))} ({fingerprint(plain_key(host_key))})"
