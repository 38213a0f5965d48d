"""What a later document of the same version may change: nothing that anybody relied on, or that rights were given for.

The rules are those of section 15 of ``docs/interfaces.md``: words may change, more may come, and rights that a document
gives away may become fewer. All else is the next version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from etui.interfaces.document import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from etui.interfaces.document import Document, Event, Field, Kind, Method, RecordType

PartT = TypeVar("PartT")


def broken_promise(earlier: Document, later: Document) -> str:
    """Where the later document takes back what the earlier one of the same version said; empty where it does not."""
    return next(_broken(earlier, later), "")


def _broken(earlier: Document, later: Document) -> Iterator[str]:
    if later.callers is not earlier.callers:
        yield "callers changed"
    yield from (f"owner names {name} too" for name in later.owner if name not in earlier.owner)
    yield from (f"session names {name} too" for name in later.session if name not in earlier.session)
    yield from _each("kinds", earlier.kinds, later.kinds, _kind_broken)
    yield from _each("types", earlier.types, later.types, _type_broken)
    yield from _each("methods", earlier.methods, later.methods, _method_broken)
    yield from _each("events", earlier.events, later.events, _event_broken)


def _each(
    group: str,
    earlier: Mapping[str, PartT],
    later: Mapping[str, PartT],
    broken: Callable[[str, PartT, PartT], Iterator[str]],
) -> Iterator[str]:
    for name, part in earlier.items():
        where = f"{group}.{name}"
        if name in later:
            yield from broken(where, part, later[name])
        else:
            yield f"{where} is gone"


def _kind_broken(where: str, earlier: Kind, later: Kind) -> Iterator[str]:
    if later.transfer is not earlier.transfer:
        yield f"{where}.transfer changed"
    if later.holds is not earlier.holds:
        yield f"{where}.holds changed"


def _type_broken(where: str, earlier: RecordType, later: RecordType) -> Iterator[str]:
    yield from _fields_broken(where, earlier.fields, later.fields)


def _event_broken(where: str, earlier: Event, later: Event) -> Iterator[str]:
    for member in ("decide", "during"):
        if getattr(earlier, member) != getattr(later, member):
            yield f"{where}.{member} changed"
    yield from _fields_broken(where, earlier.fields, later.fields)


def _method_broken(where: str, earlier: Method, later: Method) -> Iterator[str]:
    for member in ("effect", "callers", "prepare", "own", "creates", "decide", "waits", "running", "during", "gives"):
        if getattr(earlier, member) != getattr(later, member):
            yield f"{where}.{member} changed"
    if later.timeout_s < earlier.timeout_s:
        yield f"{where}.timeout_s became shorter"
    yield from _fields_broken(f"{where}.params", earlier.params, later.params)
    yield from _fields_broken(f"{where}.result", earlier.result, later.result)


def _fields_broken(where: str, earlier: Mapping[str, Field], later: Mapping[str, Field]) -> Iterator[str]:
    for name, field in earlier.items():
        if name not in later:
            yield f"{where}.{name} is gone"
        elif _bare(field) != _bare(later[name]):
            yield f"{where}.{name} changed"
    for name, field in later.items():
        if name not in earlier and not field.optional:
            yield f"{where}.{name} is new and not optional"
        elif name not in earlier and (field.scope or (field.policy and field.type is FieldType.REFERENCE)):
            yield f"{where}.{name} is new, and policy would decide about it from now on"


def _bare(field: Field) -> Field:
    """The field without its words, and without how it is shown."""
    of = None if field.of is None else _bare(field.of)
    return msgspec.structs.replace(field, title=None, text="", money=None, of=of)
