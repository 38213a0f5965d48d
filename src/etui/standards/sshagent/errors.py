"""What does not fit the formats of SSH and its agent, each with a stable code; no message shows a value of a secret."""

from __future__ import annotations


class SshAgentError(Exception):
    """Something received does not fit the specifications."""

    code = "ssh_agent"


class TooLargeError(SshAgentError):
    """A message, a list or a file is larger than anybody has to read; what it came from is of no more use."""

    code = "too_large"


class MalformedError(SshAgentError):
    """A message, a key, a certificate or a signature is not formed as its specification says."""

    code = "malformed"


class UnknownMessageError(SshAgentError):
    """The number of a message is none of the protocol's: the answer is a failure (RFC 9987, section 5.1)."""

    code = "unknown_message"

    def __init__(self, number: int) -> None:
        super().__init__(f"a message has the number {number}, which is none that is known here")


class UnknownConstraintError(SshAgentError):
    """A key comes with a constraint that is not known here, so the request is refused (RFC 9987, section 5.2.7)."""

    code = "unknown_constraint"


class UnsupportedKeyError(SshAgentError):
    """A key, or the signature of one, is of a type that is not supported here."""

    code = "unsupported_key"


class SignatureError(SshAgentError):
    """A signature is not that of the key over the data."""

    code = "signature"
