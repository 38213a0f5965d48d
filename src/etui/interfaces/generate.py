"""Writes the typed Python of an interface from its document.

``python -m etui.interfaces`` writes the modules of the interfaces that come with Etui and the reference pages; a test
holds the files against what would be written now.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from etui.interfaces.document import Document, Field, FieldType, Method

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_WIDTH: Final = 105
_PLAIN: Final = {
    FieldType.TEXT: "str",
    FieldType.INTEGER: "int",
    FieldType.TIME: "int",
    FieldType.BOOLEAN: "bool",
    FieldType.BYTES: "bytes",
    FieldType.SEALED: "bytes",
    FieldType.REFERENCE: "str",
    FieldType.ITEM: "Item",
}


def python_module(document: Document) -> str:
    """The source of the module with the interface's types, requests and results."""
    body: list[str] = []
    for name, record in document.types.items():
        body += _class(name, "msgspec.Struct", record.text or f"{name} of {document.interface}.", (), record.fields)
    for name, method in document.methods.items():
        body += _method(document, name, method)
    text = "\n".join(body)
    names = ["INTERFACE", *sorted([*document.types, *_class_names(document)])]
    head = [
        f'"""{document.title}: the typed Python of ``{document.interface}``.',
        "",
        "Generated from the interface's document by ``python -m etui.interfaces``; do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f"from typing import {_typing_names(text)}",
        "",
        *(["import msgspec"] if "msgspec." in text else []),
        *(["from msgspec import Meta"] if "Meta(" in text else []),
        "",
        f"from etui.interfaces.binding import {'Item, ' if 'Item' in text.replace('Items', '') else ''}Request, Result",
        "",
        f'INTERFACE: Final = "{document.interface}"',
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in names),
        "]",
        "",
        "",
        "",
    ]
    return "\n".join(head) + text.rstrip() + "\n"


def class_name(method: str) -> str:
    """The class of a method's request: ``read_text`` gives ``ReadText``."""
    return "".join(part.capitalize() for part in method.split("_"))


def _class_names(document: Document) -> list[str]:
    return [n for m in document.methods for n in (class_name(m), class_name(m) + "Result")]


def _typing_names(text: str) -> str:
    wanted = ["ClassVar", "Final"]
    wanted += [name for name in ("Annotated", "Literal") if f"{name}[" in text]
    return ", ".join(sorted(wanted))


def _method(document: Document, name: str, method: Method) -> list[str]:
    cls = class_name(name)
    action = f"{document.interface}.{name}"
    result = _class(
        cls + "Result",
        "Result, frozen=True, kw_only=True, omit_defaults=True",
        f"What answers ``{action}``.",
        (f'METHOD: ClassVar[str] = "{action}"', *_sealed(method.result)),
        method.result,
    )
    request = _class(
        cls,
        f"Request[{cls}Result], frozen=True, kw_only=True, omit_defaults=True",
        f"{method.title}. {method.text}".strip(),
        (
            f'METHOD: ClassVar[str] = "{action}"',
            f"RESULT: ClassVar[type[Result]] = {cls}Result",
            *_sealed(method.params),
            *_references(method.params),
            *(("WAITS: ClassVar[bool] = True",) if method.waits else ()),
        ),
        method.params,
    )
    return result + request


def _sealed(fields: Mapping[str, Field]) -> tuple[str, ...]:
    return _constant("SEALED", [name for name, field in fields.items() if field.type is FieldType.SEALED])


def _references(fields: Mapping[str, Field]) -> tuple[str, ...]:
    return _constant("REFERENCES", [name for name, field in fields.items() if field.type is FieldType.REFERENCE])


def _constant(constant: str, names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    listed = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    return (f"{constant}: ClassVar[tuple[str, ...]] = ({listed})",)


def _class(name: str, bases: str, text: str, constants: tuple[str, ...], fields: Mapping[str, Field]) -> list[str]:
    if bases == "msgspec.Struct":
        bases += ", frozen=True, kw_only=True, omit_defaults=True"
    lines = [f"class {name}({bases}):"]
    lines += _docstring(text if text.endswith(".") else text + ".")
    lines.append("")
    lines += ["    " + constant for constant in constants]
    if constants and fields:
        lines.append("")
    for field_name, field in fields.items():
        lines.append(f"    {field_name}: {_annotation(field)}{_default(field)}")
        if field.text:
            lines += _docstring(field.text)
    while lines[-1] == "":
        lines.pop()
    return [*lines, "", ""]


def _docstring(text: str) -> list[str]:
    """A docstring whose first sentence stands alone, wrapped to the width of a line."""
    summary, _, rest = text.partition(". ")
    summary = summary if summary.endswith(".") else summary + "."
    paragraphs = [textwrap.wrap(part, _TEXT_WIDTH) for part in (summary, rest) if part]
    if len(paragraphs) == 1 and len(paragraphs[0]) == 1:
        return [f'    """{paragraphs[0][0]}"""']
    lines = ["    " + line for line in "\n\n".join("\n".join(part) for part in paragraphs).split("\n")]
    lines = [line.rstrip() for line in lines]
    return [f'    """{lines[0].strip()}', *lines[1:], '    """']


def _annotation(field: Field) -> str:
    plain = _type(field)
    return f"{plain} | None" if field.optional else plain


def _default(field: Field) -> str:
    return " = None" if field.optional else ""


def _type(field: Field) -> str:  # noqa: PLR0911  # one line for each type
    match field.type:
        case FieldType.CHOICE:
            return "Literal[" + ", ".join(f'"{option}"' for option in field.options) + "]"
        case FieldType.NAMED:
            return str(field.name)
        case FieldType.LIST if field.of is not None:
            inner = f"list[{_type(field.of)}]"
            return inner if field.max is None else f"Annotated[{inner}, Meta(max_length={field.max})]"
        case FieldType.MAP if field.of is not None:
            return f"dict[str, {_type(field.of)}]"
        case FieldType.TEXT | FieldType.BYTES if field.max is not None:
            return f"Annotated[{_PLAIN[field.type]}, Meta(max_length={field.max})]"
        case FieldType.INTEGER if field.min is not None or field.max is not None:
            bounds = [f"ge={field.min}"] if field.min is not None else []
            bounds += [f"le={field.max}"] if field.max is not None else []
            return f"Annotated[int, Meta({', '.join(bounds)})]"
        case _:
            return _PLAIN[field.type]
