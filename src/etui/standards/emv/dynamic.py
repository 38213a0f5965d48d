"""Signed dynamic application data: that the card is there, and with CDA that its cryptogram is the card's too.

    05 | hash algorithm | length | ICC dynamic data | padding BB          beside it: the unpredictable number (CDA)
                                                                          or the data of the DDOL (DDA)
    ICC dynamic data: length | ICC dynamic number, 2 to 8 bytes | CID | cryptogram | transaction data hash code

The last three are CDA's. The transaction data hash code is over all that was told with GET PROCESSING OPTIONS and with
GENERATE AC, and over the answer's data objects as they came, but for the signature.

Source: EMV Book 2, sections 6.5 (DDA) and 6.6 (CDA).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from etui.standards.emv.answers import CRYPTOGRAM_BYTES, CryptogramAnswer, objects_but_signature
from etui.standards.emv.errors import AuthenticationError, MalformedError
from etui.standards.emv.recovery import HASH_BYTES, OVERHEAD_BYTES, PADDING, SHA_1, recover, sha_1, sign
from etui.standards.emv.rsa import PrivateKey, PublicKey
from etui.standards.emv.tlv import DataObject, encode_objects

UNPREDICTABLE_NUMBER_BYTES: Final = 4
_FORM: Final = 0x05
_HASH_AT: Final = 1
_LENGTH_AT: Final = 2
_HEAD_BYTES: Final = 3
_NUMBER_BYTES: Final = range(2, 9)
_CDA_BYTES: Final = 1 + CRYPTOGRAM_BYTES + HASH_BYTES


class VerifiedCryptogram(msgspec.Struct, frozen=True):
    """A card's answer whose signature was verified: the answer, and the cryptogram and number that were signed.

    What the cryptogram itself is over, the issuer alone can tell.
    """

    answer: CryptogramAnswer
    cryptogram: bytes
    dynamic_number: bytes


def sign_dynamic(key: PrivateKey, dynamic_number: bytes, list_data: bytes) -> bytes:
    """The answer to INTERNAL AUTHENTICATE: a signature over a number of the card's (2 to 8 bytes) and the DDOL's data.

    Raises ``MalformedError``.
    """
    return _signed(key, _numbered(dynamic_number), list_data)


def verify_dynamic(key: PublicKey, signature: bytes, list_data: bytes) -> bytes:
    """The card's number, where the signature is its key's over it and the DDOL's data.

    Raises ``AuthenticationError`` and ``UnsupportedError``.
    """
    return _read_number(_recovered(key, signature, list_data))[0]


def sign_cryptogram(
    key: PrivateKey,
    answer: CryptogramAnswer,
    dynamic_number: bytes,
    unpredictable_number: bytes,
    told: Sequence[bytes],
) -> CryptogramAnswer:
    """The answer with its cryptogram within a signature (CDA).

    ``answer``: with the cryptogram. ``dynamic_number``: 2 to 8 bytes, new for each transaction.
    ``unpredictable_number``: the terminal's, 4 bytes. ``told``: the data of PDOL and CDOL1, and of CDOL2 for a second
    cryptogram, each as it came. Raises ``MalformedError``.
    """
    if len(answer.cryptogram) != CRYPTOGRAM_BYTES:
        raise MalformedError("an answer without its cryptogram is not signed")
    code = transaction_hash(told, answer.signed_objects())
    data = _numbered(dynamic_number) + bytes((answer.information,)) + answer.cryptogram + code
    signature = _signed(key, data, _check_unpredictable(unpredictable_number))
    return msgspec.structs.replace(answer, cryptogram=b"", signature=signature)


def verify_cryptogram(
    key: PublicKey, data: bytes, unpredictable_number: bytes, told: Sequence[bytes]
) -> VerifiedCryptogram:
    """What a card answered, where its signature is the card's over all of it (CDA).

    ``data``: the answer's, as they came. ``unpredictable_number`` and ``told``: as the terminal sent them. Raises
    ``AuthenticationError`` where anything of it differs; ``MalformedError``, ``MissingError`` and ``UnsupportedError``
    where it is no such answer. Source: section 6.6.2, steps 1 to 12.
    """
    answer = CryptogramAnswer.decode(data)
    if not answer.signature:
        raise AuthenticationError("an answer that should be signed is not")
    dynamic = _recovered(key, answer.signature, _check_unpredictable(unpredictable_number))
    number, rest = _read_number(dynamic)
    if len(rest) < _CDA_BYTES:
        raise AuthenticationError("what was signed has no cryptogram in it")
    information, cryptogram, code = rest[0], rest[1 : 1 + CRYPTOGRAM_BYTES], rest[1 + CRYPTOGRAM_BYTES : _CDA_BYTES]
    if information != answer.information:
        raise AuthenticationError("the answer says otherwise of its cryptogram than what was signed")
    if not hmac.compare_digest(code, transaction_hash(told, objects_but_signature(data))):
        raise AuthenticationError("the card signed other data of the transaction")
    return VerifiedCryptogram(answer, cryptogram, number)


def transaction_hash(told: Iterable[bytes], objects: Iterable[DataObject]) -> bytes:
    """The transaction data hash code, 20 bytes: over what was told, and the answer's objects without the signature."""
    return sha_1(b"".join(told) + encode_objects(objects))


def _numbered(dynamic_number: bytes) -> bytes:
    if len(dynamic_number) not in _NUMBER_BYTES:
        raise MalformedError(f"an ICC dynamic number has 2 to 8 bytes, not {len(dynamic_number)}")
    return bytes((len(dynamic_number),)) + dynamic_number


def _read_number(dynamic: bytes) -> tuple[bytes, bytes]:
    length = dynamic[0] if dynamic else 0
    if length not in _NUMBER_BYTES or len(dynamic) <= length:
        raise AuthenticationError("what was signed has no dynamic number in it")
    return dynamic[1 : 1 + length], dynamic[1 + length :]


def _signed(key: PrivateKey, dynamic: bytes, beside: bytes) -> bytes:
    if _HEAD_BYTES + len(dynamic) + OVERHEAD_BYTES > key.public.size:
        raise MalformedError(f"a key of {key.public.bits} bits has no place for {len(dynamic)} bytes of dynamic data")
    return sign(key, bytes((_FORM, SHA_1, len(dynamic))) + dynamic, beside)


def _recovered(key: PublicKey, signature: bytes, beside: bytes) -> bytes:
    body = recover(key, signature, _FORM, _HASH_AT, beside)
    end = _HEAD_BYTES + body[_LENGTH_AT]
    if end > len(body) or body[end:].strip(PADDING):
        raise AuthenticationError("what was signed has another length than it says")
    return body[_HEAD_BYTES:end]


def _check_unpredictable(unpredictable_number: bytes) -> bytes:
    if len(unpredictable_number) != UNPREDICTABLE_NUMBER_BYTES:
        raise MalformedError(f"an unpredictable number has 4 bytes, not {len(unpredictable_number)}")
    return unpredictable_number
