"""The words of a question, from the interface's document and the request alone: plain text, never markup."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import Field, FieldType
from etui.interfaces.document import PLACEHOLDER
from etui.standards.money import decimal_amount, full_amount
from etui.standards.spans import span
from etui.trusted.dialog.requests import Choice, Frame, RememberChoice, ShownField
from etui.trusted.dialog.text import single_line

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from etui.interfaces import Item
    from etui.trusted.package import Package
    from etui.trusted.policy import Limit
    from etui.trusted.router.registry import Method, Provider

ONCE: Final = RememberChoice(id="once", label="Only this time")
HOUR: Final = RememberChoice(id="hour", label="For an hour")
MONTH: Final = RememberChoice(id="month", label="For 30 days")
ALWAYS: Final = RememberChoice(id="always", label="Until I take it back")
RUNNING: Final = RememberChoice(id="running", label="As long as this program runs")
TERMINAL: Final = RememberChoice(id="terminal", label="For an hour, from this terminal")
OF_A_TERMINAL: Final = "A yes for an hour from this terminal is for whatever runs there, as a tool that you install."
MONTHLY: Final = "monthly"
HOUR_S: Final = 3600
MONTH_S: Final = 30 * 86400
LASTING: Final = {HOUR.id: HOUR_S, MONTH.id: MONTH_S, ALWAYS.id: 0}
"""For how many seconds a yes holds that outlives the unlock; 0 for no end."""
_OF_MONEY: Final = ("amount", "currency")
_HOLDING: Final = {FieldType.NAMED, FieldType.LIST, FieldType.MAP}
EMPTY: Final = "(empty)"
_SET_BY: Final = " (set by "


class Tellers(msgspec.Struct, frozen=True, kw_only=True):
    """Whose word parts of a question are.

    ``settled``: the fields that the ``provider`` has set. ``asker``: who asks, where that is no door, which observes.
    """

    settled: Container[str] = ()
    provider: str = ""
    asker: str = ""


_OWN: Final = Tellers()


def sentence(method: Method, values: Mapping[str, object], items: Mapping[str, str]) -> str:
    """What finishes "NAME wants to …": the interface's own words with the request's values in their places.

    An item that is still open is "one" of what its field is titled.
    """
    ask = method.compiled.method.ask or method.compiled.method.title.lower()
    for name, field in method.compiled.method.params.items():
        if field.type is FieldType.REFERENCE and name not in items:
            ask = ask.replace(f"“{{{name}}}”", f"one {(field.title or 'item').lower()}")

    def value(match: object) -> str:
        name: str = match.group(1)  # type: ignore[attr-defined]
        if known := items.get(name) or money.get(name):
            return known
        field = method.compiled.method.params.get(name)
        return _shown(values.get(name)) if field is None else _of_field(method, field, values.get(name))

    money = _money(method, values)
    return PLACEHOLDER.sub(value, ask)


def of_many(method: Method, field: str, many: str) -> str:
    """The sentence about several items; ``many``: how many, and of what."""
    said = sentence(method, {}, {field: many})
    return said.replace(f"“{many}”", many) if many in said else f"{said}: {many}"


def shown_fields(
    method: Method,
    values: Mapping[str, object],
    items: Mapping[str, str],
    tellers: Tellers = _OWN,
) -> tuple[ShownField, ...]:
    """The fields that have a title and a value, in the document's order; where the value is another's word, whose.

    What is settled is shown even where it is empty: nobody typed it. An amount stands beside its currency, where both
    are one's word.
    """
    shown: list[ShownField] = []
    money = _money(method, values)
    beside = _currency_beside(method, money, tellers)
    for name, field in method.compiled.method.params.items():
        if field.title is None or name not in values or field.type in {FieldType.SEALED, FieldType.BYTES} or field.read:
            continue
        if name == beside:
            continue
        if field.type is FieldType.REFERENCE:
            text = items.get(name)
        elif name in tellers.settled and field.of is not None and field.of.type in _HOLDING:
            text = _shown(values[name])  # with all that is in its records, which the provider chose, titled or not
        else:
            text = money.get(name) or _of_field(method, field, values[name])
            text += f" {values[beside]}" if beside and name in money else ""
        title = field.title
        if name in tellers.settled:
            title += f"{_SET_BY}{tellers.provider})"
        elif field.observed and tellers.asker:
            title += f" (as {tellers.asker} says)"
        if text or name in tellers.settled:
            shown.append(ShownField(title=title, value=text or EMPTY, material=field.material))
    return tuple(shown)


def monthly(limit: Limit) -> RememberChoice:
    """A yes that lasts, to what is about money: up to as much as now, and anew when the limit's period is over."""
    most = full_amount(limit.total_minor, limit.currency)
    return RememberChoice(id=MONTHLY, label=f"Up to {most} every {span(limit.period_s)}, until I take it back")


