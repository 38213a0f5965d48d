"""The SSH agent protocol, and what it carries: keys, certificates, signatures, and what is signed.

It opens no socket and no file, and decides nothing: what an agent grants, and whom it trusts, is said elsewhere. Every
length and every number of parts is bounded (``limits``), and what is malformed raises an ``SshAgentError``.

Source: RFC 9987 (the SSH agent protocol, draft-ietf-sshm-ssh-agent before); OpenSSH's PROTOCOL.agent, PROTOCOL.sshsig,
PROTOCOL.certkeys and PROTOCOL.key; RFC 4251, 4252, 4253, 5656, 8332 and 8709.
"""

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
from etui.standards.sshagent.limits import MAX_IDENTITIES, MAX_MESSAGE_BYTES

__all__ = [
    "MAX_IDENTITIES",
    "MAX_MESSAGE_BYTES",
    "MalformedError",
    "MessageReader",
    "SignatureError",
    "SshAgentError",
    "TooLargeError",
    "UnknownConstraintError",
    "UnknownMessageError",
    "UnsupportedKeyError",
    "frame",
]
