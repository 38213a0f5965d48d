"""What SELECT answers: file control information of applications and of the two directories of them.

The payment system environment (PSE) is for contacts: its directory is a file of records. The proximity one (PPSE) is
for contactless readers: its directory is in the answer itself.

Source: EMV Book 1, sections 11.3.4 and 12.2.3; EMV Contactless Book B, section 3.3.1, tables 3-1 to 3-3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from etui.standards.emv.dictionary import Tag, check
from etui.standards.emv.errors import MalformedError
from etui.standards.emv.files import read_record, write_record
from etui.standards.emv.lists import DataObjectList, read_list, write_list
from etui.standards.emv.tlv import DataObject, constructed, decode_object, find, primitive, require
from etui.standards.emv.values import read_numeric, read_text, write_numeric, write_text

PSE: Final = b"1PAY.SYS.DDF01"
PPSE: Final = b"2PAY.SYS.DDF01"
MAX_APPLICATIONS: Final = 16
MAX_DIRECTORY_SFI: Final = 10
_MAX_PRIORITY: Final = 0x0F
_CONFIRMATION: Final = 0x80
_LANGUAGE_LETTERS: Final = 2


class Application(msgspec.Struct, frozen=True):
    """An application in a directory.

    ``identifier``: 5 to 16 bytes. ``label``: 0 to 16 printable characters. ``priority``: 1 to 15, 0 where it has none;
    1 is the highest. ``confirmation``: whether it is selected only where the cardholder says so. ``kernel``: which
    kernel a contactless reader takes (9F2A). ``others``: what else is there, in order.
    """

    identifier: bytes
    label: str = ""
    priority: int = 0
    confirmation: bool = False
    kernel: bytes = b""
    preferred_name: bytes = b""
    others: tuple[DataObject, ...] = ()

    def template(self) -> DataObject:
        """The entry (template 61); raises ``MalformedError``."""
        objects = [
            _written(Tag.APPLICATION_IDENTIFIER, self.identifier),
            _written(Tag.APPLICATION_LABEL, write_text(self.label)),
            _written(Tag.APPLICATION_PRIORITY_INDICATOR, _priority(self.priority, confirmation=self.confirmation)),
            _written(Tag.KERNEL_IDENTIFIER, self.kernel),
            _written(Tag.APPLICATION_PREFERRED_NAME, self.preferred_name),
        ]
        return constructed(Tag.APPLICATION_TEMPLATE, (*(one for one in objects if one.value), *self.others))

    @classmethod
    def read(cls, template: DataObject) -> Application:
        """The application in an entry; raises ``MalformedError`` and ``MissingError``."""
        objects = template.objects
        priority = _value(objects, Tag.APPLICATION_PRIORITY_INDICATOR) or b"\0"
        return cls(
            check(Tag.APPLICATION_IDENTIFIER, require(objects, Tag.APPLICATION_IDENTIFIER).value),
            read_text(_value(objects, Tag.APPLICATION_LABEL)),
            priority[0] & _MAX_PRIORITY,
            bool(priority[0] & _CONFIRMATION),
            _value(objects, Tag.KERNEL_IDENTIFIER),
            _value(objects, Tag.APPLICATION_PREFERRED_NAME),
            tuple(one for one in objects if one.tag not in _APPLICATION_TAGS),
        )


_APPLICATION_TAGS: Final = frozenset(
    {
        Tag.APPLICATION_IDENTIFIER,
        Tag.APPLICATION_LABEL,
        Tag.APPLICATION_PRIORITY_INDICATOR,
        Tag.KERNEL_IDENTIFIER,
        Tag.APPLICATION_PREFERRED_NAME,
    }
)


class ProximityDirectory(msgspec.Struct, frozen=True):
    """What SELECT of ``2PAY.SYS.DDF01`` answers: 1 to 16 applications."""

    applications: tuple[Application, ...]

    def encode(self) -> bytes:
        """The answer's data; raises ``MalformedError``."""
        _check_count(self.applications)
        entries = constructed(Tag.FCI_ISSUER_DISCRETIONARY_DATA, (one.template() for one in self.applications))
        return _control_information(PPSE, (entries,))

    @classmethod
    def decode(cls, data: bytes) -> ProximityDirectory:
        """The directory in an answer; raises ``MalformedError`` and ``MissingError``."""
        name, proprietary = _read_control_information(data)
        if name != PPSE:
            raise MalformedError("the answer is not that of 2PAY.SYS.DDF01")
        return cls(_applications(require(proprietary, Tag.FCI_ISSUER_DISCRETIONARY_DATA).objects))


