"""Writes the typed Python of an interface from its document.

A document may come from a stranger, and what is made of it is imported: every text in it is written as a string or a
docstring that ends where it should, and a name that Python has taken gets an underscore (``from_`` for ``from``).
"""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from typing import TYPE_CHECKING, Final

from etui.interfaces.document import Document, Field, FieldType, Method
from etui.interfaces.rules import InterfaceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
_BUILTINS: Final = frozenset({"bool", "bytes", "dict", "int", "list", "str"})
_TYPING: Final = ("Annotated", "ClassVar", "Final", "Literal")
_BINDING: Final = ("Item", "Request", "Result")
_STRUCT: Final = "frozen=True, kw_only=True, omit_defaults=True"


def python_module(document: Document) -> str:
    """The source of the module with the interface's types, requests and results.

    Raises ``InterfaceError`` where two things in the document would have one name in Python.
    """
    body: list[str] = []
    for name, record in document.types.items():
        text = _sentence(record.text, f"{name} of {document.interface}")
        body += _class(name, "msgspec.Struct", text, (), record.fields)
    for name, method in document.methods.items():
        body += _method(document, name, method)
    names = ["INTERFACE", *sorted(_class_names(document))]
    source = "\n".join(body).rstrip()
    head = [
        f'"""{_escaped(document.title)}: the typed Python of ``{document.interface}``.',
        "",
        "Generated from the interface's document by ``etui interface generate``; do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        *_imports(source),
        "",
        f'INTERFACE: Final = "{document.interface}"',
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in names),
        "]",
    ]
    return "\n".join([*head, *(["", "", source] if source else []), ""])


def class_name(method: str) -> str:
    """The class of a method's request: ``read_text`` gives ``ReadText``."""
    return "".join(part.capitalize() for part in method.split("_"))


def attribute_name(field: str) -> str:
    """The attribute of a field: its name, or with an underscore what is a word of Python's own."""
    return field + "_" if keyword.iskeyword(field) else field


def _class_names(document: Document) -> Iterable[str]:
    """The names of all classes; raises ``InterfaceError`` where one is taken."""
    origins = dict.fromkeys(("INTERFACE", "Meta", *_TYPING, *_BINDING), "the module itself")
    made = [(name, f"types.{name}") for name in document.types]
    made += [(class_name(n) + ending, f"methods.{n}") for n in document.methods for ending in ("", "Result")]
    for name, origin in made:
        if keyword.iskeyword(name) or name in origins:
            other = origins.get(name, "Python")
            msg = f"{document.interface}: {origin} would be the class {name}, which {other} has; name one differently"
            raise InterfaceError(msg)
        origins[name] = origin
    return [name for name, _ in made]


