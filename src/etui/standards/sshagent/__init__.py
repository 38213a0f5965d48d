"""The SSH agent protocol, and what it carries: keys, certificates, signatures, and what is signed.

It opens no socket and no file, and decides nothing: what an agent grants, and whom it trusts, is said elsewhere. Every
length and every number of parts is bounded (``limits``), and what is malformed raises an ``SshAgentError``.

Source: RFC 9987 (the SSH agent protocol, draft-ietf-sshm-ssh-agent before); OpenSSH's PROTOCOL.agent, PROTOCOL.sshsig,
PROTOCOL.certkeys and PROTOCOL.key; RFC 4251, 4252, 4253, 5656, 8332 and 8709.
"""

from etui.standards.sshagent.certificates import FOREVER_S, Certificate, CertificateType, parse_certificate
from etui.standards.sshagent.constraints import AssociatedCertificates, Constraints, Destination, Hop, HostKey
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
from etui.standards.sshagent.identities import AddIdentity, AddUnsupportedIdentity
from etui.standards.sshagent.keys import PublicKey, fingerprint, key_name, load_public_key, plain_key, public_key_blob
from etui.standards.sshagent.known_hosts import KnownHost, KnownHosts, Marker, parse_known_hosts
from etui.standards.sshagent.limits import MAX_IDENTITIES, MAX_MESSAGE_BYTES, MAX_SESSION_ID_BYTES
from etui.standards.sshagent.numbers import RSA_SHA2_256, RSA_SHA2_512, USERAUTH_REQUEST
from etui.standards.sshagent.private_keys import (
    EcdsaKeyPair,
    Ed25519KeyPair,
    KeyPair,
    PrivateKey,
    RsaKeyPair,
    load_private_key,
)
from etui.standards.sshagent.replies import (
    ExtensionFailure,
    ExtensionResponse,
    Failure,
    IdentitiesAnswer,
    Identity,
    QueryAnswer,
    Reply,
    SignResponse,
    Success,
    encode_reply,
    parse_reply,
)
from etui.standards.sshagent.requests import (
    AddSmartcardKey,
    Lock,
    OtherExtension,
    Query,
    RemoveAllIdentities,
    RemoveIdentity,
    RemoveSmartcardKey,
    Request,
    RequestIdentities,
    SignRequest,
    Unlock,
    encode_request,
    parse_request,
)
from etui.standards.sshagent.session_bind import (
    SESSION_BIND,
    SessionBind,
    verify_session_bind,
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
from etui.standards.sshagent.signed_data import (
    MessageHash,
    SshsigMessage,
    UserauthMethod,
    UserauthRequest,
    encode_signed_data,
    parse_signed_data,
)

__all__ = [
    "FOREVER_S",
    "MAX_IDENTITIES",
    "MAX_MESSAGE_BYTES",
    "MAX_SESSION_ID_BYTES",
    "RSA_SHA2_256",
    "RSA_SHA2_512",
    "SESSION_BIND",
    "USERAUTH_REQUEST",
    "AddIdentity",
    "AddSmartcardKey",
    "AddUnsupportedIdentity",
    "AssociatedCertificates",
    "Certificate",
    "CertificateType",
    "Constraints",
    "Destination",
    "EcdsaKeyPair",
    "Ed25519KeyPair",
    "ExtensionFailure",
    "ExtensionResponse",
    "Failure",
    "Hop",
    "HostKey",
    "IdentitiesAnswer",
    "Identity",
    "KeyPair",
    "KnownHost",
    "KnownHosts",
    "Lock",
    "MalformedError",
    "Marker",
    "MessageHash",
    "MessageReader",
    "OtherExtension",
    "PrivateKey",
    "PublicKey",
    "Query",
    "QueryAnswer",
    "RemoveAllIdentities",
    "RemoveIdentity",
    "RemoveSmartcardKey",
    "Reply",
    "Request",
    "RequestIdentities",
    "RsaKeyPair",
    "SessionBind",
    "SignRequest",
    "SignResponse",
    "Signature",
    "SignatureAlgorithm",
    "SignatureError",
    "SshAgentError",
    "SshsigMessage",
    "Success",
    "TooLargeError",
    "UnknownConstraintError",
    "UnknownMessageError",
    "Unlock",
    "UnsupportedKeyError",
    "UserauthMethod",
    "UserauthRequest",
    "algorithms_of",
    "decode_signature",
    "encode_reply",
    "encode_request",
    "encode_signature",
    "encode_signed_data",
    "fingerprint",
    "frame",
    "key_name",
    "load_private_key",
    "load_public_key",
    "parse_certificate",
    "parse_known_hosts",
    "parse_reply",
    "parse_request",
    "parse_signed_data",
    "plain_key",
    "public_key_blob",
    "signature_hash",
    "verify_session_bind",
    "verify_signature",
]
