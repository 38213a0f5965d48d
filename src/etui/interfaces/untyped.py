"""A request of a method that there is no typed Python for, made of the interface's document when it is needed.

It is the same struct that ``generate.py`` writes, but that only sealed fields have a type: what the others hold is
checked by whoever fills them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from etui.interfaces.binding import Request, Result
from etui.interfaces.document import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces.document import Document, Field


def untyped_request(document: Document, name: str, values: Mapping[str, object]) -> Request[Any]:
    """The request of the method ``name`` with these values by field: plain bytes where a field is sealed."""
    method = document.methods[name]
    action = f"{document.interface}.{name}"
    result = _struct(Result, method.result, {"METHOD": action})
    constants = {
        "METHOD": action,
        "RESULT": result,
        "REFERENCES": _attributes(method.params, FieldType.REFERENCE),
        "WAITS": method.waits,
    }
    request: Request[Any] = _struct(Request, method.params, constants)(
        **{_attribute(field): value for field, value in values.items()}
    )
    return request


def values_of(result: Result) -> dict[str, Any]:
    """What an untyped result holds, by field; sealed fields are plain bytes."""
    values = {name: getattr(result, _attribute(name)) for name in result.__struct_encode_fields__}
    return {name: value for name, value in values.items() if value is not None}


def _struct(base: type[msgspec.Struct], fields: Mapping[str, Field], constants: Mapping[str, object]) -> type[Any]:
    return msgspec.defstruct(
        base.__name__,
        [(_attribute(n), (bytes if f.type is FieldType.SEALED else Any) | None, None) for n, f in fields.items()],
        bases=(base,),
        namespace={**constants, "SEALED": _attributes(fields, FieldType.SEALED)},
        rename={_attribute(name): name for name in fields},
        frozen=True,
        kw_only=True,
        omit_defaults=True,
    )


def _attributes(fields: Mapping[str, Field], kind: FieldType) -> tuple[str, ...]:
    return tuple(_attribute(name) for name, field in fields.items() if field.type is kind)


def _attribute(field: str) -> str:
    """An attribute that neither Python nor the base has taken, whatever a field is called."""
    return f"{field}_"
