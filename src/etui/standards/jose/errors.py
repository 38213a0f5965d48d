"""What is no JSON Web Signature or key, each with a stable code."""

from __future__ import annotations


class JoseError(Exception):
    """Something received does not fit the specifications."""

    code = "jose"


class MalformedError(JoseError):
    """It is not formed as its specification says."""

    code = "malformed"


class UnsupportedError(JoseError):
    """An algorithm, a kind of key or a critical header parameter is not supported here."""

    code = "unsupported"


class SignatureError(JoseError):
    """A signature is not that of the key over these bytes."""

    code = "signature"
