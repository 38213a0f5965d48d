"""What SSH has signed: read before it is signed, so that it goes to the host and the user that were consented to."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512

from etui.extensions.encryption.algorithms import der_signature
from etui.extensions.encryption.errors import UnfitError
from etui.standards.sshagent import (
    MAX_SESSION_ID_BYTES,
    USERAUTH_REQUEST,
    Signature,
    SignatureAlgorithm,
    SshAgentError,
    SshsigMessage,
    UserauthRequest,
    certificate_text,
    encode_signature,
    fingerprint,
    key_name,
    parse_certificate,
    parse_signed_data,
    parse_signed_for,
    plain_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.entries import Entry
    from etui.standards.sshagent import SessionBind

_SERVICE: Final = "ssh-connection"
_LENGTH_BYTES: Final = 4
_OF_CERTIFICATES: Final = b"-cert-v01@openssh.com"
"""How the names of their types end (OpenSSH's PROTOCOL.certkeys)."""
_RSA: Final = {
    "sha1": (SignatureAlgorithm.RSA_SHA1, SHA1()),  # noqa: S303  # who asks for it says so to the user
    "sha256": (SignatureAlgorithm.RSA_SHA256, SHA256()),
    "sha512": (SignatureAlgorithm.RSA_SHA512, SHA512()),
}


def blob_of(line: str) -> bytes:
    """A public key in SSH's form, from a line ``TYPE BASE64``."""
    return b64decode(line.split()[1])


def blob(entry: Entry) -> bytes:
    """A key's public part in SSH's form."""
    return blob_of(entry.item.attributes["public"])


def signed(key: PrivateKey, blob: bytes, data: bytes, hash_name: str | None) -> bytes:
    """The signature over ``data`` in SSH's form (RFC 4253, section 6.6); ``blob``: the key's public part.

    ``hash_name``: ``sha256`` or ``sha512`` for RSA (RFC 8332), or ``sha1`` where the user was asked about just that.
    Raises ``UnfitError`` for RSA without one.
    """
    name = key_name(blob)
    match key:
        case Ed25519PrivateKey():
            algorithm, value = SignatureAlgorithm(name), key.sign(data)
        case RSAPrivateKey():
            if hash_name is None:
                raise UnfitError("RSA with SHA-1 is not used: have the program ask for rsa-sha2-256 or rsa-sha2-512")
            algorithm, digest = _RSA[hash_name]
            value = key.sign(data, PKCS1v15(), digest)
        case X25519PrivateKey():
            raise UnfitError("an X25519 key signs nothing")
        case _:
            algorithm, value = SignatureAlgorithm(name), der_signature(key, data)
    return encode_signature(Signature(algorithm, value))


def refuse_ssh(data: bytes) -> None:
    """Raises ``UnfitError`` for what SSH could take for a request to log in, a signed message, or a certificate.

    It looks at the beginning alone, so that what only nearly is one is refused too. A certificate, or a list of revoked
    keys, would have the key act as an authority, which nobody was asked about.
    """
    length = int.from_bytes(data[:_LENGTH_BYTES], "big")
    first, number = data[_LENGTH_BYTES:][:length], data[_LENGTH_BYTES + length :][:1]
    is_login = length <= MAX_SESSION_ID_BYTES and number == bytes((USERAUTH_REQUEST,))
    is_certificate = length <= MAX_SESSION_ID_BYTES and first.endswith(_OF_CERTIFICATES)
    if is_login or is_certificate or data.startswith((b"SSHSIG", b"SSHKRL")):
        raise UnfitError("these bytes mean something to SSH: have them signed by ssh/1, which says what")


def check_login(data: bytes, relying_party: str, key: bytes, certificate: str | None) -> UserauthRequest:
    """The request to log in with ``key`` that ``data`` is, as that user at that very host; else raises ``UnfitError``.

    ``certificate``: which one is named in it, as ``certificate_text`` has it; nothing where the key goes by itself.
    """
    request = _login(data, key, certificate)
    if request.host_key is None:
        raise UnfitError("what is to be signed names no host: have it signed as a log-in that is not proven")
    meant = f"{request.user}@{fingerprint(plain_key(request.host_key))}"
    if relying_party != meant:
        raise UnfitError(f"what is to be signed is a log-in at {meant}, and not at {relying_party}")
    return request


def check_unproven(data: bytes, user: str, key: bytes, certificate: str | None) -> UserauthRequest:
    """The request to log in with ``key`` that ``data`` is, as that user, at any host; raises as ``check_login``."""
    request = _login(data, key, certificate)
    if request.user != user:
        raise UnfitError(f"what is to be signed is a log-in as {request.user}, and not as {user}")
    return request


def check_sha1(
    data: bytes, relying_party: str, key: bytes, certificate: str | None, bindings: Sequence[SessionBind]
) -> UserauthRequest:
    """As ``check_login``, of a host that ``data`` names or that has the session by one of the ``bindings``."""
    request = _login(data, key, certificate)
    if key_name(key) != SignatureAlgorithm.RSA_SHA1.value:
        raise UnfitError("only RSA signs with SHA-1: have it signed as any other log-in")
    bound = next((one.host_key for one in bindings if one.session_id == request.session_id), None)
    told = {fingerprint(plain_key(host_key)) for host_key in (request.host_key, bound) if host_key is not None}
    if {relying_party} != {f"{request.user}@{host}" for host in told}:
        raise UnfitError(f"what is to be signed is no log-in at {relying_party}, or nothing says at which host")
    return request


def _login(data: bytes, key: bytes, certificate: str | None) -> UserauthRequest:
    request = parse_signed_for(data, key)
    if not isinstance(request, UserauthRequest) or request.service != _SERVICE:
        raise UnfitError("what is to be signed is no request to log in over SSH with this key")
    try:
        named = None if request.key == key else certificate_text(parse_certificate(request.key))
    except SshAgentError as error:
        raise UnfitError(f"the log-in names a certificate that is none: {error}") from None
    if named != certificate:
        raise UnfitError(f"what is to be signed names {named or 'no certificate'}, and not {certificate or 'none'}")
    return request


def check_message(data: bytes, relying_party: str, key: bytes) -> None:
    """Raises ``UnfitError`` unless ``data`` is what an SSH signature of that namespace signs."""
    message = parse_signed_data(data, key)
    if not isinstance(message, SshsigMessage):
        raise UnfitError("what is to be signed is no content of an SSH signature")
    if message.namespace != relying_party:
        raise UnfitError(f"the signature is of the namespace {message.namespace!r}, and not {relying_party!r}")
