"""What a card's application answers to GET PROCESSING OPTIONS and GENERATE AC, in format 1 and 2.

Format 1 (template 80) is values alone, one behind the other; format 2 (template 77) has them as data objects.

Source: EMV Book 3, sections 6.5.5.4 and 6.5.8.4; CDA: Book 2, section 6.6.1.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.standards.emv.commands import CryptogramType
from etui.standards.emv.dictionary import Tag, check
from etui.standards.emv.errors import MalformedError
from etui.standards.emv.files import RecordRange, read_file_locator, write_file_locator
from etui.standards.emv.indicators import Aip
from etui.standards.emv.tlv import DataObject, constructed, decode_objects, find, primitive, require

CRYPTOGRAM_BYTES: Final = 8
MAX_ATC: Final = 0xFFFF
MAX_APPLICATION_DATA: Final = 32
_ATC_BYTES: Final = 2
_FIXED_BYTES: Final = 1 + _ATC_BYTES + CRYPTOGRAM_BYTES
_TYPE_SHIFT: Final = 6
_ADVICE: Final = 0x08
_REASON: Final = 0x07
_BYTE: Final = 0xFF


class ProcessingOptions(msgspec.Struct, frozen=True):
    """The answer to GET PROCESSING OPTIONS: what the application can, and which records are to be read.

    ``others``: what else is in an answer of format 2, in order.
    """

    aip: Aip
    files: tuple[RecordRange, ...]
    others: tuple[DataObject, ...] = ()

    def format_1(self) -> bytes:
        """The answer's data in format 1, which has no place for others; raises ``MalformedError`` then."""
        if self.others:
            raise MalformedError("an answer in format 1 has AIP and AFL alone")
        return primitive(Tag.RESPONSE_FORMAT_1, self.aip.encode() + write_file_locator(self.files)).encode()

    def format_2(self) -> bytes:
        """The answer's data in format 2."""
        aip = primitive(Tag.AIP, self.aip.encode())
        afl = primitive(Tag.AFL, write_file_locator(self.files))
        return constructed(Tag.RESPONSE_FORMAT_2, (aip, afl, *self.others)).encode()

    @classmethod
    def decode(cls, data: bytes) -> ProcessingOptions:
        """The answer of either format; raises ``MalformedError`` and ``MissingError``."""
        template = _template(data)
        if template.tag == Tag.RESPONSE_FORMAT_1:
            at = Aip.size()
            return cls(Aip.decode(template.value[:at]), read_file_locator(template.value[at:]))
        known = (Tag.AIP, Tag.AFL)
        aip, afl = (require(template.objects, tag).value for tag in known)
        return cls(Aip.decode(aip), read_file_locator(afl), tuple(o for o in template.objects if o.tag not in known))


