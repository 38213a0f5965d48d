"""JSON Web Signatures in the compact form, attached and detached, by Ed25519, P-256 and P-384, and their keys.

Whoever signs is a callback: a private key stays where it is. Signatures are verified by ``joserfc``.

Sources: RFC 7515 (JWS), RFC 7517 and 7638 (JWK and its thumbprint), RFC 7518, section 3.4 (ECDSA), RFC 8037 (EdDSA).
"""

from etui.standards.jose.errors import JoseError, MalformedError, SignatureError, UnsupportedError
from etui.standards.jose.jwk import Algorithm, Jwk, PublicKey, algorithm_of, jwk_of, key_of, thumbprint
from etui.standards.jose.jws import Header, Jws, Signer, reads_as_jws, sign_compact, unverified, verify_compact

__all__ = [
    "Algorithm",
    "Header",
    "JoseError",
    "Jwk",
    "Jws",
    "MalformedError",
    "PublicKey",
    "SignatureError",
    "Signer",
    "UnsupportedError",
    "algorithm_of",
    "jwk_of",
    "key_of",
    "reads_as_jws",
    "sign_compact",
    "thumbprint",
    "unverified",
    "verify_compact",
]
