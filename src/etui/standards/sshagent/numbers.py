"""The numbers of the protocol.

Source: RFC 9987, sections 8.1 (messages), 8.2 (constraints) and 8.3 (flags of signatures); RFC 4252, section 6.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class MessageNumber(IntEnum):
    """What a message is: SSH_AGENTC_… of requests, SSH_AGENT_… of replies."""

    FAILURE = 5
    SUCCESS = 6
    REQUEST_IDENTITIES = 11
    IDENTITIES_ANSWER = 12
    SIGN_REQUEST = 13
    SIGN_RESPONSE = 14
    ADD_IDENTITY = 17
    REMOVE_IDENTITY = 18
    REMOVE_ALL_IDENTITIES = 19
    ADD_SMARTCARD_KEY = 20
    REMOVE_SMARTCARD_KEY = 21
    LOCK = 22
    UNLOCK = 23
    ADD_ID_CONSTRAINED = 25
    ADD_SMARTCARD_KEY_CONSTRAINED = 26
    EXTENSION = 27
    EXTENSION_FAILURE = 28
    EXTENSION_RESPONSE = 29


WITH_SECRETS: Final = frozenset(
    {
        MessageNumber.ADD_IDENTITY,
        MessageNumber.ADD_ID_CONSTRAINED,
        MessageNumber.ADD_SMARTCARD_KEY,
        MessageNumber.ADD_SMARTCARD_KEY_CONSTRAINED,
        MessageNumber.REMOVE_SMARTCARD_KEY,
    }
)
"""Requests in which there is a private key or the PIN of a smart card."""


class ConstraintNumber(IntEnum):
    """What a constraint is: SSH_AGENT_CONSTRAIN_… of the protocol."""

    LIFETIME = 1
    CONFIRM = 2
    EXTENSION = 255


RSA_SHA2_256: Final = 2
"""SSH_AGENT_RSA_SHA2_256: an RSA key is asked for a signature ``rsa-sha2-256``."""
RSA_SHA2_512: Final = 4
"""SSH_AGENT_RSA_SHA2_512: an RSA key is asked for a signature ``rsa-sha2-512``."""

USERAUTH_REQUEST: Final = 50
"""SSH_MSG_USERAUTH_REQUEST."""
