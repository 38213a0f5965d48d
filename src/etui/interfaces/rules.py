"""Reads an interface's document and holds it to its rules, so that nobody who uses one has to ask again.

1. The text is JSON that every reader reads alike (``etui.protocol.strict``), of at most 256 KiB.
2. An interface is named in one lower-case word or, a stranger's, in reverse-DNS form, with its version:
   ``org.example.parking/1``. There is no member that ``document.py`` does not know.
3. A *sealed* field, a *reference* and an *item* stand at the top level of params or result, so that nobody has to
   search for them: a reference in params, an item in a result or in a list there.
4. What ``name``, ``kinds``, ``decide``, ``owner`` and ``session`` name is there.
5. ``of`` goes with a list or a map, ``name`` with a named type, ``options`` with a choice, ``kinds`` with a reference
   or an item, ``max`` with what can be counted, ``min`` with a number. No option stands twice, no ``max`` is too low.
6. The marks ``material``, ``policy``, ``scope``, ``read``, ``observed`` and ``party`` stand at the top level of params,
   where the Router looks for them.
7. What is material is shown: it has a title, and it is neither sealed nor bytes.
8. Policy sees plain values, each name once in a method and never under a name by which policy knows something of its
   own, and decides about one item. A scope is a text that policy sees, one in a method.
9. ``ask`` names fields in braces that are there and can be shown; there is no other brace in it.
   What is read is a material text that policy does not see, always there, one in a method, and not in ``ask``.
10. A yes that may hold as long as a process runs (``running``) is to a method that uses: it discloses and changes
    nothing.
11. A method has ``callers`` of its own only where the interface is open to anyone: it narrows.
12. What is asked or told ``during`` another method is so during one of the same interface that waits for the user, and
    that is asked for: its effect is to use, to disclose, to change or to remove.
13. A method that ``creates`` or has another one ``decide`` answers with an item; the one that decides, there or about
    an event, and those under ``owner`` and ``session``, take the item that policy decides about.
14. A method that ``gives`` a lasting right up to an amount prepares, waits and changes. It names another method of the
    interface that is open to anyone, of the same scope, about an item where it is about one, and which costs an
    ``amount`` in a ``currency`` too. Its params and its result have the terms: those two under these very names, and
    ``each``, ``period_s`` and ``until``.
15. What is ``money`` is an integer. The currency that it names is a text or a choice: beside it, in each record that
    holds it or, of a result, in the params.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces.document import PLACEHOLDER, Callers, Document, Effect, Field, FieldType, Method
from etui.protocol import ProtocolError, check_strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DOCUMENT_BYTES: Final = 256 << 10
MAX_DEPTH: Final = 32
POLICY_OWN: Final = frozenset(
    {"assurance", "chain", "client", "covered", "derived", "fingerprint", "interface", "own", "strength", "time"}
)
"""Names by which policy knows what no interface tells it."""
POLICY_SHARED: Final = {
    "amount": {FieldType.INTEGER},
    "currency": {FieldType.TEXT, FieldType.CHOICE},
    "host": {FieldType.TEXT},
}
"""Names on which grants with limits and the wallet's own policies rely, and the types that each has everywhere."""

_INTERFACE: Final = re.compile(r"([a-z][a-z0-9_]*|[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*){2,})/[1-9][0-9]{0,3}")
_MAX_INTERFACE_CHARACTERS: Final = 120
_decoder: Final = msgspec.json.Decoder(Document)
_NUMBERS: Final = {FieldType.INTEGER, FieldType.TIME}
_COUNTED: Final = {FieldType.TEXT, FieldType.BYTES, FieldType.LIST, FieldType.MAP}
TERMS: Final = {
    "amount": FieldType.INTEGER,
    "currency": FieldType.TEXT,
    "each": FieldType.INTEGER,
    "period_s": FieldType.INTEGER,
    "until": FieldType.TIME,
}
"""The fields that say of a right that is given how much it is in all, each time, for how long and until when."""
_OPTIONAL_TERMS: Final = {"each", "until"}
_UNSHOWN: Final = {FieldType.SEALED, FieldType.BYTES}
_POLICY_TYPES: Final = {*_NUMBERS, FieldType.TEXT, FieldType.BOOLEAN, FieldType.CHOICE, FieldType.REFERENCE}


