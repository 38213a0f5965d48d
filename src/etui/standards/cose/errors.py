"""What is no COSE message, each with a stable code."""

from __future__ import annotations


class CoseError(Exception):
    """Something received does not fit the specifications."""

    code = "cose"


class MalformedError(CoseError):
    """It is not formed as its specification says."""

    code = "malformed"


class UnsupportedError(CoseError):
    """An algorithm, a kind of key or a critical header parameter is not supported here."""

    code = "unsupported"


class SignatureError(CoseError):
    """A signature is not that of the key over these bytes."""

    code = "signature"
