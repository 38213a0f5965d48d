"""What SSH has signed: read before it is signed, so that it goes to the host and the user that were consented to."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

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
    encode_signature,
    fingerprint,
    key_name,
    parse_session_bind,
    parse_signed_data,
    plain_key,
    verify_session_bind,
)

if TYPE_CHECKING:
    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.entries import Entry

UNKNOWN_HOST: Final = "unknown host"
_SERVICE: Final = "ssh-connection"
_LENGTH_BYTES: Final = 4
_RSA: Final = {
    "sha256": (SignatureAlgorithm.RSA_SHA256, SHA256()),
    "sha512": (SignatureAlgorithm.RSA_SHA512, SHA512()),
}


def blob_of(line: str) -> bytes:
    """A public key in SSH's form, from a line ``TYPE BASE64``."""
    return b64decode(line.split()[1])


def blob(entry: Entry) -> bytes:
    """A key's public part in SSH's form."""
    return blob_of(entry.item.attributes["public"])


def signed(key: PrivateKey, name: str, data: bytes, hash_name: str | None) -> bytes:
    """The signature over ``data`` in SSH's form (RFC 4253, section 6.6); ``name``: the key's type.

    ``hash_name``: ``sha256`` or ``sha512`` for RSA (RFC 8332). Raises ``UnfitError`` without one: that would be SHA-1.
    """
    match key:
        case Ed25519PrivateKey():
            algorithm, value = SignatureAlgorithm(name), key.sign(data)
        case RSAPrivateKey():
            if hash_name is None:
                raise UnfitError("RSA with SHA-1 is not used: have the program ask for rsa-sha2-256 or rsa-sha2-512")
            algorithm, digest = _RSA[hash_name]
            value = key.sign(data, PKCS1v15(), digest)
        case _:
            algorithm, value = SignatureAlgorithm(name), der_signature(key, data)
    return encode_signature(Signature(algorithm, value))


def name_of(entry: Entry) -> str:
    """A key's type, as SSH calls it."""
    return key_name(blob(entry))


def refuse_ssh(data: bytes) -> None:
    """Raises ``UnfitError`` for what SSH could take for a request to log in or a signed message.

    It looks at the beginning alone, so that what only nearly is one is refused too.
    """
    length = int.from_bytes(data[:_LENGTH_BYTES], "big")
    number = data[_LENGTH_BYTES + length : _LENGTH_BYTES + length + 1]
    is_login = length <= MAX_SESSION_ID_BYTES and number == bytes((USERAUTH_REQUEST,))
    if is_login or data.startswith(b"SSHSIG"):
        raise UnfitError("these bytes mean something to SSH: have them signed by ssh/1, which says what")


def check_login(data: bytes, relying_party: str, key: bytes, binding: bytes | None) -> None:
    """Raises ``UnfitError`` unless ``data`` is a request to log in with ``key``, as that user at that host."""
    request = parse_signed_data(data, key)
    if not isinstance(request, UserauthRequest) or request.service != _SERVICE:
        raise UnfitError("what is to be signed is no request to log in over SSH with this key")
    meant = f"{request.user}@{_host(request, binding)}"
    if relying_party != meant:
        raise UnfitError(f"what is to be signed is a log-in at {meant}, and not at {relying_party}")


def check_message(data: bytes, relying_party: str, key: bytes) -> None:
    """Raises ``UnfitError`` unless ``data`` is what an SSH signature of that namespace signs."""
    message = parse_signed_data(data, key)
    if not isinstance(message, SshsigMessage):
        raise UnfitError("what is to be signed is no content of an SSH signature")
    if message.namespace != relying_party:
        raise UnfitError(f"the signature is of the namespace {message.namespace!r}, and not {relying_party!r}")


def _host(request: UserauthRequest, binding: bytes | None) -> str:
    """The fingerprint of the key of the host that the request is for, as far as it is proven."""
    host_key = request.host_key
    if binding is not None:
        try:
            bound = parse_session_bind(binding)
            verify_session_bind(bound)
        except SshAgentError as error:
            raise UnfitError(f"the binding to a host does not hold: {error}") from None
        if bound.session_id != request.session_id:
            raise UnfitError("the binding to a host is of another session")
        if host_key is not None and plain_key(host_key) != plain_key(bound.host_key):
            raise UnfitError("the request names another host than the one that the connection is bound to")
        host_key = bound.host_key
    return UNKNOWN_HOST if host_key is None else fingerprint(plain_key(host_key))
