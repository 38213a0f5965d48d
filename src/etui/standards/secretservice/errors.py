"""What does not fit the Secret Service's formats, each with a stable code."""

from __future__ import annotations


class SecretServiceError(Exception):
    """Something received does not fit the specification."""

    code = "secret_service"


class PublicKeyError(SecretServiceError):
    """The other side's public key is none of the group."""

    code = "public_key"

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} bytes were given as public key and are no element of the group: send 128 bytes")


class SecretFormError(SecretServiceError):
    """A value of type (oayays) is not a secret."""

    code = "secret_form"


class WrappingError(SecretServiceError):
    """A wrapped secret does not open with its session's key."""

    code = "wrapping"

    def __init__(self) -> None:
        super().__init__("the secret does not open with its session's key: open a new session and send it again")