class InterfaceError(Exception):
    """A document is not an interface: the message says where it breaks which rule."""

    code = "interface"


def read_document(text: bytes) -> Document:
    """The interface in ``text``; raises ``InterfaceError`` that names the place and the broken rule."""
    if len(text) > MAX_DOCUMENT_BYTES:
        msg = f"an interface document has at most {MAX_DOCUMENT_BYTES} bytes, this one has {len(text)}"
        raise InterfaceError(msg)
    try:
        check_strict(text, MAX_DEPTH)
        document = _decoder.decode(text)
    except (ProtocolError, msgspec.ValidationError) as error:
        msg = f"not an interface document: {error}"
        raise InterfaceError(msg) from None
    if not _INTERFACE.fullmatch(document.interface) or len(document.interface) > _MAX_INTERFACE_CHARACTERS:
        msg = f"{document.interface[:120]!r} names no interface: write it as `org.example.parking/1`"
        raise InterfaceError(msg)
    if broken := next(_broken(document), ""):
        msg = f"{document.interface}: {broken}"
        raise InterfaceError(msg)
    return document


class _Place(Enum):
    """Where a field stands."""

    PARAMS = "params"
    RESULT = "result"
    LISTED = "a list in the result"
    NESTED = "within another field, a type or an event"


_PLACED: Final = {
    FieldType.SEALED: {_Place.PARAMS, _Place.RESULT},
    FieldType.REFERENCE: {_Place.PARAMS},
    FieldType.ITEM: {_Place.RESULT, _Place.LISTED},
}
"""Types that do not stand everywhere."""


def _broken(document: Document) -> Iterator[str]:
    """Where which rule is broken."""
    for name, record in document.types.items():
        yield from _fields_broken(document, f"types.{name}", record.fields, _Place.NESTED)
    for name, method in document.methods.items():
        yield from _method_broken(document, f"methods.{name}", method)
    for name, event in document.events.items():
        yield from _fields_broken(document, f"events.{name}", event.fields, _Place.NESTED)
        yield from _money_broken(document, f"events.{name}", (event.fields,))
        if event.decide is not None:
            yield from _item_missing(document, f"events.{name}.decide", event.decide)
        if event.during is not None:
            yield from _during_broken(document, f"events.{name}.during", event.during)
    for name in document.owner:
        yield from _item_missing(document, "owner", name)
    for name in document.session:
        yield from _item_missing(document, "session", name)


def _method_broken(document: Document, where: str, method: Method) -> Iterator[str]:
    yield from _fields_broken(document, f"{where}.params", method.params, _Place.PARAMS)
    yield from _fields_broken(document, f"{where}.result", method.result, _Place.RESULT)
    yield from _money_broken(document, f"{where}.params", (method.params,))
    yield from _money_broken(document, f"{where}.result", (method.result, method.params))
    yield from _marks_broken(f"{where}.params", method.params)
    if method.running and method.effect is not Effect.USE:
        yield f"{where} says `running`, which goes with the effect `use` alone"
    if method.callers is not None and document.callers is not Callers.ANYONE:
        yield f"{where} has `callers`, which narrow an interface that is open to anyone, and this one is not"
    if method.during is not None:
        yield from _during_broken(document, f"{where}.during", method.during)
    if method.gives is not None:
        yield from _gives_broken(document, where, method, method.gives)
    if method.ask is not None:
        yield from _ask_broken(f"{where}.ask", method.ask, method.params)
    if (method.creates or method.decide is not None) and not any(field.names_items for field in method.result.values()):
        yield f"{where} creates or decides about items, and there is none in its result"
    if method.decide is not None:
        yield from _item_missing(document, f"{where}.decide", method.decide)