def _imports(source: str) -> Iterator[str]:
    """The imports of a module whose classes are these, and the empty lines between their kinds."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)} | {"Final"}
    for name in sorted(_BUILTINS):
        if f"_{name}" in used:
            yield f"from builtins import {name} as _{name}"
    yield f"from typing import {', '.join(name for name in _TYPING if name in used)}"
    yield ""
    if "msgspec" in used:
        yield "import msgspec"
    if "Meta" in used:
        yield "from msgspec import Meta"
    if used & {"msgspec", "Meta"} and used & set(_BINDING):
        yield ""
    if used & set(_BINDING):
        yield f"from etui.interfaces.binding import {', '.join(name for name in _BINDING if name in used)}"


def _method(document: Document, name: str, method: Method) -> list[str]:
    cls = class_name(name)
    action = f"{document.interface}.{name}"
    result = _class(
        cls + "Result",
        "Result",
        f"What answers ``{action}``.",
        (f'METHOD: ClassVar[str] = "{action}"', *_listed("SEALED", method.result, FieldType.SEALED)),
        method.result,
    )
    request = _class(
        cls,
        f"Request[{cls}Result]",
        _sentence(f"{_sentence(method.title, name)} {method.text}", name),
        (
            f'METHOD: ClassVar[str] = "{action}"',
            f"RESULT: ClassVar[type[Result]] = {cls}Result",
            *_listed("SEALED", method.params, FieldType.SEALED),
            *_listed("REFERENCES", method.params, FieldType.REFERENCE),
            *(("WAITS: ClassVar[bool] = True",) if method.waits else ()),
        ),
        method.params,
    )
    return result + request


def _listed(constant: str, fields: Mapping[str, Field], kind: FieldType) -> tuple[str, ...]:
    names = [attribute_name(name) for name, field in fields.items() if field.type is kind]
    if not names:
        return ()
    listed = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    return (f"{constant}: ClassVar[tuple[str, ...]] = ({listed})",)


def _class(name: str, base: str, text: str, constants: tuple[str, ...], fields: Mapping[str, Field]) -> list[str]:
    renamed = {attribute_name(n): n for n in fields if attribute_name(n) != n}
    if twice := next((n for n in renamed if n in fields), ""):
        msg = f"class {name}: the fields {renamed[twice]} and {twice} would be one in Python; name one differently"
        raise InterfaceError(msg)
    rename = ", rename={" + ", ".join(f'"{a}": "{n}"' for a, n in renamed.items()) + "}" if renamed else ""
    lines = [f"class {name}({base}, {_STRUCT}{rename}):", *_docstring(text), ""]
    lines += ["    " + constant for constant in constants]
    if constants and fields:
        lines.append("")
    for field_name, field in fields.items():
        optional = " | None = None" if field.optional else ""
        lines.append(f"    {attribute_name(field_name)}: {_type(field, _BUILTINS & set(fields))}{optional}")
        if field.text.strip():
            lines += _docstring(_sentence(field.text, field_name))
    while lines[-1] == "":
        lines.pop()
    return [*lines, "", ""]


def _sentence(text: str, otherwise: str) -> str:
    """The text on one line, or what stands for an empty one, with a full stop."""
    words = " ".join(text.split()) or otherwise
    return words if words.endswith(".") else words + "."


def _docstring(text: str) -> list[str]:
    """A docstring whose first sentence stands alone, wrapped to the width of a line."""
    paragraphs = [textwrap.wrap(part, _TEXT_WIDTH) for part in re.split(r"(?<=\.) ", text, maxsplit=1)]
    if len(paragraphs) == 1 and len(paragraphs[0]) == 1:
        return [f'    """{_escaped(paragraphs[0][0])}"""']
    lines = "\n\n".join("\n".join(map(_escaped, part)) for part in paragraphs).split("\n")
    lines = [f"    {line}".rstrip() for line in lines]
    return [f'    """{lines[0].strip()}', *lines[1:], '    """']


def _escaped(text: str) -> str:
    """The text as it stands between quotes: nothing in it ends them, hides or shows as something else."""
    return "".join(
        "\\" + c if c in '"\\' else c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def _type(field: Field, hidden: frozenset[str]) -> str:
    """The annotation of a field's type; ``hidden``: built-in types that a field of the same class is called like."""
    match field.type:
        case FieldType.CHOICE:
            return "Literal[" + ", ".join(f'"{_escaped(option)}"' for option in field.options) + "]"
        case FieldType.NAMED:
            return str(field.name)
        case FieldType.LIST | FieldType.MAP if field.of is not None:
            of = _type(field.of, hidden)
            plain = f"{_shown('list', hidden)}[{of}]"
            if field.type is FieldType.MAP:
                plain = f"{_shown('dict', hidden)}[{_shown('str', hidden)}, {of}]"
        case _:
            plain = _shown(_PLAIN[field.type], hidden)
    is_number = field.type in {FieldType.INTEGER, FieldType.TIME}
    bounds = [f"ge={field.min}"] if field.min is not None else []
    bounds += [f"{'le' if is_number else 'max_length'}={field.max}"] if field.max is not None else []
    return f"Annotated[{plain}, Meta({', '.join(bounds)})]" if bounds else plain


def _shown(plain: str, hidden: frozenset[str]) -> str:
    return f"_{plain}" if plain in hidden else plain
