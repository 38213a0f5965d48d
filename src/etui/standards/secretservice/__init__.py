"""The Secret Service API of freedesktop.org: names, interfaces, key agreement, and secrets on their way.

It opens no socket and draws no randomness: what must be random is passed in.

Source: Secret Service API Draft 0.2, https://specifications.freedesktop.org/secret-service/ .
"""

from etui.standards.secretservice.agreement import EXPONENT_BYTES, Agreement, KeyPair, derive_key
from etui.standards.secretservice.errors import (
    PublicKeyError,
    SecretFormError,
    SecretServiceError,
    WrappingError,
)
from etui.standards.secretservice.interfaces import INTERFACES, Interface, Method, Property
from etui.standards.secretservice.introspection import introspection
from etui.standards.secretservice.names import Algorithm, ErrorName
from etui.standards.secretservice.secret import DEFAULT_CONTENT_TYPE, SECRET_SIGNATURE, Secret
from etui.standards.secretservice.wrapping import BLOCK_BYTES, is_wrapped, unwrap, wrap

__all__ = [
    "BLOCK_BYTES",
    "DEFAULT_CONTENT_TYPE",
    "EXPONENT_BYTES",
    "INTERFACES",
    "SECRET_SIGNATURE",
    "Agreement",
    "Algorithm",
    "ErrorName",
    "Interface",
    "KeyPair",
    "Method",
    "Property",
    "PublicKeyError",
    "Secret",
    "SecretFormError",
    "SecretServiceError",
    "WrappingError",
    "derive_key",
    "introspection",
    "is_wrapped",
    "unwrap",
    "wrap",
]