def _during_broken(document: Document, where: str, name: str) -> Iterator[str]:
    method = document.methods.get(name)
    if method is None:
        yield f"{where} names the method {name!r}, which is not there"
    elif not method.waits or method.effect in {Effect.NONE, Effect.ADD}:
        yield f"{where} names the method {name!r}, which does not wait for the user, or is not asked for"


def _gives_broken(document: Document, where: str, method: Method, name: str) -> Iterator[str]:
    if not method.prepare or not method.waits or method.effect is not Effect.CHANGE:
        yield f"{where} says `gives`, which goes with `prepare`, `waits` and the effect `change`"
    for place, fields in (("params", method.params), ("result", method.result)):
        for term, kind in TERMS.items():
            field = fields.get(term)
            if field is None or field.type is not kind:
                yield f"{where}.{place} has no {term!r} of the type {kind.value}, which goes with `gives`"
            elif field.optional and term not in _OPTIONAL_TERMS:
                yield f"{where}.{place}.{term} is optional, and a right is never given without it"
    given = document.methods.get(name)
    if given is None or given.gives is not None or document.callers_of(name) is not Callers.ANYONE:
        yield f"{where}.gives names {name!r}, which is no method that anyone may call and have a right to"
    elif _held_to(method) != _held_to(given) or any(mark not in _held_to(method) for mark in ("amount", "currency")):
        yield f"{where}.gives names {name!r}, which is not about the same scope, item, amount and currency"


def _held_to(method: Method) -> dict[str, bool]:
    """The names of what a right up to an amount is held to, and whether each is the scope."""
    fields = method.params.values()
    return {
        field.policy: field.scope
        for field in fields
        if field.policy and (field.scope or field.type is FieldType.REFERENCE or field.policy in POLICY_SHARED)
    }


def _item_missing(document: Document, where: str, name: str) -> Iterator[str]:
    method = document.methods.get(name)
    if method is None:
        yield f"{where} names the method {name!r}, which is not there"
    elif not any(field.policy and field.type is FieldType.REFERENCE for field in method.params.values()):
        yield f"{where} names the method {name!r}, which takes no item that policy decides about"


def _marks_broken(where: str, params: Mapping[str, Field]) -> Iterator[str]:
    seen: set[str] = set()
    for name, field in params.items():
        if field.policy in seen:
            yield f"{where}.{name} is seen by policy as {field.policy!r}, and so is another field"
        seen |= {field.policy} if field.policy else set()
    if sum(1 for field in params.values() if field.policy and field.type is FieldType.REFERENCE) > 1:
        yield f"{where} has more than one reference that is marked for policy, which decides about one item"
    if sum(1 for field in params.values() if field.scope) > 1:
        yield f"{where} has more than one scope"
    if sum(1 for field in params.values() if field.read) > 1:
        yield f"{where} has more than one text that is read"


def _ask_broken(where: str, ask: str, params: Mapping[str, Field]) -> Iterator[str]:
    for name in PLACEHOLDER.findall(ask):
        if name not in params:
            yield f"{where} names {{{name}}}, which is no field of params"
        elif params[name].type in _UNSHOWN:
            yield f"{where} names {{{name}}}, which is {params[name].type.value} and cannot be shown"
        elif params[name].read:
            yield f"{where} names {{{name}}}, which is shown whole and not in a sentence"
    if set(PLACEHOLDER.sub("", ask)) & {"{", "}"}:
        yield f"{where} has a brace that is not around the name of a field"


def _fields_broken(document: Document, where: str, fields: Mapping[str, Field], place: _Place) -> Iterator[str]:
    for name, field in fields.items():
        for reason in _field_broken(document, field, place):
            yield f"{where}.{name} {reason}"
        if field.of is not None:
            lists_items = place is _Place.RESULT and field.type is FieldType.LIST
            within = _Place.LISTED if lists_items else _Place.NESTED
            yield from _fields_broken(document, f"{where}.{name}", {"of": field.of}, within)


