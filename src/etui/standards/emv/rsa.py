"""RSA as EMV has it: numbers of a key's length, without any padding but that of ``recovery``.

cryptography has no such operation (decision 18). A public key's is one ``pow``, and has nothing secret in it. A private
key's is by the Chinese remainder theorem, over a blinded number, and is checked with the public key before it leaves,
since a fault in it would give the key away. It is not of constant time.

Source: EMV Book 2, annexes A2.1 and B2.1. Blinding: Kocher, Timing Attacks (1996). The check: Boneh, DeMillo, Lipton,
On the Importance of Checking Cryptographic Protocols for Faults (1997).
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from etui.standards.emv.errors import AuthenticationError, FaultError, MalformedError, UnsupportedError

MIN_KEY_BYTES: Final = 64
MAX_KEY_BYTES: Final = 248
MIN_NEW_BITS: Final = 1_024
"""Of a key that is made here; shorter ones are verified."""
EXPONENTS: Final = (3, 65_537)


class PublicKey(msgspec.Struct, frozen=True):
    """A public key: a modulus of 64 to 248 whole bytes (512 to 1,984 bits), and an exponent, 3 or 65,537.

    Whether a key is long enough is for the verifier to say: ``bits`` tells.
    """

    modulus: int
    exponent: int

    def __post_init__(self) -> None:
        """Raises ``UnsupportedError``."""
        bits = self.modulus.bit_length()
        if bits % 8 or not MIN_KEY_BYTES <= bits // 8 <= MAX_KEY_BYTES or not self.modulus % 2:
            raise UnsupportedError(f"a modulus of {bits} bits is none that EMV has")
        if self.exponent not in EXPONENTS:
            raise UnsupportedError("an exponent is 3 or 65,537")

    @property
    def size(self) -> int:
        """How many bytes the modulus has."""
        return self.modulus.bit_length() // 8

    @property
    def bits(self) -> int:
        """How many bits the modulus has."""
        return self.modulus.bit_length()

    def modulus_bytes(self) -> bytes:
        """The modulus, most significant byte first."""
        return self.modulus.to_bytes(self.size, "big")

    def exponent_bytes(self) -> bytes:
        """The exponent, in the fewest bytes: 1 or 3."""
        return self.exponent.to_bytes((self.exponent.bit_length() + 7) // 8, "big")

    @classmethod
    def from_bytes(cls, modulus: bytes, exponent: bytes) -> PublicKey:
        """The key of these numbers; raises ``UnsupportedError``, also where one begins with zero bytes."""
        if not exponent or not exponent[0] or not modulus or not modulus[0]:
            raise UnsupportedError("a number of a key begins with zeros")
        return cls(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))

    def recover(self, signature: bytes) -> bytes:
        """What was signed, of the key's length; raises ``AuthenticationError`` where that is none of a signature."""
        number = int.from_bytes(signature, "big")
        if len(signature) != self.size or number >= self.modulus:
            raise AuthenticationError(
                f"a signature has the {self.size} bytes of its key, and this one {len(signature)}"
            )
        return pow(number, self.exponent, self.modulus).to_bytes(self.size, "big")


class PrivateKey(msgspec.Struct, frozen=True):
    """A private key, by ``generate``, ``from_primes`` or ``decode``. It is a secret, and shows itself nowhere."""

    public: PublicKey
    p: int
    q: int
    d_p: int
    d_q: int
    q_inverse: int

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.bits} bits)"

    @classmethod
    def generate(cls, bits: int, exponent: int = 65_537) -> PrivateKey:
        """A new key of 1,024 to 1,984 bits, of the system's randomness; raises ``UnsupportedError`` for another."""
        if bits % 8 or not MIN_NEW_BITS <= bits <= 8 * MAX_KEY_BYTES or exponent not in EXPONENTS:
            raise UnsupportedError(f"no key of {bits} bits with the exponent {exponent} is made")
        return cls._of(rsa.generate_private_key(exponent, bits))

    @classmethod
    def from_primes(cls, p: int, q: int, exponent: int) -> PrivateKey:
        """The key of these two primes; raises ``UnsupportedError`` where the exponent fits them not."""
        if math.gcd(exponent, (p - 1) * (q - 1)) != 1 or p == q:
            raise UnsupportedError(f"the exponent {exponent} is none of these primes'")
        d_p, d_q = pow(exponent, -1, p - 1), pow(exponent, -1, q - 1)
        return cls(PublicKey(p * q, exponent), p, q, d_p, d_q, pow(q, -1, p))

    def encode(self) -> bytes:
        """The key in PKCS #8, DER, for who keeps it."""
        public = rsa.RSAPublicNumbers(self.public.exponent, self.public.modulus)
        d = pow(self.public.exponent, -1, math.lcm(self.p - 1, self.q - 1))
        numbers = rsa.RSAPrivateNumbers(self.p, self.q, d, self.d_p, self.d_q, self.q_inverse, public)
        return numbers.private_key().private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @classmethod
    def decode(cls, der: bytes) -> PrivateKey:
        """The key in PKCS #8, DER; raises ``MalformedError`` and ``UnsupportedError``."""
        try:
            key = serialization.load_der_private_key(der, None)
        except (ValueError, TypeError):
            raise MalformedError("these bytes are no private key in PKCS #8") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise UnsupportedError("a private key is of another algorithm than RSA")
        return cls._of(key)

    @classmethod
    def _of(cls, key: rsa.RSAPrivateKey) -> PrivateKey:
        numbers = key.private_numbers()
        return cls.from_primes(numbers.p, numbers.q, numbers.public_numbers.e)

    def sign(self, block: bytes, random_below: Callable[[int], int] = secrets.randbelow) -> bytes:
        """The signature of a block of the key's length, below the modulus; about 2 ms for 1,152 bits.

        ``random_below``: a random number from 0 to one less than what it is given, to blind with. Raises
        ``MalformedError`` for another block, and ``FaultError`` where the signature came out wrong.
        """
        modulus, exponent = self.public.modulus, self.public.exponent
        message = int.from_bytes(block, "big")
        if len(block) != self.public.size or message >= modulus:
            raise MalformedError(
                f"what is signed has the {self.public.size} bytes of its key, and is below its modulus"
            )
        blind = 1 + random_below(modulus - 1)
        unblind = pow(blind, -1, modulus)
        blinded = message * pow(blind, exponent, modulus) % modulus
        of_p, of_q = pow(blinded % self.p, self.d_p, self.p), pow(blinded % self.q, self.d_q, self.q)
        signature = (of_q + self.q * ((of_p - of_q) * self.q_inverse % self.p)) * unblind % modulus
        if pow(signature, exponent, modulus) != message:
            raise FaultError("a signature came out wrong and is withheld, since it could give the key away")
        return signature.to_bytes(self.public.size, "big")
