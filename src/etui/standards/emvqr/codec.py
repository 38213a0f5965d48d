"""A merchant's code from the bytes of a QR code, and into them.

What is accepted, in this order: UTF-8; the version of the format as the first object; the checksum as the last one,
over all before it; every object well-formed, none of them twice, the mandatory ones there. Objects that the
specification keeps free are kept as they are.

Source: EMV QRCPS Merchant-Presented Mode v1.1, sections 3 and 4; the checksum: section 4.7.3, ISO/IEC 13239 with the
polynomial 0x1021 and the initial value 0xFFFF.
"""

from __future__ import annotations

import binascii
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from etui.standards.emvqr.code import AdditionalData, Code, Initiation, Language, Template, Tip
from etui.standards.emvqr.errors import ChecksumError, ForeignError, MalformedError
from etui.standards.emvqr.fields import ACCOUNT, ADDITIONAL, ANY, IDENTIFIER, LANGUAGE, MANDATORY, ROOT, check
from etui.standards.emvqr.objects import read_objects, within, write_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES: Final = 2953
"""The largest QR code holds no more."""
_BEGIN: Final = b"000201"
_FORMAT: Final = b"0002"
_CHECKSUM: Final = re.compile(rb"6304([0-9A-F]{4})\Z")
_CHECKSUM_DIGITS: Final = 4
_NAMES: Final = {
    "52": "category", "53": "currency", "54": "amount", "56": "fee_fixed", "57": "fee_percentage", "58": "country",
    "59": "name", "60": "city", "61": "postal_code",
}  # fmt: skip
_ADDITIONAL: Final = {f"{at:02d}": field for at, field in enumerate(AdditionalData.__struct_fields__[:-1], start=1)}
_LANGUAGE: Final = {"00": "preference", "01": "name", "02": "city"}
_IDENTIFIER: Final = "00"
_ACCOUNTS: Final = range(2, 26)
_TEMPLATES: Final = range(26, 52)
_OTHERS: Final = range(65, 80)
_UNRESERVED: Final = range(80, 100)


def is_code(payload: bytes) -> bool:
    """Whether the text of a QR code begins as a merchant's code of this specification does, of any version."""
    return payload.startswith(_FORMAT)


def decode(payload: bytes) -> Code:
    """The code in the text of a QR code.

    Raises ``ForeignError`` for what is none, ``ChecksumError`` for one that was altered, and ``MalformedError``.
    """
    if not is_code(payload):
        raise ForeignError("", "this is no merchant's code of EMVCo, which begins with 000201")
    if len(payload) > MAX_BYTES:
        raise MalformedError("", f"it has {len(payload)} bytes, and a QR code holds at most {MAX_BYTES}")
    if not payload.startswith(_BEGIN):
        check(ROOT["00"], payload[4:6].decode("latin-1"), "00")
    if (found := _CHECKSUM.search(payload)) is None:
        raise MalformedError("63", "the code does not end with its checksum, in four digits of base 16")
    if found[1].decode("ascii") != _checksum(payload[: found.start(1)]):
        raise ChecksumError("63", "the checksum is another: the code was not read right, or somebody altered it")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("", f"it is no UTF-8 at byte {error.start}") from None
    return _code(read_objects(text))


def encode(code: Code) -> bytes:
    """The text for a QR code, in UTF-8, its objects by their ids; raises ``MalformedError`` for a code that is none."""
    objects = {
        "01": code.initiation.value if code.initiation else "",
        **code.accounts,
        **{one.id: _template_text(one) for one in (*code.templates, *code.unreserved)},
        **{name: getattr(code, field) for name, field in _NAMES.items()},
        "55": code.tip.value if code.tip else "",
        "62": _named_text(code.additional, _ADDITIONAL, "62"),
        "64": _named_text(code.language, _LANGUAGE, "64"),
        **code.others,
    }
    text = write_objects({"00": "01"} | dict(sorted(objects.items())))
    payload = f"{text}63{_CHECKSUM_DIGITS:02d}".encode()
    payload += _checksum(payload).encode("ascii")
    if decode(payload) != code:
        raise MalformedError("", "its members stand under ids that are not theirs")
    return payload


