"""What stands in responses of a card and in answers of its issuer, where it is read by the kernel alone.

Source: EMV Book 3, sections 6.5.9.4 (INTERNAL AUTHENTICATE) and annex A (91); Book B, table 3-2 (an empty directory).
"""

from __future__ import annotations

from typing import Final

from etui.standards.emv import EmvError, MalformedError, Tag, decode_object, decode_objects, find, require
from etui.standards.iso7816 import Response

_AUTHENTICATION_DATA: Final = range(8, 17)


def data_of(response: Response) -> bytes:
    """The data of a response that succeeded; raises ``MalformedError``."""
    if not response.success:
        raise MalformedError(f"a command is answered with {response.status:04X}")
    return response.data


def has_applications(data: bytes) -> bool:
    """Whether a proximity directory has any entry, which one of a wallet that shows nothing has not."""
    proprietary = find(decode_object(data, Tag.FCI_TEMPLATE).objects, Tag.FCI_PROPRIETARY_TEMPLATE)
    entries = find(proprietary.objects, Tag.FCI_ISSUER_DISCRETIONARY_DATA) if proprietary else None
    return entries is not None and any(one.tag == Tag.APPLICATION_TEMPLATE for one in entries.objects)


def dynamic_signature(data: bytes) -> bytes:
    """The signature in an answer of either format; raises ``MalformedError`` and ``MissingError``."""
    objects = decode_objects(data)
    if len(objects) == 1 and objects[0].tag == Tag.RESPONSE_FORMAT_1:
        return objects[0].value
    return require(decode_object(data, Tag.RESPONSE_FORMAT_2).objects, Tag.SIGNED_DYNAMIC_APPLICATION_DATA).value


def authentication_data(data: bytes) -> bytes:
    """What of an issuer's data proves it to the card (91); nothing where there is no such thing."""
    try:
        proof = find(decode_objects(data), Tag.ISSUER_AUTHENTICATION_DATA)
    except EmvError:
        return b""
    return proof.value if proof is not None and len(proof.value) in _AUTHENTICATION_DATA else b""