class CryptogramAnswer(msgspec.Struct, frozen=True):
    """The answer to GENERATE AC.

    ``information``: the Cryptogram Information Data, a byte. ``atc``: the transaction's number, 0 to 65,535.
    ``cryptogram``: 8 bytes; empty where ``signature`` has it, which is the Signed Dynamic Application Data (CDA).
    ``application_data``: the Issuer Application Data, 0 to 32 bytes. ``others``: what else is there, in order.
    """

    information: int
    atc: int
    cryptogram: bytes = b""
    application_data: bytes = b""
    signature: bytes = b""
    others: tuple[DataObject, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        if not 0 <= self.information <= _BYTE or self.information >> _TYPE_SHIFT not in frozenset(CryptogramType):
            raise MalformedError(f"{self.information:02X} says of no cryptogram what it is")
        if not 0 <= self.atc <= MAX_ATC or len(self.application_data) > MAX_APPLICATION_DATA:
            raise MalformedError(f"an ATC is 0 to {MAX_ATC}, and application data have {MAX_APPLICATION_DATA} bytes")
        if bool(self.cryptogram) == bool(self.signature):
            raise MalformedError("an answer has either a cryptogram or a signature that has it within")
        if self.cryptogram and len(self.cryptogram) != CRYPTOGRAM_BYTES:
            raise MalformedError(f"a cryptogram has {CRYPTOGRAM_BYTES} bytes, not {len(self.cryptogram)}")

    @property
    def type(self) -> CryptogramType:
        """What the cryptogram says."""
        return CryptogramType(self.information >> _TYPE_SHIFT)

    @property
    def advice_required(self) -> bool:
        """Whether the issuer wants to be advised of it (Book 3, table 14)."""
        return bool(self.information & _ADVICE)

    @property
    def reason(self) -> int:
        """The reason or advice code, 0 to 7: 1 service not allowed, 2 PIN tries, 3 issuer authentication failed."""
        return self.information & _REASON

    def signed_objects(self) -> tuple[DataObject, ...]:
        """The objects of an answer with a signature, in order and without it: what the signature is over."""
        objects = [
            primitive(Tag.CRYPTOGRAM_INFORMATION_DATA, bytes((self.information,))),
            primitive(Tag.ATC, self.atc.to_bytes(_ATC_BYTES, "big")),
        ]
        if self.application_data:
            objects.append(primitive(Tag.ISSUER_APPLICATION_DATA, self.application_data))
        return (*objects, *self.others)

    def format_1(self) -> bytes:
        """The answer's data in format 1; raises ``MalformedError`` where there is a signature, or others."""
        if self.signature or self.others:
            raise MalformedError("an answer in format 1 has neither a signature nor other data objects")
        values = (bytes((self.information,)), self.atc.to_bytes(_ATC_BYTES, "big"), self.cryptogram)
        return primitive(Tag.RESPONSE_FORMAT_1, b"".join(values) + self.application_data).encode()

    def format_2(self) -> bytes:
        """The answer's data in format 2."""
        information, atc, *rest = self.signed_objects()
        if self.signature:
            proof = primitive(Tag.SIGNED_DYNAMIC_APPLICATION_DATA, self.signature)
        else:
            proof = primitive(Tag.APPLICATION_CRYPTOGRAM, self.cryptogram)
        return constructed(Tag.RESPONSE_FORMAT_2, (information, atc, proof, *rest)).encode()

    @classmethod
    def decode(cls, data: bytes) -> CryptogramAnswer:
        """The answer of either format; raises ``MalformedError`` and ``MissingError``.

        For a signature over it, what was hashed is what ``objects_but_signature`` gives of the same data.
        """
        template = _template(data)
        if template.tag == Tag.RESPONSE_FORMAT_1:
            value = template.value
            if len(value) < _FIXED_BYTES:
                raise MalformedError(f"an answer to GENERATE AC has at least {_FIXED_BYTES} bytes, not {len(value)}")
            atc = int.from_bytes(value[1 : 1 + _ATC_BYTES], "big")
            return cls(value[0], atc, value[1 + _ATC_BYTES : _FIXED_BYTES], value[_FIXED_BYTES:])
        objects = template.objects
        (information,) = check(Tag.CRYPTOGRAM_INFORMATION_DATA, require(objects, Tag.CRYPTOGRAM_INFORMATION_DATA).value)
        atc = int.from_bytes(check(Tag.ATC, require(objects, Tag.ATC).value), "big")
        cryptogram, application_data, signature = (
            found.value if (found := find(objects, tag)) else b"" for tag in _OPTIONAL
        )
        others = tuple(one for one in objects if one.tag not in _KNOWN)
        return cls(information, atc, cryptogram, application_data, signature, others)


_OPTIONAL: Final = (Tag.APPLICATION_CRYPTOGRAM, Tag.ISSUER_APPLICATION_DATA, Tag.SIGNED_DYNAMIC_APPLICATION_DATA)
_KNOWN: Final = frozenset((Tag.CRYPTOGRAM_INFORMATION_DATA, Tag.ATC, *_OPTIONAL))


def objects_but_signature(data: bytes) -> tuple[DataObject, ...]:
    """The objects of an answer in format 2 as they came, without the signature; raises ``MalformedError``.

    Source: Book 2, section 6.6.2, step 10.
    """
    template = _template(data)
    if template.tag != Tag.RESPONSE_FORMAT_2:
        raise MalformedError("an answer with a signature is in format 2")
    return tuple(one for one in template.objects if one.tag != Tag.SIGNED_DYNAMIC_APPLICATION_DATA)


def _template(data: bytes) -> DataObject:
    objects = decode_objects(data)
    if len(objects) != 1 or objects[0].tag not in {Tag.RESPONSE_FORMAT_1, Tag.RESPONSE_FORMAT_2}:
        raise MalformedError("an answer is one template, of format 1 (80) or of format 2 (77)")
    return objects[0]