def reach(
    method: Method, fields: tuple[ShownField, ...], scope: str, *, limited: bool = False
) -> tuple[ShownField, ...]:
    """What a yes that lasts holds for; nothing where the request says no more than that.

    ``scope``: the value of the field which such a yes is held to beside the item; empty for none. ``limited``: whether
    it is up to an amount in a currency.
    """
    marks = _OF_MONEY if limited else ()
    params = method.compiled.method.params.values()
    held = {f.title for f in params if f.scope or f.type is FieldType.REFERENCE or f.policy in marks}
    titles = [field.title.partition(_SET_BY)[0] for field in fields if field.material]
    free = [title.lower() for title in titles if title not in held]
    if not free:
        return ()
    return (ShownField(title="A yes that lasts", value=f"is for {scope or 'this'}, with any {', any '.join(free)}"),)


def shown_limit(limit: Limit) -> tuple[ShownField, ...]:
    """What a grant is limited to, in whole units and days."""
    amounts = [("Amount in all", limit.total_minor)]
    if limit.each_minor != limit.total_minor:
        amounts.append(("Amount each time", limit.each_minor))
    fields = [
        ShownField(title=title, value=full_amount(minor, limit.currency), material=True) for title, minor in amounts
    ]
    if limit.period_s:
        fields.append(ShownField(title="Begins anew", value=f"every {span(limit.period_s)}", material=True))
    return tuple(fields)


def described(item: Item, kind_title: str) -> Choice:
    """An item as one of several to be allowed."""
    details = ", ".join(f"{name}: {value}" for name, value in sorted(item.attributes.items()))
    return Choice(
        id=item.item, label=item.label or kind_title, detail=f"{kind_title} · {details}" if details else kind_title
    )


def name_of(item: Item | None, kind_title: str) -> str:
    """What an item is called in a sentence."""
    return (item.label if item is not None else "") or kind_title


def kind_title(provider: Provider, item: Item | None) -> str:
    """An item's kind in words."""
    return "an item" if item is None else kind_name(provider, item.kind)


def kind_name(provider: Provider, kind: str, *, several: bool = False) -> str:
    """A kind of items in words, from whichever document of its provider has it."""
    for interface in provider.documents:
        known = interface.document.kinds.get(kind)
        if known is not None:
            return (known.plural or known.title) if several else known.title
    return kind


def frame_of(provider: Provider) -> Frame:
    """The frame of an Extension's faces."""
    package = provider.package
    if package is None:
        return Frame(extension=provider.principal, name=provider.name, publisher="etui")
    return Frame(
        extension=provider.principal, name=provider.name, publisher=package.manifest.publisher, logo=logo_of(package)
    )


@lru_cache(64)
def logo_of(package: Package) -> bytes:
    """The PNG of an installed package, which was checked when that was read; empty where it has none."""
    name = package.manifest.logo
    return (package.folder / name).read_bytes() if name is not None else b""


def _money(method: Method, values: Mapping[str, object]) -> dict[str, str]:
    """The field that is an amount, in whole units of its currency where the request names one: ``4.50``."""
    marked = method.compiled.marked
    name = marked.get("amount", "")
    minor, currency = values.get(name), values.get(marked.get("currency", ""))
    if type(minor) is not int or not isinstance(currency, str):
        return {}
    return {name: decimal_amount(minor, currency)}


def _currency_beside(method: Method, money: Mapping[str, str], tellers: Tellers) -> str:
    """The currency's field, where the amount is shown with it: then it has no row of its own."""
    amount, currency = (method.compiled.marked.get(mark, "") for mark in _OF_MONEY)
    if not money or method.compiled.method.params[amount].title is None:
        return ""
    together = (amount in tellers.settled) == (currency in tellers.settled)
    return currency if together else ""


def _of_field(method: Method, field: Field, value: object) -> str:
    if field.type is FieldType.TIME and isinstance(value, int):
        return moment(value)
    if field.type is FieldType.MAP and isinstance(value, dict):
        return "\n".join(f"{name}: {_shown(entry)}" for name, entry in sorted(value.items()))
    if field.type is FieldType.LIST and field.of is not None and isinstance(value, list):
        return "\n".join(_entry(method, field.of, entry) for entry in value)
    return _shown(value)


def _entry(method: Method, field: Field, value: object) -> str:
    """One entry of a list on a line of its own: of a record the fields that have a title."""
    record = method.compiled.types.get(field.name or "")
    if record is None or not isinstance(value, dict):
        return single_line(_of_field(method, field, value)).text
    told = [
        f"{one.title}: {_of_field(method, one, value[name])}"
        for name, one in record.fields.items()
        if one.title is not None and value.get(name) is not None
    ]
    return single_line(" · ".join(told)).text


def moment(seconds: int) -> str:
    """A moment as the clock of this place shows it; as it is where no calendar goes so far."""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case int():
            return str(value)
        case _:
            return msgspec.json.encode(value).decode()
