"""Values for people: what a field of a document holds, in words, whatever interface it is of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from markupsafe import Markup

from etui.interfaces import FieldType, currency_of
from etui.shell.plain import plain
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from etui.interfaces import Document, Field, Method, RecordType
    from etui.interfaces.shell_1 import GrantRow

_LAST_SECOND: Final = 253_402_214_400
"""A day before the end of the year 9999, up to which a date can be shown in every time zone."""
_SHOWN: Final = 4
_DAY_S: Final = 86_400
_BECAUSE: Final = {"asked": "you said yes", "given": "you gave it", "stored": "it stored that"}
"""Why a right is there, as `shell/1` has it."""
_EVENTS: Final = {
    "error": "A fault",
    "erased": "Erased",
    "grant": "A lasting right",
    "lock": "Locked",
    "registration": "An Extension",
    "report": "Told by a program",
    "settings": "A setting",
    "unlock": "Unlocked",
}
"""What a record is about that is no call of a method, by its kind."""
_OWN_ATTRIBUTE: Final = "etui:"
_SCHEMA: Final = "xdg:schema"


class Line(msgspec.Struct, frozen=True):
    """A name and what stands beside it; ``lines`` where that is several."""

    name: str
    lines: tuple[str, ...]


def moment(seconds: int) -> str:
    """A time in the machine's own zone, as *27 Nov 2026, 09:31*."""
    if not 0 <= seconds <= _LAST_SECOND:
        return str(seconds)
    return f"{datetime.fromtimestamp(seconds).astimezone():%-d %b %Y, %H:%M}"


def attributes(public: Mapping[str, str]) -> tuple[Line, ...]:
    """The public attributes of an item, but for those by which programs mark it."""
    return tuple(
        Line(name, (value,))
        for name, value in sorted(public.items())
        if not name.startswith(_OWN_ATTRIBUTE) and name != _SCHEMA
    )


def result(
    values: Mapping[str, Any], method: Method, types: Mapping[str, RecordType], params: Mapping[str, Any]
) -> tuple[Line, ...]:
    """What a method answered: a line for each of its fields, but for a currency, which stands beside its amount.

    ``types``: the records of its document. ``params``: what it was asked with.
    """
    fields = method.result
    currencies = {field.money for name, field in fields.items() if name in values}
    return tuple(
        Line(fields[name].title or _plain(name), tuple(_texts(fields[name], value, types, (values, params))))
        for name, value in values.items()
        if name in fields and name not in currencies
    )


def rights(actions: Sequence[str], documents: Mapping[str, Document]) -> tuple[tuple[str, str], ...]:
    """What methods may be called, by the title of their interface: *Secrets*, *Read, Change and 3 more*."""
    titles: dict[str, list[str]] = {}
    for action in actions:
        interface, _, name = action.rpartition(".")
        document = documents.get(interface)
        method = document.methods.get(name) if document is not None else None
        title = method.title if method is not None else name
        titles.setdefault(document.title if document is not None else interface, []).append(title)
    return tuple((interface, _some(methods)) for interface, methods in titles.items())


def action(name: str, documents: Mapping[str, Document]) -> str:
    """What was asked for, by its titles: *Secrets: Read*; or what happened. As it is where it is nothing known."""
    interface, _, method = name.rpartition(".")
    document = documents.get(interface)
    if document is None or method not in document.methods:
        return _EVENTS.get(name, name)
    return f"{document.title}: {document.methods[method].title}"


def brief(text: str) -> Markup:
    """The first sentence of a text of a document, with what stands between ` ` as code."""
    first, cut, _ = text.partition(". ")
    return coded(f"{first}{cut.rstrip()}")


def coded(text: str) -> Markup:
    """A text of the wallet's or of a document, with what stands between ` ` as code."""
    parts = plain(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def terms(grant: GrantRow) -> str:
    """Why a right is there, since when, and where it ends: a day, a number of uses, an amount."""
    parts = [f"{_BECAUSE.get(grant.why, grant.why)}, {moment(grant.since)}"]
    if grant.until is not None:
        parts.append(f"until {moment(grant.until)}")
    if grant.uses_left is not None:
        parts.append("1 use left" if grant.uses_left == 1 else f"{grant.uses_left} uses left")
    if grant.limit_minor is not None and grant.currency:
        parts.append(f"up to {full_amount(grant.limit_minor, grant.currency)}{_every(grant.period_s)}")
        if grant.each_minor is not None and grant.each_minor != grant.limit_minor:
            parts.append(f"at most {full_amount(grant.each_minor, grant.currency)} at once")
        if grant.left_minor is not None:
            parts.append(f"{full_amount(grant.left_minor, grant.currency)} left")
    return ", ".join(parts)


def _every(period_s: int | None) -> str:
    if not period_s:
        return ""
    days, rest = divmod(period_s, _DAY_S)
    return (
        f" every {days} days" if not rest and days > 1 else " a day" if period_s == _DAY_S else f" every {period_s} s"
    )


def _some(titles: list[str]) -> str:
    if len(titles) <= _SHOWN:
        return ", ".join(titles)
    return f"{', '.join(titles[: _SHOWN - 1])} and {len(titles) - _SHOWN + 1} more"


def _texts(
    field: Field,
    value: Any,  # noqa: ANN401  # what an Extension answered, whatever it is
    types: Mapping[str, RecordType],
    scopes: tuple[Mapping[str, Any], ...],
) -> Iterator[str]:
    """``scopes``: the values beside it, then those of what holds it: where the currency of an amount is looked for."""
    if field.type is FieldType.LIST and field.of is not None and isinstance(value, list):
        for one in value:
            yield from _texts(field.of, one, types, scopes)
        return
    match field.type, value:
        case FieldType.NAMED, dict() if (record := types.get(field.name or "")) is not None:
            yield ", ".join(
                f"{one.title or _plain(name)}: {text}"
                for name, one in record.fields.items()
                if value.get(name) is not None
                for text in _texts(one, value[name], types, (value, *scopes))
            )
        case FieldType.INTEGER, int() if currency := currency_of(field, *scopes):
            yield full_amount(value, currency)
        case _:
            yield _text(field, value)


def _text(field: Field, value: Any) -> str:  # noqa: ANN401  # as above
    match field.type, value:
        case FieldType.TIME, int():
            return moment(value)
        case FieldType.BOOLEAN, bool():
            return "yes" if value else "no"
        case FieldType.ITEM, {"kind": str(kind)}:
            return str(value.get("label") or kind)
        case _, str():
            return f"{len(value) * 3 // 4} bytes" if field.type is FieldType.BYTES else value
        case _, dict():
            return ", ".join(f"{_plain(str(name))}: {inner}" for name, inner in value.items())
        case _:
            return msgspec.json.encode(value).decode()


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