def _checksum(data: bytes) -> str:
    return f"{binascii.crc_hqx(data, 0xFFFF):04X}"


def _code(objects: dict[str, str]) -> Code:
    for name in MANDATORY:
        if name not in objects:
            raise MalformedError(name, "it is missing, and mandatory")
    for name, value in objects.items():
        if name in ROOT:
            check(ROOT[name], value, name)
    accounts = {name: value for name, value in objects.items() if int(name) in _ACCOUNTS}
    for name, value in accounts.items():
        check(ACCOUNT, value, name)
    templates = _templates(objects, _TEMPLATES)
    if not accounts and not templates:
        raise MalformedError("", "it names no account of the merchant, in data objects 02 to 51")
    others = {name: value for name, value in objects.items() if int(name) in _OTHERS}
    for name, value in others.items():
        check(ANY, value, name)
    return Code(
        initiation=Initiation(objects["01"]) if "01" in objects else None,
        accounts=accounts,
        templates=templates,
        tip=_tip(objects),
        additional=_additional(objects.get("62")),
        language=_language(objects.get("64")),
        unreserved=_templates(objects, _UNRESERVED),
        others=others,
        **{field: objects[name] for name, field in _NAMES.items() if name in objects},
    )


def _tip(objects: Mapping[str, str]) -> Tip | None:
    tip = Tip(objects["55"]) if "55" in objects else None
    for name, wanted in (("56", Tip.FIXED), ("57", Tip.PERCENTAGE)):
        if (name in objects) != (tip is wanted):
            raise MalformedError(name, f"it is there if and only if data object 55 is {wanted.value}")
    return tip


def _templates(objects: Mapping[str, str], ids: range) -> tuple[Template, ...]:
    return tuple(_template(name, value) for name, value in objects.items() if int(name) in ids)


def _template(name: str, text: str) -> Template:
    values = read_objects(text, name)
    if _IDENTIFIER not in values:
        raise MalformedError(within(name, _IDENTIFIER), "it is missing, and says whose template this is")
    identifier = values.pop(_IDENTIFIER)
    check(IDENTIFIER, identifier, within(name, _IDENTIFIER))
    for each, value in values.items():
        check(ANY, value, within(name, each))
    return Template(id=name, identifier=identifier, values=values)


def _template_text(template: Template) -> str:
    return write_objects({_IDENTIFIER: template.identifier} | template.values, template.id)


def _additional(text: str | None) -> AdditionalData | None:
    if text is None:
        return None
    named, others = _named(text, _ADDITIONAL, ADDITIONAL, "62")
    return AdditionalData(others=others, **named)


def _language(text: str | None) -> Language | None:
    if text is None:
        return None
    named, others = _named(text, _LANGUAGE, LANGUAGE, "64")
    for name, field in (("00", "preference"), ("01", "name")):
        if field not in named:
            raise MalformedError(within("64", name), "it is missing, and mandatory")
    return Language(preference=named.pop("preference"), name=named.pop("name"), others=others, **named)


def _named(
    text: str, fields: Mapping[str, str], forms: Mapping[str, tuple[re.Pattern[str], str]], where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The objects of a template that have a name, by it, and the others by their ids."""
    objects = read_objects(text, where)
    for name, value in objects.items():
        check(forms.get(name, ANY), value, within(where, name))
    named = {fields[name]: value for name, value in objects.items() if name in fields}
    return named, {name: value for name, value in objects.items() if name not in fields}


def _named_text(content: AdditionalData | Language | None, fields: Mapping[str, str], where: str) -> str:
    if content is None:
        return ""
    named = ((name, getattr(content, field)) for name, field in fields.items())
    return write_objects(dict(chain(named, content.others.items())), where)
