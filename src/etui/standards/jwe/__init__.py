"""JSON Web Encryption in the compact form, to one key: ``ECDH-ES`` by X25519 and P-256, ``dir`` by AES-256.

Thin over ``joserfc``, with the few algorithms that are wanted, and without compression: its bombs are none here.

Sources: RFC 7516 (JWE), RFC 7518, sections 4.5, 4.6 and 5, RFC 8037, section 3.2 (X25519).
"""

from etui.standards.jwe.compact import Decrypted, JweError, JweKey, PublicJweKey, decrypt_compact, encrypt_compact

__all__ = ["Decrypted", "JweError", "JweKey", "PublicJweKey", "decrypt_compact", "encrypt_compact"]