def _money_broken(
    document: Document, where: str, scopes: tuple[Mapping[str, Field], ...], within: frozenset[str] = frozenset()
) -> Iterator[str]:
    """``scopes``: the fields, and those of what holds them, the nearest first. ``within``: the types that hold them."""
    for name, field in scopes[0].items():
        inner: Field | None = field
        while inner is not None:
            if inner.money is not None and not any(_is_currency(scope.get(inner.money)) for scope in scopes):
                yield f"{where}.{name} is money in {inner.money!r}, and there is no such text or choice around it"
            if inner.name in document.types and inner.name not in within:
                fields = document.types[inner.name].fields
                yield from _money_broken(document, f"{where}.{name}", (fields, *scopes), within | {inner.name})
            inner = inner.of


def _is_currency(field: Field | None) -> bool:
    return field is not None and field.type in {FieldType.TEXT, FieldType.CHOICE}


def _field_broken(document: Document, field: Field, place: _Place) -> Iterator[str]:
    if place not in _PLACED.get(field.type, {place}):
        yield f"is {field.type.value}, which does not stand in {place.value}"
    marks = (field.material, field.policy is not None, field.scope, field.read, field.observed, field.party)
    if place is not _Place.PARAMS and any(marks):
        yield "has a mark for the Router, which looks for them at the top level of params alone"
    yield from _mark_broken(field)
    yield from _members_broken(field)
    if field.name is not None and field.name not in document.types:
        yield f"names the type {field.name!r}, which is not there"
    for kind in field.kinds:
        if kind not in document.kinds:
            yield f"names the kind {kind!r}, which is not there"


def _mark_broken(field: Field) -> Iterator[str]:
    if field.material and (field.title is None or field.type in _UNSHOWN):
        yield "is material, so it has a title and is neither sealed nor bytes: the user sees what is consented to"
    if field.scope and (field.policy is None or field.type is not FieldType.TEXT):
        yield "is a scope, so it is a text that is marked for policy"
    if field.read and (field.type is not FieldType.TEXT or not field.material or field.policy or field.optional):
        yield "is read, so it is a text, material, always there and not for policy"
    if field.observed and (field.title is None or field.policy or field.read):
        yield "is observed, so it has a title, and is neither for policy nor read: nobody but a door knows it"
    if field.party and (field.type is not FieldType.TEXT or field.title is None):
        yield "names a party, so it is a text with a title: the user sees whom advisers are told of"
    if field.policy is None:
        return
    if field.type not in _POLICY_TYPES:
        yield f"is marked for policy, which sees no {field.type.value}"
    if field.policy in POLICY_OWN:
        yield f"is marked for policy as {field.policy!r}, by which policy knows something of its own"
    if field.type not in POLICY_SHARED.get(field.policy, {field.type}):
        yield f"is marked for policy as {field.policy!r}, which is no {field.type.value} anywhere"


def _members_broken(field: Field) -> Iterator[str]:
    if (field.of is not None) != (field.type in {FieldType.LIST, FieldType.MAP}):
        yield "needs `of` exactly if it is a list or a map"
    if (field.name is not None) != (field.type is FieldType.NAMED):
        yield "needs `name` exactly if its type is named"
    if bool(field.options) != (field.type is FieldType.CHOICE):
        yield "needs `options` exactly if it is a choice"
    if len(set(field.options)) != len(field.options):
        yield "has an option twice"
    if field.kinds and field.type not in {FieldType.REFERENCE, FieldType.ITEM}:
        yield "has `kinds`, which go with a reference or an item"
    if field.max is not None and field.type not in _COUNTED | _NUMBERS:
        yield f"has `max`, which says nothing of {field.type.value}"
    if field.min is not None and field.type not in _NUMBERS:
        yield f"has `min`, which says nothing of {field.type.value}"
    if field.money is not None and field.type is not FieldType.INTEGER:
        yield f"has `money`, which is an integer, and this is {field.type.value}"
    least = field.min if field.type in _NUMBERS else 0
    if field.max is not None and least is not None and field.max < least:
        yield "has a `max` below what it has at least"
