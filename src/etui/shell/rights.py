"""Rights that are given and changed from a page: what may be given on an item, and what a filled in form asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import Callers, Effect, FieldType
from etui.interfaces import wallet_1 as wallet
from etui.shell.forms import FormError, count_of, minor_of, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from etui.interfaces import Document, Item, Method
    from etui.interfaces.shell_1 import ClientRow, GrantRow

_APART: Final = ("session:", "ext:", "group:")
"""How the names of those begin to whom a page gives nothing: who cannot be told apart, Extensions, and many at once."""

_OFFERED: Final = 50


class Givable(msgspec.Struct, frozen=True, kw_only=True):
    """A method to which a right can be given. ``scoped``: also for one value alone, as a host; ``costs``: money."""

    action: str
    title: str
    scoped: bool
    costs: bool


def givable(documents: Iterable[Document], item: Item | None) -> Iterator[Givable]:
    """What a program may be given on an item or, without one, on everything that its Extension holds."""
    for document in documents:
        for name, method in document.methods.items():
            is_open = (method.callers or document.callers) is Callers.ANYONE and not method.own
            if is_open and method.effect is not Effect.NONE and method.gives is None and _reaches(method, item):
                fields = method.params.values()
                yield Givable(
                    action=f"{document.interface}.{name}",
                    title=f"{document.title}: {method.title}",
                    scoped=any(field.scope for field in fields),
                    costs=any(field.policy == "amount" for field in fields),
                )


def _reaches(method: Method, item: Item | None) -> bool:
    decided = next((f for f in method.params.values() if f.policy and f.type is FieldType.REFERENCE), None)
    if item is None:
        return True
    return decided is not None and (not decided.kinds or item.kind in decided.kinds)


def receivers(clients: Iterable[ClientRow]) -> list[ClientRow]:
    """The Clients that are offered for a right: those that asked last, since their names are free; any can be typed."""
    return [client for client in clients if not client.client.startswith(_APART)][:_OFFERED]


def grant_of(form: Mapping[str, str], item: str | None) -> wallet.Grant:
    """The right that a form says; raises ``FormError``."""
    client = form.get("client", "").strip()
    if not client:
        raise FormError("Program is missing: name one as the page Programs does, as app:/usr/bin/mailer")
    currency = form.get("currency", "").strip() or None
    limit = minor_of("Amount in all", form.get("limit", ""), currency or "")
    if currency is not None and limit is None:
        raise FormError("Amount in all is missing: it goes with its currency")
    return wallet.Grant(
        client=client,
        action=form.get("action", ""),
        item=item,
        only_for=form.get("only_for", "").strip() or None,
        until=moment_of("Until", form.get("until", "")),
        uses=count_of("Uses", form.get("uses", "")),
        limit_minor=limit,
        currency=currency,
    )


def amendment_of(form: Mapping[str, str], grant: GrantRow) -> wallet.Amend:
    """The change of a right that a form says; raises ``FormError``."""
    currency = grant.currency or ""
    return wallet.Amend(
        grant=grant.grant,
        until=moment_of("Until", form.get("until", "")),
        uses_left=count_of("Uses left", form.get("uses", "")),
        limit_minor=minor_of("Amount in all", form.get("limit", ""), currency),
        each_minor=minor_of("Amount each time", form.get("each", ""), currency),
    )
