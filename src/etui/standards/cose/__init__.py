"""COSE_Sign1: one signature over CBOR, by Ed25519, P-256 and P-384; over ``cbor2``.

Whoever signs is a callback: a private key stays where it is.

Sources: RFC 9052 (structures), RFC 9053, section 2 (algorithms), RFC 9596 (``typ``).
"""

from etui.standards.cose.errors import CoseError, MalformedError, SignatureError, UnsupportedError
from etui.standards.cose.sign1 import (
    AlgorithmId,
    Headers,
    PublicKey,
    Sign1,
    Signer,
    algorithm_of,
    reads_as_cose,
    sign1,
    unverified,
    verify1,
)

__all__ = [
    "AlgorithmId",
    "CoseError",
    "Headers",
    "MalformedError",
    "PublicKey",
    "Sign1",
    "SignatureError",
    "Signer",
    "UnsupportedError",
    "algorithm_of",
    "reads_as_cose",
    "sign1",
    "unverified",
    "verify1",
]
