"""What may be done, made of an interface's document: a button for each method, a form where it wants to be told more.

Offered is a method that is for everybody and whose form says all that it has to be told. Not offered is one that takes
or gives a sealed value, since a Shell never holds one; and one that must be told what has no title, since that is
shown to nobody: such a method is for programs.

What is marked as money is asked for as people write it, as 12.50, in the currency of the field that the mark names.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.interfaces import Callers, Effect, FieldType
from etui.standards.money import minor_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etui.interfaces import Document, Field, Item, Method

_INPUTS: Final = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "number",
    FieldType.BOOLEAN: "checkbox",
    FieldType.TIME: "datetime-local",
    FieldType.CHOICE: "select",
}
_COUNT: Final = re.compile(r"-?[0-9]{1,15}")
_LONG: Final = 400
"""A text of more characters gets several lines."""


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. ``kind``: as HTML names it, or ``textarea`` or ``select``."""

    name: str
    title: str
    kind: str
    help: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One method that is offered. ``item``: the field that the item goes into; empty for none."""

    interface: str
    method: str
    title: str
    text: str
    removes: bool
    item: str
    inputs: tuple[Input, ...]


class FormError(Exception):
    """What was filled in is no value of its field; the message says which and why."""


def actions_on(document: Document, item: Item) -> Iterator[Action]:
    """What may be done with an item, in the document's order."""
    for name, method in document.methods.items():
        references = [n for n, f in method.params.items() if f.type is FieldType.REFERENCE and not f.optional]
        if len(references) != 1 or not _is_for_everybody(document, method) or _describes(method):
            continue
        kinds = method.params[references[0]].kinds
        if kinds and item.kind not in kinds:
            continue
        if (inputs := _inputs(method, references[0])) is not None:
            yield _action(document, name, references[0], inputs)


def action(document: Document, name: str) -> Action | None:
    """A method as it is offered without an item; None where it is not."""
    method = document.methods.get(name)
    if method is None or not _is_for_everybody(document, method):
        return None
    inputs = _inputs(method, "")
    return None if inputs is None else _action(document, name, "", inputs)


def values_of(method: Method, form: Mapping[str, str]) -> dict[str, Any]:
    """The params that a filled in form says; what is left empty is left out. Raises ``FormError``."""
    values: dict[str, Any] = {}
    for name, field in method.params.items():
        if field.type not in _INPUTS or field.title is None:
            continue
        if field.type is FieldType.BOOLEAN:
            if name in form:
                values[name] = True
            elif not field.optional:
                values[name] = False
        elif (given := form.get(name, "").replace("\r\n", "\n")) != "":
            values[name] = _value(field, given, None if field.money is None else form.get(field.money, ""))
        elif not field.optional:
            raise FormError(f"{field.title} is missing: fill it in")
    return values


def count_of(title: str, given: str) -> int | None:
    """A whole number; None for what is left empty. Raises ``FormError``."""
    if not given:
        return None
    if not _COUNT.fullmatch(given):
        raise FormError(f"{title} is a whole number, as 12")
    return int(given)


def moment_of(title: str, given: str) -> int | None:
    """A day and a time of this machine's zone, in seconds since 1970; None for what is left empty.

    Raises ``FormError``.
    """
    try:
        return int(datetime.fromisoformat(given).astimezone().timestamp()) if given else None
    except (ValueError, OverflowError):
        raise FormError(f"{title} is a day and a time, as 2030-12-31T18:00") from None


def minor_of(title: str, given: str, currency: str) -> int | None:
    """An amount of a currency, in its minor units; None for what is left empty. Raises ``FormError``."""
    try:
        return minor_units(given.strip(), currency.strip()) if given.strip() else None
    except ValueError as error:
        raise FormError(f"{title}: {error}") from None


def _value(field: Field, given: str, currency: str | None) -> object:
    """``currency``: of an amount of money; None for any other field."""
    title = field.title or ""
    match field.type:
        case FieldType.INTEGER if currency is not None:
            return minor_of(title, given, currency)
        case FieldType.INTEGER:
            return count_of(title, given)
        case FieldType.TIME:
            return moment_of(title, given)
        case FieldType.CHOICE if given not in field.options:
            raise FormError(f"{title} is one of {', '.join(field.options)}")
        case _:
            return given


def _is_for_everybody(document: Document, method: Method) -> bool:
    sealed = any(f.type is FieldType.SEALED for f in (*method.params.values(), *method.result.values()))
    return (method.callers or document.callers) is Callers.ANYONE and not sealed and not method.own


def _describes(method: Method) -> bool:
    """Whether it tells no more than the item's entry, which is shown already."""
    items = any(field.type is FieldType.ITEM for field in method.result.values())
    return items and method.effect in {Effect.NONE, Effect.DISCLOSE}


def _inputs(method: Method, item: str) -> tuple[Input, ...] | None:
    """The fields of its form; None where one that has to be there cannot be in a form."""
    inputs: list[Input] = []
    for name, field in method.params.items():
        if name == item:
            continue
        kind = _INPUTS.get(field.type)
        if kind is None or field.title is None:
            if not field.optional:
                return None
            continue
        if field.money is not None:
            kind = "text"
        elif kind == "text" and (field.read or (field.max or _LONG) > _LONG):
            kind = "textarea"
        inputs.append(
            Input(
                name=name,
                title=field.title,
                kind=kind,
                help=field.text,
                required=not field.optional and field.type is not FieldType.BOOLEAN,
                options=field.options,
                min=field.min,
                max=None if field.money is not None else field.max,
            )
        )
    return tuple(inputs)


def _action(document: Document, name: str, item: str, inputs: tuple[Input, ...]) -> Action:
    method = document.methods[name]
    return Action(
        interface=document.interface,
        method=name,
        title=method.title,
        text=method.text,
        removes=method.effect is Effect.REMOVE,
        item=item,
        inputs=inputs,
    )
