"""COSE for one recipient, over ``cbor2``: Sign1 by Ed25519, P-256 and P-384, Encrypt0 by A256GCM, Mac0 by HMAC-SHA-256.

Whoever signs, encrypts or authenticates is a callback: a key stays where it is.

Sources: RFC 9052 (structures), RFC 9053, sections 2, 3.1 and 4.1 (algorithms), RFC 9596 (``typ``).
"""

from etui.standards.cose.encrypt0 import A256GCM, NONCE_BYTES, Cipher, Encrypt0, decrypt0, encrypt0
from etui.standards.cose.errors import CoseError, MalformedError, SignatureError, UnsupportedError
from etui.standards.cose.mac0 import HS256, Mac0, mac0, verify_mac0
from etui.standards.cose.messages import Headers
from etui.standards.cose.sign1 import (
    AlgorithmId,
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
    "A256GCM",
    "HS256",
    "NONCE_BYTES",
    "AlgorithmId",
    "Cipher",
    "CoseError",
    "Encrypt0",
    "Headers",
    "Mac0",
    "MalformedError",
    "PublicKey",
    "Sign1",
    "SignatureError",
    "Signer",
    "UnsupportedError",
    "algorithm_of",
    "decrypt0",
    "encrypt0",
    "mac0",
    "reads_as_cose",
    "sign1",
    "unverified",
    "verify1",
    "verify_mac0",
]
