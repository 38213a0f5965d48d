"""Whether a value is one of a field's type, all the way down, by the interface's document alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.interfaces.compiled import plain_type
from etui.interfaces.document import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces.document import Field, RecordType


def fits(field: Field, value: object, types: Mapping[str, RecordType]) -> bool:
    """Whether a decoded JSON value is of this field's type and within its bounds; ``types``: the document's records.

    Null is no value of any type: whether a field may be absent is another question. An item is none either, since
    nobody but the Router writes its reference. Members that a record does not have are passed over, as readers do.
    """
    match field.type:
        case FieldType.LIST if field.of is not None:
            of = field.of
            return isinstance(value, list) and _is_few(field, value) and all(fits(of, entry, types) for entry in value)
        case FieldType.MAP if field.of is not None:
            of = field.of
            return (
                isinstance(value, dict)
                and _is_few(field, value)
                and all(fits(of, entry, types) for entry in value.values())
            )
        case FieldType.NAMED:
            record = types.get(field.name or "")
            return isinstance(value, dict) and record is not None and _is_record(record, value, types)
        case FieldType.BYTES | FieldType.SEALED:
            decoded = _converted(value, bytes)
            return isinstance(decoded, bytes) and _is_few(field, decoded)
        case FieldType.ITEM:
            return False
        case _:
            return _converted(value, plain_type(field)) is not None


def _is_record(record: RecordType, value: Mapping[str, object], types: Mapping[str, RecordType]) -> bool:
    for name, field in record.fields.items():
        entry = value.get(name)
        if not (field.optional if entry is None else fits(field, entry, types)):
            return False
    return True


def _is_few(field: Field, value: list[object] | dict[str, object] | bytes) -> bool:
    return field.max is None or len(value) <= field.max


def _converted(value: object, annotation: object) -> object:
    """The value as this type reads it; None where it is none."""
    try:
        converted: object = msgspec.convert(value, annotation)
    except msgspec.ValidationError:
        return None
    return converted
