"""Writes the reference page of an interface from its document alone.

Whatever texts a document has, the page has the same headings, tables and lists: a text may hold code between backticks
and is otherwise shown as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etui.interfaces.catalogue import file_name
from etui.interfaces.document import Callers, Document, Effect, Field, FieldType, Method, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CALLERS: Final = {
    Callers.ANYONE: "Clients, doors and Extensions",
    Callers.DOORS: "doors alone",
    Callers.EXTENSIONS: "Extensions whose manifest names it",
    Callers.ROUTER: "the Router alone",
}
_EFFECTS: Final = {
    Effect.NONE: "discloses and changes nothing of value",
    Effect.ADD: "adds something of the caller's own, beside all that is there",
    Effect.DISCLOSE: "tells the caller what not everybody may know",
    Effect.USE: "uses what is there, without telling it",
    Effect.CHANGE: "changes what is there",
    Effect.REMOVE: "removes what is there",
}
_TRANSFERS: Final = {
    Transfer.BOUND: "not meant: it is for where it was made",
    Transfer.TRANSFERABLE: "not meant: it may move, and is then to be gone from where it was",
    Transfer.COPYABLE: "allowed",
}
_COUNTED: Final = {
    FieldType.TEXT: ("character", "characters"),
    FieldType.BYTES: ("byte", "bytes"),
    FieldType.LIST: ("entry", "entries"),
    FieldType.MAP: ("entry", "entries"),
}
_CODE: Final = re.compile(r"(`[^`]+`)")
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<|~&])")
_BEGINS_A_BLOCK: Final = re.compile(r"^([#+\-=>]|\d+(?=[.)]))")


def reference_page(document: Document) -> str:
    """The page in Markdown (CommonMark with tables)."""
    return "\n".join(_page(document)).rstrip() + "\n"


def _page(document: Document) -> Iterator[str]:
    yield f"# {_text(document.title)}: `{document.interface}`"
    yield ""
    yield f"*Generated from `{file_name(document.interface)}` by `python -m etui.interfaces`; do not edit."
    yield "What the words mean stands in [Interfaces](../interfaces.md)."
    yield "Under [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/) (SPDX: `CC-BY-4.0`), © the authors of Etui.*"
    yield ""
    yield from _paragraph(document.text)
    yield f"Open to {_CALLERS[document.callers]}."
    yield ""
    yield from _table(
        ("method", "what it does", "effect"),
        (
            (f"[`{name}`](#{_anchor(document, name)})", _text(method.title), f"`{method.effect.value}`")
            for name, method in document.methods.items()
        ),
    )
    yield from _kinds(document)
    yield from _rights(document)
    yield "## Methods"
    yield ""
    for name, method in document.methods.items():
        yield from _method(document, name, method)
    yield from _types(document)
    yield from _events(document)


def _kinds(document: Document) -> Iterator[str]:
    if not document.kinds:
        return
    yield "## Kinds of items"
    yield ""
    yield from _table(
        ("kind", "called", "what it is", "copies"),
        (
            (
                f"`{name}`",
                " · ".join(_text(title) for title in (kind.title, kind.plural) if title),
                _text(kind.text),
                _TRANSFERS[kind.transfer],
            )
            for name, kind in document.kinds.items()
        ),
    )


def _rights(document: Document) -> Iterator[str]:
    if not document.owner and not document.session:
        return
    yield "## Rights without a question"
    yield ""
    if document.owner:
        yield f"- Who created an item may call on it: {_listed(document.owner)}."
    if document.session:
        yield "- Any program of the session may call on an item in no group, where the user opened that:"
        yield f"  {_listed(document.session)}."
    yield ""


def _method(document: Document, name: str, method: Method) -> Iterator[str]:
    yield f"### `{document.interface}.{name}`"
    yield ""
    yield f"**{_text(method.title)}.** {_text(method.text)}".rstrip()
    yield ""
    if method.ask is not None or (document.callers_of(name) is Callers.ANYONE and not _is_free(method)):
        yield f"> NAME wants to {_text(method.ask or method.title.lower())}."
        yield ""
    yield f"- Effect `{method.effect.value}`: {_EFFECTS[method.effect]}."
    yield f"- Who may call it: {_who(document, name, method)}."
    for mark in _marked(method):
        yield f"- {mark}"
    yield (
        "- Time limit: none, the user answers within the call."
        if method.waits
        else f"- Time limit: {method.timeout_s} s."
    )
    yield ""
    yield from _fields("param", method.params, "It takes no params.")
    yield from _fields("result", method.result, "The result is empty.")


def _who(document: Document, name: str, method: Method) -> str:
    callers = document.callers_of(name)
    if callers is Callers.ROUTER:
        return "the Router"
    if callers is Callers.DOORS:
        return "a door, for itself" if _is_free(method) else "a door, for itself, once the user says yes"
    if callers is Callers.EXTENSIONS:
        return "an Extension, for itself" if method.own else "an Extension, within a call that it serves"
    if _is_free(method):
        return "anybody"
    if method.gives is not None:
        return "anybody but Extensions, once the user says yes"
    unasked = ["who created the item"] if name in document.owner else []
    unasked += ["any program of the session where the user opened that"] if name in document.session else []
    return ", ".join([*unasked, "who has a grant for it"]) + "; anybody else once the user says yes"


def _is_free(method: Method) -> bool:
    return method.effect in {Effect.NONE, Effect.ADD}


def _marked(method: Method) -> Iterator[str]:
    if method.prepare:
        yield "Prepare: the provider first says what the call would amount to, and that is part of the question."
    if method.creates:
        yield "Creates: the items in the result are new, and the caller's own."
    if method.decide is not None:
        yield f"Decide: an item is named in the result only as far as the caller may `{method.decide}` it."
    if method.during is not None:
        yield f"During: it is asked of a provider alone that serves `{method.during}` then."
    if method.gives is not None:
        yield f"Gives: the user's yes is a lasting right to `{method.gives}`; the user is asked each time."
    if method.own:
        yield "Own: it touches what is the caller's own, whoever called the caller."
    for name, field in method.params.items():
        yield from _marked_field(name, field)


def _marked_field(name: str, field: Field) -> Iterator[str]:
    if field.scope:
        yield f"Scope: a grant holds for one `{name}`."
    if field.read:
        yield f"Read: the user reads `{name}` whole before each call, whatever was allowed before."
    if field.observed:
        yield f"Observed: `{name}` is a door's to tell; of anybody else it is shown as what that one says."
    if field.party:
        yield f"Party: advisers are told of `{name}` before the user is asked."


def _fields(heading: str, fields: Mapping[str, Field], otherwise: str) -> Iterator[str]:
    if not fields:
        yield otherwise
        yield ""
        return
    yield from _table(
        (heading, "type", "limits", "marks", "meaning"),
        (
            (
                f"`{name}`" + (" *optional*" if field.optional else ""),
                _type(field),
                ", ".join(_limits(field)),
                ", ".join(_marks(field)),
                _meaning(field),
            )
            for name, field in fields.items()
        ),
    )


def _meaning(field: Field) -> str:
    title, text = _text(field.title or ""), _text(field.text)
    return f"*{title}*. {text}" if title and text else title or text


def _type(field: Field) -> str:
    match field.type:
        case FieldType.CHOICE:
            return "one of " + _listed(field.options)
        case FieldType.NAMED:
            return f"[`{field.name}`](#{str(field.name).lower()})"
        case FieldType.LIST | FieldType.MAP if field.of is not None:
            return f"{field.type.value} of {_type(field.of)}"
    return f"{field.type.value}{' of kind ' if field.kinds else ''}{_listed(field.kinds)}"


def _limits(field: Field) -> Iterator[str]:
    one, many = _COUNTED.get(field.type, ("", ""))
    unit = f" {one if field.max == 1 else many}".rstrip()
    if field.min is not None and field.max is not None:
        yield f"{field.min:,} to {field.max:,}"
    elif field.min is not None:
        yield f"at least {field.min:,}"
    elif field.max is not None:
        yield f"at most {field.max:,}{unit}"
    if field.of is not None and (inner := ", ".join(_limits(field.of))):
        yield f"each {inner}"


def _marks(field: Field) -> Iterator[str]:
    if field.type is FieldType.SEALED:
        yield "sealed"
    if field.material:
        yield "material"
    if field.policy is not None:
        yield f"policy `{field.policy}`"
    if field.scope:
        yield "scope"
    if field.read:
        yield "read"
    if field.observed:
        yield "observed"
    if (money := field.money or (field.of.money if field.of is not None else None)) is not None:
        yield f"money in `{money}`"
    if field.party:
        yield "party"


def _types(document: Document) -> Iterator[str]:
    if not document.types:
        return
    yield "## Types"
    yield ""
    for name, record in document.types.items():
        yield f"### `{name}`"
        yield ""
        yield from _paragraph(record.text)
        yield from _fields("field", record.fields, "It has no fields.")


def _events(document: Document) -> Iterator[str]:
    if not document.events:
        return
    yield "## Events"
    yield ""
    yield from _table(
        ("event", "when", ""),
        ((f"`{name}`", _text(event.title), _text(event.text)) for name, event in document.events.items()),
    )
    for name, event in document.events.items():
        if event.fields:
            yield f"What `{name}` tells:"
            yield ""
            yield from _fields("field", event.fields, "")


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table without the columns that nobody fills."""
    kept = list(rows)
    filled = [column for column in range(len(heading)) if any(row[column] for row in kept)]
    if not filled:
        return
    for row in (heading, ("---",) * len(heading), *kept):
        yield f"| {' | '.join(row[column] for column in filled)} |"
    yield ""


def _paragraph(text: str) -> Iterator[str]:
    if line := _line(text):
        yield _text(line if line.endswith(".") else line + ".")
        yield ""


def _anchor(document: Document, method: str) -> str:
    """The anchor that the heading of a method gets, as GitHub makes one."""
    return re.sub(r"[^a-z0-9_-]", "", f"{document.interface}.{method}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(_code(name) for name in names)


def _code(text: str) -> str:
    """The text as code; a backtick in it takes more of them around."""
    shown = _line(text).replace("|", "\\|")
    longest = max(map(len, re.findall("`+", shown)), default=0)
    around, space = "`" * (longest + 1), " " if longest else ""
    return f"{around}{space}{shown}{space}{around}"


def _text(text: str) -> str:
    """The text on one line, in which nothing but code between backticks means more than itself."""
    parts = _CODE.split(_line(text))
    shown = [
        part.replace("|", "\\|") if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts)
    ]
    return _BEGINS_A_BLOCK.sub(r"\\\1", "".join(shown))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
