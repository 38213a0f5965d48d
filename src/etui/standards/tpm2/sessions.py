"""Salted HMAC sessions: what goes to the TPM and comes back is bound to one key of the TPM, and its secrets encrypted.

Rules:

1. The session's key comes from a salt that is agreed with a storage key of the TPM by ECDH. Who does not hold that
   key's private part, as whoever listens on the bus or answers in the TPM's place, can neither read nor make a message.
2. Each command carries a MAC over itself, the names of what it is about, and a nonce of each side; so does each answer.
   An answer whose MAC does not match is none.
3. The first parameter of command and answer is encrypted (AES-128 in CFB mode), where it is a ``TPM2B``.

Source: TCG TPM 2.0 Library, Part 1 (Architecture), sections 11.4.10 (KDFa, KDFe), 19.6 (HMAC sessions), 21 (parameter
encryption), annex C.6 (ECDH of a salt); NIST SP 800-108 (KDFa), SP 800-56A (KDFe).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from msgspec import Struct

from etui.standards.tpm2.commands import Answer, Command, read_answer, start_session
from etui.standards.tpm2.errors import TpmMessageError
from etui.standards.tpm2.structures import COORDINATE_BYTES, Handle, Point
from etui.standards.tpm2.wire import Reader, sized, u32

NONCE_BYTES: Final = 32
_KEY_BYTES: Final = 32
_AES_KEY_BYTES: Final = 16
_AES_BLOCK_BYTES: Final = 16
_GOES_ON, _COMMAND_ENCRYPTED, _ANSWER_ENCRYPTED, _AUDITED = 1 << 0, 1 << 5, 1 << 6, 1 << 7


class Salt(Struct, frozen=True):
    """A fresh salt (32 bytes), and what tells it to the holder of a storage key alone."""

    value: bytes
    encrypted: bytes


def new_salt(key: Point) -> Salt:
    """A salt for the storage key with this public point; raises ``TpmMessageError`` where that is on no curve."""
    curve = ec.SECP256R1()
    try:
        theirs = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), curve).public_key()
    except ValueError:
        raise TpmMessageError("the TPM's storage key is no point of its curve") from None
    ours = ec.generate_private_key(curve)
    numbers = ours.public_key().public_numbers()
    x, y = (number.to_bytes(COORDINATE_BYTES, "big") for number in (numbers.x, numbers.y))
    told = b"SECRET\0" + x + key.x
    salt = ConcatKDFHash(SHA256(), _KEY_BYTES, told).derive(ours.exchange(ec.ECDH(), theirs))
    return Salt(salt, sized(x) + sized(y))


class Beginning:
    """A session that is about to begin: ``command`` is sent, ``begun`` reads its answer."""

    def __init__(self, key: Handle, point: Point) -> None:
        self._salt = new_salt(point)
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self.command = start_session(key, self._nonce, self._salt.encrypted)

    def begun(self, message: bytes) -> Session:
        """The session; raises ``TpmRefusedError`` and ``TpmMessageError``."""
        answer = read_answer(self.command, message)
        reader = Reader(answer.parameters)
        nonce = reader.sized()
        reader.end()
        if len(nonce) != NONCE_BYTES:
            raise TpmMessageError("the TPM began a session with a nonce of another length")
        return Session(answer.handle, _kdfa(self._salt.value, b"ATH", nonce + self._nonce, _KEY_BYTES), nonce)


class Session:
    """A session that goes on until it is flushed: one command at a time."""

    def __init__(self, handle: int, key: bytes, nonce: bytes) -> None:
        self.handle = handle
        self._key = key
        self._theirs = nonce
        self._ours = b""

    def encode(self, command: Command, auth: bytes = b"") -> bytes:
        """The message of ``command``, authorized by ``auth``, that of its first handle, where it has one."""
        self._ours = secrets.token_bytes(NONCE_BYTES)
        attributes = _GOES_ON | (_ANSWER_ENCRYPTED if command.gives_sized else 0)
        first = command.first
        if not command.handles:  # it authorizes nothing, and its answer is worth a MAC all the same
            attributes |= _AUDITED
        if first is not None:
            attributes |= _COMMAND_ENCRYPTED
            first = self._cipher(auth, self._ours + self._theirs).encryptor().update(first)
        digest = hashlib.sha256(u32(command.code))
        for handle in command.handles:
            digest.update(handle.name)
        digest.update(command.parameters(first))
        mac = self._mac(auth, digest.digest() + self._ours + self._theirs, attributes)
        area = u32(self.handle) + sized(self._ours) + bytes([attributes]) + sized(mac)
        return command.encode(area, first=first)

    def read(self, command: Command, message: bytes, auth: bytes = b"") -> Answer:
        """The answer to what ``encode`` gave.

        Raises ``TpmRefusedError``, and ``TpmMessageError`` for an answer that is not of this session's TPM.
        """
        answer = read_answer(command, message)
        reader = Reader(answer.authorization)
        nonce, attributes, mac = reader.sized(), reader.u8(), reader.sized()
        reader.end()
        digest = hashlib.sha256(u32(0) + u32(command.code) + answer.parameters).digest()
        if not hmac.compare_digest(mac, self._mac(auth, digest + nonce + self._ours, attributes)):
            raise TpmMessageError("an answer of the TPM was altered on its way, or is another TPM's")
        self._theirs = nonce
        if not attributes & _ANSWER_ENCRYPTED:
            return answer
        parameters = Reader(answer.parameters)
        first = self._cipher(auth, nonce + self._ours).decryptor().update(parameters.sized())
        return Answer(answer.handle, sized(first) + parameters.rest(), answer.authorization)

    def _mac(self, auth: bytes, text: bytes, attributes: int) -> bytes:
        return hmac.digest(self._key + _trimmed(auth), text + bytes([attributes]), "sha256")

    def _cipher(self, auth: bytes, nonces: bytes) -> Cipher[CFB]:
        material = _kdfa(self._key + _trimmed(auth), b"CFB", nonces, _AES_KEY_BYTES + _AES_BLOCK_BYTES)
        return Cipher(AES(material[:_AES_KEY_BYTES]), CFB(material[_AES_KEY_BYTES:]))


def _trimmed(auth: bytes) -> bytes:
    """An authorization value as a TPM keeps it: without zeros at its end (Part 1, section 19.6.4.3)."""
    return auth.rstrip(b"\0")


def _kdfa(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
    return KBKDFHMAC(
        SHA256(), Mode.CounterMode, length, 4, 4, CounterLocation.BeforeFixed, label, context, fixed=None
    ).derive(key)


def _number(coordinate: bytes) -> int:
    return int.from_bytes(coordinate, "big")