class PaymentDirectory(msgspec.Struct, frozen=True):
    """What SELECT of ``1PAY.SYS.DDF01`` answers: the file that has the directory's records.

    ``sfi``: 1 to 10. ``languages``: 0 to 4 codes of two letters, the first one preferred. ``code_table``: the part of
    ISO/IEC 8859 in which preferred names are, 1 to 10; 0 where it is not said.
    """

    sfi: int
    languages: tuple[str, ...] = ()
    code_table: int = 0

    def encode(self) -> bytes:
        """The answer's data; raises ``MalformedError``."""
        if not 1 <= self.sfi <= MAX_DIRECTORY_SFI:
            raise MalformedError(f"a directory is in a file 1 to {MAX_DIRECTORY_SFI}, not {self.sfi}")
        sfi = primitive(Tag.SFI, bytes((self.sfi,)))
        return _control_information(PSE, (sfi, *_languages(self.languages, self.code_table)))

    @classmethod
    def decode(cls, data: bytes) -> PaymentDirectory:
        """The directory in an answer; raises ``MalformedError`` and ``MissingError``."""
        name, proprietary = _read_control_information(data)
        if name != PSE:
            raise MalformedError("the answer is not that of 1PAY.SYS.DDF01")
        (sfi,) = check(Tag.SFI, require(proprietary, Tag.SFI).value)
        if not 1 <= sfi <= MAX_DIRECTORY_SFI:
            raise MalformedError(f"a directory is in a file 1 to {MAX_DIRECTORY_SFI}, not {sfi}")
        return cls(sfi, *_read_languages(proprietary))


class ApplicationInformation(msgspec.Struct, frozen=True):
    """What SELECT of an application answers.

    ``name``: its whole identifier, 5 to 16 bytes. ``pdol``: which data it wants with GET PROCESSING OPTIONS; empty for
    none. ``preferred_name``: in the alphabet of ``code_table``. ``discretionary``: the objects in BF0C.
    """

    name: bytes
    label: str = ""
    priority: int = 0
    confirmation: bool = False
    pdol: DataObjectList = ()
    languages: tuple[str, ...] = ()
    code_table: int = 0
    preferred_name: bytes = b""
    discretionary: tuple[DataObject, ...] = ()

    def encode(self) -> bytes:
        """The answer's data; raises ``MalformedError``."""
        objects = (
            _written(Tag.APPLICATION_LABEL, write_text(self.label)),
            _written(Tag.APPLICATION_PRIORITY_INDICATOR, _priority(self.priority, confirmation=self.confirmation)),
            _written(Tag.PDOL, write_list(self.pdol)),
            *_languages(self.languages, self.code_table),
            _written(Tag.APPLICATION_PREFERRED_NAME, self.preferred_name),
            constructed(Tag.FCI_ISSUER_DISCRETIONARY_DATA, self.discretionary),
        )
        return _control_information(check(Tag.DF_NAME, self.name), (one for one in objects if one.value))

    @classmethod
    def decode(cls, data: bytes) -> ApplicationInformation:
        """The information in an answer; raises ``MalformedError`` and ``MissingError``."""
        name, proprietary = _read_control_information(data)
        priority = _value(proprietary, Tag.APPLICATION_PRIORITY_INDICATOR) or b"\0"
        languages, code_table = _read_languages(proprietary)
        discretionary = find(proprietary, Tag.FCI_ISSUER_DISCRETIONARY_DATA)
        return cls(
            name,
            read_text(_value(proprietary, Tag.APPLICATION_LABEL)),
            priority[0] & _MAX_PRIORITY,
            bool(priority[0] & _CONFIRMATION),
            read_list(_value(proprietary, Tag.PDOL)),
            languages,
            code_table,
            _value(proprietary, Tag.APPLICATION_PREFERRED_NAME),
            discretionary.objects if discretionary else (),
        )


