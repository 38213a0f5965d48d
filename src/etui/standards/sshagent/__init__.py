"""The SSH agent protocol, and what it carries: keys, certificates, signatures, and what is signed.

It opens no socket and no file, and decides nothing: what an agent grants, and whom it trusts, is said elsewhere. Every
length and every number of parts is bounded (``limits``), and what is malformed raises an ``SshAgentError``.

Source: RFC 9987 (the SSH agent protocol, draft-ietf-sshm-ssh-agent before); OpenSSH's PROTOCOL.agent, PROTOCOL.sshsig,
PROTOCOL.certkeys and PROTOCOL.key; RFC 4251, 4252, 4253, 5656, 8332 and 8709.
"""

from etui.standards.sshagent.certificates import FOREVER_S, Certificate, CertificateType, parse_certificate
from etui.standards.sshagent.errors import (
    MalformedError,
    SignatureError,
    SshAgentError,
    TooLargeError,
    UnknownConstraintError,
    UnknownMessageError,
    UnsupportedKeyError,
)
from etui.standards.sshagent.framing import MessageReader, frame
from etui.standards.sshagent.keys import PublicKey, fingerprint, key_name, load_public_key, plain_key, public_key_blob
from etui.standards.sshagent.limits import MAX_IDENTITIES, MAX_MESSAGE_BYTES
from etui.standards.sshagent.private_keys import (
    EcdsaKeyPair,
    Ed25519KeyPair,
    KeyPair,
    PrivateKey,
    RsaKeyPair,
    load_private_key,
)
from etui.standards.sshagent.signatures import (
    Signature,
    SignatureAlgorithm,
    algorithms_of,
    decode_signature,
    encode_signature,
    signature_hash,
    verify_signature,
)

__all__ = [
    "FOREVER_S",
    "MAX_IDENTITIES",
    "MAX_MESSAGE_BYTES",
    "Certificate",
    "CertificateType",
    "EcdsaKeyPair",
    "Ed25519KeyPair",
    "KeyPair",
    "MalformedError",
    "MessageReader",
    "PrivateKey",
    "PublicKey",
    "RsaKeyPair",
    "Signature",
    "SignatureAlgorithm",
    "SignatureError",
    "SshAgentError",
    "TooLargeError",
    "UnknownConstraintError",
    "UnknownMessageError",
    "UnsupportedKeyError",
    "algorithms_of",
    "decode_signature",
    "encode_signature",
    "fingerprint",
    "frame",
    "key_name",
    "load_private_key",
    "load_public_key",
    "parse_certificate",
    "plain_key",
    "public_key_blob",
    "signature_hash",
    "verify_signature",
]
