"""What keys for encrypting, wrapping, deriving and authenticating do: that part of ``crypto/1``.

Plaintexts and keys travel sealed between the Client and this Extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as EcPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etui.extensions.encryption import agreement, cose_secrecy, secret_keys
from etui.extensions.encryption.errors import NotOpenError, UnfitError
from etui.extensions.encryption.secret_keys import SecretKey
from etui.extensions.encryption.usages import DERIVE, ENCRYPT, MAC, WRAP, check_usage
from etui.interfaces import crypto_1 as crypto
from etui.sdk import Call, provides

if TYPE_CHECKING:
    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.keyring import Keyring

_MAX_BYTES: Final = 262_144
_MAX_JWE_BYTES: Final = 131_072


class Secrecy:
    """The methods of an Extension that has a keyring."""

    _keyring: Keyring

    @provides(crypto.Encrypt)
    def encrypt(self, request: crypto.Encrypt, _: Call) -> crypto.EncryptResult:
        """Answers ``crypto/1.encrypt``."""
        key = self._secret(request.item, ENCRYPT)
        _check_size(request.plaintext, _MAX_BYTES)
        return crypto.EncryptResult(ciphertext=secret_keys.encrypted(key, request.plaintext, request.aad))

    @provides(crypto.Decrypt)
    def decrypt(self, request: crypto.Decrypt, _: Call) -> crypto.DecryptResult:
        """Answers ``crypto/1.decrypt``."""
        key = self._secret(request.item, ENCRYPT)
        return crypto.DecryptResult(plaintext=secret_keys.decrypted(key, request.ciphertext, request.aad))

    @provides(crypto.Wrap)
    def wrap(self, request: crypto.Wrap, _: Call) -> crypto.WrapResult:
        """Answers ``crypto/1.wrap``."""
        return crypto.WrapResult(wrapped=secret_keys.wrapped(self._secret(request.item, WRAP), request.key))

    @provides(crypto.Unwrap)
    def unwrap(self, request: crypto.Unwrap, _: Call) -> crypto.UnwrapResult:
        """Answers ``crypto/1.unwrap``."""
        return crypto.UnwrapResult(key=secret_keys.unwrapped(self._secret(request.item, WRAP), request.wrapped))

    @provides(crypto.Derive)
    def derive(self, request: crypto.Derive, _: Call) -> crypto.DeriveResult:
        """Answers ``crypto/1.derive``."""
        return crypto.DeriveResult(key=agreement.derived(self._pair(request.item, DERIVE), request))

    @provides(crypto.Mac)
    def mac(self, request: crypto.Mac, _: Call) -> crypto.MacResult:
        """Answers ``crypto/1.mac``."""
        return crypto.MacResult(mac=secret_keys.mac(self._secret(request.item, MAC), request.data))

    @provides(crypto.VerifyMac)
    def verify_mac(self, request: crypto.VerifyMac, _: Call) -> crypto.VerifyMacResult:
        """Answers ``crypto/1.verify_mac``."""
        key = self._secret(request.item, MAC)
        return crypto.VerifyMacResult(valid=secret_keys.mac_fits(key, request.data, request.mac))

    @provides(crypto.EncryptJwe)
    def encrypt_jwe(self, request: crypto.EncryptJwe, _: Call) -> crypto.EncryptJweResult:
        """Answers ``crypto/1.encrypt_jwe``."""
        from etui.standards import jwe  # noqa: PLC0415  # it takes long to load, and few need it

        _check_size(request.plaintext, _MAX_JWE_BYTES)
        match self._for_jwe(request.item):
            case bytes() as key:
                return crypto.EncryptJweResult(jwe=jwe.encrypt_compact(request.plaintext, key))
            case pair:
                return crypto.EncryptJweResult(jwe=jwe.encrypt_compact(request.plaintext, pair.public_key()))

    @provides(crypto.DecryptJwe)
    def decrypt_jwe(self, request: crypto.DecryptJwe, _: Call) -> crypto.DecryptJweResult:
        """Answers ``crypto/1.decrypt_jwe``."""
        from etui.standards import jwe  # noqa: PLC0415  # as above

        try:
            found = jwe.decrypt_compact(request.jwe, self._for_jwe(request.item))
        except jwe.JweError:
            raise NotOpenError from None
        return crypto.DecryptJweResult(plaintext=found.plaintext, header=found.header)

    @provides(crypto.EncryptCose)
    def encrypt_cose(self, request: crypto.EncryptCose, _: Call) -> crypto.EncryptCoseResult:
        """Answers ``crypto/1.encrypt_cose``."""
        key = self._secret(request.item, ENCRYPT)
        _check_size(request.plaintext, _MAX_BYTES)
        return crypto.EncryptCoseResult(cose=cose_secrecy.encrypted(key, request))

    @provides(crypto.DecryptCose)
    def decrypt_cose(self, request: crypto.DecryptCose, _: Call) -> crypto.DecryptCoseResult:
        """Answers ``crypto/1.decrypt_cose``."""
        return cose_secrecy.decrypted(self._secret(request.item, ENCRYPT), request)

    @provides(crypto.MacCose)
    def mac_cose(self, request: crypto.MacCose, _: Call) -> crypto.MacCoseResult:
        """Answers ``crypto/1.mac_cose``."""
        return crypto.MacCoseResult(cose=cose_secrecy.authenticated(self._secret(request.item, MAC), request))

    @provides(crypto.VerifyMacCose)
    def verify_mac_cose(self, request: crypto.VerifyMacCose, _: Call) -> crypto.VerifyMacCoseResult:
        """Answers ``crypto/1.verify_mac_cose``."""
        return cose_secrecy.verified(self._secret(request.item, MAC), request)

    def _secret(self, item: str, usage: str) -> SecretKey:
        """The key of plain bytes; raises ``UnfitError`` where it is a pair, or for something else."""
        key = self._for(item, usage)
        if not isinstance(key, SecretKey):
            raise UnfitError(f"this key is a key pair: its use for {usage} is another method's")
        return key

    def _pair(self, item: str, usage: str) -> PrivateKey:
        key = self._for(item, usage)
        if isinstance(key, SecretKey):
            raise UnfitError(f"this key is no key pair: its use for {usage} is another method's")
        return key

    def _for_jwe(self, item: str) -> X25519PrivateKey | EcPrivateKey | bytes:
        match self._for(item, ENCRYPT):
            case SecretKey() as key:
                return key.value
            case X25519PrivateKey() | EcPrivateKey() as pair:
                return pair
            case _:
                raise UnfitError("this key is for no JWE")

    def _for(self, item: str, usage: str) -> PrivateKey | SecretKey:
        entry = self._keyring.entry(item)
        check_usage(entry.usage, usage)
        return self._keyring.private(entry)


def _check_size(plaintext: bytes, most: int) -> None:
    if len(plaintext) > most:
        raise UnfitError(f"this is longer than {most} bytes: encrypt it under a key that is wrapped")