def write_directory_record(applications: Iterable[Application]) -> bytes:
    """A record of the PSE's directory; raises ``MalformedError``."""
    return write_record(one.template() for one in _check_count(tuple(applications)))


def read_directory_record(record: bytes) -> tuple[Application, ...]:
    """The applications in a record of the PSE's directory; raises ``MalformedError`` and ``MissingError``."""
    return _applications(read_record(record))


def _applications(objects: Iterable[DataObject]) -> tuple[Application, ...]:
    return _check_count(tuple(Application.read(one) for one in objects if one.tag == Tag.APPLICATION_TEMPLATE))


def _check_count(applications: tuple[Application, ...]) -> tuple[Application, ...]:
    if not 1 <= len(applications) <= MAX_APPLICATIONS:
        raise MalformedError(f"a directory has 1 to {MAX_APPLICATIONS} applications, not {len(applications)}")
    return applications


def _control_information(name: bytes, objects: Iterable[DataObject]) -> bytes:
    proprietary = constructed(Tag.FCI_PROPRIETARY_TEMPLATE, objects)
    return constructed(Tag.FCI_TEMPLATE, (primitive(Tag.DF_NAME, name), proprietary)).encode()


def _read_control_information(data: bytes) -> tuple[bytes, tuple[DataObject, ...]]:
    objects = decode_object(data, Tag.FCI_TEMPLATE).objects
    name = check(Tag.DF_NAME, require(objects, Tag.DF_NAME).value)
    return name, require(objects, Tag.FCI_PROPRIETARY_TEMPLATE).objects


def _languages(languages: tuple[str, ...], code_table: int) -> tuple[DataObject, ...]:
    if any(len(language) != _LANGUAGE_LETTERS for language in languages):
        raise MalformedError("a language has two letters")
    preference = _written(Tag.LANGUAGE_PREFERENCE, write_text("".join(languages)))
    index = _written(Tag.ISSUER_CODE_TABLE_INDEX, write_numeric(code_table, 1) if code_table else b"")
    return tuple(one for one in (preference, index) if one.value)


def _read_languages(objects: tuple[DataObject, ...]) -> tuple[tuple[str, ...], int]:
    preference = read_text(_value(objects, Tag.LANGUAGE_PREFERENCE))
    if len(preference) % _LANGUAGE_LETTERS:
        raise MalformedError("a language has two letters")
    index = _value(objects, Tag.ISSUER_CODE_TABLE_INDEX)
    languages = tuple(preference[at : at + _LANGUAGE_LETTERS] for at in range(0, len(preference), _LANGUAGE_LETTERS))
    return languages, read_numeric(index) if index else 0


def _priority(priority: int, *, confirmation: bool) -> bytes:
    if not 0 <= priority <= _MAX_PRIORITY:
        raise MalformedError(f"a priority is 0 to {_MAX_PRIORITY}, not {priority}")
    indicator = priority | (_CONFIRMATION if confirmation else 0)
    return bytes((indicator,)) if indicator else b""


def _written(tag: Tag, value: bytes) -> DataObject:
    return primitive(tag, check(tag, value) if value else b"")


def _value(objects: tuple[DataObject, ...], tag: Tag) -> bytes:
    found = find(objects, tag)
    return check(tag, found.value) if found and found.value else b""
